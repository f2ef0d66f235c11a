/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes words of answers, and takes out of them what the request must not be told by. Pure.
 */
#include "transfer/words.h"

#include "base/text.h"

#include <string.h>

#define WORDS_MAX_CHARS 300

#define SECRET_MIN_BYTES 6

/* Hide it also as it is without its escapes, since servers decode what they repeat. */
static void
add (GStrvBuilder *list, const char *text)
{
  g_autofree char *plain = g_uri_unescape_string (text, NULL);

  if (strlen (text) >= SECRET_MIN_BYTES)
    g_strv_builder_add (list, text);
  if (plain && strlen (plain) >= SECRET_MIN_BYTES && !g_str_equal (plain, text))
    g_strv_builder_add (list, plain);
}

static gboolean
is_word (const char *text)
{
  while (g_ascii_isalpha (*text))
    text++;

  return *text == '\0';
}

/* The whole comes before its parts, or the rest of it would be left. A scheme such as Bearer is no secret. */
static void
add_with_parts (GStrvBuilder *list, const char *value)
{
  g_auto (GStrv) parts = g_strsplit_set (value, " ;,\"", -1);

  add (list, value);
  for (guint i = 0; parts[i]; i++)
    {
      const char *equals = strchr (parts[i], '=');

      if (!is_word (parts[i]))
        add (list, parts[i]);
      if (equals)
        add (list, equals + 1);
    }
}

static void
add_url (GStrvBuilder *list, const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  const char *userinfo = uri ? g_uri_get_userinfo (uri) : NULL;
  const char *query = uri ? g_uri_get_query (uri) : NULL;
  g_auto (GStrv) users = g_strsplit (userinfo ? userinfo : "", ":", 2);
  g_auto (GStrv) values = g_strsplit_set (query ? query : "", "&;", -1);

  for (guint i = 0; users[i]; i++)
    add (list, users[i]);
  for (guint i = 0; values[i]; i++)
    {
      const char *equals = strchr (values[i], '=');

      add (list, equals ? equals + 1 : values[i]);
    }
}

static void
add_credential (GStrvBuilder *list, const ObCredential *credential)
{
  const char *value;

  for (guint i = 0; ob_credential_get_header (credential, i, &value); i++)
    add_with_parts (list, value);
  for (guint i = 0; (value = ob_credential_get_hidden (credential, i)); i++)
    add (list, value);
}

GStrv
ob_words_list_hidden (const char *url, GVariant *headers, const ObCredential *credential)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  const char *name, *value;
  GVariantIter iter;

  if (headers)
    {
      g_variant_iter_init (&iter, headers);
      while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
        add_with_parts (list, value);
    }
  if (credential)
    add_credential (list, credential);
  if (url)
    add_url (list, url);

  return g_strv_builder_end (list);
}

char *
ob_words_mask (const char *words, const char *const *hidden)
{
  g_autoptr (GString) text = g_string_new (words);

  for (; hidden && *hidden; hidden++)
    (void) g_string_replace (text, *hidden, "…", 0);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
ob_words_dup (guint status, const char *reason, const char *body)
{
  g_autofree char *line = ob_text_dup_http (body, WORDS_MAX_CHARS);
  g_autofree char *phrase = ob_text_dup_http (reason, WORDS_MAX_CHARS);

  g_strstrip (line);
  if (*line)
    return g_strdup_printf ("%s (HTTP %u)", line, status);

  return g_strdup_printf ("HTTP %u %s", status, phrase);
}
