/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notifications on a real bus, with a server of the freedesktop protocol: one of a kind, replaced and taken back, a click opens the
 * dashboard; what has arrived is told once, over restarts of both; with servers that can less, or refuse, and with none at all.
 */
#include "ipc/dbus/notifier.h"
#include "ipc/dbus/screen.h"
#include "support/rig.h"
#include "support/system-bus.h"
#include "support/wait.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

/* What a server of notifications shows. */
typedef struct
{
  GDBusConnection *connection;
  GString *log; /* a line for each call */
  guint32 last_id;
  guint n_calls;
  const char *can; /* words with blanks between */
  gboolean refuses;
  gboolean is_clicked_at_once; /* before it answers */
} Screen;

static const char interface_xml[]
    = "<node><interface name='" NAME "'>"
      "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='as' direction='in'/>"
      "<arg type='a{sv}' direction='in'/><arg type='i' direction='in'/><arg type='u' direction='out'/></method>"
      "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
      "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
      "</interface></node>";

static void
click (Screen *screen, guint32 id)
{
  (void) g_dbus_connection_emit_signal (screen->connection, NULL, PATH, NAME, "ActionInvoked",
                                        g_variant_new ("(us)", id, "default"), NULL);
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  Screen *screen = user_data;
  g_autofree const char **actions = NULL;
  const char *title, *body;
  guint32 id;

  if (g_str_equal (method, "GetCapabilities"))
    {
      g_auto (GStrv) can = g_strsplit (screen->can, " ", -1);

      g_dbus_method_invocation_return_value (invocation, g_variant_new ("(^as)", can));
      return;
    }
  screen->n_calls++;
  if (g_str_equal (method, "CloseNotification"))
    {
      g_variant_get (parameters, "(u)", &id);
      g_string_append_printf (screen->log, "close %u\n", id);
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  if (screen->refuses)
    {
      g_string_append (screen->log, "refused\n");
      g_dbus_method_invocation_return_dbus_error (invocation, NAME ".Error.ExcessNotificationGeneration", "too many");
      return;
    }
  g_variant_get (parameters, "(&su&s&s&s^a&s@a{sv}i)", NULL, &id, NULL, &title, &body, &actions, NULL, NULL);
  g_assert_cmpuint (g_strv_length ((char **) actions), ==, strstr (screen->can, "actions") ? 2 : 0);
  if (id == 0)
    id = ++screen->last_id;
  g_string_append_printf (screen->log, "%u %s: %s\n", id, title, body);
  if (screen->is_clicked_at_once)
    {
      click (screen, id);
      click (screen, id + 70);
    }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", id));
}

static void
screen_begin_as (Screen *screen, TestPeer *bus, const char *can)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (interface_xml, NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  *screen = (Screen){ .connection = test_bus_connect (bus), .log = g_string_new (NULL), .can = can };
  g_dbus_connection_register_object (screen->connection, PATH, node->interfaces[0], &table, screen, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (screen->connection, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                       "RequestName", g_variant_new ("(su)", NAME, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                       NULL, &error);
  g_assert_no_error (error);
}

static void
screen_begin (Screen *screen, TestPeer *bus)
{
  screen_begin_as (screen, bus, "actions body body-markup");
}

static void
screen_clear (Screen *screen)
{
  g_object_unref (screen->connection);
  g_string_free (screen->log, TRUE);
}

typedef struct
{
  Screen *screen;
  guint n_calls;
} Wanted;

static gboolean
has_calls (gpointer data)
{
  const Wanted *wanted = data;

  return wanted->screen->n_calls >= wanted->n_calls;
}

/* Waits for the screen's next call. Returns: what it has heard since the last time */
static char *
next (Screen *screen)
{
  Wanted wanted = { screen, 1 };
  g_autofree char *heard = NULL;

  test_wait_until (has_calls, &wanted, 10);
  screen->n_calls = 0;
  heard = g_strdup (screen->log->str);
  g_string_truncate (screen->log, 0);

  return g_steal_pointer (&heard);
}

#define assert_next(screen, expected)        \
  G_STMT_START                               \
  {                                          \
    g_autofree char *heard_ = next (screen); \
    g_assert_cmpstr (heard_, ==, expected);  \
  }                                          \
  G_STMT_END

static void
on_open (gpointer user_data)
{
  ++*(guint *) user_data;
}

static gboolean
is_opened (gpointer data)
{
  return *(guint *) data > 0;
}

/* The person closes it. */
static void
dismiss (Screen *screen, guint32 id)
{
  (void) g_dbus_connection_emit_signal (screen->connection, NULL, PATH, NAME, "NotificationClosed",
                                        g_variant_new ("(uu)", id, 2), NULL);
}

static void
emit (TestRig *rig, ObReminderKind kind)
{
  g_signal_emit_by_name (rig->broker, "remind", (gint) kind);
}

static void
on_open_server (gpointer user_data)
{
}

static void
on_slot (ObSlot slot, gpointer user_data)
{
}

/* What a notifier lives in. */
typedef struct
{
  TestPeer *bus;
  GDBusConnection *own;
  ObPairing *pairing;
  ObRequestContext context;
  guint n_opened;
} Session;

static Session
session_begin (TestRig *rig)
{
  Session session = { .bus = test_bus_start (rig->folder), .pairing = ob_pairing_new () };

  session.own = test_bus_connect (session.bus);
  session.context = (ObRequestContext){ .broker = rig->broker, .pairing = session.pairing };

  return session;
}

static void
session_clear (Session *session)
{
  ob_pairing_free (session->pairing);
  g_object_unref (session->own);
  test_peer_free (session->bus);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Session, session_clear)

static void
test_one_of_a_kind (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  g_autofree char *id = NULL, *secret = NULL, *asked = NULL;
  const ObPairingRequest *request;
  ObNotifier *notifier;
  Screen screen;

  screen_begin (&screen, session.bus);
  test_conditions_set_available (rig->conditions, FALSE);
  id = test_rig_submit (rig, NULL, 0);
  notifier = ob_notifier_new (&session.context, session.own, on_open, &session.n_opened);
  emit (rig, OB_REMINDER_LATE);
  assert_next (&screen,
               "1 1 file has not arrived yet: All of them are kept on this device. The oldest: There is no network. It"
               " continues automatically when there is one.\n");
  emit (rig, OB_REMINDER_LATE);
  g_free (next (&screen));
  g_assert_cmpuint (screen.last_id, ==, 1);
  /* A page is another one, with what a person compares. */
  request = ob_pairing_ask (session.pairing, "https://capture.example", FALSE, ob_broker_get_boot_ms (rig->broker),
                            &secret, NULL);
  asked = g_strdup_printf (
      "2 A web page wants to add files: https://capture.example is asking. Allow it only if it shows "
      "this code: %s\n",
      request->code);
  assert_next (&screen, asked);
  click (&screen, 2);
  test_wait_until (is_opened, &session.n_opened, 10);
  /* It is denied: nothing is left to be asked. Of another's notification nothing is opened. */
  click (&screen, 77);
  g_assert_nonnull (ob_pairing_deny (session.pairing, request->id, ob_broker_get_boot_ms (rig->broker), NULL));
  assert_next (&screen, "close 2\n");
  g_assert_cmpuint (session.n_opened, ==, 1);
  emit (rig, OB_REMINDER_NONE);
  assert_next (&screen, "close 1\n");
  ob_notifier_free (notifier);
  screen_clear (&screen);
}

/* A click can come before the answer that says of which one it is. One of another's notification opens nothing, then as well. */
static void
test_clicked_at_once (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  ObNotifier *notifier;
  Screen screen;

  screen_begin (&screen, session.bus);
  screen.is_clicked_at_once = TRUE;
  notifier = ob_notifier_new (&session.context, session.own, on_open, &session.n_opened);
  emit (rig, OB_REMINDER_LATE);
  g_free (next (&screen));
  test_wait_until (is_opened, &session.n_opened, 10);
  emit (rig, OB_REMINDER_NONE);
  assert_next (&screen, "close 1\n");
  g_assert_cmpuint (session.n_opened, ==, 1);
  ob_notifier_free (notifier);
  screen_clear (&screen);
}

/* Without a server, and one that comes later. */
static void
test_without_a_server (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  ObNotifier *notifier = ob_notifier_new (&session.context, session.own, on_open, &session.n_opened);
  g_autofree char *heard = NULL;
  Screen screen;

  emit (rig, OB_REMINDER_TAP);
  emit (rig, OB_REMINDER_NONE);
  screen_begin (&screen, session.bus);
  emit (rig, OB_REMINDER_LATE);
  heard = next (&screen);
  g_assert_true (g_str_has_prefix (heard, "1 "));
  /* By the click it knows which one it is. */
  click (&screen, 1);
  test_wait_until (is_opened, &session.n_opened, 10);
  ob_notifier_free (notifier);
  assert_next (&screen, "close 1\n");
  screen_clear (&screen);
}

/* As after a reboot: the broker is there before anybody has logged in. And one that starts again shows it again, unless the person
 * has seen it. */
static void
test_a_server_that_comes_later (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  ObNotifier *notifier = ob_notifier_new (&session.context, session.own, on_open, &session.n_opened);
  Screen screen;

  for (guint round = 0; round < 2; round++)
    {
      g_autofree char *heard = NULL;

      if (round == 0)
        emit (rig, OB_REMINDER_LATE);
      screen_begin (&screen, session.bus);
      heard = next (&screen);
      g_assert_true (g_str_has_prefix (heard, "1 "));
      g_dbus_connection_close_sync (screen.connection, NULL, NULL);
      screen_clear (&screen);
    }
  ob_notifier_free (notifier);
}

/* --- What has arrived --- */

static gboolean
is_told (gpointer data)
{
  return test_rig_ask (data, "SELECT count(*) = 0 FROM news WHERE is_told = 0");
}

static gboolean
is_forgotten (gpointer data)
{
  return test_rig_ask (data, "SELECT count(*) = 0 FROM news");
}

/* No reminder comes between. */
static void
want_news_alone (TestRig *rig)
{
  rig->rules = ob_rules_new ();
  rig->rules->reminders.after_ms = 0;
  rig->rules->reminders.tells_taps = FALSE;
  ob_broker_set_rules (rig->broker, rig->rules);
}

/* Something has failed, is tried again by a person after an hour, and arrives. */
static void
arrive_after_trouble (TestRig *rig)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  (void) test_server_wait_for (rig->server, id);
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  test_rig_advance (rig, RIG_HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_advance (rig, 2 * RIG_MINUTE);
}

#define ONE "1 Files have arrived: 1 file that had to wait is confirmed by its server.\n"
#define TWO "1 Files have arrived: 2 files that had to wait are confirmed by their servers.\n"

/* What was asked of the bus before has its answer then. */
static void
hear_bus (TestRig *rig, GDBusConnection *own)
{
  test_bus_come_and_go (own);
  test_rig_settle (rig);
}

/* The broker is another one when it has been started again, and knows who shows notifications. */
static ObNotifier *
start_again (TestRig *rig, Session *session, ObNotifier *notifier)
{
  ob_notifier_free (notifier);
  test_rig_stop (rig);
  test_rig_start (rig);
  session->context.broker = rig->broker;
  notifier = ob_notifier_new (&session->context, session->own, on_open, NULL);
  hear_bus (rig, session->own);

  return notifier;
}

/* It stays when the broker ends, is replaced by a later one, and gone for good when the person has closed it. */
static void
test_news_over_restarts (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  ObNotifier *notifier;
  Screen screen;

  want_news_alone (rig);
  screen_begin (&screen, session.bus);
  notifier = ob_notifier_new (&session.context, session.own, on_open, NULL);
  arrive_after_trouble (rig);
  assert_next (&screen, ONE);
  test_wait_until (is_told, rig, 10);
  notifier = start_again (rig, &session, notifier);
  arrive_after_trouble (rig);
  assert_next (&screen, TWO);
  test_wait_until (is_told, rig, 10);
  notifier = start_again (rig, &session, notifier);
  /* Known again, by its place. */
  dismiss (&screen, 1);
  test_wait_until (is_forgotten, rig, 10);
  test_rig_advance (rig, RIG_DAY);
  g_assert_cmpstr (screen.log->str, ==, "");
  ob_notifier_free (notifier);
  screen_clear (&screen);
}

/* It is told when somebody can show it, and not again after that has shown it and is gone. A server that refuses is asked again. */
static void
test_news_and_servers_that_come_and_go (TestRig *rig, gconstpointer data)
{
  g_auto (Session) session = session_begin (rig);
  ObNotifier *notifier = ob_notifier_new (&session.context, session.own, on_open, NULL);
  Screen screen;

  want_news_alone (rig);
  arrive_after_trouble (rig);
  screen_begin_as (&screen, session.bus, "");
  screen.refuses = TRUE;
  assert_next (&screen, "refused\n");
  test_rig_settle (rig);
  screen.refuses = FALSE;
  test_rig_advance (rig, 2 * RIG_HOUR);
  assert_next (&screen, ONE);
  test_wait_until (is_told, rig, 10);
  g_dbus_connection_close_sync (screen.connection, NULL, NULL);
  screen_clear (&screen);
  test_wait_until (is_forgotten, rig, 10);
  screen_begin (&screen, session.bus);
  test_rig_advance (rig, RIG_DAY);
  g_assert_cmpstr (screen.log->str, ==, "");
  ob_notifier_free (notifier);
  screen_clear (&screen);
}

/* Where bodies are no markup, none is sent. */
static void
test_a_server_without_markup (TestRig *rig, gconstpointer data)
{
  g_autoptr (TestPeer) bus = test_bus_start (rig->folder);
  g_autoptr (GDBusConnection) own = test_bus_connect (bus);
  static const char *const can[] = { "body", "body body-markup actions" };
  static const char *const shown[] = { "1 T: a & b\n", "1 T: a &amp; b\n" };
  static const ObScreenEvents events = { on_open_server, on_open_server, on_slot, on_slot, on_slot };

  for (guint i = 0; i < G_N_ELEMENTS (can); i++)
    {
      ObScreen *ours = ob_screen_new (own, &events, NULL);
      OutboxNotice notice = { g_strdup ("T"), g_strdup ("a & b") };
      Screen screen;

      screen_begin_as (&screen, bus, can[i]);
      ob_screen_show (ours, OB_SLOT_NEWS, &notice);
      assert_next (&screen, shown[i]);
      ob_screen_free (ours);
      g_dbus_connection_close_sync (screen.connection, NULL, NULL);
      screen_clear (&screen);
    }
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/notifier/one-of-a-kind", test_one_of_a_kind },
    { "/notifier/clicked-at-once", test_clicked_at_once },
    { "/notifier/without-a-server", test_without_a_server },
    { "/notifier/a-server-that-comes-later", test_a_server_that_comes_later },
    { "/notifier/news-over-restarts", test_news_over_restarts },
    { "/notifier/news-and-servers-that-come-and-go", test_news_and_servers_that_come_and_go },
    { "/notifier/a-server-without-markup", test_a_server_without_markup },
  };

  /* It speaks the session's language. */
  g_setenv ("LC_ALL", "C", TRUE);
  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
