/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A broker for tests of liboutbox, in the test's own process: it has as many uploads as the test says, counts what it is asked, and
 * goes and comes back in no time. Main thread.
 */
#pragma once

#include "dbus/outbox-dbus.h"
#include "support/wait.h"

G_BEGIN_DECLS

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *connection;
  OutboxDBusUploads *skeleton;
  guint name;           /* 0: it has none */
  GPtrArray *documents; /* of GVariant, in the order of their ids */
  gint64 epoch;
  gint64 sequence;
  guint n_lists;
  guint n_unfinished_lists;
  guint n_watches;
  guint n_unwatches;
  GVariant *watch_filter; /* of the last Watch */
  gboolean refuses;       /* every List is Failed */
} FakeBroker;

/* Starts a bus, which is the session's from then on, and a broker with @n_uploads queued ones of 100 bytes. */
FakeBroker *fake_broker_new (guint n_uploads);
void fake_broker_free (FakeBroker *fake);

/* Gives up its name, and takes it again; as a broker with another past where @is_rebuilt. */
void fake_broker_leave (FakeBroker *fake);
void fake_broker_come (FakeBroker *fake, gboolean is_rebuilt);

/* Returns: (transfer full): the id of the upload of that number, as fake_broker_new() counts them */
char *fake_broker_dup_id (guint number);

/* A new upload, or another document of one; told to subscribers if @is_told. */
void fake_broker_set (FakeBroker *fake, guint number, const char *state, guint64 offset, gboolean is_told);
void fake_broker_remove (FakeBroker *fake, guint number, gboolean is_told);
void fake_broker_tell_holds (FakeBroker *fake);

/* Waits until everything that was sent to @connection so far has been dispatched. */
void fake_broker_settle (FakeBroker *fake);

G_END_DECLS
