/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers of servers as documents. Main thread, reads only.
 */
#include "ipc/document-answers.h"

#include "base/members.h"
#include "model/origin.h"

static void
add_receipt (GVariantBuilder *builder, const ObReceipt *receipt)
{
  g_autofree char *shown = ob_origin_dup_shown (receipt->url);
  GVariantBuilder document;

  if (receipt->confirmed_at_ms == 0)
    return;
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&document, "rung", receipt->rung ? outbox_rung_get_info (receipt->rung)->name : NULL);
  ob_members_add_text (&document, "url", shown);
  ob_members_add_text (&document, "record", receipt->record);
  ob_members_add_text (&document, "digest", receipt->digest);
  ob_members_add_text (&document, "confirmed_by", receipt->confirmed_by);
  ob_members_add_time (&document, "confirmed_at", receipt->confirmed_at_ms);
  g_variant_builder_add (builder, "{sv}", "receipt", g_variant_builder_end (&document));
}

static void
add_verification (GVariantBuilder *builder, const ObVerification *verification)
{
  GVariantBuilder document;

  if (!verification->answer)
    return;
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&document, "result", verification->answer);
  ob_members_add_text (&document, "rung", verification->rung ? outbox_rung_get_info (verification->rung)->name : NULL);
  ob_members_add_text (&document, "message", verification->message);
  ob_members_add_time (&document, "at", verification->at_ms);
  g_variant_builder_add (builder, "{sv}", "verified", g_variant_builder_end (&document));
}

static void
add_update (GVariantBuilder *builder, const ObUpload *upload)
{
  GVariantBuilder document;

  if (!upload->update.result)
    return;
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&document, "result", upload->update.result);
  g_variant_builder_add (&document, "{sv}", "version", g_variant_new_uint32 (upload->amended));
  ob_members_add_text (&document, "message", upload->update.message);
  ob_members_add_time (&document, "at", upload->update.at_ms);
  g_variant_builder_add (builder, "{sv}", "amendment", g_variant_builder_end (&document));
}

void
ob_document_add_answers (GVariantBuilder *builder, const ObUpload *upload)
{
  add_receipt (builder, &upload->receipt);
  add_verification (builder, &upload->verified);
  add_update (builder, upload);
}
