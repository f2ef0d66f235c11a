/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A system bus of a test's own, and services on it: real ones, and mocks by python3-dbusmock. Main thread.
 */
#pragma once

#include "support/peer.h"

G_BEGIN_DECLS

/* Starts a bus whose socket and configuration are in @folder. Returns: (transfer full): its address is its URL. */
TestPeer *test_bus_start (const char *folder);

/* @bus: of any kind. Returns: (transfer full): a new connection, which may end without this program. */
GDBusConnection *test_bus_connect (TestPeer *bus);

/* A call and its answer, on any thread: what the bus had for that connection before has been read by then, and waits for the main loop, which
 * does not turn. */
void test_bus_come_and_go (GDBusConnection *connection);

typedef struct _TestSystemBus TestSystemBus;

/* For this program, and what it starts from then on: DBUS_SYSTEM_BUS_ADDRESS is set until it is freed. */
TestSystemBus *test_system_bus_new (void);
void test_system_bus_free (TestSystemBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSystemBus, test_system_bus_free)

/* See test_bus_connect(). */
GDBusConnection *test_system_bus_connect (TestSystemBus *bus);

/* Ends the bus, and with it every connection. */
void test_system_bus_kill (TestSystemBus *bus);

/* Starts it again at the same address: nothing is on it. */
void test_system_bus_restart (TestSystemBus *bus);

/* Calls a method and waits. @arguments: (nullable): consumed if floating. Returns: (transfer full): its answer. */
GVariant *test_system_bus_call (TestSystemBus *bus, const char *name, const char *path, const char *interface,
                                const char *method, GVariant *arguments);

/* The same for a method of the mock itself, with the arguments as text; and a property of it, which tells of it. */
void test_system_bus_mock (TestSystemBus *bus, const char *name, const char *path, const char *method,
                           const char *arguments);
void test_system_bus_set (TestSystemBus *bus, const char *name, const char *path, const char *interface,
                          const char *property, const char *value);

/* What a mock of UPower says the battery has. */
void test_system_bus_set_battery (TestSystemBus *bus, double percentage);

typedef struct _TestService TestService;

/* Return when @name is on the bus. */
TestService *test_service_start (TestSystemBus *bus, const char *name, const char *const *argv);

/* @parameters: (nullable): JSON. */
TestService *test_service_start_template (TestSystemBus *bus, const char *name, const char *template,
                                          const char *parameters);

/* With one empty object, to be filled. */
TestService *test_service_start_mock (TestSystemBus *bus, const char *name, const char *path, const char *interface);

/* By SIGSTOP, returns when it has stopped; and SIGCONT. */
void test_service_suspend (TestService *service);
void test_service_resume (TestService *service);

/* Ends it, and waits until its name is gone. */
void test_service_free (TestService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestService, test_service_free)

G_END_DECLS
