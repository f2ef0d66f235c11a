/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upload record and the table of its stored edges. No shared state.
 */
#include "model/upload.h"

#include "dbus/mark.h"

static const char *const stored_names[OB_N_STORED] = {
  [OB_STORED_SAVING] = "saving",         [OB_STORED_QUEUED] = "queued", [OB_STORED_UPLOADING] = "uploading",
  [OB_STORED_CONFIRMING] = "confirming", [OB_STORED_FAILED] = "failed", [OB_STORED_DONE] = "done",
};

/* Bit t of row f: f may become t. Removing is no edge: it ends the row in any state. */
static const guint edges[OB_N_STORED] = {
  /* The bytes are on the disk. */
  [OB_STORED_SAVING] = 1 << OB_STORED_QUEUED,
  /* An attempt starts; the copy is gone; nothing moved for too long. */
  [OB_STORED_QUEUED] = 1 << OB_STORED_UPLOADING | 1 << OB_STORED_FAILED,
  /* The attempt has ended early; the server has every byte; the server refuses it. */
  [OB_STORED_UPLOADING] = 1 << OB_STORED_QUEUED | 1 << OB_STORED_CONFIRMING | 1 << OB_STORED_FAILED,
  /* The server has lost it; it has confirmed it; it refuses it. */
  [OB_STORED_CONFIRMING] = 1 << OB_STORED_QUEUED | 1 << OB_STORED_DONE | 1 << OB_STORED_FAILED,
  /* A person retries: it is sent, or only asked for if the server has every byte. */
  [OB_STORED_FAILED] = 1 << OB_STORED_QUEUED | 1 << OB_STORED_CONFIRMING,
  /* It was asked for again, and the server has it no longer. */
  [OB_STORED_DONE] = 1 << OB_STORED_FAILED,
};

ObUpload *
ob_upload_new (void)
{
  ObUpload *upload = g_new0 (ObUpload, 1);

  upload->metadata = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  upload->group_app = g_strdup ("");
  upload->sent_on = g_strdup ("");

  return upload;
}

gboolean
ob_upload_is_in_group (const ObUpload *upload, const char *group_app, const char *group)
{
  return upload->group && g_str_equal (upload->group, group) && g_str_equal (upload->group_app, group_app);
}

guint
ob_upload_hash_key (gconstpointer upload)
{
  const ObUpload *self = upload;

  return g_str_hash (self->app) ^ g_str_hash (self->key);
}

gboolean
ob_upload_has_same_key (gconstpointer upload, gconstpointer other)
{
  const ObUpload *a = upload, *b = other;

  return g_str_equal (a->key, b->key) && g_str_equal (a->app, b->app);
}

void
ob_upload_set_bytes (ObUpload *upload, guint64 size_bytes, const char *sha256)
{
  char *copy = g_strdup (sha256);

  upload->size_bytes = size_bytes;
  g_free (upload->sha256);
  upload->sha256 = copy;
}

void
ob_upload_set_offset (ObUpload *upload, guint64 offset_bytes)
{
  upload->offset_bytes = offset_bytes;
  upload->wire_bytes = MAX (upload->wire_bytes, offset_bytes);
}

void
ob_receipt_clear (ObReceipt *receipt)
{
  g_clear_pointer (&receipt->url, g_free);
  g_clear_pointer (&receipt->record, g_free);
  g_clear_pointer (&receipt->digest, g_free);
  g_clear_pointer (&receipt->confirmed_by, g_free);
  receipt->confirmed_at_ms = 0;
  receipt->rung = OUTBOX_RUNG_NONE;
}

void
ob_receipt_raise (ObReceipt *receipt, OutboxRung rung)
{
  receipt->rung = MAX (receipt->rung, rung);
}

void
ob_verification_set (ObVerification *verification, const char *answer, const char *message, OutboxRung rung,
                     gint64 at_ms)
{
  g_free (verification->answer);
  g_free (verification->message);
  *verification = (ObVerification){ g_strdup (answer), g_strdup (message), rung, at_ms };
}

void
ob_update_set (ObUpdate *update, const char *result, const char *message, gint64 at_ms)
{
  char *words = g_strdup (message);

  g_free (update->result);
  g_free (update->message);
  *update = (ObUpdate){ g_strdup (result), words, at_ms };
}

gboolean
ob_update_is_asked (const ObUpdate *update)
{
  return g_strcmp0 (update->result, OB_UPDATE_ASKED) == 0;
}

void
ob_last_error_set (ObLastError *last_error, const char *code, const char *message, gint64 at_ms)
{
  g_free (last_error->code);
  g_free (last_error->message);
  last_error->code = g_strdup (code);
  last_error->message = g_strdup (message);
  last_error->at_ms = at_ms;
}

void
ob_upload_free (ObUpload *upload)
{
  g_free (upload->id);
  g_free (upload->key);
  g_free (upload->app);
  g_free (upload->name);
  g_free (upload->media_type);
  g_free (upload->sha256);
  g_free (upload->group);
  g_free (upload->group_app);
  g_free (upload->group_title);
  g_free (upload->destination);
  g_free (upload->rule);
  g_free (upload->sent_on);
  g_free (upload->server_url);
  g_free (upload->tus_metadata);
  g_variant_unref (upload->metadata);
  ob_last_error_set (&upload->last_error, NULL, NULL, 0);
  ob_receipt_clear (&upload->receipt);
  ob_verification_set (&upload->verified, NULL, NULL, OUTBOX_RUNG_NONE, 0);
  ob_update_set (&upload->update, NULL, NULL, 0);
  g_free (upload);
}

static gboolean
can_fail_by (OutboxReason reason)
{
  const OutboxReasonSet all = OUTBOX_REASON_BIT (OUTBOX_REASON_REJECTED) | OUTBOX_REASON_BIT (OUTBOX_REASON_TOO_LARGE)
                              | OUTBOX_REASON_BIT (OUTBOX_REASON_FILE_MISSING)
                              | OUTBOX_REASON_BIT (OUTBOX_REASON_FILE_CHANGED)
                              | OUTBOX_REASON_BIT (OUTBOX_REASON_NOT_ATTACHED)
                              | OUTBOX_REASON_BIT (OUTBOX_REASON_GAVE_UP) | OUTBOX_REASON_BIT (OUTBOX_REASON_GONE);

  return (OUTBOX_REASON_BIT (reason) & all) != 0;
}

static ObStored
mend_state (const ObUpload *upload, gboolean is_state_known)
{
  gboolean has_receipt = upload->receipt.confirmed_at_ms > 0 && upload->receipt.confirmed_by && upload->done_at_ms > 0;

  if (!is_state_known)
    return has_receipt ? OB_STORED_DONE : OB_STORED_QUEUED;

  return upload->stored == OB_STORED_FAILED && !can_fail_by (upload->reason) ? OB_STORED_QUEUED : upload->stored;
}

gboolean
ob_upload_mend (ObUpload *upload, gboolean is_state_known)
{
  ObStored stored = mend_state (upload, is_state_known);
  gboolean is_whole = stored == OB_STORED_CONFIRMING || stored == OB_STORED_DONE;
  gboolean is_changed = stored != upload->stored || !is_state_known;

  upload->stored = stored;
  if (upload->offset_bytes > upload->size_bytes)
    {
      upload->offset_bytes = is_whole ? upload->size_bytes : 0;
      is_changed = TRUE;
    }
  is_changed |= ob_checked_mend (&upload->checked, upload->offset_bytes, upload->size_bytes);
  if (upload->furthest_bytes > upload->size_bytes)
    {
      upload->furthest_bytes = upload->offset_bytes;
      is_changed = TRUE;
    }

  return is_changed;
}

gboolean
ob_upload_adopt_end (ObUpload *upload, OutboxRung promise, gint64 now_ms)
{
  const gboolean is_lost = upload->reason != OUTBOX_REASON_NONE;

  if (!is_lost && upload->receipt.rung < MAX (promise, OUTBOX_RUNG_STORED))
    {
      ob_receipt_clear (&upload->receipt);
      return FALSE;
    }
  upload->stored = is_lost ? OB_STORED_FAILED : OB_STORED_DONE;
  upload->is_paused = FALSE;
  ob_upload_set_offset (upload, upload->size_bytes);
  if (is_lost)
    ob_last_error_set (&upload->last_error, outbox_reason_get_info (upload->reason)->name,
                       S_ ("The server was asked again, and did not have it any more"), now_ms);
  else
    upload->done_at_ms = MIN (upload->receipt.confirmed_at_ms, now_ms);

  return TRUE;
}

gboolean
ob_priority_is_good (gint64 priority)
{
  return priority >= -OB_PRIORITY_MOST && priority <= OB_PRIORITY_MOST;
}

const char *
ob_stored_get_name (ObStored stored)
{
  g_return_val_if_fail (stored < OB_N_STORED, "failed");

  return stored_names[stored];
}

gboolean
ob_stored_can_become (ObStored from, ObStored to)
{
  g_return_val_if_fail (from < OB_N_STORED && to < OB_N_STORED, FALSE);

  return (edges[from] & 1u << to) != 0;
}
