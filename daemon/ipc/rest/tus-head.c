/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the headers of tus. Pure.
 */
#include "ipc/rest/tus-head.h"

#include <string.h>

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (ObTusHead *head, guint status, const char *detail)
{
  head->status = status;
  head->detail = detail;

  return FALSE;
}

static gboolean
read_number (const char *text, guint64 *number)
{
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, number, NULL);
}

/* GLib skips what is no base64, and so takes anything. Returns: (transfer full) (nullable) */
static guchar *
decode (const char *text, gsize *size_bytes)
{
  g_autofree guchar *bytes = g_base64_decode (text, size_bytes);
  g_autofree char *again = bytes ? g_base64_encode (bytes, *size_bytes) : NULL;

  return again && g_str_equal (again, text) ? g_steal_pointer (&bytes) : NULL;
}

/* --- Lengths --- */

static gboolean
read_length (ObTusHead *head, const ObTusFields *fields)
{
  guint64 length;

  head->length = -1;
  if (!fields->length)
    return TRUE;
  if (!read_number (fields->length, &length))
    return refuse (head, 400, "Upload-Length is a number of bytes");
  if (length > OB_TUS_MAX_BYTES)
    return refuse (head, 413, "The upload is larger than any that is taken");
  head->length = (gint64) length;

  return TRUE;
}

static gboolean
read_deferral (ObTusHead *head, const ObTusFields *fields)
{
  if (fields->defer && !g_str_equal (fields->defer, "1"))
    return refuse (head, 400, "Upload-Defer-Length is 1 where it is told");
  if ((fields->defer != NULL) == (fields->length != NULL))
    return refuse (head, 400, "A creation has Upload-Length, or Upload-Defer-Length");
  if (head->length >= 0 && fields->body_bytes > (guint64) head->length)
    return refuse (head, 413, "The body is longer than Upload-Length");

  return TRUE;
}

static gboolean
check_type (ObTusHead *head, const ObTusFields *fields)
{
  return (fields->type && g_ascii_strcasecmp (fields->type, OB_TUS_BODY_TYPE) == 0)
         || refuse (head, 415, "A piece of a file is of type " OB_TUS_BODY_TYPE);
}

/* --- The checksum --- */

static gboolean
read_checksum (ObTusHead *head, const ObTusFields *fields)
{
  static const struct
  {
    const char *name;
    GChecksumType type;
  } algorithms[] = { { "sha1 ", G_CHECKSUM_SHA1 }, { "sha256 ", G_CHECKSUM_SHA256 }, { "sha512 ", G_CHECKSUM_SHA512 } };

  for (guint i = 0; fields->checksum && i < G_N_ELEMENTS (algorithms); i++)
    if (g_str_has_prefix (fields->checksum, algorithms[i].name))
      {
        gsize size_bytes = 0;
        guchar *bytes = decode (fields->checksum + strlen (algorithms[i].name), &size_bytes);

        head->algorithm = algorithms[i].type;
        head->checksum = bytes ? g_bytes_new_take (bytes, size_bytes) : NULL;
        return (bytes && size_bytes == (gsize) g_checksum_type_get_length (head->algorithm))
               || refuse (head, 400, "Upload-Checksum is an algorithm and a checksum of it in base64");
      }

  return !fields->checksum || refuse (head, 400, "Upload-Checksum has an algorithm of " OB_TUS_ALGORITHMS);
}

/* --- The metadata --- */

/* Returns: (transfer full) (nullable): the text of a value */
static char *
dup_value (const char *base64)
{
  gsize size_bytes = 0;
  g_autofree guchar *bytes = *base64 ? decode (base64, &size_bytes) : NULL;

  if (*base64 == '\0')
    return g_strdup ("");
  if (!bytes || memchr (bytes, '\0', size_bytes) || !g_utf8_validate ((const char *) bytes, (gssize) size_bytes, NULL))
    return NULL;

  return g_strndup ((const char *) bytes, size_bytes);
}

/* The protocol has keys in ASCII; a blank and a comma end one. */
static gboolean
is_key (const char *text)
{
  for (const char *c = text; *c; c++)
    if (!g_ascii_isgraph (*c))
      return FALSE;

  return *text != '\0';
}

static gboolean
take_pair (ObTusHead *head, const char *pair, GHashTable *pairs)
{
  g_auto (GStrv) parts = g_strsplit (pair, " ", 3);
  g_autofree char *value = NULL;

  if (!parts[0] || !is_key (parts[0]) || (parts[1] && parts[2]))
    return refuse (head, 400, "Upload-Metadata has keys in ASCII and values, with one blank between");
  if (g_hash_table_contains (pairs, parts[0]))
    return refuse (head, 400, "A key of Upload-Metadata stands twice");
  value = dup_value (parts[1] ? parts[1] : "");
  if (!value)
    return refuse (head, 400, "A value of Upload-Metadata is no text in base64");
  g_hash_table_insert (pairs, g_strdup (parts[0]), g_steal_pointer (&value));

  return TRUE;
}

/* Takes what clients call by either name. */
static void
take_option (GVariantDict *options, GHashTable *pairs, const char *option, const char *key, const char *other_key)
{
  const char *value = g_hash_table_lookup (pairs, key);

  if (!value || *value == '\0')
    value = g_hash_table_lookup (pairs, other_key);
  if (value && *value)
    g_variant_dict_insert (options, option, "s", value);
  (void) g_hash_table_remove (pairs, key);
  (void) g_hash_table_remove (pairs, other_key);
}

static GVariant *
make_options (GHashTable *pairs)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  GVariantBuilder metadata;
  GHashTableIter iter;
  gpointer key, value;

  take_option (&options, pairs, "name", "filename", "name");
  take_option (&options, pairs, "media_type", "filetype", "type");
  g_variant_builder_init (&metadata, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, pairs);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_variant_builder_add (&metadata, "{ss}", key, value);
  g_variant_dict_insert_value (&options, "metadata", g_variant_builder_end (&metadata));

  return g_variant_ref_sink (g_variant_dict_end (&options));
}

static gboolean
read_metadata (ObTusHead *head, const ObTusFields *fields)
{
  g_autoptr (GHashTable) pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) list = g_strsplit (fields->metadata ? fields->metadata : "", ",", -1);

  for (guint i = 0; list[i]; i++)
    if (!take_pair (head, g_strstrip (list[i]), pairs))
      return FALSE;
  head->options = make_options (pairs);
  head->metadata = fields->metadata;

  return TRUE;
}

/* --- The whole --- */

static gboolean
read_creation (ObTusHead *head, const ObTusFields *fields)
{
  return read_deferral (head, fields) && (fields->body_bytes == 0 || check_type (head, fields))
         && read_checksum (head, fields) && read_metadata (head, fields);
}

static gboolean
read_piece (ObTusHead *head, const ObTusFields *fields)
{
  if (!check_type (head, fields))
    return FALSE;
  if (!fields->offset || !read_number (fields->offset, &head->offset))
    return refuse (head, 400, "Upload-Offset is a number of bytes");

  return read_checksum (head, fields);
}

ObTusHead
ob_tus_head_read (const char *method, const ObTusFields *fields)
{
  ObTusHead head = { .length = -1 };

  if (g_strcmp0 (fields->version, OB_TUS_VERSION) != 0)
    (void) refuse (&head, 412, "Tus-Resumable: " OB_TUS_VERSION " is spoken here");
  else if (fields->concat)
    (void) refuse (&head, 400, "Uploads are not put together here");
  else if (!read_length (&head, fields))
    return head;
  else if (g_str_equal (method, "POST"))
    (void) read_creation (&head, fields);
  else if (g_str_equal (method, "PATCH"))
    (void) read_piece (&head, fields);

  return head;
}

guint
ob_tus_head_judge_piece (const ObTusHead *head, guint64 body_bytes, gint64 size_bytes, guint64 offset,
                         const char **detail)
{
  if (head->offset != offset)
    {
      *detail = "The upload goes on at another offset; HEAD tells it";
      return 409;
    }
  if (head->length >= 0 && ((size_bytes >= 0 && size_bytes != head->length) || (guint64) head->length < offset))
    {
      *detail = "Upload-Length is another than before, or less than what has come";
      return 400;
    }
  size_bytes = size_bytes >= 0 ? size_bytes : head->length;
  if (size_bytes >= 0 && body_bytes > (guint64) size_bytes - offset)
    {
      *detail = "The body is longer than what is left of the upload";
      return 413;
    }

  return 0;
}

gboolean
ob_tus_head_is_again (const ObTusHead *head, gint64 size_bytes, guint64 offset)
{
  return head->length < 0 || (size_bytes >= 0 ? size_bytes == head->length : offset <= (guint64) head->length);
}

void
ob_tus_head_clear (ObTusHead *head)
{
  g_clear_pointer (&head->checksum, g_bytes_unref);
  g_clear_pointer (&head->options, g_variant_unref);
}
