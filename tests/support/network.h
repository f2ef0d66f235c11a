/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network that comes and goes when the test says so. Main thread.
 */
#pragma once

#include "policy/network.h"

G_BEGIN_DECLS

#define TEST_TYPE_NETWORK (test_network_get_type ())
G_DECLARE_FINAL_TYPE (TestNetwork, test_network, TEST, NETWORK, GObject)

/* Returns: (transfer full): one that is there. */
TestNetwork *test_network_new (void);
void test_network_set_available (TestNetwork *network, gboolean is_available);

G_END_DECLS
