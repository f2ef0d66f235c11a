/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words of servers that repeat what a request carried.
 */
#include "transfer/words.h"

static void
test_what_is_hidden (void)
{
  static const struct
  {
    const char *url;
    const char *headers;
    const char *words;
    const char *expected;
  } rows[] = {
    { "http://a.test/", "{'X-Api-Key': 'k-secret'}", "k-secret is not valid", "… is not valid" },
    { "http://a.test/", "{'Authorization': 'Bearer t-secret'}", "no Bearer t-secret", "no …" },
    { "http://a.test/", "{'Authorization': 'Bearer t-secret'}", "token t-secret, t-secret", "token …, …" },
    { "http://a.test/", "{'Authorization': 'Bearer t-secret'}", "a Bearer is wanted", "a Bearer is wanted" },
    { "http://a.test/", "{'Cookie': 'sid=c-secret; lang=de'}", "session c-secret; de", "session …; de" },
    { "http://a.test/", "{'X-Many': 'first-secret,second-secret'}", "second-secret", "…" },
    { "http://a.test/", "{'X-Spaced': '  spaced-secret '}", "spaced-secret", "…" },
    { "http://a.test/", "{'Accept-Language': 'de'}", "der Kode", "der Kode" },
    { "http://a.test/", "{'X-Empty': ''}", "words", "words" },
    { "http://a.test/f?token=q-secret", "{}", "cannot POST /f?token=q-secret", "cannot POST /f?token=…" },
    { "http://a.test/f?q-secret", "{}", "cannot POST /f?q-secret", "cannot POST /f?…" },
    { "http://a.test/f?t=q%20secret", "{}", "q secret, q%20secret", "…, …" },
    { "http://a.test/f?page=1", "{}", "1 of 1", "1 of 1" },
    { "http://user-secret:pw-secret@a.test/", "{}", "user-secret, pw-secret", "…, …" },
    { "http://a.test/", "{}", "words", "words" },
    { NULL, NULL, "words", "words" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) headers
          = rows[i].headers ? g_variant_parse (G_VARIANT_TYPE ("a{ss}"), rows[i].headers, NULL, NULL, NULL) : NULL;
      g_auto (GStrv) hidden = ob_words_list_hidden (rows[i].url, headers, NULL);
      g_autofree char *masked = ob_words_mask (rows[i].words, (const char *const *) hidden);

      g_assert_cmpstr (masked, ==, rows[i].expected);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/words/what-is-hidden", test_what_is_hidden);

  return g_test_run ();
}
