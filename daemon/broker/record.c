/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records as JSON, by way of the a{sv} of the bus. Pure, except loading one from the spool.
 */
#include "broker/record.h"

#include "base/blocks.h"
#include "base/files.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/members.h"
#include "base/text.h"
#include "broker/kept-receipt.h"
#include "broker/record-file.h"
#include "dbus/error.h"
#include "store/limits.h"

#include <sys/stat.h>

/* The server is still to be told of the last amendment. */
#define UNTOLD "untold"

GVariant *
ob_record_prepare (const ObUpload *upload)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "id", upload->id);
  ob_members_add_text (&builder, "app", upload->app);
  ob_members_add_text (&builder, "key", upload->key);
  ob_members_add_text (&builder, "name", upload->name);
  ob_members_add_text (&builder, "media_type", upload->media_type);
  ob_members_add_text (&builder, "group", upload->group);
  ob_members_add_text (&builder, "group_app", upload->group ? upload->group_app : NULL);
  ob_members_add_text (&builder, "group_title", upload->group_title);
  ob_members_add_text (&builder, "destination", upload->destination);
  g_variant_builder_add (&builder, "{sv}", "priority", g_variant_new_int64 (upload->priority));
  g_variant_builder_add (&builder, "{sv}", "amended", g_variant_new_int64 (upload->amended));
  g_variant_builder_add (&builder, "{sv}", "form", g_variant_new_boolean (upload->is_form));
  g_variant_builder_add (&builder, "{sv}", "moved", g_variant_new_boolean (upload->is_moved));
  g_variant_builder_add (&builder, "{sv}", "not_before", g_variant_new_int64 (upload->not_before_ms));
  ob_members_add_time (&builder, "modified_at", upload->modified_at_ms);
  g_variant_builder_add (&builder, "{sv}", "created_at", g_variant_new_int64 (upload->created_at_ms));
  g_variant_builder_add (&builder, "{sv}", "metadata", upload->metadata);
  ob_members_add_text (&builder, "tus_metadata", upload->tus_metadata);

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

char *
ob_record_write (GVariant *prepared, const ObRecordFacts *facts)
{
  g_autofree char *blocks = facts->blocks ? ob_blocks_dup_text (facts->blocks) : NULL;
  gboolean has_media_type = g_variant_lookup (prepared, "media_type", "s", NULL);
  gboolean has_modified_at = g_variant_lookup (prepared, "modified_at", "x", NULL);
  g_autoptr (GVariant) record = NULL;
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *entry;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, prepared);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_variant_builder_add_value (&builder, entry);
      g_variant_unref (entry);
    }
  if (!has_media_type)
    ob_members_add_text (&builder, "media_type", facts->media_type);
  ob_members_add_text (&builder, "sha256", facts->sha256);
  g_variant_builder_add (&builder, "{sv}", "size", g_variant_new_int64 ((gint64) facts->size_bytes));
  if (!has_modified_at)
    ob_members_add_time (&builder, "modified_at", facts->modified_at_ms);
  ob_members_add_text (&builder, OB_BLOCKS_MEMBER, blocks);
  record = g_variant_ref_sink (g_variant_builder_end (&builder));

  return ob_json_write (record);
}

/* A value that is no number within the limits counts as absent. */
static gint64
get_number (JsonObject *object, const char *name, gint64 least, gint64 most)
{
  gint64 number = 0;

  (void) ob_json_read_number (object, name, least, most, &number);

  return number;
}

static GVariant *
read_metadata (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "metadata");
  GVariant *metadata = node ? json_gvariant_deserialize (node, "a{ss}", NULL) : NULL;

  return metadata ? g_variant_take_ref (metadata) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
}

/* Records of version 0.1.0 do not say whose group it is. Ids of sandboxed apps have at least two dots. */
static char *
dup_group_app (JsonObject *object, const ObUpload *upload)
{
  char *app = ob_json_dup_clean_text (object, "group_app");

  if (app || !upload->group)
    return app ? app : g_strdup ("");

  return g_strdup (
      upload->app && g_pattern_match_simple ("?*.?*.?*", upload->app) && !strchr (upload->app, '/') ? upload->app : "");
}

static ObUpload *
read_members (JsonObject *object)
{
  ObUpload *upload = ob_upload_new ();

  upload->id = ob_json_dup_clean_text (object, "id");
  upload->app = ob_json_dup_clean_text (object, "app");
  upload->key = ob_json_dup_clean_text (object, "key");
  upload->name = ob_json_dup_clean_text (object, "name");
  upload->media_type = ob_json_dup_clean_text (object, "media_type");
  upload->sha256 = ob_json_dup_clean_text (object, "sha256");
  upload->group = ob_json_dup_clean_text (object, "group");
  g_free (upload->group_app);
  upload->group_app = dup_group_app (object, upload);
  upload->group_title = ob_json_dup_clean_text (object, "group_title");
  upload->destination = ob_json_dup_clean_text (object, "destination");
  upload->rule = g_strdup ("");
  upload->size_bytes = (guint64) get_number (object, "size", 0, OB_LIMIT_SIZE);
  upload->priority = (gint) get_number (object, "priority", -OB_PRIORITY_MOST, OB_PRIORITY_MOST);
  upload->amended = (guint) get_number (object, "amended", 0, G_MAXINT32);
  if (ob_json_is_true (object, UNTOLD))
    ob_update_set (&upload->update, OB_UPDATE_ASKED, NULL, 0);
  upload->is_form = ob_json_is_true (object, "form");
  upload->is_moved = ob_json_is_true (object, "moved");
  upload->not_before_ms = get_number (object, "not_before", 0, OB_TIME_MAX_MS);
  upload->modified_at_ms = get_number (object, "modified_at", 0, OB_TIME_MAX_MS);
  upload->created_at_ms = get_number (object, "created_at", 0, OB_TIME_MAX_MS);
  g_variant_unref (upload->metadata);
  upload->metadata = read_metadata (object);
  upload->tus_metadata = ob_json_dup_clean_text (object, "tus_metadata");
  /* Of one that cannot be read nothing is known: the server is asked. */
  (void) ob_kept_receipt_read (object, &upload->receipt, &upload->reason);

  return upload;
}

/* @is_whole: the file has been read; before that, its record has only what its app said */
static ObUpload *
read_record (const char *text, gsize size_bytes, gboolean is_whole, GError **error)
{
  g_autoptr (JsonNode) root = ob_json_parse (text, size_bytes, error);
  g_autoptr (ObUpload) upload = NULL;

  if (!root)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (root))
    upload = read_members (json_node_get_object (root));
  if (!upload || !upload->id || !ob_id_is_valid (upload->id) || !upload->app || !upload->name || !upload->destination
      || (is_whole && (!upload->media_type || !upload->sha256)))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The record lacks what an upload needs");
      return NULL;
    }

  return g_steal_pointer (&upload);
}

ObUpload *
ob_record_read (const char *text, gsize size_bytes, GError **error)
{
  return read_record (text, size_bytes, TRUE, error);
}

ObUpload *
ob_record_read_prepared (const char *text, gsize size_bytes, GError **error)
{
  return read_record (text, size_bytes, FALSE, error);
}

/* If the record has no size, or an absurd one, take the copy's; its digests tell whether it is whole. */
static void
load_size (ObUpload *upload, const char *path)
{
  g_autofree char *of_nothing = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "", 0);
  struct stat info;

  if (upload->size_bytes == 0 && !g_str_equal (upload->sha256, of_nothing) && lstat (path, &info) == 0
      && S_ISREG (info.st_mode))
    upload->size_bytes = (guint64) info.st_size;
}

ObUpload *
ob_record_load (ObSpool *spool, const char *id, GError **error)
{
  g_autofree char *path = ob_spool_get_path (spool, id);
  g_autofree char *record_path = g_strconcat (path, ".json", NULL);
  gsize size_bytes;
  g_autofree char *text = ob_file_read_own (record_path, OB_RECORD_MAX_BYTES, &size_bytes, error);
  g_autoptr (ObUpload) upload = text ? ob_record_read (text, size_bytes, error) : NULL;

  if (!upload)
    return NULL;
  load_size (upload, path);
  if (g_str_equal (upload->id, id))
    return g_steal_pointer (&upload);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "It is of another upload");

  return NULL;
}

gboolean
ob_record_mend_bytes (ObSpool *spool, ObUpload *row)
{
  g_autofree char *path = ob_spool_get_path (spool, row->id);
  g_autoptr (ObUpload) kept = ob_record_load (spool, row->id, NULL);
  struct stat info;

  if (!kept || !kept->sha256 || lstat (path, &info) != 0 || !S_ISREG (info.st_mode)
      || (guint64) info.st_size != kept->size_bytes
      || (row->size_bytes == kept->size_bytes && g_strcmp0 (row->sha256, kept->sha256) == 0))
    return FALSE;
  ob_upload_set_bytes (row, kept->size_bytes, kept->sha256);
  ob_upload_set_offset (row, MIN (row->offset_bytes, row->size_bytes));

  return TRUE;
}

static gboolean
set_words (JsonObject *record, gpointer user_data)
{
  const ObUpload *upload = user_data;

  json_object_set_string_member (record, "name", upload->name);
  json_object_set_member (record, "metadata", json_gvariant_serialize (upload->metadata));
  json_object_set_int_member (record, "priority", upload->priority);
  json_object_set_int_member (record, "amended", upload->amended);
  json_object_set_boolean_member (record, UNTOLD, ob_update_is_asked (&upload->update));

  return TRUE;
}

void
ob_record_amend (ObSpool *spool, const ObUpload *upload)
{
  g_autofree char *path = ob_spool_get_path (spool, upload->id);
  g_autoptr (GError) error = NULL;

  if (!ob_record_file_change (path, set_words, (gpointer) upload, "amended", &error))
    g_info ("The record of %s does not say what was changed: %s", path, error->message);
}
