/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * REST as a door: a file handed over by it against the bus, a large one against `curl -T` into a bare sink, memory, what an event
 * costs for each of many streams, and what slow clients cost everybody else. The destination is paused. Main thread.
 */
#include "parts.h"

#include "report.h"
#include "rest-client.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)
#define SMALL_BYTES (64 * 1024)

/* Slower than an event stream tells, so that each change is an event. */
#define EVENT_EVERY_US (250 * 1000)

/* A crowd has come, and each of it is as slow as it is meant to be. */
#define CROWD_COMES_US (2 * G_USEC_PER_SEC)

static Rig *
start_rig (const Bench *bench, const char *name)
{
  Rig *rig = rig_new (bench, name);

  (void) rig_start (rig);
  rig_set_destination (rig, "http://127.0.0.1:9/files/", NULL);
  rig_pause_destination (rig, TRUE);

  return rig;
}

static GBytes *
load (const char *path)
{
  char *bytes;
  gsize size_bytes;

  g_assert_true (g_file_get_contents (path, &bytes, &size_bytes, NULL));

  return g_bytes_new_take (bytes, size_bytes);
}

/* --- A small file --- */

static double
submit_by_bus (Rig *rig, const char *path)
{
  double begin_ms = bench_now_ms ();
  g_autofree char *id = rig_submit (rig, path);

  return bench_now_ms () - begin_ms;
}

static double
submit_by_rest (const RestDoor *door, GBytes *file)
{
  double begin_ms = bench_now_ms ();

  g_assert_cmpuint (rest_ask (door, "POST", "/v1/uploads?name=photo.jpg", "", file, NULL), ==, 201);

  return bench_now_ms () - begin_ms;
}

/* In turns, so that whatever else the machine does hits all. */
static void
compare_with_bus (const Bench *bench)
{
  g_autoptr (Rig) rig = start_rig (bench, "rest");
  g_autoptr (RestDoor) socket = rest_find_socket (rig);
  g_autoptr (RestDoor) port = rest_find_port (rig);
  g_autofree char *path = bench_make_file (bench, "photo.jpg", SMALL_BYTES, FALSE);
  g_autoptr (GBytes) file = load (path);
  BenchRuns by_socket = { 0 }, by_port = { 0 }, bus = { 0 };

  for (guint i = 0; i < (bench->is_quick ? 21 : 101); i++)
    {
      bench_runs_add (&by_socket, submit_by_rest (socket, file));
      bench_runs_add (&by_port, submit_by_rest (port, file));
      bench_runs_add (&bus, submit_by_bus (rig, path));
    }
  bench_report ("64 KiB to REST's socket", BENCH_RATIO, "ms", bench_runs_median (&by_socket), "by the bus",
                bench_runs_median (&bus), 1.5);
  bench_report ("64 KiB of a page to REST's port", BENCH_RATIO, "ms", bench_runs_median (&by_port), "by the bus",
                bench_runs_median (&bus), 1.5);
}

/* --- A large one --- */

/* @words: ends with NULL; further words for curl. Returns: milliseconds by its own clock */
static double
run_curl (const RestDoor *door, const char *target, const char *const *words)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) fields = g_strsplit (door->fields, "\r\n", -1);
  g_autofree char *url = g_strconcat (door->url, target, NULL);
  g_auto (GStrv) argv = NULL;

  g_strv_builder_add_many (builder, "curl", "-s", "-S", "-f", "-o", "/dev/null", "-w", "%{time_total}", url, NULL);
  if (*door->address == '/')
    g_strv_builder_add_many (builder, "--unix-socket", door->address, NULL);
  for (guint i = 0; fields[i] && *fields[i]; i++)
    g_strv_builder_add_many (builder, "-H", fields[i], NULL);
  for (; *words; words++)
    g_strv_builder_add (builder, *words);
  argv = g_strv_builder_end (builder);

  return bench_run_curl ((const char *const *) argv);
}

/* What was handed over makes room for the next. */
static void
remove_all (Rig *rig)
{
  g_autoptr (GVariant) list = NULL;
  g_autofree char *cursor = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_list_sync (rig->uploads, g_variant_new ("a{sv}", NULL), &list, &cursor, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *ids[] = { NULL, NULL };

      g_assert_true (g_variant_lookup (document, "id", "&s", &ids[0]));
      outbox_dbus_uploads_call_remove_sync (rig->uploads, ids, NULL, &error);
      g_assert_no_error (error);
    }
}

static double
post_large (Rig *rig, const RestDoor *door, const char *file)
{
  const char *const words[] = { "-X", "POST", "-T", file, NULL };
  double ms = run_curl (door, "/v1/uploads?name=video.mp4", words);

  remove_all (rig);

  return ms;
}

/* In one PATCH, as tus-js-client sends a file where nothing says otherwise. */
static double
send_by_tus (Rig *rig, const RestDoor *door, const char *file, guint64 size_bytes)
{
  g_autofree char *fields
      = g_strdup_printf ("Tus-Resumable: 1.0.0\r\nUpload-Length: %" G_GUINT64_FORMAT "\r\n", size_bytes);
  const char *const words[] = { "-X", "PATCH",
                                "-T", file,
                                "-H", "Tus-Resumable: 1.0.0",
                                "-H", "Upload-Offset: 0",
                                "-H", "Content-Type: application/offset+octet-stream",
                                NULL };
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autofree char *answer = NULL;
  g_autofree char *location = NULL;
  double begin_ms = bench_now_ms ();
  double created_ms;
  double ms;

  g_assert_cmpuint (rest_ask (door, "POST", "/v1/tus/", fields, nothing, &answer), ==, 201);
  created_ms = bench_now_ms () - begin_ms;
  location = rest_dup_field (answer, "Location");
  ms = run_curl (door, strstr (location, "/v1/"), words);
  remove_all (rig);

  return created_ms + ms;
}

/* @is_page: over the loopback; else both over Unix sockets */
static void
compare_with_sink (const Bench *bench, const char *file, guint64 size_bytes, gboolean is_page)
{
  g_autoptr (Rig) rig = start_rig (bench, "rest");
  g_autoptr (RestDoor) door = is_page ? rest_find_port (rig) : rest_find_socket (rig);
  g_autofree char *sink_socket = g_build_filename (rig->folder, "sink.sock", NULL);
  g_autofree char *sink_file = g_build_filename (rig->folder, "sink.mp4", NULL);
  const char *const argv[] = { SINK_PEER, is_page ? "0" : sink_socket, sink_file, NULL };
  g_autofree char *address = NULL;
  g_autoptr (GSubprocess) sink = rest_start_peer (argv, &address);
  g_autofree char *url = is_page ? g_strconcat ("http://127.0.0.1:", address, NULL) : g_strdup ("http://localhost");
  g_autoptr (RestDoor) sink_door = rest_door_new (address, url, "");
  const char *const words[] = { "-T", file, NULL };
  const char *where = is_page ? "REST's port" : "REST's socket";
  const guint64 size_mib = size_bytes / MIB;
  g_autofree char *post_name = g_strdup_printf ("%" G_GUINT64_FORMAT " MiB by POST to %s", size_mib, where);
  g_autofree char *tus_name = g_strdup_printf ("%" G_GUINT64_FORMAT " MiB by tus to %s", size_mib, where);
  g_autofree char *memory_name = g_strdup_printf ("peak memory, %" G_GUINT64_FORMAT " MiB to %s", size_mib, where);
  BenchRuns post = { 0 }, tus = { 0 }, bare = { 0 };

  for (guint i = 0; i < (bench->is_quick ? 3 : 5); i++)
    {
      bench_runs_add (&bare, run_curl (sink_door, "/", words));
      (void) g_unlink (sink_file);
      bench_runs_add (&post, post_large (rig, door, file));
      bench_runs_add (&tus, send_by_tus (rig, door, file, size_bytes));
    }
  bench_report (post_name, BENCH_RATIO, "ms", bench_runs_median (&post), "curl -T, a bare sink",
                bench_runs_median (&bare), 1.3);
  bench_report (tus_name, BENCH_RATIO, "ms", bench_runs_median (&tus), "curl -T, a bare sink",
                bench_runs_median (&bare), 1.3);
  bench_report (memory_name, BENCH_MOST, "MB", rig_get_peak_mb (rig), "", NAN, 30);
  g_subprocess_force_exit (sink);
  (void) g_subprocess_wait (sink, NULL, NULL);
}

static void
compare_large (const Bench *bench)
{
  guint64 size_bytes = (bench->is_quick ? 128 : 1024) * MIB;
  g_autofree char *file = bench_make_file (bench, "video.mp4", size_bytes, FALSE);

  compare_with_sink (bench, file, size_bytes, TRUE);
  compare_with_sink (bench, file, size_bytes, FALSE);
  (void) g_unlink (file);
}

/* --- Streams, at the socket: a page has no more than a few at the port --- */

/* Changes an upload again and again. Returns: the processor time that it cost the daemon. */
static double
change (Rig *rig, const char *id, guint n_changes)
{
  const char *const ids[] = { id, NULL };
  double begin_ms = rig_get_cpu_ms (rig);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_changes; i++)
    {
      outbox_dbus_uploads_call_set_priority_sync (rig->uploads, ids, (gint) i % 2, NULL, &error);
      g_assert_no_error (error);
      g_usleep (EVENT_EVERY_US);
    }

  return rig_get_cpu_ms (rig) - begin_ms;
}

static void
measure_streams (const Bench *bench)
{
  guint n_streams = 200;
  guint n_changes = bench->is_quick ? 12 : 60;
  g_autoptr (Rig) rig = start_rig (bench, "streams");
  g_autoptr (RestDoor) door = rest_find_socket (rig);
  g_autofree char *path = bench_make_file (bench, "photo.jpg", SMALL_BYTES, FALSE);
  g_autofree char *id = rig_submit (rig, path);
  GPtrArray *crowd;
  double alone_ms, beside_ms, n_events;

  alone_ms = change (rig, id, n_changes);
  crowd = rest_send_visitors (door, "streams", n_streams);
  rig_wait_until_idle (rig);
  beside_ms = change (rig, id, n_changes);
  n_events = rest_end_visitors (crowd);
  g_assert_cmpfloat (n_events, >, 0);
  bench_note ("%.0f events at %u streams in all", n_events, n_streams);
  bench_report ("processor time an event and stream, 200 streams", BENCH_MOST, "us",
                (beside_ms - alone_ms) * 1000 / n_events, "", NAN, 100);
  bench_report ("peak memory, 200 streams", BENCH_MOST, "MB", rig_get_peak_mb (rig), "", NAN, 30);
}

/* --- Slow clients --- */

static void
ask_some (const RestDoor *door, GBytes *file, BenchRuns *questions, BenchRuns *submits)
{
  for (guint i = 0; i < 21; i++)
    {
      double begin_ms = bench_now_ms ();

      g_assert_cmpuint (rest_ask (door, "GET", "/v1/summary", "", NULL, NULL), ==, 200);
      bench_runs_add (questions, bench_now_ms () - begin_ms);
      bench_runs_add (submits, submit_by_rest (door, file));
    }
}

static void
measure_slow_clients (const Bench *bench)
{
  g_autoptr (Rig) rig = start_rig (bench, "slow");
  g_autoptr (RestDoor) door = rest_find_socket (rig);
  g_autofree char *path = bench_make_file (bench, "photo.jpg", SMALL_BYTES, FALSE);
  g_autoptr (GBytes) file = load (path);
  BenchRuns idle_questions = { 0 }, idle_submits = { 0 }, questions = { 0 }, submits = { 0 };

  for (guint i = 0; i < (bench->is_quick ? 2 : 5); i++)
    {
      GPtrArray *crowd;

      ask_some (door, file, &idle_questions, &idle_submits);
      crowd = rest_send_visitors (door, "slow", 500);
      g_usleep (CROWD_COMES_US);
      ask_some (door, file, &questions, &submits);
      (void) rest_end_visitors (crowd);
      rig_wait_until_idle (rig);
    }
  bench_report ("a question, 500 slow clients at REST's socket", BENCH_RATIO, "ms", bench_runs_median (&questions),
                "none", bench_runs_median (&idle_questions), 2);
  bench_report ("64 KiB, 500 slow clients at REST's socket", BENCH_RATIO, "ms", bench_runs_median (&submits), "none",
                bench_runs_median (&idle_submits), 2);
}

void
bench_rest (const Bench *bench)
{
  compare_with_bus (bench);
  compare_large (bench);
  measure_streams (bench);
  measure_slow_clients (bench);
}
