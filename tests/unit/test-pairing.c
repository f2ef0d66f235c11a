/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests of web pages to be let in: which origins may ask, and what page and person are told from the first question to the
 * last, by a clock that the test sets.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "ipc/app.h"
#include "ipc/pairing-origin.h"
#include "ipc/pairing.h"

#define PAGE "https://capture.example"

/* --- Origins --- */

static const struct
{
  const char *header;
  const char *expected; /* NULL: it may not be paired */
} origin_rows[] = {
  { "https://a.test", "https://a.test" },
  { "https://a.test:8443", "https://a.test:8443" },
  /* What is the same origin has one spelling. */
  { "https://a.test:443", "https://a.test" },
  { "http://localhost:80", "http://localhost" },
  { "HTTPS://A.Test", "https://a.test" },
  { "https://bücher.test", "https://xn--bcher-kva.test" },
  { "https://xn--bcher-kva.test", "https://xn--bcher-kva.test" },
  { "https://аpple.test", "https://xn--pple-43d.test" }, /* its first letter is Cyrillic */
  { "https://[2001:DB8:0:0::1]", "https://[2001:db8::1]" },
  { "https://192.0.2.1", "https://192.0.2.1" },
  { "https://a_b.test", "https://a_b.test" },
  { "https://intranet", "https://intranet" },
  /* Plain http, where nobody is on the way. */
  { "http://localhost:5173", "http://localhost:5173" },
  { "http://app.localhost", "http://app.localhost" },
  { "http://127.0.0.1:8000", "http://127.0.0.1:8000" },
  { "http://127.9.9.9", "http://127.9.9.9" },
  { "http://[::1]:3000", "http://[::1]:3000" },
  { "http://[0:0:0:0:0:0:0:1]", "http://[::1]" },
  { "http://a.test", NULL },
  { "http://192.168.1.10", NULL },
  { "http://0.0.0.0", NULL },
  { "http://10.0.0.1:8080", NULL },
  { "http://[fe80::1]", NULL },
  { "http://notlocalhost", NULL },
  { "http://localhost.a.test", NULL },
  { "http://127.0.0.1.a.test", NULL },
  { "http://[::ffff:127.0.0.1]", NULL },
  /* No origin at all. */
  { NULL, NULL },
  { "", NULL },
  { "null", NULL },
  { "NULL", NULL },
  { "a.test", NULL },
  { "//a.test", NULL },
  { "https:a.test", NULL },
  { "https:/a.test", NULL },
  { "https://", NULL },
  { "https://:443", NULL },
  { "file://", NULL },
  { "ftp://a.test", NULL },
  { "ws://localhost", NULL },
  { "moz-extension://a.test", NULL },
  { "data:text/html,x", NULL },
  /* No text. */
  { "https://\xff", NULL },
  { "https://a\xc3", NULL },
  { "https://b\xe9", NULL },
  { "https://b\xc3.test", NULL },
  { "https://\xf8\x88\x80\x80\x80.test", NULL },
  { "https://\xed\xa0\x80.test", NULL },
  { "https://a.test\x01", NULL },
  /* More than an origin. */
  { "https://a.test/", NULL },
  { "https://a.test/page", NULL },
  { "https://a.test?x", NULL },
  { "https://a.test#x", NULL },
  { "https://user@a.test", NULL },
  { "https://user:secret@a.test", NULL },
  { "https://a.test@b.test", NULL },
  { "https://a.test https://b.test", NULL },
  { "https://a.test,https://b.test", NULL },
  { " https://a.test", NULL },
  { "https://a.test ", NULL },
  { "https://a.test\n", NULL },
  { "https://a.test\t", NULL },
  { "https://a.test\\b", NULL },
  { "https://a%2etest", NULL },
  /* Hosts and ports that are none, or that browsers write otherwise. */
  { "https://a.test.", NULL },
  { "http://localhost.", NULL },
  { "https://.a.test", NULL },
  { "https://a..test", NULL },
  { "https://.", NULL },
  { "https://-a.test", NULL },
  { "https://a-.test", NULL },
  { "https://*.a.test", NULL },
  { "https://a.test:", NULL },
  { "https://a.test:0", NULL },
  { "https://a.test:65536", NULL },
  { "https://a.test:+1", NULL },
  { "https://a.test:-1", NULL },
  { "https://a.test: 1", NULL },
  { "https://a.test:1x", NULL },
  { "https://a.test:1:2", NULL },
  { "https://127.1", NULL },
  { "http://127.1", NULL },
  { "http://2130706433", NULL },
  { "http://0x7f.0.0.1", NULL },
  { "http://0x7f000001", NULL },
  { "http://127.0.0.1.", NULL },
  { "https://1.2.3.4.5", NULL },
  { "https://256.1.1.1", NULL },
  { "https://::1", NULL },
  { "https://[::1", NULL },
  { "https://::1]", NULL },
  { "https://[]", NULL },
  { "https://[127.0.0.1]", NULL },
  { "https://[fe80::1%eth0]", NULL },
  { "https://[::1]x", NULL },
  { "https://[::1]:", NULL },
  { "https://\xff.test", NULL },
};

static void
test_which_origins_may_ask (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (origin_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *origin = ob_pairing_dup_origin (origin_rows[i].header, &error);
      g_autofree char *again = ob_pairing_dup_origin (origin, NULL);
      g_autofree char *shown = origin_rows[i].header ? g_strescape (origin_rows[i].header, NULL) : NULL;

      g_test_message ("%s", shown ? shown : "none");
      g_assert_cmpstr (origin, ==, origin_rows[i].expected);
      g_assert_cmpstr (again, ==, origin);
      if (!origin)
        g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
    }
}

static void
test_a_long_host_is_none (void)
{
  g_autofree char *label = g_strnfill (64, 'a');
  g_autofree char *header = g_strdup_printf ("https://%s.test", label);
  g_autofree char *dots = g_strnfill (100000, '.');
  g_autofree char *many = g_strdup_printf ("https://a%s", dots);

  g_assert_null (ob_pairing_dup_origin (header, NULL));
  g_assert_null (ob_pairing_dup_origin (many, NULL));
}

/* The longest origin that is one has an app whose name is one, and no two have the same. */
static void
test_the_app_of_an_origin (void)
{
  g_autofree char *label = g_strnfill (60, 'a');
  g_autofree char *longest = g_strdup_printf ("https://%s.%s.%s.%s:65535", label, label, label, label);
  const char *const rows[][2] = { { "https://capture.example", "https:capture.example" },
                                  { "http://localhost:8080", "http:localhost:8080" },
                                  { "https://[2001:db8::1]:8443", "https:[2001:db8::1]:8443" } };
  g_autofree char *origin = ob_pairing_dup_origin (longest, NULL);
  g_autofree char *app = ob_pairing_dup_app (longest);

  g_assert_cmpstr (origin, ==, longest);
  g_assert_true (ob_app_is_name (app));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *each = ob_pairing_dup_app (rows[i][0]);

      g_assert_cmpstr (each, ==, rows[i][1]);
      g_assert_true (ob_app_is_name (each));
    }
}

/* --- Secrets --- */

static void
test_secrets_are_long_and_codes_unmistakable (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++)
    {
      char *secret = ob_secret_new (NULL);
      char *code = ob_secret_new_code (NULL);
      g_autofree char *lower = g_ascii_strdown (code, -1);
      g_autofree char *typed = g_strdup_printf (" %.2s %s ", lower, lower + 2);
      g_autofree char *read = ob_secret_dup_code (typed);

      g_assert_true (g_regex_match_simple ("^[A-Za-z0-9_-]{43}$", secret, 0, 0));
      g_assert_true (g_regex_match_simple ("^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$", code, 0, 0));
      g_assert_cmpstr (read, ==, code);
      g_assert_true (g_hash_table_add (seen, secret));
      g_assert_true (g_hash_table_add (seen, code));
    }
  g_assert_true (ob_secret_is_same ("abc", "abc"));
  g_assert_false (ob_secret_is_same ("abc", "abd"));
  g_assert_false (ob_secret_is_same ("abc", "ab"));
  g_assert_false (ob_secret_is_same ("", "abc"));
  g_assert_false (ob_secret_is_same (NULL, "abc"));
  g_assert_false (ob_secret_is_same ("abc", NULL));
  g_assert_false (ob_secret_is_same (NULL, NULL));
}

/* --- Requests --- */

typedef struct
{
  ObPairing *pairing;
  gint64 now_ms;
  char *secret; /* of the last request */
  char *id;
  char *code;
  gboolean is_new; /* a person was told of it */
  guint n_changes;
  GError *error;
} Scene;

static void
forget (Scene *scene)
{
  g_clear_error (&scene->error);
  g_clear_pointer (&scene->secret, g_free);
  g_clear_pointer (&scene->id, g_free);
  g_clear_pointer (&scene->code, g_free);
}

static void
on_changed (const ObPairingRequest *request, gpointer user_data)
{
  ((Scene *) user_data)->is_new |= request != NULL;
  ((Scene *) user_data)->n_changes++;
}

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->pairing = ob_pairing_new ();
  ob_pairing_watch (scene->pairing, on_changed, scene);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  forget (scene);
  ob_pairing_free (scene->pairing);
}

static gboolean
ask_for (Scene *scene, const char *origin, gboolean may_manage)
{
  const ObPairingRequest *request;

  forget (scene);
  scene->is_new = FALSE;
  request = ob_pairing_ask (scene->pairing, origin, may_manage, scene->now_ms, &scene->secret, &scene->error);
  g_assert_true ((request != NULL) == (scene->error == NULL) && (request != NULL) == (scene->secret != NULL));
  scene->id = request ? g_strdup (request->id) : NULL;
  scene->code = request ? g_strdup (request->code) : NULL;

  return request != NULL;
}

static gboolean
ask (Scene *scene, const char *origin)
{
  return ask_for (scene, origin, FALSE);
}

/* A page that is as slow as it was told to be. */
static ObPairingPoll
poll_with (Scene *scene, const char *origin, const char *secret, const char **token)
{
  gint64 interval_ms;

  scene->now_ms += OB_PAIRING_INTERVAL_MS;

  return ob_pairing_poll (scene->pairing, origin, secret, scene->now_ms, token, &interval_ms);
}

static ObPairingPoll
poll (Scene *scene)
{
  const char *token;

  return poll_with (scene, PAGE, scene->secret, &token);
}

static gboolean
approve (Scene *scene, const char *name, const char *token)
{
  const ObPairingRequest *request;

  g_clear_error (&scene->error);
  request = ob_pairing_begin (scene->pairing, name, scene->now_ms, &scene->error);
  if (request)
    ob_pairing_end (scene->pairing, request->id, token);

  return request != NULL;
}

static void
test_a_page_is_let_in (Scene *scene, gconstpointer data)
{
  const char *token;

  g_assert_true (ask (scene, PAGE));
  g_assert_true (scene->is_new);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_PENDING);
  g_assert_true (approve (scene, scene->id, "token"));
  g_assert_cmpint (poll_with (scene, PAGE, scene->secret, &token), ==, OB_PAIRING_POLL_APPROVED);
  g_assert_cmpstr (token, ==, "token");
  /* Its answer may have been lost. */
  g_assert_cmpint (poll_with (scene, PAGE, scene->secret, &token), ==, OB_PAIRING_POLL_APPROVED);
  g_assert_cmpstr (token, ==, "token");
  scene->now_ms += OB_PAIRING_OPEN_MS;
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_EXPIRED);
}

static void
test_a_person_may_type_the_code (Scene *scene, gconstpointer data)
{
  g_autofree char *typed = NULL;

  g_assert_true (ask (scene, PAGE));
  typed = g_ascii_strdown (scene->code, -1);
  g_assert_true (approve (scene, typed, "token"));
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_APPROVED);
  g_assert_false (approve (scene, typed, "token"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_false (approve (scene, scene->id, "token"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  g_assert_false (approve (scene, "", "token"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
}

/* What a thief has is a code without the origin, or an origin without the code. */
static void
test_a_stolen_code_is_worth_nothing (Scene *scene, gconstpointer data)
{
  const char *token;

  g_assert_true (ask (scene, PAGE));
  g_assert_true (approve (scene, scene->id, "token"));
  g_assert_cmpint (poll_with (scene, "https://other.example", scene->secret, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll_with (scene, "null", scene->secret, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll_with (scene, NULL, scene->secret, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll_with (scene, PAGE, scene->code, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll_with (scene, PAGE, scene->id, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll_with (scene, PAGE, "", &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_null (token);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_APPROVED);
}

static void
test_a_page_that_is_loaded_again_takes_over (Scene *scene, gconstpointer data)
{
  g_autofree char *secret = NULL;
  g_autofree char *code = NULL;
  const char *token;

  g_assert_true (ask (scene, PAGE));
  secret = g_strdup (scene->secret);
  code = g_strdup (scene->code);
  g_assert_true (ask (scene, "HTTPS://Capture.Example:443"));
  g_assert_false (scene->is_new);
  g_assert_cmpstr (scene->code, ==, code);
  g_assert_cmpstr (scene->secret, !=, secret);
  g_assert_cmpint (poll_with (scene, PAGE, secret, &token), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_PENDING);
  g_assert_false (ask_for (scene, PAGE, TRUE));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
}

static void
test_a_request_ends_after_ten_minutes (Scene *scene, gconstpointer data)
{
  g_autoptr (GPtrArray) waiting = NULL;
  g_autofree char *code = NULL;

  g_assert_true (ask (scene, PAGE));
  code = g_strdup (scene->code);
  scene->now_ms += OB_PAIRING_OPEN_MS;
  waiting = ob_pairing_list (scene->pairing, scene->now_ms);
  g_assert_cmpuint (waiting->len, ==, 0);
  g_assert_false (approve (scene, scene->id, "token"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_true (ask (scene, PAGE));
  g_assert_true (scene->is_new);
  g_assert_cmpstr (scene->code, !=, code);
}

static void
test_who_is_denied_has_to_wait (Scene *scene, gconstpointer data)
{
  g_assert_true (ask (scene, PAGE));
  g_assert_nonnull (ob_pairing_deny (scene->pairing, scene->code, scene->now_ms, NULL));
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_DENIED);
  g_assert_false (approve (scene, scene->id, "token"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  g_assert_false (ask (scene, PAGE));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_assert_true (ask (scene, "https://other.example"));
  scene->now_ms = OB_PAIRING_DENIED_MS - 1;
  g_assert_false (ask (scene, PAGE));
  scene->now_ms = OB_PAIRING_DENIED_MS;
  g_assert_true (ask (scene, PAGE));
}

static void
test_who_polls_too_often_is_slowed_down (Scene *scene, gconstpointer data)
{
  static const struct
  {
    gint64 after_ms;
    ObPairingPoll expected;
    gint64 interval_ms;
  } rows[] = {
    { 0, OB_PAIRING_POLL_PENDING, 5000 },       { 5000, OB_PAIRING_POLL_PENDING, 5000 },
    { 4999, OB_PAIRING_POLL_SLOW_DOWN, 10000 }, { 5000, OB_PAIRING_POLL_SLOW_DOWN, 15000 },
    { 15000, OB_PAIRING_POLL_PENDING, 15000 },  { 0, OB_PAIRING_POLL_SLOW_DOWN, 20000 },
    { 20000, OB_PAIRING_POLL_PENDING, 20000 },
  };
  gint64 interval_ms;
  const char *token;

  g_assert_true (ask (scene, PAGE));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      scene->now_ms += rows[i].after_ms;
      g_assert_cmpint (ob_pairing_poll (scene->pairing, PAGE, scene->secret, scene->now_ms, &token, &interval_ms), ==,
                       rows[i].expected);
      g_assert_cmpint (interval_ms, ==, rows[i].interval_ms);
    }
  for (guint i = 0; i < 100; i++)
    (void) ob_pairing_poll (scene->pairing, PAGE, scene->secret, scene->now_ms, &token, &interval_ms);
  g_assert_cmpint (interval_ms, ==, OB_PAIRING_INTERVAL_MOST_MS);
}

/* The names of RFC 8628 section 3.5, which pages compare. */
static void
test_answers_have_the_names_of_the_standard (Scene *scene, gconstpointer data)
{
  g_assert_cmpstr (ob_pairing_poll_get_name (OB_PAIRING_POLL_PENDING), ==, "authorization_pending");
  g_assert_cmpstr (ob_pairing_poll_get_name (OB_PAIRING_POLL_SLOW_DOWN), ==, "slow_down");
  g_assert_cmpstr (ob_pairing_poll_get_name (OB_PAIRING_POLL_DENIED), ==, "access_denied");
  g_assert_cmpstr (ob_pairing_poll_get_name (OB_PAIRING_POLL_EXPIRED), ==, "expired_token");
  g_assert_null (ob_pairing_poll_get_name (OB_PAIRING_POLL_APPROVED));
}

static gboolean
ask_as (Scene *scene, guint number)
{
  g_autofree char *origin = g_strdup_printf ("https://page.site-%u.example", number);

  return ask (scene, origin);
}

static void
test_requests_are_bounded (Scene *scene, gconstpointer data)
{
  g_autoptr (GPtrArray) waiting = NULL;

  for (guint i = 0; i < OB_PAIRING_MOST; i++)
    g_assert_true (ask_as (scene, i));
  g_assert_false (ask_as (scene, OB_PAIRING_MOST));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_true (ask_as (scene, 3));
  waiting = ob_pairing_list (scene->pairing, scene->now_ms);
  g_assert_cmpuint (waiting->len, ==, OB_PAIRING_MOST);
  g_assert_nonnull (ob_pairing_deny (scene->pairing, scene->id, scene->now_ms, NULL));
  g_assert_true (ask_as (scene, OB_PAIRING_MOST));
}

/* The owner of a domain has as many hosts in it as he likes; whoever has a host at a public suffix is another. */
static void
test_a_site_keeps_nobody_out (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < OB_PAIRING_OF_SITE; i++)
    {
      g_autofree char *origin = g_strdup_printf ("https://a%u.evil.example", i);

      g_assert_true (ask (scene, origin));
    }
  g_assert_false (ask (scene, "https://another.evil.example"));
  g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_false (ask (scene, "https://a1.evil.example:8443"));
  g_assert_true (ask (scene, "https://a1.evil.example"));
  g_assert_true (ask (scene, PAGE));
  g_assert_true (ask (scene, "https://evil.other.example"));
}

static void
test_the_site_of_an_origin (void)
{
  static const struct
  {
    const char *origin;
    const char *site;
  } rows[] = {
    { "https://capture.example", "capture.example" },
    { "https://a.b.capture.example:8443", "capture.example" },
    { "https://a.capture.co.uk", "capture.co.uk" },
    { "https://a.b.capture.com", "capture.com" },
    { "https://a.inspector.github.io", "inspector.github.io" },
    { "https://co.uk", "co.uk" },
    { "https://intranet", "intranet" },
    { "http://127.0.0.1:8080", "127.0.0.1" },
    { "http://[::1]:8080", "::1" },
    { "http://localhost:8080", "localhost" },
    { "http://a.localhost", "a.localhost" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *site = ob_pairing_dup_site (rows[i].origin);

      g_assert_cmpstr (site, ==, rows[i].site);
    }
}

/* Who fills the list of denied origins gets nothing but its first one forgotten. */
static void
test_denials_are_bounded (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i <= OB_PAIRING_DENIED_MOST; i++)
    {
      g_assert_true (ask_as (scene, i));
      g_assert_nonnull (ob_pairing_deny (scene->pairing, scene->id, scene->now_ms, NULL));
    }
  g_assert_false (ask_as (scene, 1));
  g_assert_false (ask_as (scene, OB_PAIRING_DENIED_MOST));
  g_assert_true (ask_as (scene, 0));
}

/* Between a person's yes and the disk's. */
static void
test_nobody_else_decides_meanwhile (Scene *scene, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ask (scene, PAGE));
  g_assert_nonnull (ob_pairing_begin (scene->pairing, scene->id, scene->now_ms, NULL));
  g_assert_null (ob_pairing_begin (scene->pairing, scene->id, scene->now_ms, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  g_assert_null (ob_pairing_deny (scene->pairing, scene->id, scene->now_ms, NULL));
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_PENDING);
  scene->now_ms += OB_PAIRING_OPEN_MS;
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_PENDING);
  /* The disk says no: the page waits again, for as long as it would have. */
  ob_pairing_end (scene->pairing, scene->id, NULL);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_EXPIRED);
  ob_pairing_end (scene->pairing, scene->id, "token");
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_EXPIRED);
}

static void
test_who_watches_hears_of_each_change (Scene *scene, gconstpointer data)
{
  Scene other = { .n_changes = 0 };

  ob_pairing_watch (scene->pairing, on_changed, &other);
  g_assert_true (ask (scene, PAGE));
  g_assert_true (other.is_new);
  g_assert_true (ask (scene, PAGE));
  g_assert_cmpuint (other.n_changes, ==, 1);
  g_assert_true (approve (scene, scene->id, "token"));
  g_assert_cmpuint (other.n_changes, ==, 2);
  g_assert_true (ask (scene, "https://other.example"));
  g_assert_true (ob_pairing_deny (scene->pairing, scene->id, scene->now_ms, NULL));
  ob_pairing_tell (scene->pairing);
  g_assert_cmpuint (other.n_changes, ==, 5);
  ob_pairing_unwatch (scene->pairing, &other);
  ob_pairing_tell (scene->pairing);
  g_assert_cmpuint (other.n_changes, ==, 5);
  g_assert_cmpuint (scene->n_changes, ==, 6);
}

static void
test_a_revoked_app_gets_no_token (Scene *scene, gconstpointer data)
{
  g_assert_true (ask (scene, PAGE));
  g_assert_true (approve (scene, scene->id, "token"));
  ob_pairing_revoke (scene->pairing, "https://other.example");
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_APPROVED);
  ob_pairing_revoke (scene->pairing, PAGE);
  g_assert_cmpint (poll (scene), ==, OB_PAIRING_POLL_EXPIRED);
  g_assert_true (ask (scene, PAGE));
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*run) (Scene *scene, gconstpointer data);
  } tests[] = {
    { "/pairing/a-page-is-let-in", test_a_page_is_let_in },
    { "/pairing/a-person-may-type-the-code", test_a_person_may_type_the_code },
    { "/pairing/a-stolen-code-is-worth-nothing", test_a_stolen_code_is_worth_nothing },
    { "/pairing/a-page-that-is-loaded-again-takes-over", test_a_page_that_is_loaded_again_takes_over },
    { "/pairing/a-request-ends-after-ten-minutes", test_a_request_ends_after_ten_minutes },
    { "/pairing/who-is-denied-has-to-wait", test_who_is_denied_has_to_wait },
    { "/pairing/who-polls-too-often-is-slowed-down", test_who_polls_too_often_is_slowed_down },
    { "/pairing/answers-have-the-names-of-the-standard", test_answers_have_the_names_of_the_standard },
    { "/pairing/requests-are-bounded", test_requests_are_bounded },
    { "/pairing/a-site-keeps-nobody-out", test_a_site_keeps_nobody_out },
    { "/pairing/denials-are-bounded", test_denials_are_bounded },
    { "/pairing/nobody-else-decides-meanwhile", test_nobody_else_decides_meanwhile },
    { "/pairing/who-watches-hears-of-each-change", test_who_watches_hears_of_each_change },
    { "/pairing/a-revoked-app-gets-no-token", test_a_revoked_app_gets_no_token },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/pairing/which-origins-may-ask", test_which_origins_may_ask);
  g_test_add_func ("/pairing/the-site-of-an-origin", test_the_site_of_an_origin);
  g_test_add_func ("/pairing/a-long-host-is-none", test_a_long_host_is_none);
  g_test_add_func ("/pairing/the-app-of-an-origin", test_the_app_of_an_origin);
  g_test_add_func ("/pairing/secrets-are-long-and-codes-unmistakable", test_secrets_are_long_and_codes_unmistakable);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Scene, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
