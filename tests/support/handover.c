/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files on their way. Owns them and what was told of them. Main thread.
 */
#include "support/document.h"
#include "support/handover.h"

#include "dbus/names.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <unistd.h>

static void
file_free (TestFile *file)
{
  g_free (file->name);
  g_free (file->path);
  g_free (file->key);
  g_free (file->sha256);
  g_free (file->id);
  g_free (file);
}

static void
on_told (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
         GVariant *parameters, gpointer user_data)
{
  TestHandover *handover = user_data;
  g_autoptr (GVariant) document = g_variant_get_child_value (parameters, 0);
  const char *id = test_document_get_text (document, "id");
  guint64 offset_bytes = (guint64) test_document_get_number (document, 't', "offset"), *last;

  last = g_hash_table_lookup (handover->offsets, id);
  if (!last)
    {
      last = g_new0 (guint64, 1);
      (void) g_hash_table_insert (handover->offsets, g_strdup (id), last);
    }
  if (offset_bytes < *last)
    {
      guint n_setbacks = GPOINTER_TO_UINT (g_hash_table_lookup (handover->setbacks, id));

      (void) g_hash_table_replace (handover->setbacks, g_strdup (id), GUINT_TO_POINTER (n_setbacks + 1));
    }
  *last = offset_bytes;
}

TestHandover *
test_handover_new (TestBroker *broker)
{
  TestHandover *handover = g_new0 (TestHandover, 1);

  handover->broker = broker;
  handover->files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
  handover->offsets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  handover->setbacks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  handover->signals = g_dbus_connection_signal_subscribe (broker->connection, NULL, "org.outbox.Outbox1.Uploads",
                                                          "Changed", OUTBOX_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                          on_told, handover, NULL);

  return handover;
}

void
test_handover_free (TestHandover *handover)
{
  test_handover_wait (handover, 60);
  g_dbus_connection_signal_unsubscribe (handover->broker->connection, handover->signals);
  g_ptr_array_unref (handover->files);
  g_hash_table_unref (handover->offsets);
  g_hash_table_unref (handover->setbacks);
  g_free (handover);
}

TestFile *
test_handover_add (TestHandover *handover, gsize size_bytes, guint seed)
{
  TestFile *file = g_new0 (TestFile, 1);
  guint number = handover->files->len;
  g_autofree char *bytes = NULL;
  gsize read_bytes;

  file->name = g_strdup_printf ("IMG_%04u.jpg", number);
  file->key = g_strdup_printf ("key-%u", number);
  file->path = test_broker_make_file (handover->broker, file->name, size_bytes, seed + number);
  file->size_bytes = size_bytes;
  g_assert_true (g_file_get_contents (file->path, &bytes, &read_bytes, NULL));
  file->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) bytes, read_bytes);
  handover->total_bytes += (gint64) size_bytes;
  g_ptr_array_add (handover->files, file);

  return file;
}

void
test_handover_watch (TestHandover *handover)
{
  g_autofree char *sequence = NULL;

  (void) outbox_dbus_uploads_call_watch_sync (handover->broker->uploads, g_variant_new ("a{sv}", NULL), "", &sequence,
                                              NULL, NULL);
}

typedef struct
{
  TestHandover *handover;
  TestFile *file;
} Call;

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree Call *call = user_data;
  TestFile *file = call->file;
  g_autofree char *id = NULL;

  call->handover->n_asked--;
  file->is_asked = FALSE;
  if (!outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &id, NULL, result, &error))
    {
      g_test_message ("%s was not taken: %s", file->key, error->message);
      return;
    }
  /* An answer that came before the last death holds. */
  if (file->id)
    g_assert_cmpstr (id, ==, file->id);
  else
    file->id = g_steal_pointer (&id);
}

static void
ask_one (TestHandover *handover, TestFile *file)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = g_open (file->path, O_RDONLY | O_CLOEXEC, 0);
  Call *call = g_new0 (Call, 1);
  GVariantBuilder options;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  (void) close (fd);
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "key", g_variant_new_string (file->key));
  call->handover = handover;
  call->file = file;
  file->is_asked = TRUE;
  handover->n_asked++;
  outbox_dbus_uploads_call_submit (handover->broker->uploads, g_variant_new_handle (0),
                                   g_variant_builder_end (&options), fds, NULL, on_answered, call);
}

void
test_handover_ask (TestHandover *handover)
{
  for (guint i = 0; i < handover->files->len; i++)
    {
      TestFile *file = handover->files->pdata[i];

      if (!file->id && !file->is_asked)
        ask_one (handover, file);
    }
}

static gboolean
is_all_answered (gpointer data)
{
  return ((TestHandover *) data)->n_asked == 0;
}

void
test_handover_wait (TestHandover *handover, guint most_s)
{
  test_wait_until (is_all_answered, handover, most_s);
}

void
test_handover_insist (TestHandover *handover)
{
  test_handover_wait (handover, 60);
  for (guint i = 0; i < handover->files->len; i++)
    if (!((TestFile *) handover->files->pdata[i])->is_removed)
      ask_one (handover, handover->files->pdata[i]);
  test_handover_wait (handover, 60);
  for (guint i = 0; i < handover->files->len; i++)
    {
      const TestFile *file = handover->files->pdata[i];

      if (!file->is_removed)
        g_assert_nonnull (file->id);
    }
}

gboolean
test_handover_is_done (TestHandover *handover)
{
  g_autoptr (GVariant) summary = NULL;
  guint64 done, all;

  for (guint i = 0; i < handover->files->len; i++)
    if (!((TestFile *) handover->files->pdata[i])->id)
      return FALSE;
  if (!outbox_dbus_queue_call_summary_sync (handover->broker->queue, &summary, NULL, NULL))
    return FALSE;
  g_assert_true (g_variant_lookup (summary, "done", "(tt)", &done, NULL));
  g_assert_true (g_variant_lookup (summary, "all", "(tt)", &all, NULL));

  return done == all;
}

/* A row for each time: the server has fewer bytes than before, or lost the upload. */
static guint
count_explanations (TestHandover *handover, const char *id)
{
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;
  guint n_rows = 0;

  outbox_dbus_uploads_call_history_sync (handover->broker->uploads, id, &entries, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      const char *event = test_document_get_text (entry, "event");

      n_rows += g_str_equal (event, "offset-back") || g_str_equal (event, "lost");
    }

  return n_rows;
}

static void
assert_setbacks_are_explained (TestHandover *handover)
{
  GHashTableIter iter;
  gpointer id, n_setbacks;

  g_hash_table_iter_init (&iter, handover->setbacks);
  while (g_hash_table_iter_next (&iter, &id, &n_setbacks))
    g_assert_cmpuint (GPOINTER_TO_UINT (n_setbacks), <=, count_explanations (handover, id));
}

/* Returns: key → sha256 of what is finished. A lost 201 may leave an orphan, never one with bytes. */
static GHashTable *
list_arrived (TestHandover *handover, JsonArray *uploads)
{
  GHashTable *arrived = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) removed = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < handover->files->len; i++)
    {
      TestFile *file = handover->files->pdata[i];

      if (file->is_removed)
        (void) g_hash_table_add (removed, file->id);
    }
  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);
      const char *key = json_object_get_string_member (upload, "key");

      if (json_object_get_boolean_member (upload, "finished"))
        g_assert_true (
            g_hash_table_insert (arrived, (gpointer) key, (gpointer) json_object_get_string_member (upload, "sha256")));
      else if (!g_hash_table_contains (removed, key))
        g_assert_cmpint (json_object_get_int_member (upload, "offset"), ==, 0);
    }

  return arrived;
}

static gboolean
is_cleared (gpointer data)
{
  return test_broker_count_files (data, "spool") == 0;
}

gint64
test_handover_assert_arrived (TestHandover *handover)
{
  g_autoptr (JsonNode) node = test_peer_describe (handover->broker->peer);
  JsonObject *facts = json_node_get_object (node);
  g_autoptr (GHashTable) arrived = list_arrived (handover, json_object_get_array_member (facts, "uploads"));
  g_autoptr (GVariant) list = test_broker_list (handover->broker);
  guint n_kept = 0;

  for (guint i = 0; i < handover->files->len; i++)
    {
      const TestFile *file = handover->files->pdata[i];
      const char *sha256;

      g_assert_nonnull (file->id);
      sha256 = g_hash_table_lookup (arrived, file->id);
      n_kept += !file->is_removed;
      /* What is removed may have arrived before. */
      if (!file->is_removed || sha256)
        g_assert_cmpstr (sha256, ==, file->sha256);
      (void) g_hash_table_remove (arrived, file->id);
    }
  g_assert_cmpuint (g_hash_table_size (arrived), ==, 0);
  g_assert_cmpint (json_object_get_int_member (facts, "duplicate_finishes"), ==, 0);
  g_assert_cmpuint (g_variant_n_children (list), ==, n_kept);
  assert_setbacks_are_explained (handover);
  test_wait_until (is_cleared, handover->broker, 10);
  g_assert_cmpuint (test_broker_count_files (handover->broker, "incoming"), ==, 0);

  return json_object_get_int_member (facts, "body_bytes") - handover->total_bytes;
}
