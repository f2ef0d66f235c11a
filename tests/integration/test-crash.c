/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL at every durable step, and at random: what was accepted arrives once and byte-exact, nothing is stuck, and no
 * submit that was answered is missing.
 */
#include "support/broker.h"

#include "config.h"

#define LARGE_BYTES (9 * 1024 * 1024 + 11)
#define CHUNK_BYTES (4 * 1024 * 1024)

typedef struct
{
  char *name;
  char *path;
  char *key;
  char *sha256;
  char *id; /* NULL: its submit was not answered */
} File;

static void
file_free (File *file)
{
  g_free (file->name);
  g_free (file->path);
  g_free (file->key);
  g_free (file->sha256);
  g_free (file->id);
  g_free (file);
}

static File *
make_file (TestBroker *broker, guint number, gsize size_bytes)
{
  File *file = g_new0 (File, 1);
  g_autofree char *bytes = NULL;
  gsize read_bytes;

  file->name = g_strdup_printf ("IMG_%04u.jpg", number);
  file->key = g_strdup_printf ("key-%u", number);
  file->path = test_broker_make_file (broker, file->name, size_bytes, number);
  g_assert_true (g_file_get_contents (file->path, &bytes, &read_bytes, NULL));
  file->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) bytes, read_bytes);

  return file;
}

/* Hands over what was not answered yet, as an app does whose call failed: with the same key. */
static void
submit_all (TestBroker *broker, GPtrArray *files, gboolean may_fail)
{
  for (guint i = 0; i < files->len; i++)
    {
      File *file = files->pdata[i];
      g_autoptr (GError) error = NULL;
      g_autofree char *id = NULL;
      GVariantBuilder options;

      if (file->id && may_fail)
        continue;
      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", "key", g_variant_new_string (file->key));
      id = test_broker_submit (broker, file->path, g_variant_builder_end (&options), &error);
      if (may_fail && error)
        return;
      g_assert_no_error (error);
      /* A second call with the key of an accepted upload finds that upload. */
      if (file->id)
        g_assert_cmpstr (file->id, ==, id);
      g_free (file->id);
      file->id = g_steal_pointer (&id);
    }
}

/* What the receiver has: each file once, and exactly. Returns: body bytes that arrived for all of them. */
static gint64
assert_arrived (TestBroker *broker, GPtrArray *files)
{
  g_autoptr (JsonNode) node = test_peer_describe (broker->peer);
  g_autoptr (GHashTable) arrived = g_hash_table_new (g_str_hash, g_str_equal);
  JsonObject *facts = json_node_get_object (node);
  JsonArray *uploads = json_object_get_array_member (facts, "uploads");

  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);

      if (!json_object_get_boolean_member (upload, "finished"))
        {
          /* A lost 201 may leave an orphan, never one with bytes. */
          g_assert_cmpint (json_object_get_int_member (upload, "offset"), ==, 0);
          continue;
        }
      g_assert_true (g_hash_table_insert (arrived, (gpointer) json_object_get_string_member (upload, "key"),
                                          (gpointer) json_object_get_string_member (upload, "sha256")));
    }
  for (guint i = 0; i < files->len; i++)
    {
      const File *file = files->pdata[i];

      g_assert_cmpstr (g_hash_table_lookup (arrived, file->id), ==, file->sha256);
    }
  g_assert_cmpuint (g_hash_table_size (arrived), ==, files->len);
  g_assert_cmpint (json_object_get_int_member (facts, "duplicate_finishes"), ==, 0);

  return json_object_get_int_member (facts, "body_bytes");
}

static gboolean
is_cleared (gpointer data)
{
  return test_broker_count_files (data, "spool") == 0;
}

static void
assert_nothing_is_left (TestBroker *broker, guint n_uploads)
{
  g_autoptr (GVariant) list = test_broker_list (broker);

  g_assert_cmpuint (g_variant_n_children (list), ==, n_uploads);
  test_wait_until (is_cleared, broker, 10);
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
}

static void
test_a_crash_point (gconstpointer data)
{
  g_autoptr (TestBroker) broker = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
  const gsize sizes[] = { 20000, LARGE_BYTES, 0, 70000 };
  gint64 total_bytes = 0, body_bytes;

  if (!OB_CRASH_POINTS)
    {
      g_test_skip ("built without crash points");
      return;
    }
  broker = test_broker_new ();
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_ptr_array_add (files, make_file (broker, i, sizes[i]));
      total_bytes += sizes[i];
    }
  test_broker_stop (broker);
  test_broker_start (broker, data);
  submit_all (broker, files, TRUE);
  test_broker_wait_for_death (broker, 20);

  test_broker_start (broker, NULL);
  submit_all (broker, files, FALSE);
  test_broker_wait_for_all (broker, "done", 30);
  body_bytes = assert_arrived (broker, files);
  assert_nothing_is_left (broker, files->len);
  /* What was under way may be sent again, never what was confirmed. */
  g_assert_cmpint (body_bytes, <=, total_bytes + 2 * CHUNK_BYTES);
  g_test_message ("%s: %" G_GINT64_FORMAT " bytes sent twice", (const char *) data, body_bytes - total_bytes);
}

static gboolean
on_time (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_random_kills (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
  const char *wanted = g_getenv ("OUTBOX_KILLS");
  guint n_kills = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  gint64 total_bytes = 0, body_bytes;

  for (guint i = 0; i < 30; i++)
    {
      gsize size_bytes = i % 10 == 0 ? LARGE_BYTES : (gsize) g_test_rand_int_range (0, 300000);

      g_ptr_array_add (files, make_file (broker, i, size_bytes));
      total_bytes += (gint64) size_bytes;
    }
  /* Slow enough that the queue outlives the kills. */
  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":12000000}");
  for (guint i = 0; i < n_kills; i++)
    {
      gboolean is_late = FALSE;

      submit_all (broker, files, TRUE);
      (void) g_timeout_add ((guint) g_test_rand_int_range (1, 250), on_time, &is_late);
      while (!is_late)
        g_main_context_iteration (NULL, TRUE);
      test_broker_kill (broker);
      test_broker_start (broker, NULL);
    }
  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":0}");
  submit_all (broker, files, FALSE);
  test_broker_wait_for_all (broker, "done", 60);
  body_bytes = assert_arrived (broker, files);
  assert_nothing_is_left (broker, files->len);
  g_test_message ("%u kills, %u files, all arrived once; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                  " bytes were sent twice",
                  n_kills, files->len, body_bytes - total_bytes, total_bytes);
}

int
main (int argc, char *argv[])
{
  const char *const points[] = { "spool-renamed", "row-written",    "before-reply",   "created",
                                 "recorded",      "mid-chunk",      "mid-chunk:100",  "chunk-answered",
                                 "last-chunk",    "confirming",     "receipt-recorded", "spool-removed",
                                 "spool-renamed:3", "before-reply:2", "chunk-answered:3", "last-chunk:3" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      g_autofree char *name = g_strconcat ("/crash/at-", points[i], NULL);

      g_test_add_data_func (name, points[i], test_a_crash_point);
    }
  g_test_add_func ("/crash/at-random", test_random_kills);

  return g_test_run ();
}
