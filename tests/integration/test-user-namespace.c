/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon in a user namespace of its own, as its unit has it: by itself it cannot tell which program calls; with a witness it can, also after
 * that was killed; and where the witness does not answer, nobody is let in of whom it is not known who it is, and whoever was let in stays.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "support/command.h"
#include "support/document.h"
#include "support/system-bus.h"

static void
call_holds (GDBusConnection *connection, GAsyncReadyCallback done, gpointer user_data)
{
  g_dbus_connection_call (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, OUTBOX_BUS_NAME ".Queue", "Holds", NULL,
                          NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, done, user_data);
}

/* By a program that has not called before. Returns: (transfer full) (nullable): why it is refused */
static GError *
call_anew (TestBroker *broker)
{
  g_autoptr (GDBusConnection) connection = test_bus_connect (broker->bus);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  GError *error = NULL;

  call_holds (connection, test_wait_on_result, &result);
  test_wait_for_result (&result, 20);
  reply = g_dbus_connection_call_finish (connection, result, &error);
  g_assert_true (g_dbus_connection_close_sync (connection, NULL, NULL));

  return error;
}

/* By the test's own connection, which is known once it was answered. */
static void
assert_answered (TestBroker *broker)
{
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_refused (GError *error, const char *why)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_assert_nonnull (strstr (error->message, why));
  g_error_free (error);
}

/* Returns: (transfer full): which app it is of */
static char *
submit (TestBroker *broker, guint seed)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 30000, seed), *id = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GError) error = NULL;

  id = test_broker_submit (broker, path, NULL, &error);
  g_assert_no_error (error);
  document = test_broker_get (broker, id);

  return g_strdup (test_document_get_text (document, "app"));
}

static void
test_it_tells_who_calls (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *app = submit (broker, 1);

  g_assert_cmpstr (app, ==, "test-user-namespace");
  test_broker_wait_for_all (broker, "done", 20);
}

static void
test_a_witness_that_is_killed (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (GDBusConnection) connection = test_bus_connect (broker->bus);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  assert_answered (broker);
  test_witness_kill (broker->witness);
  call_holds (connection, test_wait_on_result, &result);
  /* Meanwhile others are answered. */
  assert_answered (broker);
  g_assert_null (result);
  test_witness_restart (broker->witness);
  test_wait_for_result (&result, 20);
  reply = g_dbus_connection_call_finish (connection, result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (reply);
  (void) g_dbus_connection_close_sync (connection, NULL, NULL);
}

static void
test_a_witness_that_is_gone (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autofree char *told = NULL;

  assert_answered (broker);
  g_clear_pointer (&broker->witness, test_witness_free);
  assert_refused (call_anew (broker), "outbox-witness does not tell: No such file");
  assert_answered (broker);
  told = test_command (broker, "doctor", 3);
  test_assert_has (told, "The service is running, but does not answer this program:");
  test_assert_has (told, "systemctl --user restart outboxd.service");
  broker->witness = test_witness_start (broker->folder);
  g_assert_null (call_anew (broker));
}

/* The kernel does not say which program it is, but for the beginning of its name. */
static void
test_no_witness (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *script = g_build_filename (broker->folder, "outboxd", NULL);
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\nunset OUTBOX_WITNESS\nexec '%s' \"$@\"\n", g_getenv ("OUTBOXD"));
  g_autofree char *program = g_strdup (g_getenv ("OUTBOXD")), *app = NULL;

  g_assert_true (g_file_set_contents_full (script, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
  test_broker_stop (broker);
  g_setenv ("OUTBOXD", script, TRUE);
  test_broker_start (broker, NULL);
  app = submit (broker, 1);
  g_assert_cmpstr (app, ==, "test-user-names");
  g_setenv ("OUTBOXD", program, TRUE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (!test_witness_is_possible ())
    {
      g_print ("1..0 # SKIP there are no user namespaces here\n");
      return 0;
    }
  g_test_add_func ("/user-namespace/it-tells-who-calls", test_it_tells_who_calls);
  g_test_add_func ("/user-namespace/a-witness-that-is-killed", test_a_witness_that_is_killed);
  g_test_add_func ("/user-namespace/a-witness-that-is-gone", test_a_witness_that_is_gone);
  g_test_add_func ("/user-namespace/no-witness", test_no_witness);

  return g_test_run ();
}
