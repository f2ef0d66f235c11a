/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and replaces records. Any thread.
 */
#include "broker/place.h"

#include "base/blocks.h"
#include "base/files.h"
#include "base/json.h"
#include "dbus/error.h"
#include "transfer/protocols.h"

#define MEMBER "server_url"

/* Returns: (transfer full) (nullable): an object */
static JsonNode *
load (const char *record_path, GError **error)
{
  gsize size_bytes;
  g_autofree char *text = ob_file_read_own (record_path, OB_RECORD_MAX_BYTES, &size_bytes, error);
  g_autoptr (JsonNode) root = text ? ob_json_parse (text, size_bytes, error) : NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    return g_steal_pointer (&root);
  if (root)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s is no record", record_path);

  return NULL;
}

static gboolean
keep (const char *record_path, const char *resume, GError **error)
{
  g_autoptr (JsonNode) record = load (record_path, error);
  g_autofree char *text = NULL;

  if (!record)
    return FALSE;
  json_object_set_string_member (json_node_get_object (record), MEMBER, resume);
  text = ob_json_write_node (record);

  return ob_file_replace (record_path, text, "place", error);
}

void
ob_place_keep (const char *copy_path, const char *resume)
{
  g_autofree char *path = g_strconcat (copy_path, ".json", NULL);
  g_autoptr (GError) error = NULL;

  if (!keep (path, resume, &error))
    g_info ("%s does not tell where the server has it: %s", path, error->message);
}

char *
ob_place_find (const ObJob *job)
{
  g_autofree char *path = g_strconcat (job->path, ".json", NULL);
  g_autoptr (JsonNode) record = job->is_place_unknown ? load (path, NULL) : NULL;
  g_autofree char *place = record ? ob_json_dup_clean_text (json_node_get_object (record), MEMBER) : NULL;
  const ObProtocol *protocol = place ? ob_protocol_find (job->protocol) : NULL;

  return protocol && protocol->is_resume (place) ? g_steal_pointer (&place) : NULL;
}
