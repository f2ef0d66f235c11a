/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clean text. Pure, any thread.
 */
#include "base/text.h"

#include "dbus/error.h"

#include <string.h>

#define REPLACEMENT 0xfffd

static gboolean
is_control (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

gboolean
ob_text_is_clean (const char *text)
{
  const char *next = text;

  /* Most text is ASCII, and read often. (char is unsigned on ARM.) */
  while (g_ascii_isprint (*next))
    next++;
  if (*next == '\0')
    return TRUE;
  if (!g_utf8_validate (next, -1, NULL))
    return FALSE;
  for (; *next; next = g_utf8_next_char (next))
    if (is_control (g_utf8_get_char (next)))
      return FALSE;

  return TRUE;
}

static gunichar
clean_char (gunichar c, gboolean has_lines)
{
  if (c == '\t' || c == '\n' || c == '\r')
    return has_lines ? c : ' ';

  return is_control (c) ? REPLACEMENT : c;
}

static char *
dup_clean (const char *bytes, gssize size_bytes, gsize most_chars, gboolean has_lines)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, size_bytes);
  GString *clean = g_string_sized_new (strlen (valid));
  gsize n_chars = 0;

  for (const char *next = valid; *next && (most_chars == 0 || n_chars < most_chars); next = g_utf8_next_char (next))
    {
      g_string_append_unichar (clean, clean_char (g_utf8_get_char (next), has_lines));
      n_chars++;
    }

  return g_string_free (clean, FALSE);
}

char *
ob_text_dup_clean (const char *bytes, gssize size_bytes, gsize most_chars)
{
  return dup_clean (bytes, size_bytes, most_chars, FALSE);
}

char *
ob_text_dup_clean_lines (const char *text)
{
  return dup_clean (text, -1, 0, TRUE);
}

char *
ob_text_dup_http (const char *bytes, gsize most_chars)
{
  g_autofree char *latin = NULL;

  if (bytes && !g_utf8_validate (bytes, -1, NULL))
    latin = g_convert (bytes, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

  return ob_text_dup_clean (latin ? latin : bytes ? bytes : "", -1, most_chars);
}

char *
ob_text_dup_filled (const char *sentence, const char *first, const char *second)
{
  const char *words[] = { first, second };
  GString *filled = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (words) && words[i]; i++)
    {
      const char *hole = strstr (sentence, "%s");

      g_return_val_if_fail (hole, g_string_free (filled, FALSE));
      g_string_append_len (filled, sentence, hole - sentence);
      g_string_append (filled, words[i]);
      sentence = hole + strlen ("%s");
    }
  g_string_append (filled, sentence);

  return g_string_free (filled, FALSE);
}

void
ob_text_set_not_found (GError **error, const char *sentence, const char *name)
{
  g_autofree char *shown = ob_text_dup_clean (name, -1, OB_TEXT_SHOWN_CHARS);
  g_autofree char *words = ob_text_dup_filled (sentence, shown, NULL);

  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, words);
}

/* A smaller number means seconds: as milliseconds it would be before March 1973. */
#define SECONDS_MAX G_GINT64_CONSTANT (100000000000)

gint64
ob_text_read_time (const char *text)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr (GDateTime) time = NULL;
  gint64 number;

  if (g_ascii_string_to_signed (text, 10, 0, OB_TIME_MAX_MS, &number, NULL))
    return number < SECONDS_MAX ? number * 1000 : number;
  time = g_date_time_new_from_iso8601 (text, zone);
  number = time ? g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000 : 0;

  return CLAMP (number, 0, OB_TIME_MAX_MS);
}

gboolean
ob_text_is_sha256 (const char *text)
{
  return strlen (text) == OB_SHA256_HEX_LENGTH && strspn (text, "0123456789abcdefABCDEF") == OB_SHA256_HEX_LENGTH;
}

gboolean
ob_text_read_sha256 (const char *text, guint8 digest[OB_SHA256_BYTES])
{
  if (!ob_text_is_sha256 (text))
    return FALSE;
  for (guint i = 0; i < OB_SHA256_BYTES; i++)
    digest[i] = (guint8) (g_ascii_xdigit_value (text[2 * i]) * 16 + g_ascii_xdigit_value (text[2 * i + 1]));

  return TRUE;
}

char *
ob_text_dup_time (gint64 at_ms)
{
  g_autoptr (GDateTime) time = at_ms <= OB_TIME_MAX_MS ? g_date_time_new_from_unix_utc (at_ms / 1000) : NULL;
  g_autofree char *seconds = time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;

  if (!seconds)
    return NULL;

  return at_ms % 1000 == 0 ? g_strconcat (seconds, "Z", NULL)
                           : g_strdup_printf ("%s.%03dZ", seconds, (gint) (at_ms % 1000));
}
