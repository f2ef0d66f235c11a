/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The real NetworkManager inside the namespaces that test_namespace_enter() made, with cables to a network where its check
 * for internet access finds what the test says. Main thread.
 */
#pragma once

#include "support/system-bus.h"

G_BEGIN_DECLS

typedef struct _TestNetworkManager TestNetworkManager;

typedef enum
{
  TEST_INTERNET_ONLINE,
  TEST_INTERNET_PORTAL, /* a page to sign in on */
  TEST_INTERNET_BROKEN, /* nobody answers */
} TestInternet;

/* NetworkManager is not started yet, and knows no connections. */
TestNetworkManager *test_network_manager_new (TestSystemBus *bus);
void test_network_manager_free (TestNetworkManager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestNetworkManager, test_network_manager_free)

/* Start returns when it has done what it could by itself. What it knows of connections outlives a stop. */
void test_network_manager_start (TestNetworkManager *manager);
void test_network_manager_stop (TestNetworkManager *manager);

/* Its process, to be suspended. */
TestService *test_network_manager_get_service (TestNetworkManager *manager);

/* A cable from @interface here to an interface "far-…" in the namespace of the other side, which has the address
 * 10.@subnet.0.1/24 and answers at 203.0.113.1 too. It is plugged in. */
void test_network_manager_add_cable (TestNetworkManager *manager, const char *interface, guint subnet);

/* A connection for it, 10.@subnet.0.2/24, which NetworkManager makes as soon as the cable is plugged in. @settings: more of
 * them, as for nmcli. */
void test_network_manager_add_connection (TestNetworkManager *manager, const char *interface, guint subnet,
                                          const char *name, const char *settings);
void test_network_manager_plug (TestNetworkManager *manager, const char *interface, gboolean is_plugged);

/* NetworkManager finds it at its next check: nmcli networking connectivity check. */
void test_network_manager_set_internet (TestNetworkManager *manager, TestInternet internet);

/* Returns: the descriptor of the other side's namespace, for servers. */
int test_network_manager_get_far_side (TestNetworkManager *manager);

G_END_DECLS
