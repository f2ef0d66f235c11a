/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tests of the data folder ask a daemon and do to its folder. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

/* For test_wait_until(), with the TestBroker: whether there is a queue behind the name. */
gboolean home_answers (gpointer data);

/* Returns: (transfer full): the id of a new small file. */
char *home_hand_over (TestBroker *broker, const char *name, guint seed);

void home_pause_queue (TestBroker *broker);

/* Whether a hold has that reason, or those words. */
gboolean home_has_reason (TestBroker *broker, const char *reason);

/* @names: for a shell. */
void home_remove_all (const char *folder, const char *names);

typedef struct
{
  TestBroker *broker;
  const char *id;
  const char *state;
} HomeWanted;

/* For test_wait_until(), with a HomeWanted. The queue may be on its way back. */
gboolean home_is_in_state (gpointer data);

G_END_DECLS
