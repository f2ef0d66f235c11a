/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sending over loopback: a spooled file against `curl -T` to the same sink, the connections that chunks use, and the peak
 * memory by the size of the file. Main thread.
 */
#include "parts.h"

#include "report.h"
#include "support/peer.h"

#include <glib/gstdio.h>
#include <math.h>

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

/* It asks for no checksums, as curl sends none; else both ends would also compute SHA-1. */
static TestPeer *
start_sink (const Bench *bench, gboolean has_tls)
{
  TestPeer *sink;
  const char *argv[] = { RECEIVER, "--port", "0", "--discard", "--no-digest", NULL, NULL, NULL, NULL, NULL };

  if (has_tls)
    {
      argv[5] = "--tls-certificate";
      argv[6] = bench->certificate;
      argv[7] = "--tls-key";
      argv[8] = bench->key;
    }

  sink = test_peer_start (argv);
  test_peer_control (sink, "{\"fault\":\"checksum\",\"on\":false}");

  return sink;
}

static Rig *
start_rig (const Bench *bench, const char *name, TestPeer *sink)
{
  Rig *rig = rig_new (bench, name);
  g_autofree char *confirm_url = test_peer_dup_url (sink, "/confirm?id={id}");

  (void) rig_start (rig);
  rig_set_destination (rig, test_peer_get_url (sink), confirm_url);

  return rig;
}

/* When an upload first came into that state, by the daemon's own journal. */
static gint64
find_time (GVariant *history, const char *state)
{
  GVariantIter iter;
  GVariant *row;
  gint64 at_ms = 0;

  g_variant_iter_init (&iter, history);
  while (at_ms == 0 && (row = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) owned = row;
      const char *found = "";

      if (g_variant_lookup (row, "state", "&s", &found) && g_str_equal (found, state))
        g_assert_true (g_variant_lookup (row, "at", "x", &at_ms));
    }
  g_assert_cmpint (at_ms, >, 0);

  return at_ms;
}

/* Returns: milliseconds from the first request to the receipt. */
static double
send_ours (Rig *rig, const char *file)
{
  g_autoptr (GVariant) history = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  rig_pause_destination (rig, TRUE);
  id = rig_submit (rig, file);
  rig_pause_destination (rig, FALSE);
  rig_wait_for_state (rig, id, "done");
  outbox_dbus_uploads_call_history_sync (rig->uploads, id, &history, NULL, &error);
  g_assert_no_error (error);

  return (double) (find_time (history, "done") - find_time (history, "uploading"));
}

/* Returns: milliseconds, by its own clock. */
static double
send_by_curl (const Bench *bench, TestPeer *sink, const char *file)
{
  g_autofree char *url = test_peer_dup_url (sink, "/put/file");
  const char *argv[] = { "curl",
                         "-s",
                         "-S",
                         "-f",
                         "-T",
                         file,
                         "-w",
                         "%{time_total}",
                         "-o",
                         "/dev/null",
                         url,
                         bench->certificate ? "--cacert" : NULL,
                         bench->certificate,
                         NULL };

  return bench_run_curl (argv);
}

static void
compare_with_curl (const Bench *bench, const char *file, guint64 size_bytes, gboolean has_tls)
{
  g_autoptr (TestPeer) sink = start_sink (bench, has_tls);
  g_autoptr (Rig) rig = start_rig (bench, "send", sink);
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT " MiB, %s, first request to receipt", size_bytes / MIB,
                                           has_tls ? "TLS" : "plain");
  BenchRuns ours = { 0 }, curl = { 0 };

  for (guint i = 0; i < (bench->is_quick ? 3 : 5); i++)
    {
      bench_runs_add (&ours, send_ours (rig, file));
      bench_runs_add (&curl, send_by_curl (bench, sink, file));
    }
  bench_report (name, BENCH_RATIO, "ms", bench_runs_median (&ours), "curl -T", bench_runs_median (&curl),
                has_tls ? 1.25 : 2);
}

/* Long enough for twenty chunks of the largest size. */
static void
count_connections (const Bench *bench)
{
  g_autoptr (TestPeer) sink = start_sink (bench, FALSE);
  g_autoptr (Rig) rig = start_rig (bench, "chunks", sink);
  g_autofree char *file = bench_make_file (bench, "long", 1300 * MIB, TRUE);
  g_autofree char *name = NULL;
  gint64 n_connections;

  (void) send_ours (rig, file);
  n_connections = test_peer_get_number (sink, "connections");
  name = g_strdup_printf ("connections for %" G_GINT64_FORMAT " chunks", test_peer_count_requests (sink, "PATCH"));
  bench_report (name, BENCH_MOST, "", (double) n_connections, "", NAN, 1);
  (void) g_unlink (file);
}

static void
measure_memory (const Bench *bench, guint64 size_bytes, gboolean is_sparse, gboolean has_tls)
{
  g_autoptr (TestPeer) sink = start_sink (bench, has_tls);
  g_autoptr (Rig) rig = start_rig (bench, "memory", sink);
  g_autofree char *file = bench_make_file (bench, "size", size_bytes, is_sparse);
  g_autofree char *name = g_strdup_printf ("peak memory, %" G_GUINT64_FORMAT " MiB%s%s", size_bytes / MIB,
                                           is_sparse ? ", sparse" : "", has_tls ? ", TLS" : "");

  (void) send_ours (rig, file);
  bench_report (name, BENCH_MOST, "MB", rig_get_peak_mb (rig), "", NAN, 25);
  (void) g_unlink (file);
}

void
bench_send (const Bench *bench)
{
  guint64 size_bytes = (bench->is_quick ? 128 : 1024) * MIB;
  g_autofree char *file = bench_make_file (bench, "video", size_bytes, FALSE);

  compare_with_curl (bench, file, size_bytes, FALSE);
  if (bench->certificate)
    compare_with_curl (bench, file, size_bytes, TRUE);
  else
    bench_report_missing ("TLS, first request to receipt", "no private mounts here, for a certificate authority");
  (void) g_unlink (file);
  count_connections (bench);
  measure_memory (bench, MIB, FALSE, FALSE);
  measure_memory (bench, 100 * MIB, FALSE, FALSE);
  if (bench->certificate)
    measure_memory (bench, 100 * MIB, FALSE, TRUE);
  if (bench->is_quick)
    return;
  measure_memory (bench, 1024 * MIB, FALSE, FALSE);
  measure_memory (bench, 5 * 1024 * MIB, TRUE, FALSE);
}
