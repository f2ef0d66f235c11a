/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sessions of the dashboard. A program of the person gets a ticket and opens the page with it; the page changes the ticket for the
 * token of a session, once. Both are in memory alone: they end with the daemon. Times are milliseconds of a clock that nobody sets
 * (ob_clock_get_boot_ms()). Main thread.
 *
 *   what can come                                             what becomes of it
 *   a ticket, within a minute                                 a session begins
 *   the same again: from a browser's history, or of somebody  NotAllowed; and the session that it began ends, since nobody can
 *     who has read it where the person's page has too           tell which of the two the person's is
 *   a ticket that is too late, or never was one               NotAllowed
 *   the token of a session                                    it is admitted, and its time begins anew
 *   one that nobody has used for twelve hours, or that was    it is not admitted
 *     ended, or never was one
 *   more tickets or sessions than there is room for           the oldest ticket, the session that was not used for longest ends
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_SESSIONS_TICKET_MS (60 * 1000)
#define OB_SESSIONS_IDLE_MS (12 * 60 * 60 * G_GINT64_CONSTANT (1000))

/* A person has a few windows; programs that ask for tickets again and again must not take all memory. */
#define OB_SESSIONS_MOST 16
#define OB_SESSIONS_TICKETS_MOST 16

typedef struct _ObSessions ObSessions;

ObSessions *ob_sessions_new (void);
void ob_sessions_free (ObSessions *sessions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSessions, ob_sessions_free)

/* @ended: (nullable): called when a session was ended or has lost its place, so that nothing of it goes on; NULL ends it */
void ob_sessions_watch (ObSessions *sessions, void (*ended) (gpointer user_data), gpointer user_data);

/* Returns: (transfer full) (nullable): a ticket, to be freed by ob_secret_free(). Errors: Failed. */
char *ob_sessions_issue_ticket (ObSessions *sessions, gint64 now_ms, GError **error);

/* Returns: (transfer full) (nullable): the token of a new session, to be freed by ob_secret_free(). Errors: NotAllowed, Failed. */
char *ob_sessions_begin (ObSessions *sessions, const char *ticket, gint64 now_ms, GError **error);

/* @digest: of a token, by ob_secret_dup_digest(). Returns: whether it is that of a session, which is in use again now */
gboolean ob_sessions_admit (ObSessions *sessions, const char *digest, gint64 now_ms);

/* Returns: whether there is such a session, which is not in use by that */
gboolean ob_sessions_is_there (ObSessions *sessions, const char *digest);

/* Returns: (transfer full): the digests of the tokens of all sessions */
GPtrArray *ob_sessions_list_digests (ObSessions *sessions, gint64 now_ms);

/* The person has signed out. @digest: as above; nothing happens where there is no such session. */
void ob_sessions_end (ObSessions *sessions, const char *digest);

G_END_DECLS
