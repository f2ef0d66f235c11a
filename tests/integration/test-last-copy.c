/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logout and shutdown are held back while the only copy is on a device that will be wiped: by services that give what they should, and by
 * those that refuse, hang, answer late or something else, end, and come back.
 */
#include "ipc/dbus/last-copy.h"
#include "policy/inhibitor.h"
#include "policy/rules-file.h"
#include "support/rig.h"
#include "support/system-bus.h"
#include "support/wait.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <unistd.h>

#define PATIENCE_MS 150
#define MOST_S 10

typedef enum
{
  ABSENT,
  GIVES,
  REFUSES,
  REFUSES_TO_BLOCK,
  HANGS,
  GIVES_SOMETHING_ELSE,
} Manner;

/* A service of ours on the test's bus. */
typedef struct
{
  const char *name;
  const char *path;
  const char *interface;
  const char *xml;
  Manner manner;
  GDBusConnection *connection; /* NULL: it is not there */
  guint registration;
  GDBusMethodInvocation *hanging; /* owned: a call that has no answer yet */
  GString *log;                   /* borrowed: a word for each call */
  guint32 last_cookie;
  int reading; /* logind's end of the last descriptor; -1: none */
} Service;

#define MANAGER_XML                                                                                          \
  "<node><interface name='org.gnome.SessionManager'><method name='Inhibit'><arg type='s' direction='in'/>"   \
  "<arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='u' direction='in'/>"               \
  "<arg type='u' direction='out'/></method><method name='Uninhibit'><arg type='u' direction='in'/></method>" \
  "</interface></node>"
#define PORTAL_XML                                                                                               \
  "<node><interface name='org.freedesktop.portal.Inhibit'><method name='Inhibit'><arg type='s' direction='in'/>" \
  "<arg type='u' direction='in'/><arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method>"     \
  "</interface></node>"
#define REQUEST_XML "<node><interface name='org.freedesktop.portal.Request'><method name='Close'/></interface></node>"
#define LOGIND_XML                                                                                               \
  "<node><interface name='org.freedesktop.login1.Manager'><method name='Inhibit'><arg type='s' direction='in'/>" \
  "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"                   \
  "<arg type='h' direction='out'/></method></interface></node>"

#define REQUEST_PATH "/org/freedesktop/portal/desktop/request/1"

static void
answer_logind (Service *service, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  const char *words, *how;
  int ends[2];

  g_variant_get (parameters, "(&s&s&s&s)", NULL, NULL, &words, &how);
  g_string_append_printf (service->log, "%s(%s) ", how, words);
  if (service->manner == REFUSES_TO_BLOCK && g_str_equal (how, "block"))
    {
      g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.DBus.Error.AccessDenied", "polkit");
      return;
    }
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  if (service->reading >= 0)
    (void) close (service->reading);
  service->reading = ends[0];
  (void) g_unix_fd_list_append (fds, ends[1], NULL);
  (void) close (ends[1]);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0), fds);
}

static void
give (Service *service, GDBusMethodInvocation *invocation)
{
  if (g_str_has_suffix (service->name, "SessionManager"))
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", ++service->last_cookie));
  else
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", REQUEST_PATH));
}

/* GDBus would not let a service answer with another type. */
static void
answer_with_something_else (GDBusConnection *connection, GDBusMethodInvocation *invocation)
{
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (g_dbus_method_invocation_get_message (invocation));

  g_dbus_message_set_body (reply, g_variant_new ("(b)", TRUE));
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (invocation);
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  Service *service = user_data;
  const char *kind = strrchr (service->name, '.') + 1;

  if (g_str_equal (method, "Uninhibit") || g_str_equal (method, "Close"))
    {
      g_string_append_printf (service->log, "%s-ends ", kind);
      g_dbus_method_invocation_return_value (invocation, NULL);
    }
  else if (g_str_equal (kind, "login1"))
    answer_logind (service, parameters, invocation);
  else
    {
      g_string_append_printf (service->log, "%s ", kind);
      if (service->manner == REFUSES)
        g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.DBus.Error.AccessDenied", "no");
      else if (service->manner == HANGS)
        service->hanging = invocation;
      else if (service->manner == GIVES_SOMETHING_ELSE)
        answer_with_something_else (connection, invocation);
      else
        give (service, invocation);
    }
}

static void
export_object (Service *service, const char *path, const char *xml)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GError) error = NULL;

  g_dbus_connection_register_object (service->connection, path, node->interfaces[0], &table, service, NULL, &error);
  g_assert_no_error (error);
}

static void
service_begin (Service *service, TestPeer *bus, Manner manner)
{
  g_autoptr (GVariant) reply = NULL;

  service->manner = manner;
  if (manner == ABSENT)
    return;
  service->connection = test_bus_connect (bus);
  export_object (service, service->path, service->xml);
  if (g_str_equal (service->xml, PORTAL_XML))
    export_object (service, REQUEST_PATH, REQUEST_XML);
  reply = g_dbus_connection_call_sync (service->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName", g_variant_new ("(su)", service->name, 4u),
                                       NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_assert_nonnull (reply);
}

static void
service_end (Service *service)
{
  g_clear_object (&service->hanging);
  if (service->connection)
    g_dbus_connection_close_sync (service->connection, NULL, NULL);
  g_clear_object (&service->connection);
}

typedef struct
{
  TestRig rig;
  TestPeer *bus;
  GDBusConnection *connection;
  GString *log;
  Service manager;
  Service portal;
  Service logind;
  const char *expected;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_rig_set_up (&fixture->rig, NULL);
  fixture->bus = test_bus_start (fixture->rig.folder);
  fixture->connection = test_bus_connect (fixture->bus);
  fixture->log = g_string_new (NULL);
  fixture->manager = (Service){ "org.gnome.SessionManager", "/org/gnome/SessionManager",
                                "org.gnome.SessionManager", MANAGER_XML,
                                .log = fixture->log,        .reading = -1 };
  fixture->portal = (Service){ "org.freedesktop.portal.Desktop",
                               "/org/freedesktop/portal/desktop",
                               "org.freedesktop.portal.Inhibit",
                               PORTAL_XML,
                               .log = fixture->log,
                               .reading = -1 };
  fixture->logind = (Service){ "org.freedesktop.login1",
                               "/org/freedesktop/login1",
                               "org.freedesktop.login1.Manager",
                               LOGIND_XML,
                               .log = fixture->log,
                               .reading = -1 };
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  service_end (&fixture->manager);
  service_end (&fixture->portal);
  service_end (&fixture->logind);
  if (fixture->logind.reading >= 0)
    (void) close (fixture->logind.reading);
  g_object_unref (fixture->connection);
  test_peer_free (fixture->bus);
  g_string_free (fixture->log, TRUE);
  test_rig_tear_down (&fixture->rig, NULL);
}

static gboolean
is_logged (gpointer data)
{
  const Fixture *fixture = data;

  return g_str_equal (fixture->log->str, fixture->expected);
}

static void
wait_for (Fixture *fixture, const char *log)
{
  fixture->expected = log;
  if (!is_logged (fixture))
    g_test_message ("%s, want %s", fixture->log->str, log);
  test_wait_until (is_logged, fixture, MOST_S);
}

static gboolean
is_let_go (gpointer data)
{
  struct pollfd end = { ((const Fixture *) data)->logind.reading, POLLIN, 0 };

  return poll (&end, 1, 0) == 1 && (end.revents & POLLHUP);
}

/* Returns when what the service has answered so far has been heard. */
static void
settle (Fixture *fixture, const Service *service)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (!service->connection)
    return;
  g_dbus_connection_call (fixture->connection, service->name, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, test_wait_on_result, &result);
  test_wait_for_result (&result, MOST_S);
}

static gboolean
is_manager_gone (gpointer data)
{
  const Fixture *fixture = data;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (fixture->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner",
                                     g_variant_new ("(s)", fixture->manager.name), G_VARIANT_TYPE ("(b)"),
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  gboolean is_there = TRUE;

  g_variant_get (reply, "(b)", &is_there);

  return !is_there;
}

/* --- Tests --- */

static void
test_one_that_agrees_is_enough (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    Manner manager, portal;
    const char *held, *over;
  } rows[] = {
    { GIVES, ABSENT, "SessionManager ", "SessionManager SessionManager-ends " },
    { GIVES, GIVES, "SessionManager ", "SessionManager SessionManager-ends " },
    { ABSENT, GIVES, "Desktop ", "Desktop Desktop-ends " },
    { REFUSES, GIVES, "SessionManager Desktop ", "SessionManager Desktop Desktop-ends " },
    { HANGS, GIVES, "SessionManager Desktop ", "SessionManager Desktop Desktop-ends " },
    { GIVES_SOMETHING_ELSE, GIVES, "SessionManager Desktop ", "SessionManager Desktop Desktop-ends " },
    { REFUSES, REFUSES, "SessionManager Desktop ", "SessionManager Desktop " },
    { ABSENT, GIVES_SOMETHING_ELSE, "Desktop ", "Desktop " },
    { ABSENT, ABSENT, "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObInhibitor *inhibitor;

      g_test_message ("row %u", i);
      g_string_truncate (fixture->log, 0);
      service_begin (&fixture->manager, fixture->bus, rows[i].manager);
      service_begin (&fixture->portal, fixture->bus, rows[i].portal);
      inhibitor = ob_inhibitor_new (fixture->connection, ob_inhibitor_logout, PATIENCE_MS);
      ob_inhibitor_set_words (inhibitor, "1 file");
      wait_for (fixture, rows[i].held);
      settle (fixture, &fixture->manager);
      settle (fixture, &fixture->portal);
      ob_inhibitor_set_words (inhibitor, NULL);
      wait_for (fixture, rows[i].over);
      ob_inhibitor_free (inhibitor);
      service_end (&fixture->manager);
      service_end (&fixture->portal);
    }
}

/* Nobody could give it back later. */
static void
test_what_comes_late_is_given_back (Fixture *fixture, gconstpointer data)
{
  ObInhibitor *inhibitor;

  service_begin (&fixture->manager, fixture->bus, HANGS);
  inhibitor = ob_inhibitor_new (fixture->connection, ob_inhibitor_logout, PATIENCE_MS);
  ob_inhibitor_set_words (inhibitor, "1 file");
  wait_for (fixture, "SessionManager ");
  ob_inhibitor_free (inhibitor);
  give (&fixture->manager, g_steal_pointer (&fixture->manager.hanging));
  wait_for (fixture, "SessionManager SessionManager-ends ");
}

static void
test_a_manager_that_ends_and_comes_back (Fixture *fixture, gconstpointer data)
{
  ObInhibitor *inhibitor;

  service_begin (&fixture->manager, fixture->bus, GIVES);
  inhibitor = ob_inhibitor_new (fixture->connection, ob_inhibitor_logout, PATIENCE_MS);
  ob_inhibitor_set_words (inhibitor, "1 file");
  wait_for (fixture, "SessionManager ");
  settle (fixture, &fixture->manager);
  service_end (&fixture->manager);
  test_wait_until (is_manager_gone, fixture, MOST_S);
  service_begin (&fixture->manager, fixture->bus, GIVES);
  wait_for (fixture, "SessionManager SessionManager ");
  settle (fixture, &fixture->manager);
  ob_inhibitor_free (inhibitor);
  wait_for (fixture, "SessionManager SessionManager SessionManager-ends ");
}

/* Other words hold before those before them are let go. */
static void
test_a_shutdown_that_may_not_be_blocked_is_delayed (Fixture *fixture, gconstpointer data)
{
  ObInhibitor *inhibitor;

  service_begin (&fixture->logind, fixture->bus, REFUSES_TO_BLOCK);
  inhibitor = ob_inhibitor_new (fixture->connection, ob_inhibitor_shutdown, PATIENCE_MS);
  ob_inhibitor_set_words (inhibitor, "1 file");
  wait_for (fixture, "block(1 file) delay(1 file) ");
  fixture->logind.manner = GIVES;
  ob_inhibitor_set_words (inhibitor, "2 files");
  wait_for (fixture, "block(1 file) delay(1 file) block(2 files) ");
  settle (fixture, &fixture->logind);
  g_assert_false (is_let_go (fixture));
  ob_inhibitor_set_words (inhibitor, NULL);
  test_wait_until (is_let_go, fixture, MOST_S);
  ob_inhibitor_free (inhibitor);
}

static void
set_rules (Fixture *fixture, const char *text)
{
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_rules_read (rules, text, strlen (text), "test", &error));
  ob_broker_set_rules (fixture->rig.broker, rules);
}

/* Only where the device is wiped; as many as have not arrived; and nothing from the moment on at which all has. */
static void
test_as_long_as_something_has_not_arrived (Fixture *fixture, gconstpointer data)
{
  const char *one = "block(1 file has not arrived yet. Its only copy is on this device, which will be wiped.) ";
  const char *two = "block(1 file has not arrived yet. Its only copy is on this device, which will be wiped.) "
                    "block(2 files have not arrived yet. Their only copies are on this device, which will be wiped.) ";
  TestRig *rig = &fixture->rig;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  ObWatcher *session;
  ObLastCopy *last_copy;

  service_begin (&fixture->logind, fixture->bus, GIVES);
  session = ob_session_watcher_new (fixture->connection);
  last_copy = ob_last_copy_new (rig->broker, fixture->connection, OB_SESSION_WATCHER (session));
  first = test_rig_submit (rig, NULL, 0);
  settle (fixture, &fixture->logind);
  g_assert_null (strstr (fixture->log->str, "block"));
  g_string_truncate (fixture->log, 0);
  set_rules (fixture, "[Storage]\nwiped=true\n");
  ob_last_copy_review (last_copy);
  wait_for (fixture, one);
  second = test_rig_submit (rig, NULL, 0);
  wait_for (fixture, two);
  test_rig_finish (rig, first);
  test_rig_finish (rig, second);
  test_wait_until (is_let_go, fixture, MOST_S);
  ob_last_copy_free (last_copy);
  g_object_unref (session);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/last-copy/one-that-agrees-is-enough", test_one_that_agrees_is_enough },
    { "/last-copy/what-comes-late-is-given-back", test_what_comes_late_is_given_back },
    { "/last-copy/a-manager-that-ends-and-comes-back", test_a_manager_that_ends_and_comes_back },
    { "/last-copy/a-shutdown-that-may-not-be-blocked-is-delayed", test_a_shutdown_that_may_not_be_blocked_is_delayed },
    { "/last-copy/as-long-as-something-has-not-arrived", test_as_long_as_something_has_not_arrived },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
