/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every method of the bus by every kind of caller: a program of the host, a sandboxed app that calls for an upload of another,
 * and the one whose upload it is. The program starts itself again as the caller.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "support/document.h"
#include "support/sandbox.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <unistd.h>

#define OWN_APP "org.example.Own"
#define OTHER_APP "org.example.Other"

/* What is answered: "ok", with the number of entries where the answer is a list; or the name of the error. In the arguments ID is
 * an upload of the own app, and KEY the key of its group. */
static const struct
{
  const char *method, *arguments, *host, *other, *own;
} table[] = {
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'group': <'KEY'>})", "ok", "ok", "ok" },
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'priority': <100>})", "ok", "ok", "ok" },
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'priority': <101>})", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'app': <'other'>})", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'app': <'" OWN_APP "'>})", "ok", "NotAllowed", "ok" },
  { "Uploads.Submit", "(handle 0, {'name': <'x'>, 'app': <'a/b'>})", "InvalidArgument", "NotAllowed", "NotAllowed" },
  { "Uploads.Create", "({'sha256': <''>},)", "InvalidArgument", "InvalidArgument", "InvalidArgument" },
  { "Uploads.Create", "({'priority': <101>},)", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.Create", "({'app': <'other'>},)", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.Commit", "('ID', {})", "ok", "NotFound", "ok" },
  { "Uploads.Commit", "('ID', {'sha256': <'x'>})", "InvalidArgument", "InvalidArgument", "InvalidArgument" },
  { "Uploads.Commit", "('ID', {'name': <'x'>})", "InvalidArgument", "InvalidArgument", "InvalidArgument" },
  { "Uploads.Get", "('ID',)", "ok all", "NotFound", "ok all" },
  { "Uploads.List", "({},)", "ok all", "ok 2", "ok 4" },
  { "Uploads.List", "({'app': <'" OWN_APP "'>},)", "ok 2", "NotAllowed", "ok 4" },
  { "Uploads.List", "({'group': <'KEY'>},)", "ok 2", "ok 1", "ok 2" },
  { "Uploads.Pause", "(['ID'],)", "ok", "NotFound", "ok" },
  { "Uploads.Resume", "(['ID'],)", "ok", "NotFound", "ok" },
  { "Uploads.Retry", "(['ID'],)", "ok", "NotFound", "ok" },
  { "Uploads.SendNow", "(['ID'],)", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.SetPriority", "(['ID'], 100)", "ok", "NotFound", "ok" },
  { "Uploads.SetPriority", "(['ID'], 101)", "ok", "NotFound", "NotAllowed" },
  { "Uploads.Amend", "('ID', {})", "InvalidArgument", "NotFound", "InvalidArgument" },
  { "Uploads.Amend", "('ID', {'priority': <100>})", "ok", "NotFound", "ok" },
  { "Uploads.Amend", "('ID', {'priority': <101>})", "ok", "NotFound", "NotAllowed" },
  { "Uploads.Verify", "(['ID'],)", "WrongState", "NotFound", "WrongState" },
  { "Uploads.Free", "(['ID'],)", "WrongState", "NotFound", "WrongState" },
  { "Uploads.Thumbnail", "('ID', 64)", "NotSupported", "NotSupported", "NotSupported" },
  { "Uploads.History", "('ID',)", "ok all", "NotFound", "ok all" },
  { "Uploads.History", "('',)", "ok all", "NotAllowed", "NotAllowed" },
  { "Uploads.Log", "({},)", "ok all", "NotAllowed", "NotAllowed" },
  { "Uploads.Watch", "({}, '')", "ok", "ok", "ok" },
  { "Uploads.Watch", "({'app': <'" OWN_APP "'>}, '')", "ok", "NotAllowed", "ok" },
  { "Uploads.Unwatch", "()", "ok", "ok", "ok" },
  { "Queue.Pause", "()", "ok", "NotAllowed", "NotAllowed" },
  { "Queue.ResumeFor", "({'seconds': <uint32 1>, 'ids': <['ID']>},)", "ok", "NotAllowed", "NotAllowed" },
  { "Queue.Resume", "()", "ok", "NotAllowed", "NotAllowed" },
  { "Queue.Summary", "()", "ok all", "ok all", "ok all" },
  { "Queue.AllowNetwork", "()", "ok", "NotAllowed", "NotAllowed" },
  { "Queue.ResumeFor", "({'seconds': <uint32 1>},)", "ok", "NotAllowed", "NotAllowed" },
  { "Queue.Conditions", "()", "ok all", "NotAllowed", "NotAllowed" },
  { "Queue.Statistics", "()", "ok all", "NotAllowed", "NotAllowed" },
  { "Queue.Holds", "()", "ok 0", "ok 1", "ok 1" },
  { "Queue.RestAddress", "()", "ok", "ok", "ok" },
  { "Groups.List", "({},)", "ok all", "ok 1", "ok 1" },
  { "Groups.Get", "('KEY',)", "ok all", "ok all", "ok all" },
  { "Groups.Pause", "(['KEY'],)", "ok", "ok", "ok" },
  { "Groups.Resume", "(['KEY'],)", "ok", "ok", "ok" },
  { "Groups.Get", "('" OWN_APP "/KEY',)", "ok all", "NotFound", "ok all" },
  { "Groups.Pause", "(['" OWN_APP "/KEY'],)", "ok", "NotFound", "ok" },
  { "Groups.Resume", "(['" OWN_APP "/KEY'],)", "ok", "NotFound", "ok" },
  { "Groups.SendNow", "(['" OWN_APP "/KEY'],)", "ok", "NotAllowed", "NotAllowed" },
  { "Groups.SendNow", "(['KEY'],)", "ok", "NotAllowed", "NotAllowed" },
  { "Destinations.List", "()", "ok all", "NotAllowed", "NotAllowed" },
  { "Destinations.Set", "('yard', {'url': <'http://127.0.0.1:9/'>})", "ok", "NotAllowed", "NotAllowed" },
  { "Destinations.Get", "('yard',)", "ok all", "NotAllowed", "NotAllowed" },
  { "Destinations.Get", "('nowhere',)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Destinations.Pause", "('yard',)", "ok", "NotAllowed", "NotAllowed" },
  { "Destinations.Resume", "('yard',)", "ok", "NotAllowed", "NotAllowed" },
  { "Destinations.Test", "('yard',)", "ok all", "NotAllowed", "NotAllowed" },
  { "Destinations.SignIn", "('yard', handle 0)", "InvalidArgument", "NotAllowed", "NotAllowed" },
  { "Destinations.SignIn", "('nowhere', handle 0)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Destinations.SignOut", "('yard',)", "ok", "NotAllowed", "NotAllowed" },
  { "Destinations.SignOut", "('nowhere',)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Destinations.Remove", "('yard',)", "ok", "NotAllowed", "NotAllowed" },
  { "Policy.Get", "()", "ok all", "NotAllowed", "NotAllowed" },
  { "Policy.Set", "('',)", "ok", "NotAllowed", "NotAllowed" },
  { "Policy.Check", "('',)", "ok", "NotAllowed", "NotAllowed" },
  { "Policy.Explain", "('ID',)", "ok all", "NotFound", "ok all" },
  { "Access.ListApps", "()", "ok 0", "NotAllowed", "NotAllowed" },
  { "Access.Approve", "('x',)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Access.Deny", "('x',)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Access.Revoke", "('x',)", "NotFound", "NotAllowed", "NotAllowed" },
  { "Access.OpenDashboard", "()", "ok", "NotAllowed", "NotAllowed" },
  { "Uploads.Create", "({'name': <'x'>},)", "ok", "ok", "ok" },
  { "Uploads.Remove", "(['ID'],)", "ok", "NotFound", "ok" },
  { "Uploads.History", "('ID',)", "ok all", "NotFound", "ok all" },
};

/* Returns: (transfer none): what the contract says of all interfaces. */
static GDBusInterfaceInfo *const *
list_interfaces (void)
{
  static GDBusInterfaceInfo *interfaces[7];

  interfaces[0] = outbox_dbus_uploads_interface_info ();
  interfaces[1] = outbox_dbus_queue_interface_info ();
  interfaces[2] = outbox_dbus_groups_interface_info ();
  interfaces[3] = outbox_dbus_destinations_interface_info ();
  interfaces[4] = outbox_dbus_policy_interface_info ();
  interfaces[5] = outbox_dbus_access_interface_info ();

  return interfaces;
}

static gboolean
has_row (const char *method)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].method, method))
      return TRUE;

  return FALSE;
}

static void
test_no_method_is_left_out (void)
{
  for (GDBusInterfaceInfo *const *interface = list_interfaces (); *interface; interface++)
    for (GDBusMethodInfo **method = (*interface)->methods; method && *method; method++)
      {
        g_autofree char *name = g_strdup_printf ("%s.%s", strrchr ((*interface)->name, '.') + 1, (*method)->name);

        g_test_message ("%s", name);
        g_assert_true (has_row (name));
      }
}

/* --- The caller --- */

static char *
describe (GVariant *results)
{
  g_autoptr (GVariant) first
      = g_variant_n_children (results) > 0 ? g_variant_get_child_value (results, 0) : g_variant_new_strv (NULL, 0);

  if (!g_variant_is_of_type (first, G_VARIANT_TYPE_ARRAY) || g_variant_n_children (results) == 0)
    return g_strdup ("ok");

  return g_strdup_printf ("ok %u", (guint) g_variant_n_children (first));
}

/* Returns: (transfer full): the type of a method's arguments. */
static GVariantType *
find_type (const char *interface, const char *method)
{
  g_autoptr (GString) type = g_string_new ("(");
  GDBusInterfaceInfo *const *info = list_interfaces ();

  while (!g_str_equal ((*info)->name, interface))
    info++;
  for (GDBusArgInfo **argument = g_dbus_interface_info_lookup_method (*info, method)->in_args; argument && *argument;
       argument++)
    g_string_append (type, (*argument)->signature);
  g_string_append_c (type, ')');

  return g_variant_type_new (type->str);
}

static char *
call (GDBusConnection *connection, const char *name, const char *text, const char *id, const char *key)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", 2);
  g_autofree char *interface = g_strconcat ("org.outbox.Outbox1.", parts[0], NULL);
  g_autoptr (GVariantType) type = find_type (interface, parts[1]);
  g_autoptr (GString) filled = g_string_new (text);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autofree char *error_name = NULL;
  GVariant *arguments;
  int fd = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);

  (void) g_string_replace (filled, "ID", id, 0);
  (void) g_string_replace (filled, "KEY", key, 0);
  arguments = g_variant_parse (type, filled->str, NULL, NULL, &error);
  g_assert_no_error (error);
  (void) g_unix_fd_list_append (fds, fd, NULL);
  (void) close (fd);
  results = g_dbus_connection_call_with_unix_fd_list_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, interface,
                                                           parts[1], arguments, NULL, G_DBUS_CALL_FLAGS_NONE, 20000,
                                                           fds, NULL, NULL, &error);
  if (results)
    return describe (results);
  error_name = g_dbus_error_get_remote_error (error);

  return g_strdup (error_name && strrchr (error_name, '.') ? strrchr (error_name, '.') + 1 : error->message);
}

/* Prints a line for each row of the table. */
static int
be_the_caller (const char *id, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *answer = call (connection, table[i].method, table[i].arguments, id, key);

      g_print ("%s\n", answer);
    }

  return 0;
}

/* Hands one file over. */
static int
be_the_app (const char *key)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autofree char *answer
      = call (connection, "Uploads.Submit", "(handle 0, {'name': <'x'>, 'group': <'KEY'>})", "", key);

  g_assert_cmpstr (answer, ==, "ok");

  return 0;
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (parameters, 0);
  const char *id = "";

  if (g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    id = g_variant_get_string (first, NULL);
  else if (!g_variant_is_of_type (first, G_VARIANT_TYPE_VARDICT) || !g_variant_lookup (first, "id", "&s", &id))
    return;
  g_print ("%s %s\n", signal, id);
}

/* Prints the id of an upload of its own, and then a line for each signal, until somebody kills it. */
static G_GNUC_NORETURN void
be_the_watcher (const char *since)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const char *id;

  (void) g_unix_fd_list_append (fds, fd, NULL);
  results = g_dbus_connection_call_with_unix_fd_list_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                                           "org.outbox.Outbox1.Uploads", "Submit",
                                                           g_variant_new_parsed ("(handle 0, @a{sv} {})"), NULL,
                                                           G_DBUS_CALL_FLAGS_NONE, 20000, fds, NULL, NULL, NULL);
  g_variant_get (results, "(&s)", &id);
  g_print ("own %s\n", id);
  (void) g_dbus_connection_signal_subscribe (connection, OUTBOX_BUS_NAME, "org.outbox.Outbox1.Uploads", NULL, NULL,
                                             NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
  (void) g_dbus_connection_call_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, "org.outbox.Outbox1.Uploads",
                                      "Watch", g_variant_new_parsed ("(@a{sv} {}, %s)", since), NULL,
                                      G_DBUS_CALL_FLAGS_NONE, 20000, NULL, NULL);
  g_print ("ready -\n");
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

/* --- The test --- */

/* Starts this program as that app. @app: (nullable): NULL: on the host. */
static GSubprocess *
start_as (TestBroker *broker, const char *app, const char *const *arguments)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *info = g_strdup_printf ("[Application]\\nname=%s\\n", app);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  if (app)
    test_sandbox_enter (broker, info, launcher, argv);
  g_ptr_array_add (argv, self);
  for (; *arguments; arguments++)
    g_ptr_array_add (argv, (gpointer) *arguments);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);

  return process;
}

/* Returns: (transfer full): what it prints. */
static char *
run_as (TestBroker *broker, const char *app, const char *const *arguments)
{
  g_autoptr (GSubprocess) process = start_as (broker, app, arguments);
  g_autoptr (GError) error = NULL;
  char *words = NULL;

  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);

  return words;
}

static gboolean
is_as_expected (const char *answer, const char *expected)
{
  return g_str_equal (expected, "ok all") ? g_str_has_prefix (answer, "ok ") && !g_str_equal (answer, "ok 0")
                                          : g_str_equal (answer, expected);
}

/* The only upload so far. */
static char *
dup_id (TestBroker *broker)
{
  g_autoptr (GVariant) uploads = test_broker_list (broker);

  g_assert_cmpuint (g_variant_n_children (uploads), ==, 1);

  return test_document_dup_id_in (uploads, 0);
}

static void
test_every_method (gconstpointer data)
{
  const char *caller = data;
  const char *app = g_str_equal (caller, "host") ? NULL : g_str_equal (caller, "own") ? OWN_APP : OTHER_APP;
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *id = NULL;
  g_autofree char *made = NULL;
  g_autofree char *answers = NULL;
  g_auto (GStrv) lines = NULL;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = test_broker_new ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  made = run_as (broker, OWN_APP, (const char *const[]){ "--app", "order 4711", NULL });
  id = dup_id (broker);
  answers = run_as (broker, app, (const char *const[]){ "--caller", id, "order 4711", NULL });
  lines = g_strsplit (answers, "\n", -1);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      const char *expected = !app ? table[i].host : g_str_equal (app, OWN_APP) ? table[i].own : table[i].other;

      g_test_message ("%s%s: %s, want %s", table[i].method, table[i].arguments, lines[i], expected);
      if (!is_as_expected (lines[i], expected))
        g_test_fail ();
    }
}

/* --- Signals --- */

static void
command (TestBroker *broker, const char *method, const char *id)
{
  const char *const ids[] = { id, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results
      = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                     "org.outbox.Outbox1.Uploads", method, g_variant_new ("(^as)", ids), NULL,
                                     G_DBUS_CALL_FLAGS_NONE, 20000, NULL, &error);

  g_assert_no_error (error);
}

/* Returns: (transfer full): the id in the next line, which begins with that word; or of any line where it is NULL. */
static char *
read_line (GDataInputStream *lines, const char *word)
{
  g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_auto (GStrv) words = NULL;

  g_assert_nonnull (line);
  words = g_strsplit (line, " ", 2);
  if (word)
    g_assert_cmpstr (words[0], ==, word);

  return g_strdup (words[1]);
}

/* A line each until the upload is removed. Returns: (transfer full): ids of which it heard. */
static GHashTable *
read_signals (GDataInputStream *lines, const char *until_id)
{
  g_autofree char *end = g_strconcat ("Removed ", until_id, NULL);
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  while (TRUE)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

      g_assert_nonnull (line);
      g_test_message ("%s", line);
      g_hash_table_add (ids, g_strdup (strchr (line, ' ') + 1));
      if (g_str_equal (line, end))
        return ids;
    }
}

/* Replays and signals tell an app of what was and is its own, removed or not, and of nothing else. */
static void
test_signals (gconstpointer data)
{
  gboolean is_own = g_str_equal (data, "own");
  g_autoptr (TestBroker) broker = NULL;
  g_autoptr (GSubprocess) watcher = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GHashTable) heard = NULL;
  g_autofree char *of_host = NULL, *path = NULL, *of_app = NULL, *removed = NULL, *sequence = NULL, *since = NULL;
  g_autofree char *marker = NULL, *ready = NULL, *made = NULL;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = test_broker_new ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  g_free (run_as (broker, OWN_APP, (const char *const[]){ "--app", "4711", NULL }));
  removed = dup_id (broker);
  command (broker, "Remove", removed);
  made = run_as (broker, OWN_APP, (const char *const[]){ "--app", "4711", NULL });
  of_app = dup_id (broker);
  path = test_broker_make_file (broker, "a.jpg", 100, 1);
  of_host = test_broker_submit (broker, path, NULL, NULL);
  g_assert_true (
      outbox_dbus_uploads_call_watch_sync (broker->uploads, g_variant_new ("a{sv}", NULL), "", &sequence, NULL, NULL));
  *strchr (sequence, '-') = '\0';
  since = g_strconcat (sequence, "-0", NULL);

  watcher = start_as (broker, is_own ? OWN_APP : OTHER_APP, (const char *const[]){ "--watcher", since, NULL });
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (watcher));
  marker = read_line (lines, "own");
  ready = read_line (lines, "ready");
  command (broker, "Pause", of_host);
  command (broker, "Pause", of_app);
  command (broker, "Remove", of_app);
  command (broker, "Remove", of_host);
  command (broker, "Remove", marker);
  heard = read_signals (lines, marker);
  g_assert_false (g_hash_table_contains (heard, of_host));
  g_assert_true (g_hash_table_contains (heard, of_app) == is_own);
  g_assert_true (g_hash_table_contains (heard, removed) == is_own);
  g_assert_cmpuint (g_hash_table_size (heard), ==, is_own ? 3 : 1);
  g_subprocess_force_exit (watcher);
}

int
main (int argc, char *argv[])
{
  (void) OUTBOX_ERROR;
  if (argc == 4 && g_str_equal (argv[1], "--caller"))
    return be_the_caller (argv[2], argv[3]);
  if (argc == 3 && g_str_equal (argv[1], "--app"))
    return be_the_app (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "--watcher"))
    be_the_watcher (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/every-method/none-is-left-out", test_no_method_is_left_out);
  g_test_add_data_func ("/every-method/by-a-program-of-the-host", "host", test_every_method);
  g_test_add_data_func ("/every-method/by-another-app", "other", test_every_method);
  g_test_add_data_func ("/every-method/by-its-own-app", "own", test_every_method);
  g_test_add_data_func ("/every-method/signals-to-another-app", "other", test_signals);
  g_test_add_data_func ("/every-method/signals-to-its-own-app", "own", test_signals);

  return g_test_run ();
}
