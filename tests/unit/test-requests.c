/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests and the feed by a door that is no bus: what each kind of caller is answered and told.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/outbox-dbus.h"
#include "ipc/feed.h"
#include "ipc/requests/table.h"
#include "store/prune.h"
#include "support/commit-failures.h"
#include "support/rig.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

static const ObCaller host = { (char *) "program", OB_CALLER_HOST };
static const ObCaller camera = { (char *) "org.example.Camera", OB_CALLER_SANDBOXED };
static const ObCaller scanner = { (char *) "org.example.Scanner", OB_CALLER_SANDBOXED };

/* --- Requests --- */

#define DASHBOARD "http://outbox.localhost:7363"

/* Web pages that ask, and pages of the dashboard, in each test anew. */
static ObPairing *pairing;
static ObSessions *sessions;

typedef struct
{
  const char *path; /* of the file that is handed over */
  gboolean is_done;
  GVariant *results;
  GError *error;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->results, g_variant_unref);
  g_clear_error (&answer->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_done (GVariant *results, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_done);
  answer->is_done = TRUE;
  answer->results = results ? g_variant_ref_sink (results) : NULL;
  answer->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_done (gpointer data)
{
  return ((Answer *) data)->is_done;
}

static int
take_file (gpointer user_data, GError **error)
{
  return g_open (((Answer *) user_data)->path, O_RDONLY | O_CLOEXEC, 0);
}

/* @arguments: as GVariant's text format has them, with @id for "ID". */
static void
ask (TestRig *rig, const ObCaller *caller, const char *name, const char *arguments, const char *id, Answer *answer)
{
  const ObRequestContext context
      = { .broker = rig->broker, .pairing = pairing, .sessions = sessions, .dashboard = DASHBOARD };
  g_autoptr (GString) text = g_string_new (arguments);
  g_autoptr (GVariant) parsed = NULL;

  (void) g_string_replace (text, "ID", id ? id : "", 0);
  parsed = g_variant_ref_sink (g_variant_new_parsed (text->str));
  ob_request_run (name, &(ObRequest){ .context = &context,
                                      .caller = caller,
                                      .arguments = parsed,
                                      .take_file = answer->path ? take_file : NULL,
                                      .done = on_done,
                                      .user_data = answer });
  test_wait_until (is_done, answer, 10);
  test_rig_settle (rig);
}

/* Returns: (transfer full): the id. */
static char *
submit (TestRig *rig, const ObCaller *caller)
{
  g_autofree char *path = g_build_filename (rig->folder, "file", NULL);
  g_auto (Answer) answer = { .path = path };
  char *id = NULL;

  g_assert_true (g_file_set_contents (path, "bytes", -1, NULL));
  ask (rig, caller, "Uploads.Submit", "{'options': <@a{sv} {}>}", NULL, &answer);
  g_assert_no_error (answer.error);
  g_assert_true (g_variant_lookup (answer.results, "id", "s", &id));

  return id;
}

static void
test_what_is_answered (TestRig *rig, gconstpointer data)
{
  const int none = -1;
  const struct
  {
    const char *name, *arguments;
    int host, own, other; /* the error, or none */
  } rows[] = {
    { "Uploads.Get", "{'id': <'ID'>}", none, none, OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.Get", "@a{sv} {}", OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.Get", "{'id': <7>}", OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.Get", "{'id': <'ID'>, 'more': <'x'>}", OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.Submit", "{'options': <@a{sv} {}>}", OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.List", "{'filter': <{'limit': <uint32 0>}>}", OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.List", "{'filter': <{'limit': <uint32 1000>}>}", none, none, none },
    { "Uploads.List", "{'filter': <{'app': <'org.example.Camera'>}>}", none, none, OUTBOX_ERROR_NOT_ALLOWED },
    { "Uploads.History", "{'id': <'ID'>}", none, none, OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.History", "{'id': <''>}", none, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Uploads.SetPriority", "{'ids': <['ID']>, 'priority': <100>}", none, none, OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.SetPriority", "{'ids': <['ID']>, 'priority': <101>}", none, OUTBOX_ERROR_NOT_ALLOWED,
      OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.SetPriority", "{'ids': <['ID']>}", OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.Amend", "{'id': <'ID'>, 'options': <{'priority': <100>}>}", none, none, OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.Amend", "{'id': <'ID'>, 'options': <{'priority': <101>}>}", none, OUTBOX_ERROR_NOT_ALLOWED,
      OUTBOX_ERROR_NOT_FOUND },
    { "Uploads.Amend", "{'id': <'ID'>, 'options': <{'key': <'x'>}>}", OUTBOX_ERROR_INVALID_ARGUMENT,
      OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_INVALID_ARGUMENT },
    { "Uploads.SendNow", "{'ids': <['ID']>}", none, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Uploads.Nothing", "@a{sv} {}", OUTBOX_ERROR_NOT_SUPPORTED, OUTBOX_ERROR_NOT_SUPPORTED,
      OUTBOX_ERROR_NOT_SUPPORTED },
    { "Queue.Pause", "@a{sv} {}", none, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Queue.Summary", "@a{sv} {}", none, none, none },
    { "Destinations.List", "@a{sv} {}", none, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Access.ListApps", "@a{sv} {}", none, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Access.Approve", "{'request': <''>}", OUTBOX_ERROR_NOT_FOUND, OUTBOX_ERROR_NOT_ALLOWED,
      OUTBOX_ERROR_NOT_ALLOWED },
    { "Access.Deny", "{'request': <''>}", OUTBOX_ERROR_NOT_FOUND, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Access.Revoke", "{'app': <''>}", OUTBOX_ERROR_NOT_FOUND, OUTBOX_ERROR_NOT_ALLOWED, OUTBOX_ERROR_NOT_ALLOWED },
    { "Uploads.Remove", "{'ids': <['ID']>}", none, none, OUTBOX_ERROR_NOT_FOUND },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const struct
      {
        const ObCaller *caller;
        int expected;
      } asked[] = { { &host, rows[i].host }, { &camera, rows[i].own }, { &scanner, rows[i].other } };

      for (guint j = 0; j < G_N_ELEMENTS (asked); j++)
        {
          g_autofree char *id = submit (rig, &camera);
          g_auto (Answer) answer = { 0 };

          ask (rig, asked[j].caller, rows[i].name, rows[i].arguments, id, &answer);
          if ((answer.error ? answer.error->code : none) != asked[j].expected)
            g_error ("%s %s by %s: %s", rows[i].name, rows[i].arguments, asked[j].caller->app,
                     answer.error ? answer.error->message : "answered");
        }
    }
}

/* --- Web apps --- */

#define PAGE "https://capture.example"

/* Returns: (transfer full): the page's secret. */
static char *
ask_to_be_let_in (TestRig *rig, gboolean may_manage, char **code)
{
  char *secret = NULL;
  const ObPairingRequest *request
      = ob_pairing_ask (pairing, PAGE, may_manage, ob_broker_get_boot_ms (rig->broker), &secret, NULL);

  g_assert_nonnull (request);
  *code = g_strdup (request->code);

  return secret;
}

static ObPairingPoll
poll (TestRig *rig, const char *secret, const char **token)
{
  gint64 interval_ms;

  test_rig_advance (rig, OB_PAIRING_INTERVAL_MS);

  return ob_pairing_poll (pairing, PAGE, secret, ob_broker_get_boot_ms (rig->broker), token, &interval_ms);
}

/* Returns: whether the token lets the page in. */
static gboolean
is_let_in (TestRig *rig, const char *token)
{
  g_autofree char *digest = ob_secret_dup_digest (token);
  g_autoptr (ObPairedApp) app = ob_apps_find (rig->database, PAGE, digest, NULL);

  return app != NULL;
}

static void
assert_listed (TestRig *rig, const char *expected)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GVariant) apps = NULL;
  g_autoptr (GString) states = g_string_new (NULL);

  ask (rig, &host, "Access.ListApps", "@a{sv} {}", NULL, &answer);
  g_assert_no_error (answer.error);
  apps = g_variant_lookup_value (answer.results, "apps", G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (apps); i++)
    {
      g_autoptr (GVariant) app = g_variant_get_child_value (apps, i);
      const char *origin, *state, *scope;

      g_assert_true (g_variant_lookup (app, "app", "&s", &origin) && g_variant_lookup (app, "state", "&s", &state)
                     && g_variant_lookup (app, "scope", "&s", &scope));
      g_assert_cmpstr (origin, ==, PAGE);
      g_string_append_printf (states, "%s %s;", state, scope);
    }
  g_assert_cmpstr (states->str, ==, expected);
}

/* @error: its code, or -1 */
static void
decide (TestRig *rig, const char *name, const char *argument, const char *value, int error)
{
  g_autofree char *arguments = g_strdup_printf ("{'%s': <'%s'>}", argument, value);
  g_auto (Answer) answer = { 0 };

  ask (rig, &host, name, arguments, NULL, &answer);
  g_assert_cmpint (answer.error ? answer.error->code : -1, ==, error);
}

/* What the log tells of web apps, and of whose doing it was. */
static void
assert_logged (TestRig *rig, const char *expected)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GString) events = g_string_new (NULL);

  ask (rig, &host, "Uploads.History", "{'id': <''>}", NULL, &answer);
  g_assert_no_error (answer.error);
  entries = g_variant_lookup_value (answer.results, "entries", G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      const char *scope = "", *key = "", *event, *message = "";

      (void) g_variant_lookup (entry, "scope", "&s", &scope);
      if (!g_str_equal (scope, "app"))
        continue;
      g_assert_true (g_variant_lookup (entry, "key", "&s", &key) && g_variant_lookup (entry, "event", "&s", &event)
                     && g_variant_lookup (entry, "message", "&s", &message));
      g_string_append_printf (events, "%s %s: %s;", event, key, message);
    }
  g_assert_cmpstr (events->str, ==, expected);
}

static void
on_apps_changed (const ObPairingRequest *request, gpointer n_changes)
{
  ++*(guint *) n_changes;
}

static void
test_a_page_is_let_in_until_it_is_revoked (TestRig *rig, gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *secret = ask_to_be_let_in (rig, TRUE, &code);
  g_autofree char *kept = NULL;
  const char *token;
  guint n_changes = 0;

  assert_listed (rig, "waiting manage;");
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_PENDING);
  decide (rig, "Access.Approve", "request", code, -1);
  assert_listed (rig, "paired manage;");
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_APPROVED);
  g_assert_true (is_let_in (rig, token));
  kept = g_strdup (token);
  test_rig_stop (rig);
  test_rig_start (rig);
  g_assert_true (is_let_in (rig, kept));
  ob_pairing_watch (pairing, on_apps_changed, &n_changes);
  decide (rig, "Access.Revoke", "app", "HTTPS://Capture.Example:443", -1);
  g_assert_cmpuint (n_changes, ==, 1);
  g_assert_false (is_let_in (rig, kept));
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_EXPIRED);
  decide (rig, "Access.Revoke", "app", PAGE, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpuint (n_changes, ==, 1);
  ob_pairing_unwatch (pairing, &n_changes);
  assert_listed (rig, "");
  assert_logged (rig, "approved " PAGE ": all uploads, by program;revoked " PAGE ": by program;");
}

static void
test_a_denied_page_gets_nothing (TestRig *rig, gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *secret = ask_to_be_let_in (rig, FALSE, &code);
  const char *token;

  decide (rig, "Access.Deny", "request", code, -1);
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_DENIED);
  assert_listed (rig, "");
  decide (rig, "Access.Approve", "request", code, OUTBOX_ERROR_NOT_FOUND);
  assert_logged (rig, "denied " PAGE ": by program;");
}

/* A page that had its token before the disk had the app would be a stranger after a crash. */
static void
test_a_page_waits_again_when_the_disk_refuses (TestRig *rig, gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *secret = ask_to_be_let_in (rig, FALSE, &code);
  const char *token;

  test_failure_begin (rig->database, &test_failures[0], 1);
  decide (rig, "Access.Approve", "request", code, OUTBOX_ERROR_STORAGE);
  test_failure_end (rig->database);
  test_rig_advance (rig, 6 * RIG_SECOND);
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_PENDING);
  assert_listed (rig, "waiting own;");
  decide (rig, "Access.Approve", "request", code, -1);
  g_assert_cmpint (poll (rig, secret, &token), ==, OB_PAIRING_POLL_APPROVED);
  g_assert_true (is_let_in (rig, token));
}

static void
test_the_dashboard_is_opened_with_a_ticket (TestRig *rig, gconstpointer data)
{
  const char *begin = DASHBOARD "/#ticket=";
  g_auto (Answer) answer = { 0 };
  g_autofree char *token = NULL;
  const char *url;

  ask (rig, &host, "Access.OpenDashboard", "@a{sv} {}", NULL, &answer);
  g_assert_no_error (answer.error);
  g_assert_true (g_variant_lookup (answer.results, "url", "&s", &url));
  g_assert_true (g_str_has_prefix (url, begin));
  token = ob_sessions_begin (sessions, url + strlen (begin), ob_broker_get_boot_ms (rig->broker), NULL);
  g_assert_nonnull (token);
}

static void
test_an_app_does_not_open_the_dashboard (TestRig *rig, gconstpointer data)
{
  g_auto (Answer) answer = { 0 };

  ask (rig, &camera, "Access.OpenDashboard", "@a{sv} {}", NULL, &answer);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
}

static void
set_up (TestRig *rig, gconstpointer data)
{
  test_rig_set_up (rig, data);
  pairing = ob_pairing_new ();
  sessions = ob_sessions_new ();
}

static void
tear_down (TestRig *rig, gconstpointer data)
{
  test_rig_tear_down (rig, data);
  g_clear_pointer (&pairing, ob_pairing_free);
  g_clear_pointer (&sessions, ob_sessions_free);
}

/* --- Pages --- */

#define N_LISTED 1100

/* A group each. */
static void
make_many (TestRig *rig)
{
  g_autofree char *sql = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
      " INSERT INTO uploads (id, app, name, media_type, group_key, destination, rule, state, created_at)"
      " SELECT printf ('u-%%05d', i), 'test', 'n', 'image/jpeg', printf ('g-%%05d', i), 'depot', 'default', 1, 5 FROM "
      "n",
      N_LISTED - 1);

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_run (rig, sql);
}

/* Whoever asks for a thousand gets fewer, so that nobody waits while they are made; page by page each comes once, in its order. */
static void
test_pages (TestRig *rig, gconstpointer data)
{
  const struct
  {
    const char *request, *documents, *name, *prefix;
  } rows[] = { { "Uploads.List", "uploads", "id", "u" }, { "Groups.List", "groups", "key", "g" } };

  make_many (rig);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *cursor = g_strdup ("");
      guint n_found = 0;

      do
        {
          g_autofree char *arguments
              = g_strdup_printf ("{'filter': <{'limit': <uint32 1000>, 'cursor': <'%s'>}>}", cursor);
          g_auto (Answer) answer = { 0 };
          g_autoptr (GVariant) page = NULL;

          ask (rig, &host, rows[i].request, arguments, NULL, &answer);
          g_assert_no_error (answer.error);
          page = g_variant_lookup_value (answer.results, rows[i].documents, G_VARIANT_TYPE ("aa{sv}"));
          g_assert_cmpuint (g_variant_n_children (page), <, N_LISTED / 2);
          for (gsize j = 0; j < g_variant_n_children (page); j++)
            {
              g_autoptr (GVariant) document = g_variant_get_child_value (page, j);
              g_autofree char *expected = g_strdup_printf ("%s-%05u", rows[i].prefix, n_found++);
              const char *found = NULL;

              g_assert_true (g_variant_lookup (document, rows[i].name, "&s", &found));
              g_assert_cmpstr (found, ==, expected);
            }
          g_clear_pointer (&cursor, g_free);
          g_assert_true (g_variant_lookup (answer.results, "cursor", "s", &cursor));
        }
      while (*cursor);
      g_assert_cmpuint (n_found, ==, N_LISTED);
    }
}

/* --- The feed --- */

typedef struct
{
  gboolean is_open;
  gboolean is_caught_up;
  GString *events; /* a letter each */
} Subscriber;

static gboolean
on_is_open (gpointer user_data)
{
  return ((Subscriber *) user_data)->is_open;
}

static void
on_tell (ObFeedEvent event, GVariant *body, gpointer user_data)
{
  g_autoptr (GVariant) owned = body ? g_variant_ref_sink (body) : NULL;

  g_string_append_c (((Subscriber *) user_data)->events, "ACRH!"[event]);
}

static void
on_caught_up (const char *sequence, gpointer user_data)
{
  g_assert_nonnull (strchr (sequence, '-'));
  ((Subscriber *) user_data)->is_caught_up = TRUE;
}

static void
on_failed (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static const ObFeedSubscriber subscriber = { on_is_open, on_tell, on_caught_up, on_failed, NULL, NULL };

static ObSubscription *
subscribe (ObFeed *feed, const ObCaller *caller, const char *after, Subscriber *own)
{
  g_autoptr (GVariant) options = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_autoptr (GError) error = NULL;
  ObSubscription *subscription = ob_feed_subscribe (feed, caller, options, after, &subscriber, own, &error);

  g_assert_no_error (error);
  ob_subscription_start (subscription);

  return subscription;
}

static void
test_a_subscriber_that_can_take_no_more (TestRig *rig, gconstpointer data)
{
  g_autoptr (ObFeed) feed = ob_feed_new (rig->broker);
  g_autoptr (GString) events = g_string_new (NULL);
  Subscriber own = { .is_open = TRUE, .events = events };
  g_autoptr (ObSubscription) subscription = NULL;
  g_autofree char *first = NULL, *second = NULL, *of_other = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  subscription = subscribe (feed, &camera, "", &own);
  g_assert_true (own.is_caught_up);
  first = submit (rig, &camera);
  of_other = submit (rig, &scanner);
  g_assert_nonnull (strchr (events->str, 'A'));
  g_string_truncate (events, 0);

  own.is_open = FALSE;
  second = submit (rig, &camera);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, first, 0, NULL));
  g_assert_cmpstr (events->str, ==, "");
  own.is_open = TRUE;
  own.is_caught_up = FALSE;
  ob_subscription_go_on (subscription);
  test_rig_settle (rig);
  /* As they are now: one that has changed, and one that is gone. */
  g_assert_true (own.is_caught_up);
  g_assert_nonnull (strchr (events->str, 'C'));
  g_assert_nonnull (strchr (events->str, 'R'));
  g_assert_null (strchr (events->str, '!'));
}

/* After a sequence of this queue, of another, or from now on. */
static void
test_where_a_subscription_begins (TestRig *rig, gconstpointer data)
{
  g_autoptr (ObFeed) feed = ob_feed_new (rig->broker);
  g_autofree char *before = ob_broker_dup_sequence (rig->broker, ob_broker_get_committed_sequence (rig->broker));
  g_autofree char *id = submit (rig, &camera);
  g_autofree char *now = ob_broker_dup_sequence (rig->broker, ob_broker_get_committed_sequence (rig->broker));
  const struct
  {
    const ObCaller *caller;
    const char *after;
    gboolean is_told;
  } rows[] = {
    { &camera, "", FALSE },      { &camera, before, TRUE }, { &camera, now, FALSE },
    { &scanner, before, FALSE }, { &host, before, TRUE },   { &host, "7-1", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) events = g_string_new (NULL);
      Subscriber own = { .is_open = TRUE, .events = events };
      g_autoptr (ObSubscription) subscription = subscribe (feed, rows[i].caller, rows[i].after, &own);

      test_rig_settle (rig);
      g_assert_true (own.is_caught_up);
      g_assert_cmpint (strchr (events->str, 'C') != NULL, ==, rows[i].is_told);
    }
}

/* Without the rows of what was removed, a subscriber would never be told that it is gone: it is told to list anew. From the
 * newest of these rows on, it misses nothing. */
static void
test_what_the_journal_has_forgotten (TestRig *rig, gconstpointer data)
{
  g_autofree char *before = ob_broker_dup_sequence (rig->broker, ob_broker_get_committed_sequence (rig->broker));
  g_autofree char *removed = submit (rig, &camera);
  g_autofree char *id = NULL, *below = NULL, *floor = NULL;
  g_autoptr (ObFeed) feed = NULL;
  gint64 last;

  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, removed, 0, NULL));
  id = submit (rig, &camera);
  last = ob_broker_get_committed_sequence (rig->broker);
  g_assert_true (ob_prune_delete (rig->database, 0, last, RIG_BEGIN_MS + OB_PRUNE_REMOVED_MS + RIG_DAY, NULL));
  g_assert_cmpint (ob_prune_get_floor (rig->database), >, 1);
  below = ob_broker_dup_sequence (rig->broker, ob_prune_get_floor (rig->database) - 1);
  floor = ob_broker_dup_sequence (rig->broker, ob_prune_get_floor (rig->database));
  feed = ob_feed_new (rig->broker);
  {
    /* Holds have no rows to be told from: whoever comes back is told those of now. */
    const struct
    {
      const char *after, *events;
    } rows[] = { { before, "!" }, { below, "!" }, { floor, "CH" }, { "", "" } };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      {
        g_autoptr (GString) events = g_string_new (NULL);
        Subscriber own = { .is_open = TRUE, .events = events };
        g_autoptr (ObSubscription) subscription = subscribe (feed, &camera, rows[i].after, &own);

        test_rig_settle (rig);
        g_assert_true (own.is_caught_up);
        g_assert_cmpstr (events->str, ==, rows[i].events);
      }
  }
}

/* --- Every method of the interfaces --- */

static void
test_every_request_is_a_method (void)
{
  GDBusInterfaceInfo *const interfaces[]
      = { outbox_dbus_uploads_interface_info (), outbox_dbus_queue_interface_info (),
          outbox_dbus_groups_interface_info (),  outbox_dbus_destinations_interface_info (),
          outbox_dbus_policy_interface_info (),  outbox_dbus_access_interface_info () };
  guint n_known = 0;

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (GDBusMethodInfo **method = interfaces[i]->methods; *method; method++)
      {
        g_autofree char *name = g_strconcat (strrchr (interfaces[i]->name, '.') + 1, ".", (*method)->name, NULL);

        n_known += ob_request_is_known (name);
      }
  g_assert_cmpuint (n_known, ==, ob_request_count ());
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/requests/every-request-is-a-method", test_every_request_is_a_method);
  g_test_add ("/requests/what-is-answered", TestRig, NULL, set_up, test_what_is_answered, tear_down);
  g_test_add ("/requests/a-page-is-let-in-until-it-is-revoked", TestRig, NULL, set_up,
              test_a_page_is_let_in_until_it_is_revoked, tear_down);
  g_test_add ("/requests/the-dashboard-is-opened-with-a-ticket", TestRig, NULL, set_up,
              test_the_dashboard_is_opened_with_a_ticket, tear_down);
  g_test_add ("/requests/an-app-does-not-open-the-dashboard", TestRig, NULL, set_up,
              test_an_app_does_not_open_the_dashboard, tear_down);
  g_test_add ("/requests/a-denied-page-gets-nothing", TestRig, NULL, set_up, test_a_denied_page_gets_nothing,
              tear_down);
  g_test_add ("/requests/a-page-waits-again-when-the-disk-refuses", TestRig, NULL, set_up,
              test_a_page_waits_again_when_the_disk_refuses, tear_down);
  g_test_add ("/requests/pages", TestRig, NULL, test_rig_set_up, test_pages, test_rig_tear_down);
  g_test_add ("/feed/a-subscriber-that-can-take-no-more", TestRig, NULL, test_rig_set_up,
              test_a_subscriber_that_can_take_no_more, test_rig_tear_down);
  g_test_add ("/feed/where-a-subscription-begins", TestRig, NULL, test_rig_set_up, test_where_a_subscription_begins,
              test_rig_tear_down);
  g_test_add ("/feed/what-the-journal-has-forgotten", TestRig, NULL, test_rig_set_up,
              test_what_the_journal_has_forgotten, test_rig_tear_down);

  return g_test_run ();
}
