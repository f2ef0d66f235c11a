/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets among the settings of a destination, and what is left there when they are taken.
 */
#include "broker/embedded-secrets.h"

#include <string.h>

static const struct
{
  const char *url, *confirm_url, *also, *headers;
  const char *sign_in; /* "kind NAME=VALUE …"; NULL: there is none */
  const char *rest;    /* URL, confirm URL, also and headers afterwards */
} rows[] = {
  { "https://a.test/f/", NULL, NULL, "{}", NULL, "https://a.test/f/ - - {}" },
  { "https://a.test/f/", NULL, NULL, "{'X-Site': 'yard', 'Accept-Language': 'de'}", NULL,
    "https://a.test/f/ - - {'X-Site': 'yard', 'Accept-Language': 'de'}" },
  { "https://a.test/f/", NULL, NULL, "{'X-Site': 'yard', 'Authorization': 'Bearer t'}",
    "header header:Authorization=Bearer t", "https://a.test/f/ - - {'X-Site': 'yard'}" },
  { "https://a.test/", NULL, NULL,
    "{'cookie': 'c', 'X-Api-Key': 'k', 'Proxy-Authorization': 'p', 'X-Amz-Security-Token': 's', 'X-Secret': 'x', "
    "'PRIVATE-TOKEN': 'g', 'X-Password': 'w', 'X-Auth': 'a'}",
    "header header:cookie=c header:X-Api-Key=k header:Proxy-Authorization=p header:X-Amz-Security-Token=s "
    "header:X-Secret=x header:PRIVATE-TOKEN=g header:X-Password=w header:X-Auth=a",
    "https://a.test/ - - {}" },
  { "https://u:pw@a.test/f/", NULL, NULL, "{}", "basic username=u password=pw", "https://a.test/f/ - - {}" },
  { "https://u@a.test/f/", NULL, NULL, "{}", "basic username=u password=", "https://a.test/f/ - - {}" },
  { "https://u%40x:p%3Aw%20z@a.test:8443", NULL, NULL, "{}", "basic username=u@x password=p:w z",
    "https://a.test:8443 - - {}" },
  { "https://u%3Ax:p@a.test/", NULL, NULL, "{}", "basic username=u%3Ax password=p", "https://a.test/ - - {}" },
  { "https://u:p%00q@a.test/", NULL, NULL, "{}", "basic username=u password=p%00q", "https://a.test/ - - {}" },
  { "https://u:p@w@a.test/", NULL, NULL, "{}", "basic username=u password=p@w", "https://a.test/ - - {}" },
  { "https://a.test/x@y?z=q@r#@", NULL, NULL, "{}", NULL, "https://a.test/x@y?z=q@r#@ - - {}" },
  { "https://u:p@a.test/{id}?q=@", NULL, NULL, "{}", "basic username=u password=p", "https://a.test/{id}?q=@ - - {}" },
  { "https://u:p@a.test/", NULL, NULL, "{'Authorization': 'Bearer t'}",
    "header header:Authorization=Bearer t password=p", "https://a.test/ - - {}" },
  { "https://a.test/", "https://u:p@a.test/c?id={id}", NULL, "{}", "basic username=u password=p",
    "https://a.test/ https://a.test/c?id={id} - {}" },
  { "https://u:p@a.test/", "https://v:q@a.test/c", NULL, "{}", "basic username=u password=p",
    "https://a.test/ https://a.test/c - {}" },
  { "https://a.test/", "https://u:p@b.test/c", NULL, "{}", NULL, "https://a.test/ https://b.test/c - {}" },
  { "https://a.test/", NULL, "https://u:p@b.test/", "{}", NULL, "https://a.test/ - https://b.test/ {}" },
};

static void
append (const char *name, const char *value, gpointer text)
{
  g_string_append_printf (text, " %s=%s", name, value);
}

/* @data: whether the URL of the second column is the amend URL: all is as with the confirm URL */
static void
test_what_is_taken (gconstpointer data)
{
  const gboolean amends = GPOINTER_TO_INT (data);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObDestination) destination = ob_destination_new ("a");
      g_autoptr (ObSignIn) sign_in = NULL;
      g_autoptr (GString) taken = g_string_new (NULL);
      g_autofree char *headers = NULL;
      g_autofree char *rest = NULL;
      const char *second;
      gboolean are_in;

      g_free (destination->url);
      destination->url = g_strdup (rows[i].url);
      destination->confirm_url = amends ? NULL : g_strdup (rows[i].confirm_url);
      destination->amend_url = amends ? g_strdup (rows[i].confirm_url) : NULL;
      destination->also = rows[i].also ? g_strsplit (rows[i].also, " ", -1) : NULL;
      g_variant_unref (destination->headers);
      destination->headers = g_variant_parse (G_VARIANT_TYPE ("a{ss}"), rows[i].headers, NULL, NULL, NULL);
      are_in = ob_embedded_secrets_are_in (destination);
      sign_in = ob_embedded_secrets_take (destination);
      if (sign_in)
        {
          g_string_append (taken, ob_sign_in_get_kind (sign_in));
          ob_sign_in_foreach (sign_in, append, taken);
        }
      headers = g_variant_print (destination->headers, FALSE);
      second = amends ? destination->amend_url : destination->confirm_url;
      rest = g_strdup_printf ("%s %s %s %s", destination->url, second ? second : "-",
                              destination->also ? destination->also[0] : "-", headers);
      g_test_message ("%s", rows[i].url);
      g_assert_cmpstr (sign_in ? taken->str : NULL, ==, rows[i].sign_in);
      g_assert_cmpstr (rest, ==, rows[i].rest);
      g_assert_true (are_in || !sign_in);
      g_assert_false (ob_embedded_secrets_are_in (destination));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/embedded-secrets/what-is-taken", GINT_TO_POINTER (FALSE), test_what_is_taken);
  g_test_add_data_func ("/embedded-secrets/what-is-taken-of-the-amend-url", GINT_TO_POINTER (TRUE), test_what_is_taken);

  return g_test_run ();
}
