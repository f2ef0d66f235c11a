/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network, power and session that are as the test says. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

#define TEST_TYPE_CONDITIONS (test_conditions_get_type ())
G_DECLARE_FINAL_TYPE (TestConditions, test_conditions, TEST, CONDITIONS, GObject)

/* Returns: (transfer full): a network of which nobody knows more, mains, a session that goes on. */
TestConditions *test_conditions_new (void);

void test_conditions_set (TestConditions *self, const ObConditions *conditions);
const ObConditions *test_conditions_get (TestConditions *self);

/* A network comes or goes, and nothing else. */
void test_conditions_set_available (TestConditions *self, gboolean is_available);

/* The way to one server, which from then on does not follow from the network. */
void test_conditions_set_way (TestConditions *self, const char *url, const ObWay *way);

/* A connection of that kind, with its name for a UUID. */
void test_conditions_connect (TestConditions *self, const char *name, ObLink link, ObMetered metered);

/* How often the device was let go to sleep or to its end. */
guint test_conditions_count_let_go (TestConditions *self);

G_END_DECLS
