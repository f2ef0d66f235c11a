/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who on a real bus hears that a page asks to be let in: those that have asked for the list, once a request, and nobody else.
 */
#include "dbus/names.h"
#include "ipc/dbus/access.h"
#include "support/rig.h"
#include "support/system-bus.h"
#include "support/wait.h"

typedef struct
{
  GDBusConnection *connection;
  char *heard; /* what it was told, each with a semicolon */
  gboolean is_answered;
} Listener;

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  Listener *listener = user_data;
  g_autofree char *before = listener->heard;
  const char *app, *code;

  g_variant_get (parameters, "(&s&s&s)", NULL, &app, &code);
  listener->heard = g_strdup_printf ("%s%s %s;", before, app, code);
}

static void
on_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Listener *listener = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, &error);

  g_assert_no_error (error);
  listener->is_answered = TRUE;
}

static gboolean
is_answered (gpointer data)
{
  return ((Listener *) data)->is_answered;
}

/* Signals that were sent before have come by its end. */
static void
call (Listener *listener, const char *name, const char *interface, const char *method)
{
  listener->is_answered = FALSE;
  g_dbus_connection_call (listener->connection, name, OUTBOX_OBJECT_PATH, interface, method, NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answered, listener);
  test_wait_until (is_answered, listener, 10);
}

static void
listen_on (Listener *listener, TestPeer *bus)
{
  *listener = (Listener){ test_bus_connect (bus), g_strdup (""), FALSE };
  (void) g_dbus_connection_signal_subscribe (listener->connection, NULL, OUTBOX_BUS_NAME ".Access", "PairingRequested",
                                             NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, listener, NULL);
}

static void
listener_clear (Listener *listener)
{
  g_object_unref (listener->connection);
  g_free (listener->heard);
}

/* Returns: (transfer full): the code. */
static char *
ask (ObPairing *pairing, const char *origin)
{
  g_autofree char *secret = NULL;
  const ObPairingRequest *request = ob_pairing_ask (pairing, origin, FALSE, 1000, &secret, NULL);

  return g_strdup (request->code);
}

static gboolean
has_heard (gpointer data)
{
  return *((Listener *) data)->heard != '\0';
}

static void
test_who_has_asked_hears_of_it (TestRig *rig, gconstpointer data)
{
  g_autoptr (TestPeer) bus = test_bus_start (rig->folder);
  g_autoptr (GDBusConnection) own = test_bus_connect (bus);
  g_autoptr (ObPairing) pairing = ob_pairing_new ();
  ObAdapterContext context
      = { { .broker = rig->broker, .pairing = pairing, .line = ob_line_new () }, ob_callers_new (), NULL };
  ObAccessAdapter *adapter = ob_access_adapter_new (&context);
  const char *name = g_dbus_connection_get_unique_name (own);
  Listener panel, stranger;
  g_autofree char *code = NULL;
  g_autofree char *expected = NULL;

  ob_callers_attach (context.callers, own);
  g_assert_true (ob_access_adapter_export (adapter, own, NULL));
  listen_on (&panel, bus);
  listen_on (&stranger, bus);
  /* By its end each has subscribed. */
  call (&stranger, name, "org.freedesktop.DBus.Peer", "Ping");
  call (&panel, name, OUTBOX_BUS_NAME ".Access", "ListApps");
  call (&panel, name, OUTBOX_BUS_NAME ".Access", "ListApps");
  code = ask (pairing, "https://capture.example");
  g_free (ask (pairing, "https://capture.example"));
  expected = g_strdup_printf ("https://capture.example %s;", code);
  test_wait_until (has_heard, &panel, 10);
  call (&panel, name, OUTBOX_BUS_NAME ".Access", "ListApps");
  call (&stranger, name, "org.freedesktop.DBus.Peer", "Ping");
  g_assert_cmpstr (panel.heard, ==, expected);
  g_assert_cmpstr (stranger.heard, ==, "");
  ob_access_adapter_free (adapter);
  ob_line_free (context.requests.line);
  ob_callers_free (context.callers);
  listener_clear (&panel);
  listener_clear (&stranger);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/pairing-signal/who-has-asked-hears-of-it", TestRig, NULL, test_rig_set_up,
              test_who_has_asked_hears_of_it, test_rig_tear_down);

  return g_test_run ();
}
