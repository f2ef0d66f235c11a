/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon under test: a bus of its own, folders of its own, and a server, which is the receiver unless the test has
 * another one. It can be killed and started again. Main thread.
 */
#pragma once

#include "dbus/outbox-dbus.h"
#include "support/peer.h"
#include "support/wait.h"
#include "support/witness.h"

G_BEGIN_DECLS

typedef struct
{
  char *folder;
  TestPeer *bus;
  TestPeer *peer;               /* the receiver; NULL: the test has its own server */
  GSubprocess *process;         /* NULL while no daemon runs */
  gboolean is_dead;             /* it has ended, by itself or as it was told */
  struct _TestPlanted *planted; /* hears the bus; NULL once that has ended */
  TestWitness *
      witness; /* where WITNESS names one: the daemon then has a user namespace of its own, as by its unit; else NULL */
  GDBusConnection *connection;
  OutboxDBusUploads *uploads;
  OutboxDBusQueue *queue;
  OutboxDBusDestinations *destinations;
} TestBroker;

/* Starts bus, receiver and daemon, and makes the receiver the default destination "depot". */
TestBroker *test_broker_new (void);

/* Bus and daemon only; and a default destination "depot" for it. @confirm_url: (nullable). */
TestBroker *test_broker_new_alone (void);
void test_broker_set_destination (TestBroker *broker, const char *url, const char *confirm_url);

/* The person's own, in place of all that they were. */
void test_broker_set_rules (TestBroker *broker, const char *text);

/* Makes the receiver that destination, again where a test did away with the queue. */
void test_broker_use_receiver (TestBroker *broker);

void test_broker_free (TestBroker *broker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestBroker, test_broker_free)

const char *test_broker_get_bus_address (TestBroker *broker);

/* The bus starts the programs of the services of which there are files in the folder "services" now. */
void test_broker_reload_services (TestBroker *broker);

/* @crash_at: (nullable): a crash point, as OUTBOX_CRASH_AT has it. Returns when its name is on the bus. */
void test_broker_start (TestBroker *broker, const char *crash_at);

/* Waits until all of its interfaces can be called; for a daemon that starts itself again. */
void test_broker_wait_for_name (TestBroker *broker);

/* The same as start, without waiting for the name; and for one that may die before it has one. Returns: whether it lives. */
void test_broker_launch (TestBroker *broker, const char *crash_at);
gboolean test_broker_start_or_die (TestBroker *broker, const char *crash_at, guint most_s);

/* Ends the bus, as where a person logs out. */
void test_broker_end_session (TestBroker *broker);

/* With SIGKILL; and with SIGTERM, whose exit code must be 0. */
void test_broker_kill (TestBroker *broker);
void test_broker_stop (TestBroker *broker);

/* Waits until the daemon has died by itself. Fails the test after @most_s seconds. */
void test_broker_wait_for_death (TestBroker *broker, guint most_s);

/* Writes a file of a pattern that @seed makes. Returns: (transfer full): its path. */
char *test_broker_make_file (TestBroker *broker, const char *name, gsize size_bytes, guint seed);

/* Hands a file over. @options: (nullable): a{sv}, floating. Returns: (transfer full) (nullable): the id. */
char *test_broker_submit (TestBroker *broker, const char *path, GVariant *options, GError **error);

/* Waits until every upload is in that state. Fails the test after @most_s seconds, and prints what is not. */
void test_broker_wait_for_all (TestBroker *broker, const char *state, guint most_s);

/* How many uploads are in that public state; "all" counts too. */
guint test_broker_count (TestBroker *broker, const char *state);

/* Does what a person would: asks for all that wait for their next try to be tried now. */
void test_broker_retry (TestBroker *broker);

/* Waits until every upload is done or failed; has them retried whenever all that are left wait for their next try.
 * Fails the test after @most_taps of these, or @most_s seconds without one. Returns: how many. */
guint test_broker_deliver (TestBroker *broker, guint most_taps, guint most_s);

/* Returns: (transfer full): the document of an upload. */
GVariant *test_broker_get (TestBroker *broker, const char *id);

/* Returns: (transfer full): aa{sv} of everything, page after page; the second (nullable): NULL where the daemon does not answer. */
GVariant *test_broker_list (TestBroker *broker);
GVariant *test_broker_try_list (TestBroker *broker, GError **error);

/* How many files there are below a subfolder of the daemon's data. */
guint test_broker_count_files (TestBroker *broker, const char *subfolder);

G_END_DECLS
