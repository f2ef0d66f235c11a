/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buses and daemons of the benchmarks. Owns the processes. Main thread.
 */
#include "rig.h"

#include "namespace.h"
#include "report.h"

#include "dbus/names.h"
#include "support/child.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define DESTINATION "depot"
#define IDLE_LOOK_MS 250
#define IDLE_LOOKS 4

/* Between fork and exec: the limits that a desktop session gives. */
static void
be_a_session_service (gpointer user_data)
{
  struct rlimit limit;

  test_child_die_with_parent (NULL);
  (void) getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = MIN (limit.rlim_max, 1024);
  (void) setrlimit (RLIMIT_NOFILE, &limit);
}

/* The same in a network namespace with nothing in it. */
static void
go_offline (gpointer user_data)
{
  be_a_session_service (NULL);
  if (!bench_unshare (CLONE_NEWNET))
    _exit (127);
}

static void
iterate_for (guint delay_ms)
{
  double end_ms = bench_now_ms () + delay_ms;

  while (bench_now_ms () < end_ms)
    {
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_usleep (5000);
    }
}

double
bench_run_curl (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) curl = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_autofree char *seconds = NULL;

  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (curl, NULL, NULL, &seconds, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (curl));

  return g_ascii_strtod (seconds, NULL) * 1000;
}

gboolean
bench_run (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_NONE, &error);

  return process && g_subprocess_wait_check (process, NULL, NULL);
}

char *
bench_make_file (const Bench *bench, const char *name, guint64 size_bytes, gboolean is_sparse)
{
  char *path = g_build_filename (bench->folder, name, NULL);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gsize block_bytes = MIN (size_bytes, 1024 * 1024);
  g_autofree guint8 *block = g_malloc (block_bytes);

  for (gsize i = 0; i < block_bytes; i++)
    block[i] = (guint8) (i * 2654435761u >> 13);
  for (guint64 done = 0; done < size_bytes && !is_sparse; done += block_bytes)
    g_assert_cmpint (write (fd, block, MIN (block_bytes, size_bytes - done)), >, 0);
  g_assert_cmpint (ftruncate (fd, (off_t) size_bytes), ==, 0);
  (void) close (fd);

  return path;
}

static char *
start_bus (Rig *rig)
{
  g_autofree char *socket = g_strconcat ("--address=unix:path=", rig->folder, "/bus", NULL);
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  rig->bus = g_subprocess_launcher_spawn (launcher, &error, "dbus-daemon", "--session", "--nofork", "--print-address",
                                          socket, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (rig->bus));

  return g_data_input_stream_read_line (lines, NULL, NULL, NULL);
}

static void
connect_proxies (Rig *rig)
{
  const GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES
                                | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS;
  g_autoptr (GError) error = NULL;

  rig->connection = g_dbus_connection_new_for_address_sync (rig->address,
                                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                                | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                            NULL, NULL, &error);
  g_assert_no_error (error);
  rig->uploads
      = outbox_dbus_uploads_proxy_new_sync (rig->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  rig->queue
      = outbox_dbus_queue_proxy_new_sync (rig->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  rig->destinations = outbox_dbus_destinations_proxy_new_sync (rig->connection, flags, OUTBOX_BUS_NAME,
                                                               OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (rig->uploads), G_MAXINT);
}

Rig *
rig_new (const Bench *bench, const char *name)
{
  Rig *rig = g_new0 (Rig, 1);

  rig->folder = g_strdup_printf ("%s/%s-XXXXXX", bench->folder, name);
  g_assert_nonnull (g_mkdtemp (rig->folder));
  rig->address = start_bus (rig);
  connect_proxies (rig);

  return rig;
}

void
rig_free (Rig *rig)
{
  if (rig->daemon)
    rig_stop (rig);
  g_object_unref (rig->uploads);
  g_object_unref (rig->queue);
  g_object_unref (rig->destinations);
  (void) g_dbus_connection_close_sync (rig->connection, NULL, NULL);
  g_object_unref (rig->connection);
  g_subprocess_force_exit (rig->bus);
  (void) g_subprocess_wait (rig->bus, NULL, NULL);
  g_object_unref (rig->bus);
  g_free (rig->address);
  g_free (rig->turns_path);
  g_free (rig->folder);
  g_free (rig);
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  *(double *) user_data = bench_now_ms ();
}

static void
spawn_daemon (Rig *rig)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, rig->is_offline ? go_offline : be_a_session_service, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", rig->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", rig->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", rig->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_STATE_HOME", rig->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", rig->address, TRUE);
  g_subprocess_launcher_setenv (launcher, "OUTBOX_REST_PORT", "0", TRUE);
  /* What the network manager of this machine says is no part of the measurement. */
  g_subprocess_launcher_setenv (launcher, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", !rig->has_system_bus);
  if (rig->turns_path)
    {
      g_subprocess_launcher_setenv (launcher, "LD_PRELOAD", TURN_CLOCK, TRUE);
      g_subprocess_launcher_setenv (launcher, "OUTBOX_BENCH_TURNS", rig->turns_path, TRUE);
    }
  rig->daemon = g_subprocess_launcher_spawn (launcher, &error, OUTBOXD, NULL);
  g_assert_no_error (error);
}

static gboolean
on_look_again (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

double
rig_start (Rig *rig)
{
  double named_ms = 0;
  double begin_ms;
  guint timer;
  guint watch = g_bus_watch_name_on_connection (rig->connection, OUTBOX_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_name_appeared, NULL, &named_ms, NULL);

  g_assert_null (rig->daemon);
  iterate_for (20); /* the subscription itself is no part of the start */
  begin_ms = bench_now_ms ();
  spawn_daemon (rig);
  /* One that has ended has no process id any more. */
  timer = g_timeout_add (100, on_look_again, NULL);
  while (named_ms == 0 && g_subprocess_get_identifier (rig->daemon))
    g_main_context_iteration (NULL, TRUE);
  (void) g_source_remove (timer);
  g_bus_unwatch_name (watch);
  if (named_ms > 0)
    return named_ms - begin_ms;
  g_clear_object (&rig->daemon);
  g_assert_true (rig->is_offline);

  return -1;
}

void
rig_stop (Rig *rig)
{
  g_subprocess_send_signal (rig->daemon, SIGTERM);
  (void) g_subprocess_wait (rig->daemon, NULL, NULL);
  g_clear_object (&rig->daemon);
}

void
rig_fill (Rig *rig, guint n_uploads, gboolean is_paused)
{
  g_autofree char *folder = g_build_filename (rig->folder, "outbox", NULL);
  g_autofree char *number = g_strdup_printf ("%u", n_uploads);
  const char *const argv[] = { FILL, folder, DESTINATION, number, is_paused ? "paused" : "ready", NULL };

  g_assert_true (bench_run (argv));
  /* The first start looks at every upload once, in the background, to match it with the rules. */
  if (rig_start (rig) >= 0)
    {
      rig_wait_until_idle (rig);
      rig_stop (rig);
    }
}

void
rig_set_destination (Rig *rig, const char *url, const char *confirm_url)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (url));
  if (confirm_url)
    g_variant_builder_add (&settings, "{sv}", "confirm_url", g_variant_new_string (confirm_url));
  g_variant_builder_add (&settings, "{sv}", "default", g_variant_new_boolean (TRUE));
  outbox_dbus_destinations_call_set_sync (rig->destinations, DESTINATION, g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);
}

void
rig_pause_destination (Rig *rig, gboolean is_paused)
{
  g_autoptr (GError) error = NULL;

  if (is_paused)
    outbox_dbus_destinations_call_pause_sync (rig->destinations, DESTINATION, NULL, &error);
  else
    outbox_dbus_destinations_call_resume_sync (rig->destinations, DESTINATION, NULL, &error);
  g_assert_no_error (error);
}

char *
rig_submit_with (Rig *rig, const char *path, GVariant *options)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_autoptr (GError) error = NULL;
  char *id = NULL;

  outbox_dbus_uploads_call_submit_sync (rig->uploads, g_variant_new_handle (0), options, fds, &id, NULL, NULL, &error);
  g_assert_no_error (error);

  return id;
}

char *
rig_submit (Rig *rig, const char *path)
{
  return rig_submit_with (rig, path, g_variant_new ("a{sv}", NULL));
}

static char *
dup_state (Rig *rig, const char *id)
{
  g_autoptr (GVariant) upload = NULL;
  g_autoptr (GError) error = NULL;
  char *state = NULL;

  outbox_dbus_uploads_call_get_sync (rig->uploads, id, &upload, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (upload, "state", "s", &state));

  return state;
}

void
rig_wait_for_state (Rig *rig, const char *id, const char *state)
{
  for (;;)
    {
      g_autofree char *now = dup_state (rig, id);

      if (g_str_equal (now, state))
        return;
      g_assert_cmpstr (now, !=, "failed");
      g_usleep (50000);
    }
}

/* The numbers of threads and of processor ticks tell what sleeps do not: work that never waits. */
static char *
dup_signs_of_life (Rig *rig)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat", g_subprocess_get_identifier (rig->daemon));
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  fields = g_strsplit (text, " ", 16);

  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s %s", rig_count_sleeps (rig), fields[13], fields[14]);
}

void
rig_wait_until_idle (Rig *rig)
{
  g_autofree char *last = dup_signs_of_life (rig);
  guint n_looks = 0;

  while (n_looks < IDLE_LOOKS)
    {
      char *next;

      g_usleep (IDLE_LOOK_MS * 1000);
      next = dup_signs_of_life (rig);
      n_looks = g_str_equal (last, next) ? n_looks + 1 : 0;
      g_free (last);
      last = next;
    }
}

gint64 *
rig_watch_turns (Rig *rig)
{
  int fd;
  void *shared;

  rig->turns_path = g_build_filename (rig->folder, "turns", NULL);
  fd = g_open (rig->turns_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (ftruncate (fd, sizeof (gint64)), ==, 0);
  shared = mmap (NULL, sizeof (gint64), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void) close (fd);
  g_assert_true (shared != MAP_FAILED);

  return shared;
}

static guint64
read_field (const char *path, const char *field)
{
  g_autofree char *text = NULL;
  const char *found;

  /* A thread may have ended since it was listed. */
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  found = strstr (text, field);
  g_assert_nonnull (found);

  return g_ascii_strtoull (found + strlen (field), NULL, 10);
}

guint64
rig_read_status (Rig *rig, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (rig->daemon));

  return read_field (path, field);
}

guint64
rig_count_written (Rig *rig)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/io", g_subprocess_get_identifier (rig->daemon));

  return read_field (path, "\nwrite_bytes: ");
}

double
rig_get_peak_mb (Rig *rig)
{
  return (double) rig_read_status (rig, "VmHWM:") * 1024 / 1e6;
}

/* Adds up what each thread has in a file of its folder. */
static guint64
sum_threads (Rig *rig, const char *name, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/task", g_subprocess_get_identifier (rig->daemon));
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  guint64 sum = 0;
  const char *thread;

  g_assert_nonnull (threads);
  while ((thread = g_dir_read_name (threads)))
    {
      g_autofree char *file = g_build_filename (path, thread, name, NULL);

      sum += read_field (file, field);
    }

  return sum;
}

double
rig_get_cpu_ms (Rig *rig)
{
  /* Its first number: nanoseconds on a processor. */
  return (double) sum_threads (rig, "schedstat", "") / 1e6;
}

guint64
rig_count_sleeps (Rig *rig)
{
  return sum_threads (rig, "status", "\nvoluntary_ctxt_switches:");
}
