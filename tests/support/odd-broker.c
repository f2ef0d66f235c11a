/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A broker that is none. Its answers are given on the bus's thread. Main thread otherwise.
 */
#include "support/odd-broker.h"

#include "dbus/names.h"
#include "support/system-bus.h"

struct _TestOddBroker
{
  GDBusConnection *connection;
  GMutex mutex;
  GHashTable *answers; /* method → text */
  guint n_calls;
};

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  TestOddBroker *broker = user_data;
  g_autoptr (GMutexLocker) locker = NULL;
  const char *answer;

  if (!is_incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL
      || g_strcmp0 (g_dbus_message_get_path (message), OUTBOX_OBJECT_PATH) != 0)
    return message;
  locker = g_mutex_locker_new (&broker->mutex);
  broker->n_calls++;
  answer = g_hash_table_lookup (broker->answers, g_dbus_message_get_member (message));
  if (answer)
    {
      g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (message);

      g_dbus_message_set_body (reply, g_variant_new_parsed (answer));
      (void) g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
    }
  g_object_unref (message);

  return NULL;
}

TestOddBroker *
test_odd_broker_new (TestPeer *bus)
{
  TestOddBroker *broker = g_new0 (TestOddBroker, 1);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&broker->mutex);
  broker->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  broker->connection = test_bus_connect (bus);
  (void) g_dbus_connection_add_filter (broker->connection, on_message, broker, NULL);
  reply = g_dbus_connection_call_sync (broker->connection, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                       "RequestName", g_variant_new ("(su)", OUTBOX_BUS_NAME, 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);

  return broker;
}

void
test_odd_broker_free (TestOddBroker *broker)
{
  g_dbus_connection_close_sync (broker->connection, NULL, NULL);
  g_object_unref (broker->connection);
  g_hash_table_unref (broker->answers);
  g_mutex_clear (&broker->mutex);
  g_free (broker);
}

void
test_odd_broker_answer (TestOddBroker *broker, const char *method, const char *answer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&broker->mutex);

  if (answer)
    g_hash_table_insert (broker->answers, g_strdup (method), g_strdup (answer));
  else
    g_hash_table_remove (broker->answers, method);
}

guint
test_odd_broker_count_calls (TestOddBroker *broker)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&broker->mutex);

  return broker->n_calls;
}

void
test_odd_broker_tell (TestOddBroker *broker, GVariant *summary)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (broker->connection, NULL, OUTBOX_OBJECT_PATH, "org.outbox.Outbox1.Queue",
                                 "SummaryChanged", g_variant_new ("(@a{sv})", summary), &error);
  g_assert_no_error (error);
}
