/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a daemon after bad luck: listed, arrived, or why they are not. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

/* Returns: (transfer full): the path of a file of the daemon's data. */
char *recovered_data_path (TestBroker *broker, const char *name);

/* Returns: (transfer full): the set of their ids. */
GHashTable *recovered_submit_files (TestBroker *broker, guint n_files);

/* Waits until the daemon, which may be on its way back, lists those and no others; all in that state, where it is given. */
void recovered_wait_until_listed (TestBroker *broker, GHashTable *ids, const char *state);

/* Waits until all are "done", and asks the server: each is there once. */
void recovered_assert_each_arrived_once (TestBroker *broker, GHashTable *ids);

/* A daemon that cannot start answers every call at once with the reason. */
void recovered_assert_answers_why (TestBroker *broker, const char *why);

/* For test_wait_until(), with the TestBroker. */
gboolean recovered_answers (gpointer data);

G_END_DECLS
