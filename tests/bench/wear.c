/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is written to the disk for each small upload, beside its own bytes, from its Submit until its copy is cleared: the
 * cards of kiosks wear out. Main thread.
 */
#include "parts.h"

#include "report.h"

#include "support/peer.h"

#include <glib/gstdio.h>
#include <math.h>

#define SIZE_BYTES (64 * 1024)
#define LIMIT_KB 120

static guint64
get_done (Rig *rig)
{
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n_uploads = 0, n_bytes;

  outbox_dbus_queue_call_summary_sync (rig->queue, &summary, NULL, &error);
  g_assert_no_error (error);
  (void) g_variant_lookup (summary, "done", "(tt)", &n_uploads, &n_bytes);

  return n_uploads;
}

/* As an app of the library hands over: with a key, a case that it belongs to, and a few words. */
static char *
submit (Rig *rig, const char *file, guint number)
{
  g_autofree char *key = g_strdup_printf ("%08x-0000-4000-8000-0123456789ab", number);
  g_autofree char *group = g_strdup_printf ("case-%u", number / 20);

  return rig_submit_with (rig, file,
                          g_variant_new_parsed ("{'key': <%s>, 'group': <%s>, 'group_title': <'Bridge at Muehlbach'>,"
                                                " 'metadata': <{'captured_by': 'A. Inspector', 'note': 'north side'}>}",
                                                key, group));
}

/* Some are sent while others are still handed over, as by an app that takes photos. */
static double
measure (Rig *rig, const char *file, guint n_uploads)
{
  guint64 before = rig_count_written (rig);

  for (guint i = 0; i < n_uploads; i++)
    {
      g_autofree char *id = submit (rig, file, i);
    }
  while (get_done (rig) < n_uploads)
    g_usleep (100000);
  rig_wait_until_idle (rig);

  return ((double) (rig_count_written (rig) - before) / n_uploads - SIZE_BYTES) / 1000;
}

void
bench_wear (const Bench *bench)
{
  const char *const argv[] = { RECEIVER, "--port", "0", "--discard", "--no-digest", NULL };
  g_autoptr (TestPeer) sink = test_peer_start (argv);
  g_autoptr (Rig) rig = rig_new (bench, "wear");
  g_autofree char *file = bench_make_file (bench, "photo.jpg", SIZE_BYTES, FALSE);
  g_autofree char *confirm_url = test_peer_dup_url (sink, "/confirm?id={id}");
  guint n_uploads = bench->is_quick ? 300 : 2000;

  (void) rig_start (rig);
  rig_set_destination (rig, test_peer_get_url (sink), confirm_url);
  bench_report ("written for an upload of 64 KiB, beside it", BENCH_MOST, "KB", measure (rig, file, n_uploads), "", NAN,
                LIMIT_KB);
  rig_stop (rig);
}
