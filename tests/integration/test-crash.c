/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL at every durable step, and again while the last death is being repaired: what was accepted arrives once and
 * byte-exact, nothing is stuck, no answer is forgotten.
 */
#include "config.h"
#include "dbus/error.h"
#include "death.h"
#include "support/document.h"

#include <glib/gstdio.h>

/* --- The durable steps of an upload --- */

static void
test_a_crash_point (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);

  death_die_at (handover, data);
  death_start (handover, NULL);
  death_finish (handover, data);
}

static void
promise_digest (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  GVariant *settings
      = g_variant_new_parsed ("{'url': <%s>, 'confirm_url': <''>, 'receipt': <'digest'>, 'default': <true>}",
                              test_peer_get_url (broker->peer));

  outbox_dbus_destinations_call_set_sync (broker->destinations, "depot", settings, NULL, &error);
  g_assert_no_error (error);
}

/* Each file has arrived byte for byte, says the broker, whatever died meanwhile. */
static void
assert_rung (TestHandover *handover, const char *rung)
{
  for (guint i = 0; i < handover->files->len; i++)
    {
      const TestFile *file = handover->files->pdata[i];
      g_autoptr (GVariant) document = test_broker_get (handover->broker, file->id);

      g_autoptr (GVariant) receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);

      g_assert_nonnull (receipt);
      g_assert_cmpstr (test_document_get_text (receipt, "rung"), ==, rung);
    }
}

/* The digest is the receipt, and there is nobody to ask for it: it is known by the checksums of the chunks, those of before the death
 * included. */
static void
test_a_death_while_checksums_are_the_receipt (gconstpointer data)
{
  static const gsize sizes[] = { 20000, 9 * 1024 * 1024 + 11, 70000 };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = test_handover_new (broker);

  /* An empty one is whole by its creation, and if that answer is lost there is nobody to ask. */
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    (void) test_handover_add (handover, sizes[i], i);
  promise_digest (broker);
  /* The server drops what it has of a chunk that was cut, as one that compares checksums may. */
  test_peer_control (broker->peer, "{\"fault\":\"buffering\",\"on\":true}");
  death_die_at (handover, data);
  death_start (handover, NULL);
  test_handover_insist (handover);
  test_broker_wait_for_all (broker, "done", 60);
  (void) test_handover_assert_arrived (handover);
  assert_rung (handover, "digest");
}

/* --- A key that is used for other bytes after the death --- */

/* Returns: (transfer full) (nullable): the id; NULL: KeyReused. */
static char *
submit_with_key (TestBroker *broker, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (broker, path, g_variant_new_parsed ("{'key': <'site-7'>}"), &error);

  if (!id)
    g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);

  return id;
}

/* Whoever is answered may delete the file: so its bytes arrive. */
static void
assert_arrived (TestBroker *broker, const char *id, const char *path)
{
  g_autoptr (GVariant) document = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *sha256 = NULL;
  gsize size;

  if (!id)
    return;
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, size);
  document = test_broker_get (broker, id);
  g_assert_cmpstr (test_document_get_text (document, "sha256"), ==, sha256);
}

static void
test_a_key_for_other_bytes (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *first = test_broker_make_file (broker, "form.json", 20000, 1);
  g_autofree char *other = test_broker_make_file (broker, "form-2.json", 20000, 2);
  g_autofree char *answered = NULL, *of_other = NULL, *of_first = NULL, *again = NULL;

  test_broker_stop (broker);
  test_broker_start (broker, data);
  /* The answer may have gone out before the death: it goes before the row becomes queued. */
  answered = test_broker_submit (broker, first, g_variant_new_parsed ("{'key': <'site-7'>}"), NULL);
  test_broker_wait_for_death (broker, 60);
  test_broker_start (broker, NULL);
  of_other = submit_with_key (broker, other);
  of_first = submit_with_key (broker, first);
  again = submit_with_key (broker, of_first ? first : other);
  g_assert_true ((of_other != NULL) != (of_first != NULL));
  if (answered)
    g_assert_cmpstr (of_first, ==, answered);
  g_assert_cmpstr (again, ==, of_first ? of_first : of_other);
  test_broker_wait_for_all (broker, "done", 60);
  assert_arrived (broker, of_other, other);
  assert_arrived (broker, of_first, first);
}

/* --- Migrations --- */

static void
test_migration_of_a_fresh_database (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  g_autofree char *database = g_build_filename (broker->folder, "data", "outbox", "queue.db", NULL);

  test_broker_stop (broker);
  g_assert_cmpint (g_remove (database), ==, 0);
  test_broker_launch (broker, "migration");
  test_broker_wait_for_death (broker, 60);
  death_start (handover, NULL);
  test_broker_use_receiver (broker);
  death_finish (handover, "migration of a fresh database");
}

/* The queue is gone, as after a damaged disk, and what is accepted stands in the spool alone. */
static void
test_migration_over_a_full_spool (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  g_autofree char *database = g_build_filename (broker->folder, "data", "outbox", "queue.db", NULL);
  g_autoptr (GError) error = NULL;

  outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_handover_insist (handover);
  test_broker_stop (broker);
  g_assert_cmpint (g_remove (database), ==, 0);
  test_broker_launch (broker, "migration");
  test_broker_wait_for_death (broker, 60);
  death_start (handover, NULL);
  test_broker_use_receiver (broker);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  death_finish (handover, "migration over a full spool");
}

/* --- A death, and the next while it is being repaired --- */

static gboolean
is_dead_or_done (gpointer data)
{
  TestHandover *handover = data;

  return handover->broker->is_dead || test_handover_is_done (handover);
}

/* Starts with a crash point. Returns: whether it died of it before all was done. */
static gboolean
die_again_at (TestHandover *handover, const char *crash_at)
{
  TestBroker *broker = handover->broker;
  gboolean is_late;

  if (test_broker_start_or_die (broker, crash_at, 60))
    {
      test_handover_watch (handover);
      test_handover_ask (handover);
      test_wait_until (is_dead_or_done, handover, 60);
    }
  is_late = !broker->is_dead;
  if (is_late)
    test_broker_kill (broker);
  else
    test_broker_wait_for_death (broker, 60);
  test_handover_wait (handover, 60);

  return !is_late;
}

static void
test_one_death_after_another (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  guint n_deaths = 1;

  death_die_at (handover, data);
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *before = g_strdup_printf ("commit:%u", i);
      g_autofree char *after = g_strdup_printf ("committed:%u", i);

      n_deaths += die_again_at (handover, before);
      n_deaths += die_again_at (handover, after);
    }
  g_test_message ("%u deaths in a row", n_deaths);
  g_assert_cmpuint (n_deaths, >=, 4);
  death_start (handover, NULL);
  death_finish (handover, data);
}

/* --- Holds outlive a death --- */

static const char *const points[] = {
  "half-renamed", "spool-renamed", "spool-renamed:3", "row-written",      "before-reply",   "before-reply:2",
  "created",      "recorded",      "mid-chunk",       "mid-chunk:100",    "chunk-answered", "chunk-answered:3",
  "last-chunk",   "last-chunk:3",  "confirming",      "receipt-recorded", "half-removed",   "spool-removed",
};

static const char *const points_of_chunks[] = {
  "chunk-begun",    "chunk-begun:3",    "mid-chunk",        "mid-chunk:100",
  "chunk-answered", "chunk-answered:3", "receipt-recorded",
};

static const char *const points_of_submit[] = {
  "half-renamed",
  "spool-renamed",
  "row-written",
  "before-reply",
};

static const char *const first_points[]
    = { "spool-renamed", "before-reply", "created", "mid-chunk", "receipt-recorded" };

static void
add_test (const char *kind, const char *name, gconstpointer data, GTestDataFunc run)
{
  g_autofree char *path = g_strconcat ("/crash/", kind, name, NULL);

  g_test_add_data_func (path, data, run);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  if (!OB_CRASH_POINTS)
    {
      g_printerr ("test-crash needs a build with -Dcrash_points=true\n");
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    add_test ("at-", points[i], points[i], test_a_crash_point);
  for (guint i = 0; i < G_N_ELEMENTS (points_of_chunks); i++)
    add_test ("with-checksums-as-the-receipt-at-", points_of_chunks[i], points_of_chunks[i],
              test_a_death_while_checksums_are_the_receipt);
  for (guint i = 0; i < G_N_ELEMENTS (points_of_submit); i++)
    add_test ("a-key-for-other-bytes-after-", points_of_submit[i], points_of_submit[i], test_a_key_for_other_bytes);
  g_test_add_func ("/crash/at-migration-of-a-fresh-database", test_migration_of_a_fresh_database);
  g_test_add_func ("/crash/at-migration-over-a-full-spool", test_migration_over_a_full_spool);
  for (guint i = 0; i < G_N_ELEMENTS (first_points); i++)
    add_test ("again-and-again-after-", first_points[i], first_points[i], test_one_death_after_another);

  return g_test_run ();
}
