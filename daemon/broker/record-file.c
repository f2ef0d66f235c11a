/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and replaces records. Any thread.
 */
#include "broker/record-file.h"

#include "base/blocks.h"
#include "base/files.h"
#include "dbus/error.h"

#include <sys/file.h>
#include <unistd.h>

JsonNode *
ob_record_file_load (const char *copy_path, GError **error)
{
  g_autofree char *path = g_strconcat (copy_path, ".json", NULL);
  gsize size_bytes;
  g_autofree char *text = ob_file_read_own (path, OB_RECORD_MAX_BYTES, &size_bytes, error);
  g_autoptr (JsonNode) root = text ? ob_json_parse (text, size_bytes, error) : NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    return g_steal_pointer (&root);
  if (root)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s is no record", path);

  return NULL;
}

static gboolean
change_locked (const char *copy_path, ObRecordChange change, gpointer user_data, const char *crash_point,
               GError **error)
{
  g_autoptr (JsonNode) record = ob_record_file_load (copy_path, error);
  g_autofree char *path = g_strconcat (copy_path, ".json", NULL);
  g_autofree char *text = NULL;

  if (!record)
    return FALSE;
  if (!change (json_node_get_object (record), user_data))
    return TRUE;
  text = ob_json_write_node (record);

  return ob_file_replace (path, text, crash_point, error);
}

/* The lock is on the copy, which keeps its place while records are replaced. Where the file system has no locks, two changes in the
 * same moment can still lose one of them. */
gboolean
ob_record_file_change (const char *copy_path, ObRecordChange change, gpointer user_data, const char *crash_point,
                       GError **error)
{
  int fd = ob_file_open_own (copy_path);
  gboolean is_good;

  while (fd >= 0 && flock (fd, LOCK_EX) != 0 && errno == EINTR)
    ;
  is_good = change_locked (copy_path, change, user_data, crash_point, error);
  if (fd >= 0)
    (void) close (fd);

  return is_good;
}
