/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL around the receipt of a copy that stays here, and the database lost or of some time before as well: what the server has
 * confirmed is done, and is not sent again; what it has lost later is told, and not sent again either.
 */
#include "config.h"
#include "support/command.h"
#include "support/document.h"

#include <glib/gstdio.h>

#define NOT_HEARD_OF "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":-1}"

typedef enum
{
  QUEUE_AS_IT_WAS,
  QUEUE_LOST,
  QUEUE_OLDER,
} Queue;

static const struct
{
  const char *name;
  const char *point;
  Queue queue;
  gboolean is_kept; /* the record has the receipt: the server need not even know of it any more */
} rows[] = {
  { "before-the-receipt-with-the-queue-lost", "confirming", QUEUE_LOST, FALSE },
  { "before-the-receipt-with-an-older-queue", "confirming", QUEUE_OLDER, FALSE },
  { "half-kept", "receipt", QUEUE_AS_IT_WAS, FALSE },
  { "half-kept-with-the-queue-lost", "receipt", QUEUE_LOST, FALSE },
  { "kept", "receipt-kept", QUEUE_AS_IT_WAS, TRUE },
  { "kept-with-the-queue-lost", "receipt-kept", QUEUE_LOST, TRUE },
  { "kept-with-an-older-queue", "receipt-kept", QUEUE_OLDER, TRUE },
  { "recorded-with-the-queue-lost", "receipt-recorded", QUEUE_LOST, TRUE },
};

static char *
get_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, "data", "outbox", name, NULL);
}

static void
keep_copies (TestBroker *broker)
{
  static const char text[] = "[Storage]\nkeep-copies=3\nkeep-free=1\n";
  g_autofree char *folder = g_build_filename (broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "outbox.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
copy_file (const char *from, const char *to)
{
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (from, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (to, bytes, (gssize) size, NULL));
}

static void
change_queue (TestBroker *broker, Queue queue)
{
  static const char *const names[] = { "queue.db", "queue.db-wal", "queue.db-shm", "queue.db.in-use" };
  g_autofree char *database = get_path (broker, "queue.db");
  g_autofree char *older = g_build_filename (broker->folder, "older.db", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names) && queue != QUEUE_AS_IT_WAS; i++)
    {
      g_autofree char *path = get_path (broker, names[i]);

      (void) g_remove (path);
    }
  if (queue == QUEUE_OLDER)
    copy_file (older, database);
}

static void
set_paused (TestBroker *broker, gboolean is_paused)
{
  g_autoptr (GError) error = NULL;

  if (is_paused)
    outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  else
    outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
}

/* Hands a file over that waits, and keeps the queue of that moment. */
static void
hand_over (TestBroker *broker)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 30000, 1);
  g_autofree char *database = get_path (broker, "queue.db");
  g_autofree char *older = g_build_filename (broker->folder, "older.db", NULL);
  g_autofree char *id = NULL;

  set_paused (broker, TRUE);
  id = test_broker_submit (broker, path, NULL, NULL);
  g_assert_nonnull (id);
  test_broker_stop (broker);
  copy_file (database, older);
}

static void
assert_done_once (TestBroker *broker)
{
  g_autoptr (GVariant) documents = test_broker_list (broker);
  g_autoptr (GVariant) document = g_variant_get_child_value (documents, 0);
  g_autoptr (GVariant) receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);

  g_assert_cmpuint (g_variant_n_children (documents), ==, 1);
  g_assert_nonnull (receipt);
  g_assert_cmpstr (test_document_get_text (receipt, "rung"), ==, "attached");
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, 1);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 2);
}

static void
test_a_death (gconstpointer data)
{
  const guint row = GPOINTER_TO_UINT (data);
  g_autoptr (TestBroker) broker = test_broker_new ();

  keep_copies (broker);
  hand_over (broker);
  test_broker_start (broker, rows[row].point);
  set_paused (broker, FALSE);
  test_broker_wait_for_death (broker, 60);
  change_queue (broker, rows[row].queue);
  if (rows[row].is_kept)
    test_peer_control (broker->peer, NOT_HEARD_OF);
  test_broker_start (broker, NULL);
  set_paused (broker, FALSE);
  test_broker_wait_for_all (broker, "done", 60);
  assert_done_once (broker);
}

/* It stays deleted after the queue is lost too, until a person has it sent again. */
static void
test_what_is_gone_stays_gone (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 30000, 1);
  g_autofree char *added = NULL, *verified = NULL, *retried = NULL, *watched = NULL;
  g_autoptr (GVariant) documents = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autofree char *status = NULL;

  keep_copies (broker);
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  added = test_command (broker, "add --wait photo.jpg", 0);
  test_peer_control (broker->peer, NOT_HEARD_OF);
  verified = test_command (broker, "verify photo.jpg", 1);
  test_broker_kill (broker);
  change_queue (broker, QUEUE_LOST);
  test_broker_start (broker, NULL);
  documents = test_broker_list (broker);
  document = g_variant_get_child_value (documents, 0);
  status = test_document_dup_status (document);
  g_assert_cmpstr (status, ==, "failed gone");
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, 1);

  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  retried = test_command (broker, "retry photo.jpg", 0);
  watched = test_command (broker, "watch photo.jpg", 0);
  test_broker_wait_for_all (broker, "done", 60);
}

/* The check that a moved file waits for comes again with the receipt, and its copy goes then. */
static void
test_a_moved_file_is_asked_about (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "moved.jpg", 30000, 1);
  g_autofree char *added = NULL;

  test_peer_control (broker->peer,
                     "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"status\":503,\"skip\":1,\"count\":-1}");
  added = test_command (broker, "add --move --wait moved.jpg", 0);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 2);
  test_broker_kill (broker);
  change_queue (broker, QUEUE_LOST);
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_start (broker, NULL);
  test_broker_wait_for_all (broker, "done", 60);
  while (test_broker_count_files (broker, "spool") > 0)
    (void) g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (!OB_CRASH_POINTS)
    {
      g_printerr ("test-crash-receipts needs a build with -Dcrash_points=true\n");
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/crash-receipts/", rows[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_a_death);
    }
  g_test_add_func ("/crash-receipts/what-is-gone-stays-gone", test_what_is_gone_stays_gone);
  g_test_add_func ("/crash-receipts/a-moved-file-is-asked-about", test_a_moved_file_is_asked_about);

  return g_test_run ();
}
