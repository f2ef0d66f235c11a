/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks what an app says of its file, and makes an upload of it. Main thread.
 */
#include "broker/submission.h"

#include "base/identity.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#define NAME_MAX_BYTES 255
#define ENDING_MAX_BYTES 16
#define TEXT_MAX_BYTES 4096
#define METADATA_MAX_BYTES (8 * 1024)
#define METADATA_MAX_PAIRS 64
#define METADATA_SHOWN_CHARS 40
#define NOT_BEFORE_MOST_MS (G_GINT64_CONSTANT (100) * 366 * 24 * 3600 * 1000)

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s", what);

  return FALSE;
}

static gboolean
is_short (const char *text)
{
  return !text || strlen (text) <= TEXT_MAX_BYTES;
}

/* Keys and groups are compared, so they are refused instead of repaired: a repair could make two of them equal. */
static gboolean
is_comparable (const char *text)
{
  return !text || ob_text_is_clean (text);
}

/* type/subtype and parameters, as they go into a header (RFC 9110 section 8.3). */
static gboolean
is_media_type (const char *text)
{
  const char *slash = strchr (text, '/');

  for (const char *next = text; *next; next++)
    if (!g_ascii_isprint (*next))
      return FALSE;

  return slash && slash > text && g_ascii_isalnum (slash[1]) && strcspn (text, " ;,") > (gsize) (slash - text);
}

/* tus carries keys of printable ASCII without space and comma (tus 1.0, Upload-Metadata). Five are Outbox's own. */
static const char *
find_fault_of_key (const char *key)
{
  static const char *const own[] = { "filename", "filetype", "outbox_id", "outbox_group", "outbox_modified_at", NULL };

  if (*key == '\0')
    return S_ ("a key must not be empty");
  if (g_strv_contains (own, key))
    return S_ ("this key is Outbox's own");
  for (const char *next = key; *next; next++)
    if (!g_ascii_isgraph (*next) || *next == ',')
      return S_ ("a key is printable ASCII without blanks and commas");

  return NULL;
}

static gboolean
check_metadata (GVariant *metadata, GError **error)
{
  gsize size_bytes = 0;
  const char *key, *value;
  GVariantIter iter;

  if (g_variant_n_children (metadata) > METADATA_MAX_PAIRS)
    return refuse (error, S_ ("metadata: at most 64 pairs"));
  g_variant_iter_init (&iter, metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      const char *fault = find_fault_of_key (key);
      g_autofree char *clean = ob_text_dup_clean_lines (value);

      size_bytes += strlen (key) + strlen (clean);
      if (!fault && size_bytes > METADATA_MAX_BYTES)
        fault = S_ ("with it the metadata is larger than 8 KiB in all");
      if (fault)
        {
          g_autofree char *shown = ob_text_dup_clean (key, -1, METADATA_SHOWN_CHARS);

          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "metadata \"%s\": %s", shown, fault);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
ob_submission_check (const ObSubmission *submission, gint64 now_ms, GError **error)
{
  const char *name = submission->name;

  if (name
      && (*name == '\0' || strlen (name) > NAME_MAX_BYTES || strchr (name, '/') || g_str_equal (name, ".")
          || g_str_equal (name, "..")))
    return refuse (error, S_ ("name: 1 to 255 bytes, without a slash, and a name"));
  if (submission->key && *submission->key == '\0')
    return refuse (error, S_ ("key: must not be empty"));
  if (submission->group && *submission->group == '\0')
    return refuse (error, S_ ("group: must not be empty"));
  if (!is_short (submission->key) || !is_short (submission->group) || !is_short (submission->group_title)
      || !is_short (submission->media_type))
    return refuse (error, S_ ("key, group, group_title and media_type: at most 4096 bytes each"));
  if (submission->sha256 && !ob_text_is_sha256 (submission->sha256))
    return refuse (error, S_ ("sha256: 64 hexadecimal digits"));
  if (!is_comparable (submission->key) || !is_comparable (submission->group))
    return refuse (error, S_ ("key and group: no control characters"));
  if (submission->media_type && !is_media_type (submission->media_type))
    return refuse (error, S_ ("media_type: like image/jpeg"));
  if (submission->metadata && !check_metadata (submission->metadata, error))
    return FALSE;
  if (!ob_priority_is_good (submission->priority))
    return refuse (error, "priority: " OB_PRIORITY_WORDS);
  if (submission->not_before_ms < 0 || submission->not_before_ms > now_ms + NOT_BEFORE_MOST_MS)
    return refuse (error, S_ ("not_before: Unix milliseconds, at most a hundred years from now"));

  return TRUE;
}

/* Cuts a long name in the middle, so that its ending still tells the kind of file. */
static char *
shorten_name (const char *name)
{
  gsize length = strlen (name);
  const char *dot = strrchr (name, '.');
  gsize ending = dot && strlen (dot) <= ENDING_MAX_BYTES ? strlen (dot) : 0;
  const char *end = name + NAME_MAX_BYTES - ending;

  if (length <= NAME_MAX_BYTES)
    return g_strdup (name);
  while ((*end & 0xc0) == 0x80)
    end--;

  return g_strdup_printf ("%.*s%s", (int) (end - name), name, name + length - ending);
}

/* On a disk a name may be any bytes. Bytes that are not UTF-8 become U+FFFD, as GLib shows them to people. The broker's own files have
 * names that tell nobody anything: @fd is -1 for them. */
static char *
name_of_descriptor (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *target = g_file_read_link (link, NULL);
  g_autofree char *name = target && *target == '/' ? g_path_get_basename (target) : NULL;
  g_autofree char *shown = name && !g_str_has_suffix (name, " (deleted)") ? ob_text_dup_clean (name, -1, 0) : NULL;

  return shown ? shorten_name (shown) : g_strdup ("file");
}

/* U+FFFD takes three bytes. */
char *
ob_submission_dup_name (const char *name)
{
  g_autofree char *clean = ob_text_dup_clean (name, -1, 0);

  return shorten_name (clean);
}

GVariant *
ob_submission_clean_metadata (GVariant *metadata)
{
  GVariantBuilder builder;
  const char *key, *value;
  GVariantIter iter;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      g_autofree char *clean = ob_text_dup_clean_lines (value);

      g_variant_builder_add (&builder, "{ss}", key, clean);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Reads when the app says the picture was taken, since a copy may have lost the file's own time. Returns: Unix
 * milliseconds; 0 if it does not say, or in an unknown form */
static gint64
find_captured_at (GVariant *metadata)
{
  const char *text = NULL;

  return metadata && g_variant_lookup (metadata, "captured_at", "&s", &text) ? ob_text_read_time (text) : 0;
}

ObUpload *
ob_submission_make_upload (const ObSubmission *submission, const char *destination, int fd, gint64 now_ms)
{
  ObUpload *upload = ob_upload_new ();

  upload->created_at_ms = upload->updated_at_ms = now_ms;
  upload->id = ob_id_new (upload->created_at_ms);
  upload->app = g_strdup (submission->app);
  upload->key = g_strdup (submission->key);
  upload->name = submission->name ? ob_submission_dup_name (submission->name)
                                  : name_of_descriptor (submission->writer ? -1 : fd);
  upload->media_type = g_strdup (submission->media_type);
  upload->group = g_strdup (submission->group);
  g_free (upload->group_app);
  upload->group_app = g_strdup (submission->group && submission->group_app ? submission->group_app : "");
  upload->group_title = submission->group_title ? ob_text_dup_clean (submission->group_title, -1, 0) : NULL;
  upload->destination = g_strdup (destination);
  upload->priority = submission->priority;
  upload->is_form = submission->is_form;
  upload->is_moved = submission->is_moved;
  upload->tus_metadata = g_strdup (submission->tus_metadata);
  upload->modified_at_ms = find_captured_at (submission->metadata);
  upload->not_before_ms = submission->not_before_ms > upload->created_at_ms ? submission->not_before_ms : 0;
  if (submission->metadata)
    {
      g_variant_unref (upload->metadata);
      upload->metadata = ob_submission_clean_metadata (submission->metadata);
    }

  return upload;
}
