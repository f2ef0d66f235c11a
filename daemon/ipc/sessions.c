/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps tickets and sessions by the digests of their secrets, so that no dump of memory has one: lists of a few, each the longest
 * unused first. Every call first forgets those whose time is over. Main thread.
 */
#include "ipc/sessions.h"

#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"

/* A ticket that was used is remembered until its time is over, so that a second use is noticed. */
typedef struct
{
  char *digest;       /* owned; of the ticket */
  char *token_digest; /* owned; of the session that it began; NULL: it is not used yet */
  gint64 until_ms;
} Ticket;

typedef struct
{
  char *digest; /* owned; of the token */
  gint64 until_ms;
} Session;

struct _ObSessions
{
  GPtrArray *tickets;  /* of Ticket */
  GPtrArray *sessions; /* of Session */
  void (*ended) (gpointer user_data);
  gpointer user_data; /* of it */
};

static void
ticket_free (gpointer data)
{
  Ticket *ticket = data;

  g_free (ticket->digest);
  g_free (ticket->token_digest);
  g_free (ticket);
}

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->digest);
  g_free (session);
}

ObSessions *
ob_sessions_new (void)
{
  ObSessions *self = g_new0 (ObSessions, 1);

  self->tickets = g_ptr_array_new_with_free_func (ticket_free);
  self->sessions = g_ptr_array_new_with_free_func (session_free);

  return self;
}

void
ob_sessions_free (ObSessions *self)
{
  g_ptr_array_unref (self->tickets);
  g_ptr_array_unref (self->sessions);
  g_free (self);
}

void
ob_sessions_watch (ObSessions *self, void (*ended) (gpointer user_data), gpointer user_data)
{
  self->ended = ended;
  self->user_data = user_data;
}

/* --- The lists --- */

static void
forget_old (ObSessions *self, gint64 now_ms)
{
  while (self->tickets->len > 0 && ((const Ticket *) self->tickets->pdata[0])->until_ms <= now_ms)
    (void) g_ptr_array_remove_index (self->tickets, 0);
  while (self->sessions->len > 0 && ((const Session *) self->sessions->pdata[0])->until_ms <= now_ms)
    (void) g_ptr_array_remove_index (self->sessions, 0);
}

static void
add (GPtrArray *list, guint most, gpointer item)
{
  if (list->len >= most)
    (void) g_ptr_array_remove_index (list, 0);
  g_ptr_array_add (list, item);
}

static void
tell_ended (const ObSessions *self)
{
  if (self->ended)
    self->ended (self->user_data);
}

static Ticket *
find_ticket (ObSessions *self, const char *secret)
{
  g_autofree char *digest = ob_secret_dup_digest (secret);

  for (guint i = 0; i < self->tickets->len; i++)
    if (ob_secret_is_same (((const Ticket *) self->tickets->pdata[i])->digest, digest))
      return self->tickets->pdata[i];

  return NULL;
}

/* @index: (out): set where it is found */
static gboolean
find_session (ObSessions *self, const char *digest, guint *index)
{
  for (guint i = 0; i < self->sessions->len; i++)
    if (ob_secret_is_same (((const Session *) self->sessions->pdata[i])->digest, digest))
      {
        *index = i;
        return TRUE;
      }

  return FALSE;
}

/* --- Tickets --- */

char *
ob_sessions_issue_ticket (ObSessions *self, gint64 now_ms, GError **error)
{
  char *secret = ob_secret_new (error);
  Ticket *ticket;

  if (!secret)
    return NULL;
  forget_old (self, now_ms);
  ticket = g_new0 (Ticket, 1);
  ticket->digest = ob_secret_dup_digest (secret);
  ticket->until_ms = now_ms + OB_SESSIONS_TICKET_MS;
  add (self->tickets, OB_SESSIONS_TICKETS_MOST, ticket);

  return secret;
}

static gboolean
check_ticket (ObSessions *self, const Ticket *ticket, GError **error)
{
  if (ticket && !ticket->token_digest)
    return TRUE;
  if (ticket)
    ob_sessions_end (self, ticket->token_digest);
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                       S_ ("The ticket is over or used: open the dashboard again"));

  return FALSE;
}

char *
ob_sessions_begin (ObSessions *self, const char *secret, gint64 now_ms, GError **error)
{
  char *token;
  Ticket *ticket;
  Session *session;

  forget_old (self, now_ms);
  ticket = find_ticket (self, secret);
  token = check_ticket (self, ticket, error) ? ob_secret_new (error) : NULL;
  if (!token)
    return NULL;
  ticket->token_digest = ob_secret_dup_digest (token);
  session = g_new0 (Session, 1);
  session->digest = g_strdup (ticket->token_digest);
  session->until_ms = now_ms + OB_SESSIONS_IDLE_MS;
  add (self->sessions, OB_SESSIONS_MOST, session);
  tell_ended (self);

  return token;
}

/* --- Sessions --- */

gboolean
ob_sessions_admit (ObSessions *self, const char *digest, gint64 now_ms)
{
  Session *session;
  guint index;

  forget_old (self, now_ms);
  if (!find_session (self, digest, &index))
    return FALSE;
  session = g_ptr_array_steal_index (self->sessions, index);
  session->until_ms = now_ms + OB_SESSIONS_IDLE_MS;
  g_ptr_array_add (self->sessions, session);

  return TRUE;
}

gboolean
ob_sessions_is_there (ObSessions *self, const char *digest)
{
  guint index;

  return find_session (self, digest, &index);
}

GPtrArray *
ob_sessions_list_digests (ObSessions *self, gint64 now_ms)
{
  GPtrArray *digests = g_ptr_array_new_with_free_func (g_free);

  forget_old (self, now_ms);
  for (guint i = 0; i < self->sessions->len; i++)
    g_ptr_array_add (digests, g_strdup (((const Session *) self->sessions->pdata[i])->digest));

  return digests;
}

void
ob_sessions_end (ObSessions *self, const char *digest)
{
  guint index;

  if (!find_session (self, digest, &index))
    return;
  (void) g_ptr_array_remove_index (self->sessions, index);
  tell_ended (self);
}
