/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A protocol that does what the test says: each attempt waits on its worker until it is told what to report and how to
 * end. Main thread, but for the attempts.
 */
#pragma once

#include "transfer/attempt.h"

G_BEGIN_DECLS

typedef struct _TestServer TestServer;

TestServer *test_server_new (void);

/* The workers must have ended. */
void test_server_free (TestServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestServer, test_server_free)

/* To be given to the broker. */
const ObRunner *test_server_get_runner (TestServer *server);

/* Whether the attempt of an upload is there. */
gboolean test_server_has (TestServer *server, const char *id);

/* Waits for the attempt of an upload (iterating the main loop). Returns: (transfer none): its job, until it ends. */
const ObJob *test_server_wait_for (TestServer *server, const char *id);

/* The same for an attempt after the one that is ending, whose job is freed by its worker at any time. */
const ObJob *test_server_wait_for_next (TestServer *server, const char *id, gboolean (*is_next) (const ObJob *job));
const ObJob *test_server_wait_for_termination (TestServer *server, const char *id);

/* Waits for the trial of a destination, the only one that is under way. Returns: (transfer full): what the server is asked for. */
char *test_server_wait_for_trial (TestServer *server);

/* Let an attempt that was waited for report; the first two return when the broker has answered. */
void test_server_report_created (TestServer *server, const char *id, const char *url);
void test_server_report_stored (TestServer *server, const char *id);
void test_server_report_progress (TestServer *server, const char *id, guint64 offset_bytes);

/* It fails, with that code of its error. */
void test_server_refuse (TestServer *server, const char *id, OutboxReason reason, const char *code);

/* Let it end: with a receipt, or with a verdict. */
void test_server_finish (TestServer *server, const char *id);
void test_server_end (TestServer *server, const char *id, ObVerdict verdict, OutboxReason reason,
                      gint64 retry_after_ms);

/* Let it end since nothing answers. */
void test_server_end_silently (TestServer *server, const char *id);

/* It fails, since nothing answers at its upload URL, and the destination does. */
void test_server_end_at_silent_url (TestServer *server, const char *id);

/* The server has every byte, has kept the question for as long as it was asked to, and has no receipt yet. */
void test_server_end_kept (TestServer *server, const char *id, gint64 retry_after_ms);

/* From now on the broker can knock, and is answered or not; and how often it has. */
void test_server_hear_knocks (TestServer *server, gboolean takes_connections);
guint test_server_count_knocks (TestServer *server);

G_END_DECLS
