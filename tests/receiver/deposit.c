/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One upload as the receiver holds it: bytes, announcement, running digest. Main thread.
 */
#include "deposit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#define REREAD_BYTES (256 * 1024)

static gboolean
fail_errno (GError **error, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
  return FALSE;
}

Deposit *
deposit_new (const char *folder, const char *id, gint64 size, gboolean wants_digest)
{
  Deposit *deposit = g_new0 (Deposit, 1);

  deposit->id = g_strdup (id);
  deposit->path = folder != NULL ? g_build_filename (folder, id, NULL) : NULL;
  deposit->size = size;
  deposit->created_at_ms = g_get_real_time () / 1000;
  deposit->fd = -1;
  deposit->mark = -1;
  deposit->wants_digest = wants_digest;
  if (wants_digest)
    gnutls_hash_init (&deposit->digest, GNUTLS_DIG_SHA256);
  return deposit;
}

static void
clear_hash (gnutls_hash_hd_t *hash)
{
  if (*hash != NULL)
    gnutls_hash_deinit (g_steal_pointer (hash), NULL);
}

void
deposit_free (Deposit *deposit)
{
  deposit_rest (deposit);
  clear_hash (&deposit->digest);
  clear_hash (&deposit->mark_digest);
  g_free (deposit->id);
  g_free (deposit->key);
  g_free (deposit->outbox_id);
  g_free (deposit->metadata);
  g_free (deposit->sha256);
  g_free (deposit->path);
  g_free (deposit);
}

GHashTable *
deposit_decode_metadata (const Deposit *deposit)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pairs = g_strsplit (deposit->metadata != NULL ? deposit->metadata : "", ",", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (g_strstrip (pairs[i]), " ", 2);
      g_autofree guchar *value = NULL;
      gsize length = 0;

      if (words[0] == NULL || *words[0] == '\0')
        continue;
      if (words[1] != NULL && *words[1] != '\0')
        value = g_base64_decode (words[1], &length);
      if (g_utf8_validate_len ((const char *) value, length, NULL))
        g_hash_table_replace (table, g_strdup (words[0]), g_strndup ((const char *) value, length));
    }
  return table;
}

char *
deposit_dup_metadata (const Deposit *deposit, const char *name)
{
  g_autoptr (GHashTable) table = deposit_decode_metadata (deposit);

  return g_strdup (g_hash_table_lookup (table, name));
}

void
deposit_set_metadata (Deposit *deposit, const char *metadata)
{
  g_free (deposit->metadata);
  deposit->metadata = g_strdup (metadata);
  g_free (deposit->outbox_id);
  deposit->outbox_id = deposit_dup_metadata (deposit, "outbox_id");
}

static void
set_string (JsonObject *object, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
}

/* Each of these files is written once, so that no rename over an older one makes GLib wait for the disk. */
static gboolean
write_json (const char *path, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);

  return g_file_set_contents (path, text, -1, error);
}

gboolean
deposit_save (Deposit *deposit, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *path = NULL;

  if (deposit->path == NULL)
    return TRUE;

  json_object_set_int_member (object, "size", deposit->size);
  json_object_set_int_member (object, "created_at", deposit->created_at_ms);
  set_string (object, "key", deposit->key);
  set_string (object, "metadata", deposit->metadata);
  path = g_strconcat (deposit->path, ".json", NULL);
  return write_json (path, object, error);
}

static JsonObject *
read_json (const char *path, JsonParser *parser, GError **error)
{
  JsonNode *root;

  if (!json_parser_load_from_file (parser, path, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: not an object", path);
      return NULL;
    }
  return json_node_get_object (root);
}

Deposit *
deposit_load (const char *folder, const char *id, gboolean wants_digest, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonParser) done_parser = json_parser_new ();
  g_autoptr (Deposit) deposit = deposit_new (folder, id, 0, wants_digest);
  g_autofree char *path = g_strconcat (deposit->path, ".json", NULL);
  g_autofree char *done_path = g_strconcat (deposit->path, ".done", NULL);
  JsonObject *object = read_json (path, parser, error);
  GStatBuf status;

  if (object == NULL)
    return NULL;
  deposit->size = json_object_get_int_member_with_default (object, "size", -1);
  deposit->created_at_ms = json_object_get_int_member_with_default (object, "created_at", 0);
  deposit->key = g_strdup (json_object_get_string_member_with_default (object, "key", NULL));
  deposit_set_metadata (deposit, json_object_get_string_member_with_default (object, "metadata", NULL));
  if (g_stat (deposit->path, &status) == 0)
    deposit->offset = status.st_size;

  object = read_json (done_path, done_parser, NULL);
  if (object != NULL)
    {
      deposit->is_finished = TRUE;
      deposit->size = deposit->offset;
      deposit->sha256 = g_strdup (json_object_get_string_member_with_default (object, "sha256", NULL));
    }
  return g_steal_pointer (&deposit);
}

static gboolean
open_file (Deposit *deposit, GError **error)
{
  if (deposit->path == NULL || deposit->fd >= 0)
    return TRUE;
  deposit->fd = g_open (deposit->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  return deposit->fd >= 0 || fail_errno (error, deposit->path);
}

static gboolean
write_all (Deposit *deposit, const char *bytes, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize written = pwrite (deposit->fd, bytes, length, deposit->offset);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return fail_errno (error, deposit->path);
      deposit->offset += written;
      bytes += written;
      length -= written;
    }
  return TRUE;
}

gboolean
deposit_append (Deposit *deposit, const void *bytes, gsize length, GError **error)
{
  if (deposit->wants_digest && deposit->digested == deposit->offset)
    {
      gnutls_hash (deposit->digest, bytes, length);
      deposit->digested += length;
    }
  if (deposit->path == NULL)
    {
      deposit->offset += length;
      return TRUE;
    }
  return open_file (deposit, error) && write_all (deposit, bytes, length, error);
}

void
deposit_mark (Deposit *deposit)
{
  clear_hash (&deposit->mark_digest);
  if (deposit->wants_digest && deposit->digested == deposit->offset)
    deposit->mark_digest = gnutls_hash_copy (deposit->digest);
  deposit->mark = deposit->offset;
}

static void
restart_digest (Deposit *deposit)
{
  clear_hash (&deposit->digest);
  if (deposit->wants_digest)
    gnutls_hash_init (&deposit->digest, GNUTLS_DIG_SHA256);
}

gboolean
deposit_rewind (Deposit *deposit, gint64 offset, GError **error)
{
  if (offset >= deposit->offset)
    return TRUE;
  if (deposit->path != NULL && (!open_file (deposit, error) || ftruncate (deposit->fd, offset) != 0))
    return fail_errno (error, deposit->path);

  if (deposit->mark_digest != NULL && deposit->mark == offset)
    {
      clear_hash (&deposit->digest);
      deposit->digest = g_steal_pointer (&deposit->mark_digest);
      deposit->digested = offset;
    }
  else
    {
      /* A digest cannot run backwards: from here on only rereading the file can tell it. */
      deposit->digested = offset == 0 ? 0 : G_MAXINT64;
      restart_digest (deposit);
    }
  deposit->mark = -1;
  deposit->offset = offset;
  return TRUE;
}

gboolean
deposit_is_whole (const Deposit *deposit)
{
  return deposit->size >= 0 && deposit->offset == deposit->size;
}

static char *
hex_from_hash (gnutls_hash_hd_t hash)
{
  guint8 raw[32];
  GString *hex = g_string_sized_new (64);

  gnutls_hash_output (hash, raw);
  for (guint i = 0; i < sizeof raw; i++)
    g_string_append_printf (hex, "%02x", raw[i]);
  return g_string_free (hex, FALSE);
}

static gboolean
reread_digest (Deposit *deposit, GError **error)
{
  g_autofree char *buffer = g_malloc (REREAD_BYTES);
  gssize got;

  restart_digest (deposit);
  for (gint64 at = 0; (got = pread (deposit->fd, buffer, REREAD_BYTES, at)) > 0; at += got)
    gnutls_hash (deposit->digest, buffer, got);
  if (got < 0)
    return fail_errno (error, deposit->path);
  deposit->digested = deposit->offset;
  return TRUE;
}

gboolean
deposit_finish (Deposit *deposit, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *path = NULL;

  /* Opened in any case: an upload of no bytes is a file too. */
  if (!open_file (deposit, error))
    return FALSE;
  if (deposit->wants_digest && deposit->digested != deposit->offset && deposit->path != NULL
      && !reread_digest (deposit, error))
    return FALSE;

  if (deposit->wants_digest && deposit->digested == deposit->offset)
    deposit->sha256 = hex_from_hash (deposit->digest);
  deposit->size = deposit->offset;
  deposit->is_finished = TRUE;
  deposit_rest (deposit);
  if (deposit->path == NULL)
    return TRUE;

  set_string (object, "sha256", deposit->sha256);
  path = g_strconcat (deposit->path, ".done", NULL);
  return write_json (path, object, error);
}

void
deposit_rest (Deposit *deposit)
{
  if (deposit->fd >= 0)
    close (deposit->fd);
  deposit->fd = -1;
}

void
deposit_delete_files (Deposit *deposit)
{
  static const char *const suffixes[] = { "", ".json", ".done" };

  deposit_rest (deposit);
  for (guint i = 0; deposit->path != NULL && i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (deposit->path, suffixes[i], NULL);

      g_unlink (path);
    }
}
