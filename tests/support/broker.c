/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon under test. Owns its processes and folders. Main thread.
 */
#include "support/broker.h"
#include "support/child.h"
#include "support/document.h"

#include "dbus/error.h"
#include "dbus/names.h"
#include "support/planted.h"
#include "support/system-bus.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

static guint
count_names (TestBroker *broker)
{
  GDBusProxy *proxies[]
      = { G_DBUS_PROXY (broker->uploads), G_DBUS_PROXY (broker->queue), G_DBUS_PROXY (broker->destinations) };
  guint n_names = 0;

  for (guint i = 0; i < G_N_ELEMENTS (proxies); i++)
    {
      g_autofree char *owner = g_dbus_proxy_get_name_owner (proxies[i]);

      n_names += owner != NULL;
    }

  return n_names;
}

/* Each proxy hears of it in its own time. */
static gboolean
has_name (gpointer data)
{
  return count_names (data) == 3;
}

static gboolean
has_name_or_is_dead (gpointer data)
{
  return has_name (data) || ((TestBroker *) data)->is_dead;
}

/* The bus itself is asked: a proxy may not even have heard yet that there was a name. */
static gboolean
is_gone (gpointer data)
{
  TestBroker *broker = data;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  gboolean has_owner;

  if (!broker->is_dead)
    return FALSE;
  reply = g_dbus_connection_call_sync (broker->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "NameHasOwner", g_variant_new ("(s)", OUTBOX_BUS_NAME),
                                       G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(b)", &has_owner);

  return !has_owner;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void) g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  *(gboolean *) user_data = TRUE;
}

/* As by its unit. Returns: (transfer full): the command that starts the daemon */
static GPtrArray *
enter_namespace (TestBroker *broker, GSubprocessLauncher *launcher)
{
  static const char *const alone[] = { "unshare", "--user", "--map-current-user" };
  GPtrArray *argv = g_ptr_array_new ();

  if (g_getenv ("WITNESS"))
    {
      if (!broker->witness)
        broker->witness = test_witness_start (broker->folder);
      g_subprocess_launcher_setenv (launcher, "OUTBOX_WITNESS", test_witness_get_path (broker->witness), TRUE);
      for (guint i = 0; i < G_N_ELEMENTS (alone); i++)
        g_ptr_array_add (argv, (gpointer) alone[i]);
    }
  g_ptr_array_add (argv, (gpointer) g_getenv ("OUTBOXD"));
  g_ptr_array_add (argv, NULL);

  return argv;
}

void
test_broker_launch (TestBroker *broker, const char *crash_at)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *state = g_build_filename (broker->folder, "state", NULL);
  g_autofree char *runtime = g_build_filename (broker->folder, "run", NULL);
  g_autofree char *folders = g_strdup_printf ("%s/vendor:%s/etc", broker->folder, broker->folder);
  g_autoptr (GPtrArray) argv = enter_namespace (broker, launcher);
  g_autoptr (GError) error = NULL;

  g_assert_null (broker->process);
  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", data, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", broker->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", runtime, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_STATE_HOME", state, TRUE);
  g_subprocess_launcher_setenv (launcher, "OUTBOX_CONFIG_FOLDERS", folders, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  /* One that the test has made itself, or none: what the machine's own says would decide what happens. */
  g_subprocess_launcher_setenv (launcher, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", FALSE);
  /* Tests run beside each other, and none takes the ports that a person's own daemon has. */
  g_subprocess_launcher_setenv (launcher, "OUTBOX_REST_PORT", "0", FALSE);
  g_subprocess_launcher_unsetenv (launcher, "G_MESSAGES_DEBUG");
  if (crash_at)
    g_subprocess_launcher_setenv (launcher, "OUTBOX_CRASH_AT", crash_at, TRUE);
  broker->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  broker->is_dead = FALSE;
  g_subprocess_wait_async (broker->process, NULL, on_ended, &broker->is_dead);
}

void
test_broker_reload_services (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (broker->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "ReloadConfig", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                     NULL, &error);

  g_assert_no_error (error);
}

/* A test's own proxies hear of the daemon later than those of this file: GDBus hands a signal on to one after the other. When it has an
 * answer that came after that signal, it has handed it on to all. */
static void
let_all_hear (TestBroker *broker)
{
  test_bus_come_and_go (broker->connection);
  while (g_main_context_pending (NULL))
    g_main_context_iteration (NULL, FALSE);
}

void
test_broker_wait_for_name (TestBroker *broker)
{
  test_wait_until (has_name, broker, 20);
  let_all_hear (broker);
}

void
test_broker_start (TestBroker *broker, const char *crash_at)
{
  test_broker_launch (broker, crash_at);
  test_broker_wait_for_name (broker);
}

gboolean
test_broker_start_or_die (TestBroker *broker, const char *crash_at, guint most_s)
{
  test_broker_launch (broker, crash_at);
  test_wait_until (has_name_or_is_dead, broker, most_s);
  let_all_hear (broker);

  return !broker->is_dead;
}

static void
forget_process (TestBroker *broker, guint most_s)
{
  test_wait_until (is_gone, broker, most_s);
  let_all_hear (broker);
  g_clear_object (&broker->process);
}

/* Whoever died of anything else, an abort or a sanitizer's report, did so before the test meant it to. */
static void
forget_killed_process (TestBroker *broker, guint most_s)
{
  g_autoptr (GSubprocess) process = g_object_ref (broker->process);

  forget_process (broker, most_s);
  g_assert_true (g_subprocess_get_if_signaled (process));
  g_assert_cmpint (g_subprocess_get_term_sig (process), ==, SIGKILL);
}

void
test_broker_kill (TestBroker *broker)
{
  if (!broker->process)
    return;
  g_subprocess_force_exit (broker->process);
  forget_killed_process (broker, 20);
}

void
test_broker_stop (TestBroker *broker)
{
  g_autoptr (GSubprocess) process = g_object_ref (broker->process);

  g_subprocess_send_signal (process, SIGTERM);
  forget_process (broker, 20);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

void
test_broker_wait_for_death (TestBroker *broker, guint most_s)
{
  forget_killed_process (broker, most_s);
}

const char *
test_broker_get_bus_address (TestBroker *broker)
{
  return test_peer_get_url (broker->bus);
}

static void
connect_proxies (TestBroker *broker)
{
  const GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES;
  g_autoptr (GError) error = NULL;

  /* Registers the errors, so that they come off the bus as what they are. */
  (void) outbox_error_quark ();
  broker->connection = g_dbus_connection_new_for_address_sync (test_broker_get_bus_address (broker),
                                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                                   | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                               NULL, NULL, &error);
  g_assert_no_error (error);
  broker->uploads = outbox_dbus_uploads_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                                        NULL, &error);
  g_assert_no_error (error);
  broker->queue
      = outbox_dbus_queue_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  broker->destinations = outbox_dbus_destinations_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME,
                                                                  OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (broker->uploads), G_MAXINT);
}

void
test_broker_set_destination (TestBroker *broker, const char *url, const char *confirm_url)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (url));
  if (confirm_url)
    g_variant_builder_add (&settings, "{sv}", "confirm_url", g_variant_new_string (confirm_url));
  g_variant_builder_add (&settings, "{sv}", "default", g_variant_new_boolean (TRUE));
  outbox_dbus_destinations_call_set_sync (broker->destinations, "depot", g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);
}

void
test_broker_set_rules (TestBroker *broker, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxDBusPolicy) policy
      = outbox_dbus_policy_proxy_new_sync (broker->connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES,
                                           OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (outbox_dbus_policy_call_set_sync (policy, text, NULL, &error));
  g_assert_no_error (error);
}

void
test_broker_use_receiver (TestBroker *broker)
{
  g_autofree char *confirm_url = test_peer_dup_url (broker->peer, "/confirm?id={id}&sha256={sha256}");

  test_broker_set_destination (broker, test_peer_get_url (broker->peer), confirm_url);
}

TestBroker *
test_broker_new_alone (void)
{
  TestBroker *broker = g_new0 (TestBroker, 1);

  broker->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  broker->bus = test_bus_start (broker->folder);
  broker->planted = test_planted_watch (test_broker_get_bus_address (broker));
  connect_proxies (broker);
  test_broker_start (broker, NULL);

  return broker;
}

TestBroker *
test_broker_new (void)
{
  TestBroker *broker = test_broker_new_alone ();
  g_autofree char *store = g_build_filename (broker->folder, "store", NULL);

  g_assert_cmpint (g_mkdir (store, 0700), ==, 0);
  broker->peer = test_peer_start_receiver ("--folder", store, NULL);
  test_broker_use_receiver (broker);

  return broker;
}

void
test_broker_end_session (TestBroker *broker)
{
  test_planted_assert_none_came_by (broker->planted);
  g_clear_pointer (&broker->planted, test_planted_free);
  test_peer_kill (broker->bus);
}

void
test_broker_free (TestBroker *broker)
{
  const char *argv[] = { "rm", "-r", broker->folder, NULL };

  /* A clean end, so that it can tell what it leaked. */
  if (broker->process)
    {
      test_planted_assert_not_shown (g_subprocess_get_identifier (broker->process));
      test_broker_stop (broker);
    }
  test_planted_assert_not_left (broker->folder);
  if (broker->planted)
    test_planted_assert_none_came_by (broker->planted);
  g_clear_pointer (&broker->peer, test_peer_free);
  g_clear_pointer (&broker->witness, test_witness_free);
  g_object_unref (broker->uploads);
  g_object_unref (broker->queue);
  g_object_unref (broker->destinations);
  (void) g_dbus_connection_close_sync (broker->connection, NULL, NULL);
  g_object_unref (broker->connection);
  g_clear_pointer (&broker->planted, test_planted_free);
  test_peer_free (broker->bus);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (broker->folder);
  g_free (broker);
}

char *
test_broker_make_file (TestBroker *broker, const char *name, gsize size_bytes, guint seed)
{
  char *path = g_build_filename (broker->folder, name, NULL);
  g_autofree guint8 *bytes = g_malloc (size_bytes + 1);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < size_bytes; i += 4)
    {
      guint32 word = g_rand_int (random);

      memcpy (bytes + i, &word, MIN (4, size_bytes - i));
    }
  /* Not by way of another file: the longest names leave no place for a suffix. */
  g_assert_true (
      g_file_set_contents_full (path, (char *) bytes, (gssize) size_bytes, G_FILE_SET_CONTENTS_NONE, 0600, NULL));

  return path;
}

char *
test_broker_submit (TestBroker *broker, const char *path, GVariant *options, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  char *id = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  (void) close (fd);
  (void) outbox_dbus_uploads_call_submit_sync (broker->uploads, g_variant_new_handle (0),
                                               options ? options : g_variant_new ("a{sv}", NULL), fds, &id, NULL, NULL,
                                               error);

  return id;
}

GVariant *
test_broker_get (TestBroker *broker, const char *id)
{
  g_autoptr (GError) error = NULL;
  GVariant *document = NULL;

  outbox_dbus_uploads_call_get_sync (broker->uploads, id, &document, NULL, &error);
  g_assert_no_error (error);

  return document;
}

GVariant *
test_broker_try_list (TestBroker *broker, GError **error)
{
  g_autofree char *cursor = g_strdup ("");
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  do
    {
      g_autoptr (GVariant) page = NULL;
      g_autofree char *next = NULL;

      if (!outbox_dbus_uploads_call_list_sync (broker->uploads,
                                               g_variant_new_parsed ("{'limit': <uint32 1000>, 'cursor': <%s>}",
                                                                     cursor),
                                               &page, &next, NULL, error))
        {
          g_variant_builder_clear (&all);
          return NULL;
        }
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        {
          g_autoptr (GVariant) document = g_variant_get_child_value (page, i);

          g_variant_builder_add_value (&all, document);
        }
      g_free (cursor);
      cursor = g_steal_pointer (&next);
    }
  while (*cursor);

  return g_variant_ref_sink (g_variant_builder_end (&all));
}

GVariant *
test_broker_list (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  GVariant *list = test_broker_try_list (broker, &error);

  g_assert_no_error (error);

  return list;
}

guint
test_broker_count (TestBroker *broker, const char *state)
{
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n_uploads;

  outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (summary, state, "(tt)", &n_uploads, NULL));

  return (guint) n_uploads;
}

typedef struct
{
  TestBroker *broker;
  const char *state;
} Wanted;

static gboolean
are_all_in_state (gpointer data)
{
  Wanted *wanted = data;

  return test_broker_count (wanted->broker, wanted->state) == test_broker_count (wanted->broker, "all");
}

static gboolean
on_print_when_late (gpointer data)
{
  g_autoptr (GVariant) list = test_broker_list (data);
  g_autofree char *text = g_variant_print (list, FALSE);

  g_printerr ("Still waiting: %s\n", text);

  return G_SOURCE_CONTINUE;
}

void
test_broker_wait_for_all (TestBroker *broker, const char *state, guint most_s)
{
  Wanted wanted = { broker, state };
  guint timer = g_timeout_add_seconds (most_s - 1, on_print_when_late, broker);

  /* SummaryChanged wakes the loop. */
  test_wait_until (are_all_in_state, &wanted, most_s);
  (void) g_source_remove (timer);
}

static gboolean
has_nothing_to_do (gpointer data)
{
  TestBroker *broker = data;

  return test_broker_count (broker, "done") + test_broker_count (broker, "failed")
             + test_broker_count (broker, "retrying")
         == test_broker_count (broker, "all");
}

void
test_broker_retry (TestBroker *broker)
{
  g_autoptr (GVariant) list = test_broker_list (broker);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  GVariant *document;

  g_variant_iter_init (&iter, list);
  while ((document = g_variant_iter_next_value (&iter)))
    {
      if (test_document_has_state (document, "retrying"))
        g_ptr_array_add (ids, g_strdup (test_document_get_text (document, "id")));
      g_variant_unref (document);
    }
  g_ptr_array_add (ids, NULL);
  outbox_dbus_uploads_call_retry_sync (broker->uploads, (const char *const *) ids->pdata, NULL, &error);
  /* One may have been tried by itself meanwhile. */
  g_assert_true (!error || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE));
}

guint
test_broker_deliver (TestBroker *broker, guint most_taps, guint most_s)
{
  for (guint n_taps = 0;; n_taps++)
    {
      guint timer = g_timeout_add_seconds (most_s - 1, on_print_when_late, broker);

      test_wait_until (has_nothing_to_do, broker, most_s);
      (void) g_source_remove (timer);
      if (test_broker_count (broker, "retrying") == 0)
        return n_taps;
      (void) on_print_when_late (broker);
      g_assert_cmpuint (n_taps, <, most_taps);
      test_broker_retry (broker);
    }
}

guint
test_broker_count_files (TestBroker *broker, const char *subfolder)
{
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", subfolder, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_files = 0;

  while (folder && g_dir_read_name (folder))
    n_files++;

  return n_files;
}
