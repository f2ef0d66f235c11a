/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person gives to sign in with, what is kept and shown of it, and what a request shows then.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "transfer/credential.h"

#include <string.h>

/* What comes through the pipe, and the headers that a request has then, "NAME: VALUE" with ; between them. NULL: it is refused.
 * Each text that is refused has s3cret in it where it can, which no error may repeat. */
static const struct
{
  const char *given, *headers, *shown;
} rows[] = {
  { "t0ken", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "t0ken\n", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "\xef\xbb\xbft0ken\r\n", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "  t0ken \n\n", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "Bearer t0ken\n", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "bearer t0ken", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "eyJh.eyJz=_~+/-", "Authorization: Bearer eyJh.eyJz=_~+/-", "{'kind': 'bearer'}" },
  { "", NULL, NULL },
  { "\n", NULL, NULL },
  { "Bearer ", "Authorization: Bearer Bearer", "{'kind': 'bearer'}" },
  { "two s3cret", NULL, NULL },
  { "s3cret\nX-Other: 1", NULL, NULL },
  { "s3cret\x01", NULL, NULL },
  { "s3crét", NULL, NULL },
  { "s3cret\xff", NULL, NULL },
  { "{\"kind\":\"bearer\",\"token\":\"t0ken\"}", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { " {\"kind\":\"bearer\",\"token\":\"t0ken\"}\n", "Authorization: Bearer t0ken", "{'kind': 'bearer'}" },
  { "{\"kind\":\"bearer\",\"token\":\"\"}", NULL, NULL },
  { "{\"kind\":\"bearer\",\"token\":7}", NULL, NULL },
  { "{\"kind\":\"bearer\",\"token\":\"s3cret \\n\"}", NULL, NULL },
  { "{\"kind\":\"bearer\"}", NULL, NULL },
  { "{\"token\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":[\"bearer\"],\"token\":\"s3cret\"}", NULL, NULL },
  { "{s3cret", NULL, NULL },
  { "{\"kind\":\"bearer\",\"token\":\"t\",\"s3cret\":1}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"X\",\"value\":\"v\",\"headers\":{\"Y\":\"s3cret\"}}", NULL, NULL },
  { "{\"kind\":\"bearer\",\"token\":\"s3cret\"} more", NULL, NULL },
  { "{\"kind\":\"bearer\",\"kind\":\"basic\",\"token\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"basic\",\"username\":\"me\",\"password\":\"pass word\"}", "Authorization: Basic bWU6cGFzcyB3b3Jk",
    "{'kind': 'basic'}" },
  { "{\"kind\":\"basic\",\"username\":\"me\",\"password\":\"\"}", "Authorization: Basic bWU6", "{'kind': 'basic'}" },
  { "{\"kind\":\"basic\",\"username\":\"\",\"password\":\"p:w\"}",
    "Authorization: Basic OnA6dw==", "{'kind': 'basic'}" },
  { "{\"kind\":\"basic\",\"username\":\"mé\",\"password\":\"pá\"}",
    "Authorization: Basic bcOpOnDDoQ==", "{'kind': 'basic'}" },
  { "{\"kind\":\"basic\",\"username\":\"m:e\",\"password\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"basic\",\"username\":\"me\",\"password\":\"s3cret\\u0000\"}", NULL, NULL },
  { "{\"kind\":\"basic\",\"username\":\"me\",\"password\":\"s3cret\\n\"}", NULL, NULL },
  { "{\"kind\":\"basic\",\"username\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"X-Api-Key\",\"value\":\"k ey=1\"}", "X-Api-Key: k ey=1",
    "{'kind': 'header', 'headers': 'X-Api-Key'}" },
  { "{\"kind\":\"header\",\"headers\":{\"Cookie\":\"a=b\",\"X-Key\":\"k\"}}", "Cookie: a=b;X-Key: k",
    "{'kind': 'header', 'headers': 'Cookie, X-Key'}" },
  { "{\"kind\":\"header\",\"headers\":{}}", NULL, NULL },
  { "{\"kind\":\"header\",\"headers\":[\"s3cret\"]}", NULL, NULL },
  { "{\"kind\":\"header\",\"headers\":{\"X-Key\":7}}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"X Key\",\"value\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"X-Key\",\"value\":\"s3cret\\r\\nX: y\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"X-Key\",\"value\":\"\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"Content-Length\",\"value\":\"7\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"name\":\"Tus-Resumable\",\"value\":\"s3cret\"}", NULL, NULL },
  { "{\"kind\":\"header\",\"value\":\"s3cret\"}", NULL, NULL },
};

/* Returns: (transfer full): as in the table */
static char *
describe (const ObSignIn *sign_in)
{
  g_autoptr (ObCredential) credential = ob_credential_new_from_sign_in (sign_in);
  g_autoptr (GString) headers = g_string_new (NULL);
  const char *name, *value;

  for (guint i = 0; (name = ob_credential_get_header (credential, i, &value)); i++)
    g_string_append_printf (headers, "%s%s: %s", i > 0 ? ";" : "", name, value);

  return g_strdup (headers->str);
}

static void
assert_refused (guint i, const char *given, gsize size_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObSignIn) sign_in = ob_sign_in_read (given, size_bytes, &error);

  g_test_message ("row %u: %s", i, error ? error->message : "taken");
  g_assert_null (sign_in);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_assert_null (strstr (error->message, "s3cr"));
}

/* What is kept reads back as it was. */
static void
assert_taken (guint i)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObSignIn) sign_in = ob_sign_in_read (rows[i].given, strlen (rows[i].given), &error);
  g_autofree char *headers = sign_in ? describe (sign_in) : NULL;
  g_autoptr (GVariant) shown = ob_sign_in_dup_shown (sign_in);
  g_autofree char *shown_text = g_variant_print (shown, FALSE);
  char *kept = ob_sign_in_write (sign_in);
  g_autoptr (ObSignIn) again = ob_sign_in_parse (kept);
  g_autofree char *headers_again = again ? describe (again) : NULL;

  g_test_message ("row %u: %s", i, shown_text);
  g_assert_no_error (error);
  g_assert_cmpstr (headers, ==, rows[i].headers);
  g_assert_cmpstr (headers_again, ==, rows[i].headers);
  g_assert_cmpstr (shown_text, ==, rows[i].shown);
  ob_secret_free (kept);
}

static void
test_what_is_given (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].headers)
      assert_taken (i);
    else
      assert_refused (i, rows[i].given, strlen (rows[i].given));
}

static void
test_nul_bytes_and_too_many_are_refused (void)
{
  g_autofree char *many = g_strnfill (OB_SIGN_IN_MOST_BYTES + 1, 'a');

  assert_refused (0, "a\0b", 3);
  assert_refused (1, many, OB_SIGN_IN_MOST_BYTES + 1);
}

/* What the OpenAPI file allows, and one more. */
static void
test_the_most (void)
{
  const struct
  {
    const char *before, *after;
    guint most;
  } texts[] = {
    { "", "", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"bearer\",\"token\":\"", "\"}", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"basic\",\"username\":\"", "\",\"password\":\"\"}", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"basic\",\"username\":\"\",\"password\":\"", "\"}", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"header\",\"name\":\"X\",\"value\":\"", "\"}", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"header\",\"name\":\"", "\",\"value\":\"v\"}", OB_SIGN_IN_NAME_MOST },
    { "{\"kind\":\"header\",\"headers\":{\"X\":\"", "\"}}", OB_SIGN_IN_TEXT_MOST },
    { "{\"kind\":\"oauth2\",\"client_secret\":\"", "\"}", OB_SIGN_IN_TEXT_MOST },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *most = g_strnfill (texts[i].most, 'a');
      g_autofree char *good = g_strconcat (texts[i].before, most, texts[i].after, NULL);
      g_autofree char *bad = g_strconcat (texts[i].before, most, "a", texts[i].after, NULL);
      g_autoptr (ObSignIn) taken = ob_sign_in_read (good, strlen (good), NULL);

      g_assert_nonnull (taken);
      assert_refused (i, bad, strlen (bad));
    }
}

static void
test_too_many_headers (void)
{
  g_autoptr (GString) text = g_string_new ("{\"kind\":\"header\",\"headers\":{");

  for (guint i = 0; i <= OB_SIGN_IN_HEADERS_MOST; i++)
    g_string_append_printf (text, "%s\"X-%u\":\"s3cret\"", i > 0 ? "," : "", i);
  g_string_append (text, "}}");
  assert_refused (0, text->str, text->len);
}

/* A file that was cut, or that another program has written. */
static void
test_what_is_kept_may_be_damaged (void)
{
  const char *const bad[] = { "",
                              "token=x\n",
                              "kind",
                              "kind=bearer\ntoken\n",
                              "kind=bearer\n=x\n",
                              "kind=bearer\ntoken=\x01\n",
                              "kind=bearer\n\ntoken=x\n" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (ObSignIn) sign_in = ob_sign_in_parse (bad[i]);

      g_assert_null (sign_in);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sign-in/what-is-given", test_what_is_given);
  g_test_add_func ("/sign-in/nul-bytes-and-too-many-are-refused", test_nul_bytes_and_too_many_are_refused);
  g_test_add_func ("/sign-in/the-most", test_the_most);
  g_test_add_func ("/sign-in/too-many-headers", test_too_many_headers);
  g_test_add_func ("/sign-in/what-is-kept-may-be-damaged", test_what_is_kept_may_be_damaged);

  return g_test_run ();
}
