/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sessions of the dashboard, from the ticket to the end, by a clock that the test sets.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "ipc/sessions.h"

typedef struct
{
  ObSessions *sessions;
  gint64 now_ms;
  GError *error;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->sessions = ob_sessions_new ();
  scene->now_ms = 1000;
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  g_clear_error (&scene->error);
  ob_sessions_free (scene->sessions);
}

static char *
issue (Scene *scene)
{
  char *ticket = ob_sessions_issue_ticket (scene->sessions, scene->now_ms, &scene->error);

  g_assert_no_error (scene->error);
  g_assert_nonnull (ticket);

  return ticket;
}

/* Returns: (transfer full) (nullable): the token; a refusal is NotAllowed. */
static char *
begin (Scene *scene, const char *ticket)
{
  char *token = ob_sessions_begin (scene->sessions, ticket, scene->now_ms, &scene->error);

  if (!token)
    g_assert_error (scene->error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_clear_error (&scene->error);

  return token;
}

static char *
open_session (Scene *scene)
{
  g_autofree char *ticket = issue (scene);
  char *token = begin (scene, ticket);

  g_assert_nonnull (token);

  return token;
}

static gboolean
is_admitted (Scene *scene, const char *token)
{
  g_autofree char *digest = ob_secret_dup_digest (token);

  return ob_sessions_admit (scene->sessions, digest, scene->now_ms);
}

static void
test_a_ticket_opens_one_session (Scene *scene, gconstpointer data)
{
  g_autofree char *ticket = issue (scene);
  g_autofree char *token = begin (scene, ticket);

  g_assert_nonnull (token);
  g_assert_cmpstr (token, !=, ticket);
  g_assert_true (is_admitted (scene, token));
  g_assert_true (is_admitted (scene, token));
}

/* Somebody else has read it: the person's own session is not worth more than the other's would be. */
static void
test_a_ticket_that_comes_twice_ends_its_session (Scene *scene, gconstpointer data)
{
  g_autofree char *other = open_session (scene);
  g_autofree char *ticket = issue (scene);
  g_autofree char *token = begin (scene, ticket);

  g_assert_true (is_admitted (scene, token));
  g_assert_null (begin (scene, ticket));
  g_assert_false (is_admitted (scene, token));
  g_assert_null (begin (scene, ticket));
  g_assert_true (is_admitted (scene, other));
}

static void
test_what_is_no_ticket_opens_nothing (Scene *scene, gconstpointer data)
{
  g_autofree char *ticket = issue (scene);
  g_autofree char *token = open_session (scene);
  g_autofree char *digest = ob_secret_dup_digest (ticket);
  g_autofree char *shorter = g_strndup (ticket, strlen (ticket) - 1);
  g_autofree char *longer = g_strconcat (ticket, "A", NULL);
  const char *const wrong[] = { "", "x", token, digest, shorter, longer };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (begin (scene, wrong[i]));
}

static void
test_what_is_no_token_is_not_admitted (Scene *scene, gconstpointer data)
{
  g_autofree char *ticket = issue (scene);
  g_autofree char *token = open_session (scene);
  g_autofree char *digest = ob_secret_dup_digest (token);
  const char *const wrong[] = { "", "x", ticket, digest };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (is_admitted (scene, wrong[i]));
  g_assert_true (is_admitted (scene, token));
}

static void
test_a_ticket_ends_after_a_minute (Scene *scene, gconstpointer data)
{
  g_autofree char *early = issue (scene);
  g_autofree char *late = issue (scene);
  g_autofree char *token = NULL;

  scene->now_ms += OB_SESSIONS_TICKET_MS - 1;
  token = begin (scene, early);
  g_assert_nonnull (token);
  scene->now_ms++;
  g_assert_null (begin (scene, late));
  g_assert_true (is_admitted (scene, token));
}

static void
test_a_session_ends_when_nobody_uses_it (Scene *scene, gconstpointer data)
{
  g_autofree char *used = open_session (scene);
  g_autofree char *idle = open_session (scene);

  scene->now_ms += OB_SESSIONS_IDLE_MS - 1;
  g_assert_true (is_admitted (scene, used));
  scene->now_ms++;
  g_assert_false (is_admitted (scene, idle));
  scene->now_ms += OB_SESSIONS_IDLE_MS - 2;
  g_assert_true (is_admitted (scene, used));
  scene->now_ms += OB_SESSIONS_IDLE_MS;
  g_assert_false (is_admitted (scene, used));
}

static void
end (Scene *scene, const char *token)
{
  g_autofree char *digest = ob_secret_dup_digest (token);

  ob_sessions_end (scene->sessions, digest);
}

static void
test_a_session_can_be_ended (Scene *scene, gconstpointer data)
{
  g_autofree char *token = open_session (scene);
  g_autofree char *other = open_session (scene);

  end (scene, token);
  g_assert_false (is_admitted (scene, token));
  end (scene, token);
  end (scene, "");
  g_assert_true (is_admitted (scene, other));
}

static void
test_sessions_are_bounded (Scene *scene, gconstpointer data)
{
  char *tokens[OB_SESSIONS_MOST + 1];

  for (guint i = 0; i < OB_SESSIONS_MOST; i++)
    tokens[i] = open_session (scene);
  /* The first is used, so that the second is the longest unused. */
  g_assert_true (is_admitted (scene, tokens[0]));
  tokens[OB_SESSIONS_MOST] = open_session (scene);
  for (guint i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      g_assert_true (is_admitted (scene, tokens[i]) == (i != 1));
      g_free (tokens[i]);
    }
}

static void
test_tickets_are_bounded (Scene *scene, gconstpointer data)
{
  g_autofree char *first = issue (scene);
  g_autofree char *last = NULL;
  g_autofree char *token = NULL;

  for (guint i = 0; i < OB_SESSIONS_TICKETS_MOST; i++)
    {
      g_free (last);
      last = issue (scene);
    }
  g_assert_null (begin (scene, first));
  token = begin (scene, last);
  g_assert_nonnull (token);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*run) (Scene *scene, gconstpointer data);
  } tests[] = {
    { "/sessions/a-ticket-opens-one-session", test_a_ticket_opens_one_session },
    { "/sessions/a-ticket-that-comes-twice-ends-its-session", test_a_ticket_that_comes_twice_ends_its_session },
    { "/sessions/what-is-no-ticket-opens-nothing", test_what_is_no_ticket_opens_nothing },
    { "/sessions/what-is-no-token-is-not-admitted", test_what_is_no_token_is_not_admitted },
    { "/sessions/a-ticket-ends-after-a-minute", test_a_ticket_ends_after_a_minute },
    { "/sessions/a-session-ends-when-nobody-uses-it", test_a_session_ends_when_nobody_uses_it },
    { "/sessions/a-session-can-be-ended", test_a_session_can_be_ended },
    { "/sessions/sessions-are-bounded", test_sessions_are_bounded },
    { "/sessions/tickets-are-bounded", test_tickets_are_bounded },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Scene, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
