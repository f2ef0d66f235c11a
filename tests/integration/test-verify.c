/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox verify, and copies that go only after it: what the server still has stays done, what it has no longer is told, and is sent
 * again by nobody but a person.
 */
#include "support/command.h"
#include "support/document.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

/* Returns: (transfer full): the newest upload */
static GVariant *
get_document (TestBroker *broker)
{
  g_autoptr (GVariant) documents = test_broker_list (broker);

  return g_variant_get_child_value (documents, g_variant_n_children (documents) - 1);
}

static const char *
get_verified (GVariant *document)
{
  g_autoptr (GVariant) verified = g_variant_lookup_value (document, "verified", G_VARIANT_TYPE_VARDICT);

  return verified ? test_document_get_text (verified, "result") : NULL;
}

static gboolean
has_copy (GVariant *document)
{
  gboolean has = FALSE;

  (void) g_variant_lookup (document, "local_copy", "b", &has);

  return has;
}

static const struct
{
  const char *name;
  const char *fault; /* of the question; NULL: none */
  int exit_code;
  const char *says;
  const char *result;
  const char *status;
} rows[] = {
  { "there", NULL, 0, "attached to its record", "confirmed", "done" },
  { "gone", "{\"fault\":\"confirm\",\"mode\":\"not-yet\"}", 1, "no longer has it", "gone", "failed gone" },
  { "changed", "{\"fault\":\"confirm\",\"mode\":\"wrong-digest\"}", 1, "something else", "changed", "failed gone" },
  { "detached", "{\"fault\":\"confirm\",\"mode\":\"unattached\"}", 1, "less than it should", "less",
    "failed not-attached" },
  { "gone for good", "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"status\":410}", 1, "no longer has it", "gone",
    "failed gone" },
  { "refused", "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"status\":422}", 1, "does not say", "unknown", "done" },
};

static void
test_a_table_of_answers (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("photo-%u.jpg", i);
      g_autofree char *path = test_broker_make_file (broker, name, 1000, i);
      g_autofree char *add = g_strdup_printf ("add --wait %s", name);
      g_autofree char *added = test_command (broker, add, 0);
      g_autofree char *verify = g_strdup_printf ("verify %s", name);
      gint64 n_patches = test_peer_count_requests (broker->peer, "PATCH");
      g_autoptr (GVariant) document = NULL;
      g_autofree char *output = NULL;
      g_autofree char *status = NULL;

      g_test_message ("%s", rows[i].name);
      if (rows[i].fault)
        test_peer_control (broker->peer, rows[i].fault);
      output = test_command (broker, verify, rows[i].exit_code);
      test_assert_has (output, rows[i].says);
      document = get_document (broker);
      status = test_document_dup_status (document);
      g_assert_cmpstr (get_verified (document), ==, rows[i].result);
      g_assert_cmpstr (status, ==, rows[i].status);
      /* Nothing is sent again. */
      g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, n_patches);
    }
}

/* The copy of a moved file is the last one. */
static void
test_a_moved_copy_goes_after_a_second_question (gconstpointer data)
{
  gboolean is_lost = GPOINTER_TO_INT (data);
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "moved.jpg", 1000, 1);
  g_autofree char *added = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GVariant) document = NULL;

  if (is_lost)
    test_peer_control (broker->peer, "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"skip\":1,\"count\":-1}");
  added = test_command (broker, "add --move --wait moved.jpg", 0);
  do
    {
      g_clear_pointer (&document, g_variant_unref);
      g_main_context_iteration (NULL, FALSE);
      document = get_document (broker);
    }
  while (!get_verified (document) || g_str_equal (get_verified (document), "asked")
         || (!is_lost && has_copy (document)));
  g_assert_cmpstr (get_verified (document), ==, is_lost ? "gone" : "confirmed");
  g_assert_cmpint (has_copy (document), ==, is_lost);
  if (!is_lost)
    return;

  /* A person has it sent again. */
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  output = test_command (broker, "retry moved.jpg", 0);
  g_free (g_steal_pointer (&output));
  output = test_command (broker, "watch moved.jpg", 0);
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, 2);
}

static void
keep_copies (TestBroker *broker)
{
  static const char text[] = "[Storage]\nkeep-copies=room\nkeep-free=1\n";
  g_autofree char *folder = g_build_filename (broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "outbox.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* As if it had arrived that long ago. */
static void
make_older (TestBroker *broker, const char *name, gint64 days)
{
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", "queue.db", NULL);
  g_autofree char *sql
      = g_strdup_printf ("UPDATE uploads SET done_at = done_at - %" G_GINT64_FORMAT " WHERE name = '%s'",
                         days * 24 * 3600 * 1000, name);
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_changes (database), ==, 1);
  (void) sqlite3_close (database);
}

/* The first is confirmed less than is promised, and is asked about again later. */
static gboolean
waits (TestBroker *broker)
{
  g_autoptr (GVariant) document = get_document (broker);
  gint64 until_ms = 0;

  return g_variant_lookup (document, "until", "x", &until_ms) && until_ms > 0;
}

static guint
count_copies (TestBroker *broker)
{
  g_autoptr (GVariant) documents = test_broker_list (broker);
  guint n_copies = 0;

  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      n_copies += has_copy (document);
    }

  return n_copies;
}

/* What the destination promises, what the server says when it has every byte, and whether that is enough. */
static const struct
{
  const char *promise;
  const char *fault; /* NULL: the truth, that it is attached */
  gboolean is_enough;
} promises[] = {
  { "attached", "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":-1}", FALSE },
  { "attached", "{\"fault\":\"confirm\",\"mode\":\"attaching\",\"count\":-1}", FALSE },
  { "attached", "{\"fault\":\"confirm\",\"mode\":\"unattached\",\"count\":-1}", FALSE },
  { "attached", NULL, TRUE },
  { "digest", "{\"fault\":\"confirm\",\"mode\":\"attaching\",\"count\":-1}", FALSE },
  { "digest", "{\"fault\":\"confirm\",\"mode\":\"unattached\",\"count\":-1}", TRUE },
  { "stored", "{\"fault\":\"confirm\",\"mode\":\"unattached\",\"count\":-1}", TRUE },
};

static gboolean
is_gone_with_its_record (gpointer broker)
{
  return test_broker_count_files (broker, "spool") == 0;
}

/* Copies go when they have arrived: nothing else is kept, and nobody can have one go before. */
static void
test_a_copy_stays_until_the_promise (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();

  for (guint i = 0; i < G_N_ELEMENTS (promises); i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, i);
      g_autofree char *set = g_strdup_printf ("destination set depot --receipt %s", promises[i].promise);

      g_test_message ("row %u", i);
      g_free (test_command (broker, set, 0));
      if (promises[i].fault)
        test_peer_control (broker->peer, promises[i].fault);
      g_free (test_broker_submit (broker, path, NULL, NULL));
      if (!promises[i].is_enough)
        {
          g_autofree char *freed = NULL;

          do
            g_main_context_iteration (NULL, FALSE);
          while (test_broker_count (broker, "confirming") == 0 || !waits (broker));
          freed = test_command (broker, "free", 0);
          test_assert_has (freed, "Nothing that is done has a copy");
          g_assert_cmpuint (count_copies (broker), ==, 1);
          g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 2);
          test_peer_control (broker->peer, "{\"fault\":\"none\"}");
          g_free (test_command (broker, "retry photo.jpg", 0));
        }
      test_broker_wait_for_all (broker, "done", 20);
      test_wait_until (is_gone_with_its_record, broker, 20);
      test_peer_control (broker->peer, "{\"fault\":\"none\"}");
      g_free (test_command (broker, "remove photo.jpg", 0));
    }
  /* Nothing was sent a second time. */
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, G_N_ELEMENTS (promises));
}

static void
test_old_copies_go_and_others_stay (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *old = test_broker_make_file (broker, "old.jpg", 1000, 1);
  g_autofree char *fresh = test_broker_make_file (broker, "fresh.jpg", 1000, 2);
  g_autofree char *added = NULL, *nothing = NULL, *freed = NULL;

  test_broker_stop (broker);
  keep_copies (broker);
  test_broker_start (broker, NULL);
  added = test_command (broker, "add --wait old.jpg fresh.jpg", 0);
  nothing = test_command (broker, "free --older-than 3", 0);
  test_assert_has (nothing, "Nothing that is done has a copy");
  g_assert_cmpuint (count_copies (broker), ==, 2);
  test_broker_stop (broker);
  make_older (broker, "old.jpg", 4);
  test_broker_start (broker, NULL);
  freed = test_command (broker, "free --older-than 3", 0);
  test_assert_has (freed, "old.jpg");
  g_assert_null (strstr (freed, "fresh.jpg"));
  g_assert_cmpuint (count_copies (broker), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verify/a-table-of-answers", test_a_table_of_answers);
  g_test_add_func ("/verify/a-copy-stays-until-the-promise", test_a_copy_stays_until_the_promise);
  g_test_add_func ("/verify/old-copies-go-and-others-stay", test_old_copies_go_and_others_stay);
  g_test_add_data_func ("/verify/a-moved-copy-goes-after-a-second-question", GINT_TO_POINTER (FALSE),
                        test_a_moved_copy_goes_after_a_second_question);
  g_test_add_data_func ("/verify/a-moved-copy-stays-if-it-is-gone", GINT_TO_POINTER (TRUE),
                        test_a_moved_copy_goes_after_a_second_question);

  return g_test_run ();
}
