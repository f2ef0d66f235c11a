/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Receipts in records. Any thread.
 */
#include "broker/kept-receipt.h"

#include "base/crash.h"
#include "base/debug.h"
#include "broker/record-file.h"
#include "store/limits.h"
#include "transfer/check.h"

#define MEMBER "receipt"

/* --- Reading --- */

/* Deleted at the server stays deleted, whatever has become of the word for it. */
static OutboxReason
read_loss (JsonObject *kept)
{
  g_autofree char *name = ob_json_dup_clean_text (kept, "lost");

  if (!json_object_has_member (kept, "lost") || json_object_get_null_member (kept, "lost"))
    return OUTBOX_REASON_NONE;

  return g_strcmp0 (name, outbox_reason_get_info (OUTBOX_REASON_NOT_ATTACHED)->name) == 0 ? OUTBOX_REASON_NOT_ATTACHED
                                                                                          : OUTBOX_REASON_GONE;
}

gboolean
ob_kept_receipt_read (JsonObject *record, ObReceipt *receipt, OutboxReason *loss)
{
  JsonNode *node = json_object_get_member (record, MEMBER);
  JsonObject *kept = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autofree char *rung = kept ? ob_json_dup_clean_text (kept, "rung") : NULL;
  g_autofree char *confirmed_by = kept ? ob_json_dup_clean_text (kept, "confirmed_by") : NULL;

  *loss = kept ? read_loss (kept) : OUTBOX_REASON_NONE;
  if (!kept)
    return !node || JSON_NODE_HOLDS_NULL (node);
  receipt->rung = outbox_rung_from_name (rung);
  if (receipt->rung == OUTBOX_RUNG_NONE || !confirmed_by || *confirmed_by == '\0'
      || !ob_json_read_number (kept, "confirmed_at", 1, OB_TIME_MAX_MS, &receipt->confirmed_at_ms))
    {
      *receipt = (ObReceipt){ 0 };
      return FALSE;
    }
  receipt->confirmed_by = g_steal_pointer (&confirmed_by);
  receipt->url = ob_json_dup_clean_text (kept, "url");
  receipt->record = ob_json_dup_clean_text (kept, "record");
  receipt->digest = ob_json_dup_clean_text (kept, "digest");

  return TRUE;
}

/* --- Writing --- */

/* A receipt, or its loss. */
typedef struct
{
  const ObReceipt *receipt; /* NULL: that of the record stays */
  const char *url;          /* where the upload is, if the receipt does not say it */
  OutboxReason loss;
} Word;

static void
set_text (JsonObject *kept, const char *name, const char *text)
{
  if (text)
    json_object_set_string_member (kept, name, text);
}

static JsonObject *
write_receipt (const Word *word)
{
  const ObReceipt *receipt = word->receipt;
  JsonObject *kept = json_object_new ();

  set_text (kept, "rung", outbox_rung_get_info (receipt->rung)->name);
  set_text (kept, "confirmed_by", receipt->confirmed_by ? receipt->confirmed_by : "nobody");
  json_object_set_int_member (kept, "confirmed_at", g_get_real_time () / 1000);
  set_text (kept, "url", receipt->url ? receipt->url : word->url);
  set_text (kept, "record", receipt->record);
  set_text (kept, "digest", receipt->digest);

  return kept;
}

static gboolean
set_receipt (JsonObject *record, gpointer data)
{
  json_object_set_object_member (record, MEMBER, write_receipt (data));

  return TRUE;
}

static gboolean
set_loss (JsonObject *record, gpointer data)
{
  const Word *word = data;
  JsonNode *node = json_object_get_member (record, MEMBER);
  JsonObject *kept
      = node && JSON_NODE_HOLDS_OBJECT (node) ? json_object_ref (json_node_get_object (node)) : json_object_new ();

  set_text (kept, "lost", outbox_reason_get_info (word->loss)->name);
  json_object_set_object_member (record, MEMBER, kept);

  return TRUE;
}

static gboolean
drop_receipt (JsonObject *record, gpointer data)
{
  gboolean has_receipt = json_object_has_member (record, MEMBER);

  if (has_receipt)
    json_object_remove_member (record, MEMBER);

  return has_receipt;
}

static void
change (const ObJob *job, ObRecordChange how, const Word *word)
{
  g_autoptr (GError) error = NULL;

  if (ob_record_file_change (job->path, how, (gpointer) word, "receipt", &error))
    ob_crash_point ("receipt-kept");
  else
    g_info ("The record of %s does not tell what its server said: %s", job->path, error->message);
}

/* --- Around an attempt --- */

static gboolean
sends (const ObJob *job)
{
  return job->path && !job->is_termination && !job->is_check && !job->is_amendment && !job->is_trial;
}

ObAttemptResult *
ob_kept_receipt_answer (ObJob *job)
{
  gboolean may_have_one = sends (job) && (job->is_again || job->asks_first || job->is_place_unknown);
  g_autoptr (JsonNode) record = may_have_one ? ob_record_file_load (job->path, NULL) : NULL;
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
  OutboxReason loss;

  if (!record || !json_object_has_member (json_node_get_object (record), MEMBER))
    return NULL;
  if (!ob_kept_receipt_read (json_node_get_object (record), &result->receipt, &loss))
    job->asks_first = TRUE;
  if (!job->was_confirmed && loss == OUTBOX_REASON_NONE && result->receipt.rung >= OUTBOX_RUNG_STORED
      && result->receipt.rung >= job->promise)
    {
      ob_debug (OB_DEBUG_RUNS, job->id, "its record has the receipt");
      result->is_done = TRUE;
      return g_steal_pointer (&result);
    }
  change (job, drop_receipt, NULL);

  return NULL;
}

void
ob_kept_receipt_note (const ObJob *job, const ObAttemptResult *result)
{
  const Word word
      = { .receipt = result->is_done ? &result->receipt : NULL,
          .url = job->resume,
          .loss = job->is_check ? ob_check_find_loss (&job->had, result, job->is_doubted) : OUTBOX_REASON_NONE };

  if (!job->keeps_copy || result->receipt.confirmed_at_ms > 0)
    return;
  if (sends (job) && result->is_done)
    change (job, set_receipt, &word);
  else if (word.loss != OUTBOX_REASON_NONE)
    change (job, set_loss, &word);
}
