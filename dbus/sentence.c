/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows a sentence of the service by its format, which is its key in the catalogues, and puts together what the catalogue has for it.
 * Any text comes here, also of other versions and from servers, and goes through unchanged where it is not known. Depends on nothing
 * but the process's language; any thread.
 */
#include "config.h"

#include "dbus/sentence.h"

#include "dbus/mark.h"
#include "dbus/messages.h"
#include "dbus/sentences.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_HOLES 6
/* No text of the service is longer, and what an attacker can have it search is bounded by this and by the steps. */
#define MOST_BYTES 2048
#define MOST_STEPS 100000
#define MOST_DEPTH 5
#define MOST_ERRNO 140

/* The message of which a catalogue has its head. */
#define HEAD ""

/* Of the system, and of the libraries that the service asks, as they are there. Their own catalogues need not be installed, or know
 * them, and a page cannot ask them. */
static const char *const of_libraries[] = {
  S_ ("Could not connect to %s: "),
  S_ ("Could not connect: "),
  S_ ("Connection refused"),
  S_ ("Connection reset by peer"),
  S_ ("Connection terminated unexpectedly"),
  S_ ("Connection timed out"),
  S_ ("Error performing TLS handshake: %s"),
  S_ ("Error receiving data: %s"),
  S_ ("Error resolving “%s”: %s"),
  S_ ("Error sending data: %s"),
  S_ ("Host unreachable"),
  S_ ("Input/output error"),
  S_ ("Name or service not known"),
  S_ ("Network is unreachable"),
  S_ ("Network unreachable"),
  S_ ("No address associated with hostname"),
  S_ ("No route to host"),
  S_ ("No space left on device"),
  S_ ("No such file or directory"),
  S_ ("Peer failed to perform TLS handshake: %s"),
  S_ ("Permission denied"),
  S_ ("Read-only file system"),
  S_ ("Socket I/O timed out"),
  S_ ("TLS connection closed unexpectedly"),
  S_ ("Temporary failure in name resolution"),
  S_ ("Unacceptable TLS certificate"),
};

/* A text that fits a format, and what is in its holes. */
typedef struct
{
  const char *format; /* NULL: none fits */
  const char *holes[MOST_HOLES];
  gsize lengths[MOST_HOLES];
  guint n_holes;
  guint *n_steps; /* of all that is searched for one text */
} Match;

/* --- To know a sentence --- */

/* Returns: what follows the hole. @place: (out): which one it is, from 1; 0: the next */
static const char *
read_hole (const char *format, gboolean *is_number, guint *place)
{
  const char *at = format + 1;
  gsize n_digits = strspn (at, "0123456789");

  *place = at[n_digits] == '$' ? (guint) g_ascii_strtoull (at, NULL, 10) : 0;
  at += *place > 0 ? n_digits + 1 : 0;
  at += strspn (at, "-+ #'0123456789.");
  at += strspn (at, "hlzt");
  *is_number = *at != 's';

  return *at ? at + 1 : at;
}

static gboolean fits (const char *format, const char *text, gboolean is_head, Match *match);

static gboolean
fits_hole (const char *format, const char *text, gboolean is_head, Match *match)
{
  gboolean is_number;
  guint place;
  const guint hole = match->n_holes;
  const char *rest = read_hole (format, &is_number, &place);
  const gsize most = is_number ? strspn (text, "-0123456789") : strlen (text);

  if (hole == MOST_HOLES || (is_number && most == 0))
    return FALSE;
  match->n_holes++;
  for (gsize length = is_number ? most : 0; length <= most; length++)
    {
      match->holes[hole] = text;
      match->lengths[hole] = length;
      if (fits (rest, text + length, is_head, match))
        return TRUE;
    }
  match->n_holes = hole;

  return FALSE;
}

/* @is_head: the format stands before something, which is then one hole more */
static gboolean
fits (const char *format, const char *text, gboolean is_head, Match *match)
{
  if (++*match->n_steps > MOST_STEPS)
    return FALSE;
  for (; *format; format++, text++)
    {
      if (format[0] == '%' && format[1] != '%')
        return fits_hole (format, text, is_head, match);
      format += *format == '%' ? 1 : 0;
      if (*format != *text)
        return FALSE;
    }
  if (!is_head || !*text || match->n_holes == MOST_HOLES)
    return *text == '\0';
  match->holes[match->n_holes] = text;
  match->lengths[match->n_holes++] = strlen (text);

  return TRUE;
}

/* Of two that fit, the one that says more itself. */
static gsize
count_own (const char *format)
{
  gsize n_own = 0;
  gboolean is_number;
  guint place;

  while (*format)
    {
      gboolean is_hole = format[0] == '%' && format[1] != '%';

      format = is_hole ? read_hole (format, &is_number, &place) : format + 1;
      n_own += is_hole ? 0 : 1;
    }

  return n_own;
}

static void
look_among (const char *const *formats, gsize n_formats, const char *text, Match *best)
{
  for (gsize i = 0; i < n_formats; i++)
    {
      Match match = { .n_steps = best->n_steps };

      if (fits (formats[i], text, g_str_has_suffix (formats[i], ": "), &match)
          && (!best->format || count_own (formats[i]) > count_own (best->format)))
        {
          match.format = formats[i];
          *best = match;
        }
    }
}

/* --- To say it --- */

static char *translate (const char *text, guint depth, guint *n_steps, gboolean *is_known);

static void
add_hole (GString *said, const Match *match, guint hole, guint depth)
{
  g_autofree char *text = NULL;
  g_autofree char *translated = NULL;
  gboolean is_known;

  if (hole >= match->n_holes)
    return;
  text = g_strndup (match->holes[hole], match->lengths[hole]);
  translated = translate (text, depth + 1, match->n_steps, &is_known);
  g_string_append (said, translated);
}

static char *
say (const Match *match, guint depth)
{
  const char *format = dgettext (GETTEXT_PACKAGE, match->format);
  GString *said = g_string_new (NULL);
  guint next = 0;

  while (*format)
    if (format[0] == '%' && format[1] != '%')
      {
        gboolean is_number;
        guint place;

        format = read_hole (format, &is_number, &place);
        add_hole (said, match, place > 0 ? place - 1 : next++, depth);
      }
    else
      {
        format += *format == '%' ? 1 : 0;
        g_string_append_c (said, *format++);
      }
  if (g_str_has_suffix (match->format, ": "))
    add_hole (said, match, match->n_holes - 1, depth);

  return g_string_free (said, FALSE);
}

/* Returns: (nullable): the sentence, where all of the text is one */
static char *
translate_whole (const char *text, guint depth, guint *n_steps)
{
  Match best = { .n_steps = n_steps };

  look_among (outbox_sentences, G_N_ELEMENTS (outbox_sentences), text, &best);
  look_among (of_libraries, G_N_ELEMENTS (of_libraries), text, &best);
  if (best.format)
    return say (&best, depth);
  for (int code = 1; code < MOST_ERRNO; code++)
    if (g_strcmp0 (strerrordesc_np (code), text) == 0)
      return g_strdup (g_strerror (code));

  return NULL;
}

/* What it is about, a colon, and a sentence: where one of the two is known. Also what follows the group of a file of settings. */
static char *
translate_parts (const char *text, guint depth, guint *n_steps)
{
  for (const char *at = strpbrk (text, ":]"); at && *n_steps < MOST_STEPS; at = strpbrk (at + 1, ":]"))
    {
      g_autofree char *head = g_strndup (text, (gsize) (at - text));
      g_autofree char *known_head = NULL;
      g_autofree char *tail = NULL;
      gboolean is_known = FALSE;

      if (at[1] != ' ')
        continue;
      known_head = *at == ':' ? translate_whole (head, depth + 1, n_steps) : NULL;
      tail = translate (at + 2, depth + 1, n_steps, &is_known);
      if (*at == ']' && is_known)
        return g_strdup_printf ("%s] %s", head, tail);
      if (known_head || is_known)
        /* Translators: what something is about, and what is said of it */
        return outbox_message_format (N_ ("%s: %s"), known_head ? known_head : head, tail);
    }

  return NULL;
}

static char *
translate (const char *text, guint depth, guint *n_steps, gboolean *is_known)
{
  char *translated = NULL;

  if (*text && depth < MOST_DEPTH && strlen (text) <= MOST_BYTES)
    translated = translate_whole (text, depth, n_steps);
  if (*text && depth < MOST_DEPTH && !translated && strlen (text) <= MOST_BYTES)
    translated = translate_parts (text, depth, n_steps);
  *is_known = translated != NULL;

  return translated ? translated : g_strdup (text);
}

char *
outbox_sentence_translate (const char *text)
{
  gboolean is_known;
  guint n_steps = 0;

  outbox_messages_bind ();
  /* Without a catalogue, all of it stays English. */
  if (!text || !*dgettext (GETTEXT_PACKAGE, HEAD))
    return g_strdup (text ? text : "");

  return translate (text, 0, &n_steps, &is_known);
}
