/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that has the broker's name on a bus and answers as no broker does: with what a test gives it, or never. Main thread.
 */
#pragma once

#include "support/peer.h"

G_BEGIN_DECLS

typedef struct _TestOddBroker TestOddBroker;

/* Returns when it has the name. It answers nothing yet. */
TestOddBroker *test_odd_broker_new (TestPeer *bus);
void test_odd_broker_free (TestOddBroker *broker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestOddBroker, test_odd_broker_free)

/* @method: such as "Summary". @answer: the tuple, as text; NULL: none from now on. */
void test_odd_broker_answer (TestOddBroker *broker, const char *method, const char *answer);

/* How often it was asked anything. */
guint test_odd_broker_count_calls (TestOddBroker *broker);

/* Sends SummaryChanged. @summary: floating. */
void test_odd_broker_tell (TestOddBroker *broker, GVariant *summary);

G_END_DECLS
