/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real tus servers and their folders. Main thread.
 */
#include "support/tus-servers.h"

#include "support/node.h"

#include <glib/gstdio.h>

const TestTusServerKind test_tus_server_kinds[] = {
  { "tusd", NULL, ".info", "Size", "MetaData", FALSE },
  { "tus-server", "tus-server.mjs", ".json", "size", "metadata", FALSE },
  { "uploadx", "uploadx.mjs", ".META", "size", "metadata", TRUE },
};
const guint test_tus_server_n_kinds = G_N_ELEMENTS (test_tus_server_kinds);

const TestTusServerKind *
test_tus_server_find_kind (const char *name)
{
  for (guint i = 0; i < test_tus_server_n_kinds; i++)
    if (g_str_equal (test_tus_server_kinds[i].name, name))
      return &test_tus_server_kinds[i];
  g_assert_not_reached ();
}

/* --- Starting one --- */

static TestPeer *
start_tusd (const char *folder)
{
  g_autofree char *program = test_node_find_tool ("bin/tusd");
  const char *argv[] = { program, "--port",     "0",       "-host",         "127.0.0.1",      "-upload-dir",
                         folder,  "-base-path", "/files/", "-behind-proxy", "-verbose=false", NULL };

  return g_file_test (program, G_FILE_TEST_IS_EXECUTABLE)
             ? test_peer_start_saying (argv, "You can now upload files to: ")
             : NULL;
}

static TestPeer *
start_script (const char *name, const char *folder)
{
  g_autofree char *script = g_build_filename (g_getenv ("SERVERS"), name, NULL);
  g_autofree char *packages = test_node_find_tool ("servers/node_modules");
  g_autofree char *tools = test_node_find_tool ("");
  g_autofree char *node = test_node_find ();
  const char *argv[] = { node, script, "--port", "0", "--folder", folder, "--tools", tools, NULL };

  return node && g_file_test (packages, G_FILE_TEST_IS_DIR) ? test_peer_start (argv) : NULL;
}

TestTusServer *
test_tus_server_start (const TestTusServerKind *kind, const char *parent)
{
  g_autofree char *folder = g_build_filename (parent, kind->name, NULL);
  TestTusServer *server;
  TestPeer *peer;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  peer = kind->script ? start_script (kind->script, folder) : start_tusd (folder);
  if (!peer)
    {
      g_test_skip ("this server is not installed; tests/setup/install.sh test brings it");
      return NULL;
    }
  server = g_new0 (TestTusServer, 1);
  server->kind = kind;
  server->folder = g_steal_pointer (&folder);
  server->peer = peer;

  return server;
}

void
test_tus_server_free (TestTusServer *server)
{
  test_peer_free (server->peer);
  g_free (server->folder);
  g_free (server);
}

/* --- Looking into its folder --- */

typedef struct
{
  char *path; /* of the bytes */
  guint64 announced_bytes;
  guint64 stored_bytes;
  GHashTable *metadata; /* name → value */
} Stored;

static void
stored_free (Stored *stored)
{
  g_free (stored->path);
  g_hash_table_unref (stored->metadata);
  g_free (stored);
}

/* A server writes it anew after each chunk, and not in one go: at such a moment it is empty or cut. Returns: (transfer
 * full) (nullable): NULL: it is being removed at this moment. */
static JsonParser *
load_facts (const char *path)
{
  for (guint n_tries = 0;; n_tries++)
    {
      g_autoptr (JsonParser) parser = json_parser_new ();
      g_autoptr (GError) error = NULL;

      (void) json_parser_load_from_file (parser, path, &error);
      if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return NULL;
      if (!error && json_parser_get_root (parser))
        return g_steal_pointer (&parser);
      g_assert_cmpuint (n_tries, <, 500);
      g_usleep (10 * 1000);
    }
}

/* NULL: it is being removed at this moment. */
static Stored *
read_stored (const TestTusServerKind *kind, const char *path)
{
  g_autoptr (JsonParser) parser = load_facts (path);
  JsonObject *object, *metadata;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  GStatBuf info;
  Stored *stored;

  if (!parser)
    return NULL;
  stored = g_new0 (Stored, 1);
  object = json_node_get_object (json_parser_get_root (parser));
  metadata = json_object_get_object_member (object, kind->metadata_key);
  stored->path = g_strndup (path, strlen (path) - strlen (kind->suffix));
  stored->announced_bytes = (guint64) json_object_get_int_member (object, kind->size_key);
  stored->stored_bytes = g_stat (stored->path, &info) == 0 ? (guint64) info.st_size : 0;
  stored->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  json_object_iter_init (&iter, metadata);
  while (json_object_iter_next (&iter, &name, &value))
    /* @tus/server writes an empty value as null. */
    (void) g_hash_table_insert (stored->metadata, g_strdup (name),
                                g_strdup (JSON_NODE_HOLDS_NULL (value) ? "" : json_node_get_string (value)));

  return stored;
}

static GPtrArray *
list_stored (TestTusServer *server)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) stored_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (server->folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (folder)))
    if (g_str_has_suffix (name, server->kind->suffix))
      {
        g_autofree char *path = g_build_filename (server->folder, name, NULL);
        Stored *stored = read_stored (server->kind, path);

        if (stored)
          g_ptr_array_add (list, stored);
      }

  return list;
}

static const char *
get_metadata (const Stored *stored, const char *name)
{
  return g_hash_table_lookup (stored->metadata, name);
}

static gboolean
is_orphan (const Stored *stored)
{
  return stored->stored_bytes == 0 && stored->announced_bytes > 0;
}

/* What its app says of when it was made comes before the file's own time. */
static void
assert_is_of_its_time (const Stored *stored, const TestFile *file)
{
  const char *told = get_metadata (stored, "outbox_modified_at");
  g_autofree char *seconds = g_strndup (told, strlen (file->modified_at));
  g_autoptr (GDateTime) captured = NULL;
  g_autoptr (GDateTime) expected = NULL;
  const char *captured_at;

  g_assert_nonnull (told);
  if (!file->metadata || !g_variant_lookup (file->metadata, "captured_at", "&s", &captured_at))
    {
      g_assert_cmpstr (seconds, ==, file->modified_at);
      return;
    }
  captured = g_date_time_new_from_iso8601 (told, NULL);
  expected = g_date_time_new_from_iso8601 (captured_at, NULL);
  g_assert_true (captured && expected && g_date_time_compare (captured, expected) == 0);
}

/* Such a server truncates its file, writes behind the end of that, and says that it has it all: seen of @uploadx/core 7.0.3, one cut in
 * thousands. Returns: whether one run of zeros, which is its hole, is all that differs */
static gboolean
is_whole_but_for_hole (const Stored *stored, const TestFile *file)
{
  g_autofree char *ours = NULL, *theirs = NULL;
  gsize ours_bytes, theirs_bytes, begin = 0, end;

  if (!g_file_get_contents (file->path, &ours, &ours_bytes, NULL)
      || !g_file_get_contents (stored->path, &theirs, &theirs_bytes, NULL) || ours_bytes != theirs_bytes)
    return FALSE;
  end = ours_bytes;
  while (begin < end && ours[begin] == theirs[begin])
    begin++;
  while (end > begin && ours[end - 1] == theirs[end - 1])
    end--;
  g_test_message ("what the server has of %s differs from byte %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT, file->name,
                  begin, end);
  while (begin < end && theirs[begin] == 0)
    begin++;

  return begin == end;
}

static void
assert_is (const TestTusServerKind *kind, const Stored *stored, const TestFile *file)
{
  g_autofree char *sha256 = test_file_digest (stored->path);
  const char *name, *value;
  GVariantIter iter;

  g_assert_cmpuint (stored->announced_bytes, ==, file->size_bytes);
  g_assert_cmpuint (stored->stored_bytes, ==, file->size_bytes);
  if (!g_str_equal (sha256, file->sha256) && !(kind->writes_late && is_whole_but_for_hole (stored, file)))
    g_assert_cmpstr (sha256, ==, file->sha256);
  g_assert_cmpstr (get_metadata (stored, "filename"), ==, file->name);
  g_assert_cmpstr (get_metadata (stored, "filetype"), ==, file->media_type);
  g_assert_cmpstr (get_metadata (stored, "outbox_group"), ==, file->group);
  assert_is_of_its_time (stored, file);
  if (!file->metadata)
    return;
  g_variant_iter_init (&iter, file->metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    g_assert_cmpstr (get_metadata (stored, name), ==, value);
}

guint
test_tus_server_assert_has (TestTusServer *server, GPtrArray *files)
{
  g_autoptr (GPtrArray) list = list_stored (server);
  g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_orphans = 0;

  for (guint i = 0; i < list->len; i++)
    if (is_orphan (list->pdata[i]))
      n_orphans++;
    else
      g_assert_true (
          g_hash_table_insert (found, (gpointer) get_metadata (list->pdata[i], "outbox_id"), list->pdata[i]));
  for (guint i = 0; i < files->len; i++)
    {
      const TestFile *file = files->pdata[i];
      const Stored *stored = g_hash_table_lookup (found, file->id);

      g_assert_nonnull (stored);
      assert_is (server->kind, stored, file);
    }
  g_assert_cmpuint (g_hash_table_size (found), ==, files->len);

  return n_orphans;
}

guint
test_tus_server_count (TestTusServer *server)
{
  g_autoptr (GPtrArray) list = list_stored (server);

  return list->len;
}

guint64
test_tus_server_get_stored_bytes (TestTusServer *server, const char *id)
{
  g_autoptr (GPtrArray) list = list_stored (server);

  for (guint i = 0; i < list->len; i++)
    {
      const Stored *stored = list->pdata[i];

      if (!is_orphan (stored) && g_strcmp0 (get_metadata (stored, "outbox_id"), id) == 0)
        return stored->stored_bytes;
    }

  return 0;
}
