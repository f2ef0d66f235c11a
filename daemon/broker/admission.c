/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refuses what an app may not have here, gives a new row its lane, and its history the first entry.
 */
#include "broker/admission.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/uploads.h"

/* Returns: how many bytes its metadata has, keys and values */
static guint64
count_metadata (const ObUpload *upload)
{
  guint64 bytes = 0;
  const char *key, *value;
  GVariantIter iter;

  g_variant_iter_init (&iter, upload->metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    bytes += strlen (key) + strlen (value);

  return bytes;
}

ObExcess
ob_admission_judge (const ObQuota *quota, const ObAppUse *use, guint64 size_bytes, guint64 metadata_bytes)
{
  if (quota->metadata_bytes > 0 && metadata_bytes > quota->metadata_bytes)
    return OB_EXCESS_METADATA;
  if (quota->files > 0 && use->files >= quota->files)
    return OB_EXCESS_FILES;
  if (quota->saving > 0 && use->saving >= quota->saving)
    return OB_EXCESS_SAVING;
  /* The first subtraction cannot wrap; a file of which the size is not known yet counts when it is. */
  if (quota->bytes > 0 && (use->bytes >= quota->bytes || size_bytes > quota->bytes - use->bytes))
    return OB_EXCESS_BYTES;

  return OB_EXCESS_NONE;
}

/* Errors: Quota. Returns: whether there is none */
static gboolean
allow (ObExcess excess, const ObQuota *quota, const char *app, GError **error)
{
  g_autofree char *size = NULL;

  switch (excess)
    {
    case OB_EXCESS_METADATA:
      size = g_format_size (quota->metadata_bytes);
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_QUOTA, S_ ("A file may have %s of metadata on this device"), size);
      return FALSE;
    case OB_EXCESS_FILES:
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_QUOTA,
                   S_ ("%s may have %llu files here that have not arrived: hand it over when one of them has"), app,
                   (unsigned long long) quota->files);
      return FALSE;
    case OB_EXCESS_SAVING:
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_QUOTA,
                   S_ ("%s may hand over %llu files at once: wait for one of them"), app,
                   (unsigned long long) quota->saving);
      return FALSE;
    case OB_EXCESS_BYTES:
      size = g_format_size (quota->bytes);
      g_set_error (
          error, OUTBOX_ERROR, OUTBOX_ERROR_QUOTA,
          S_ ("%s may have %s here that have not arrived, and this file would be more: hand it over when others have"),
          app, size);
      return FALSE;
    case OB_EXCESS_NONE:
    default:
      return TRUE;
    }
}

static gboolean
check_quota (ObGate *gate, ObDatabase *database, const ObUpload *upload, GError **error)
{
  const ObQuota *quota = &ob_gate_get_rules (gate)->quota;
  ObAppUse use;

  if (quota->files == 0 && quota->bytes == 0 && quota->metadata_bytes == 0 && quota->saving == 0)
    return TRUE;
  if (!ob_uploads_count_use (database, upload->app, &use, error))
    return FALSE;

  return allow (ob_admission_judge (quota, &use, upload->size_bytes, count_metadata (upload)), quota, upload->app,
                error);
}

gboolean
ob_admission_check_metadata (ObGate *gate, const ObUpload *upload, GError **error)
{
  const ObQuota *quota = &ob_gate_get_rules (gate)->quota;
  const gboolean is_excess = quota->metadata_bytes > 0 && count_metadata (upload) > quota->metadata_bytes;

  return allow (is_excess ? OB_EXCESS_METADATA : OB_EXCESS_NONE, quota, upload->app, error);
}

gboolean
ob_admission_add (ObGate *gate, ObDatabase *database, ObUpload *upload, const char *event, const char *why,
                  gint64 at_ms, GError **error)
{
  if (g_str_equal (event, "added") && !check_quota (gate, database, upload, error))
    return FALSE;
  ob_gate_admit (gate, upload);
  upload->sequence = ob_journal_append (database, at_ms, upload, event, upload->stored, upload->reason, why, error);

  return upload->sequence > 0 && ob_uploads_insert (database, upload, error);
}
