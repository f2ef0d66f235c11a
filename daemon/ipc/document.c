/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents. Main thread, reads only.
 */
#include "ipc/document.h"

#include "base/members.h"
#include "dbus/command.h"
#include "ipc/document-answers.h"
#include "ipc/document-sign-in.h"
#include "model/origin.h"

static void
add_reasons (GVariantBuilder *builder, OutboxReasonSet reasons)
{
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (reasons & OUTBOX_REASON_BIT (i))
      g_variant_builder_add (&names, "s", outbox_reason_get_info (i)->name);
  g_variant_builder_add (builder, "{sv}", "reasons", g_variant_builder_end (&names));
}

static void
add_last_error (GVariantBuilder *builder, const ObLastError *last_error)
{
  GVariantBuilder error;

  if (last_error->at_ms == 0)
    return;
  g_variant_builder_init (&error, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&error, "code", last_error->code);
  ob_members_add_text (&error, "message", last_error->message);
  ob_members_add_time (&error, "at", last_error->at_ms);
  g_variant_builder_add (builder, "{sv}", "last_error", g_variant_builder_end (&error));
}

/* Adds the URL in the form in which it may be shown. */
static void
add_url (GVariantBuilder *builder, const char *key, const char *url)
{
  g_autofree char *shown = ob_origin_dup_shown (url);

  ob_members_add_text (builder, key, shown);
}

static void
add_urls (GVariantBuilder *builder, const char *key, GStrv urls)
{
  GVariantBuilder list;

  if (!urls)
    return;
  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *urls; urls++)
    {
      g_autofree char *shown = ob_origin_dup_shown (*urls);

      g_variant_builder_add (&list, "s", shown);
    }
  g_variant_builder_add (builder, "{sv}", key, g_variant_builder_end (&list));
}

static void
add_times (GVariantBuilder *builder, const ObUpload *upload)
{
  ob_members_add_time (builder, "created_at", upload->created_at_ms);
  ob_members_add_time (builder, "modified_at", upload->modified_at_ms);
  ob_members_add_time (builder, "saved_at", upload->saved_at_ms);
  ob_members_add_time (builder, "updated_at", upload->updated_at_ms);
  ob_members_add_time (builder, "done_at", upload->done_at_ms);
}

/* Adds the upload's progress and the bytes that went out, those on the way included. */
static void
add_bytes (GVariantBuilder *builder, const ObUpload *upload, guint64 sent_bytes)
{
  guint64 wire_bytes = upload->wire_bytes + (sent_bytes - upload->offset_bytes);

  g_variant_builder_add (builder, "{sv}", "offset", g_variant_new_uint64 (upload->offset_bytes));
  g_variant_builder_add (builder, "{sv}", "sent_bytes", g_variant_new_uint64 (sent_bytes));
  g_variant_builder_add (builder, "{sv}", "wire_bytes", g_variant_new_uint64 (wire_bytes));
  /* The name of wire_bytes in version 0.1.0. */
  g_variant_builder_add (builder, "{sv}", "bytes_sent", g_variant_new_uint64 (wire_bytes));
}

static void
add_what_the_app_said (GVariantBuilder *builder, const ObUpload *upload)
{
  ob_members_add_text (builder, "id", upload->id);
  ob_members_add_text (builder, "key", upload->key);
  ob_members_add_text (builder, "app", upload->app);
  ob_members_add_text (builder, "name", upload->name);
  ob_members_add_text (builder, "media_type", upload->media_type);
  ob_members_add_text (builder, "sha256", upload->sha256);
  ob_members_add_text (builder, "group", upload->group);
  ob_members_add_text (builder, "group_app", *upload->group_app ? upload->group_app : NULL);
  ob_members_add_text (builder, "group_title", upload->group_title);
  ob_members_add_text (builder, "destination", upload->destination);
  ob_members_add_text (builder, "rule", upload->rule);
  g_variant_builder_add (builder, "{sv}", "form", g_variant_new_boolean (upload->is_form));
  g_variant_builder_add (builder, "{sv}", "metadata", upload->metadata);
  g_variant_builder_add (builder, "{sv}", "priority", g_variant_new_int32 (upload->priority));
}

GVariant *
ob_document_upload (ObBroker *broker, const ObUpload *upload)
{
  ObStatus status = ob_broker_get_status (broker, upload);
  g_autofree char *sequence = ob_broker_dup_sequence (broker, upload->sequence);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_what_the_app_said (&builder, upload);
  ob_members_add_text (&builder, "state", outbox_state_get_info (status.state)->name);
  add_reasons (&builder, status.reasons);
  ob_members_add_time (&builder, "until", status.until_ms);
  ob_members_add_text (&builder, "sequence", sequence);
  g_variant_builder_add (&builder, "{sv}", "needs_user", g_variant_new_boolean (status.needs_user));
  g_variant_builder_add (&builder, "{sv}", "size", g_variant_new_uint64 (upload->size_bytes));
  if (status.state == OUTBOX_STATE_SAVING)
    g_variant_builder_add (&builder, "{sv}", "saved_bytes",
                           g_variant_new_uint64 ((guint64) MAX (ob_broker_get_saved_bytes (broker, upload->id), 0)));
  add_bytes (&builder, upload, ob_broker_get_sent_bytes (broker, upload));
  g_variant_builder_add (&builder, "{sv}", "attempts", g_variant_new_uint32 (upload->attempts));
  g_variant_builder_add (&builder, "{sv}", "local_copy", g_variant_new_boolean (upload->has_local_copy));
  g_variant_builder_add (&builder, "{sv}", "in_memory",
                         g_variant_new_boolean (upload->has_local_copy && ob_broker_is_in_memory (broker)));
  add_times (&builder, upload);
  add_last_error (&builder, &upload->last_error);
  ob_document_add_answers (&builder, upload);

  return g_variant_builder_end (&builder);
}

static GVariant *
header_names (GVariant *headers)
{
  GVariantBuilder names;
  GVariantIter iter;
  const char *name;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_iter_init (&iter, headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, NULL))
    g_variant_builder_add (&names, "s", name);

  return g_variant_builder_end (&names);
}

static void
add_command (GVariantBuilder *builder, const ObHold *hold, const char *key)
{
  g_autofree char *command = hold ? outbox_reason_dup_command (hold->reason, hold->scope, key ? key : "") : NULL;

  ob_members_add_text (builder, "command", command);
}

/* Returns: the hold to tell a person first */
static const ObHold *
first_of (const ObHold *holds, guint n_holds)
{
  const ObHold *first = &holds[0];

  for (guint i = 1; i < n_holds; i++)
    if (holds[i].reason < first->reason)
      first = &holds[i];

  return first;
}

GVariant *
ob_document_destination (ObBroker *broker, const ObDestination *destination)
{
  ObHold holds[3];
  guint n_holds = ob_broker_get_destination_holds (broker, destination, holds);
  GVariantBuilder builder;
  ObSignInView signing_in;
  ObStatus status = ob_status (OB_STORED_QUEUED, OUTBOX_REASON_NONE, holds, n_holds);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "name", destination->name);
  ob_members_add_text (&builder, "protocol", destination->protocol);
  add_url (&builder, "url", destination->url);
  add_url (&builder, "confirm_url", destination->confirm_url);
  add_url (&builder, "amend_url", destination->amend_url);
  add_urls (&builder, "also", destination->also);
  ob_members_add_text (&builder, "receipt",
                       destination->receipt ? outbox_rung_get_info (destination->receipt)->name : NULL);
  ob_members_add_text (&builder, "promises", outbox_rung_get_info (ob_destination_get_promise (destination))->name);
  g_variant_builder_add (&builder, "{sv}", "headers", header_names (destination->headers));
  if (ob_destination_has_sign_in (destination))
    g_variant_builder_add (&builder, "{sv}", "sign_in", destination->sign_in);
  ob_members_add_text (&builder, "secret_place", ob_broker_get_secret_place (broker, destination->name));
  if (ob_broker_look_at_sign_in (broker, destination->name, &signing_in))
    g_variant_builder_add (&builder, "{sv}", "signing_in", ob_document_signing_in (&signing_in));
  g_variant_builder_add (&builder, "{sv}", "default", g_variant_new_boolean (destination->is_default));
  g_variant_builder_add (&builder, "{sv}", "managed", g_variant_new_boolean (destination->is_managed));
  ob_members_add_text (&builder, "state",
                       status.state == OUTBOX_STATE_QUEUED ? "ready" : outbox_state_get_info (status.state)->name);
  add_reasons (&builder, status.reasons);
  ob_members_add_time (&builder, "until", status.until_ms);
  g_variant_builder_add (&builder, "{sv}", "needs_user", g_variant_new_boolean (status.needs_user));
  ob_members_add_time (&builder, "since", destination->health.since_ms);
  add_command (&builder, n_holds > 0 ? first_of (holds, n_holds) : NULL, destination->name);
  ob_members_add_text (&builder, "message", destination->health.trouble);
  g_variant_builder_add (&builder, "{sv}", "failures", g_variant_new_uint32 (destination->health.failures));

  return g_variant_builder_end (&builder);
}

GVariant *
ob_document_hold (const ObSharedHold *shared, gboolean has_help)
{
  const OutboxReasonInfo *reason = outbox_reason_get_info (shared->hold.reason);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "scope", outbox_scope_get_name (shared->hold.scope));
  ob_members_add_text (&builder, "key", shared->key);
  ob_members_add_text (&builder, "reason", reason->name);
  ob_members_add_text (&builder, "message", shared->trouble);
  ob_members_add_time (&builder, "until", shared->hold.until_ms);
  g_variant_builder_add (&builder, "{sv}", "needs_user",
                         g_variant_new_boolean (reason->needs_user || (shared->hold.flags & OB_HOLD_NEEDS_USER)));
  add_command (&builder, &shared->hold, shared->key);
  if (has_help)
    {
      ob_members_add_text (&builder, "next", reason->next);
      ob_members_add_text (&builder, "person", reason->person);
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
document_of_holds (GArray *holds, gboolean has_help)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < holds->len; i++)
    g_variant_builder_add_value (&list, ob_document_hold (&g_array_index (holds, ObSharedHold, i), has_help));

  return g_variant_builder_end (&list);
}

GVariant *
ob_document_holds (ObBroker *broker, const char *app)
{
  g_autoptr (GArray) holds = ob_broker_list_holds (broker, app);

  return document_of_holds (holds, FALSE);
}

GVariant *
ob_document_explanation (ObBroker *broker, const ObUpload *upload, gboolean is_persons)
{
  const ObRules *rules = ob_broker_get_rules (broker);
  g_autoptr (GArray) holds = ob_broker_list_holds_of (broker, upload);
  const ObRule *rule = ob_rules_find (rules, upload->rule);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "rule", ob_document_rule (rule ? rule : rules->rules->pdata[0], is_persons));
  g_variant_builder_add (&builder, "{sv}", "sent_now", g_variant_new_boolean (*upload->sent_on != '\0'));
  g_variant_builder_add (&builder, "{sv}", "holds", document_of_holds (holds, TRUE));

  return g_variant_builder_end (&builder);
}

static void
add_past_holds (GVariantBuilder *builder, const char *text)
{
  g_autoptr (GArray) holds = ob_past_holds_read (text);
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < holds->len; i++)
    {
      const ObPastHold *hold = &g_array_index (holds, ObPastHold, i);

      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      ob_members_add_text (&list, "scope", outbox_scope_get_name (hold->scope));
      ob_members_add_text (&list, "reason", outbox_reason_get_info (hold->reason)->name);
      ob_members_add_time (&list, "since", hold->since_ms);
      ob_members_add_time (&list, "until", hold->until_ms);
      g_variant_builder_close (&list);
    }
  g_variant_builder_add (builder, "{sv}", "holds", g_variant_builder_end (&list));
}

/* What a row says of its moment. Rows of version 0.1.0 do not know it, and leave it out. */
static void
add_moment (GVariantBuilder *builder, const ObJournalRow *row)
{
  gboolean is_roaming;
  const char *network = ob_conditions_read_kind (row->network, &is_roaming);

  if (!network)
    return;
  if (row->upload_id || row->attempts > 0)
    {
      g_variant_builder_add (builder, "{sv}", "attempt", g_variant_new_uint32 (row->attempts));
      g_variant_builder_add (builder, "{sv}", "offset", g_variant_new_uint64 (row->offset_bytes));
    }
  ob_members_add_text (builder, "network", network);
  g_variant_builder_add (builder, "{sv}", "roaming", g_variant_new_boolean (is_roaming));
  add_past_holds (builder, row->holds);
}

GVariant *
ob_document_journal_row (ObBroker *broker, const ObJournalRow *row)
{
  g_autofree char *sequence = ob_broker_dup_sequence (broker, row->sequence);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "sequence", sequence);
  ob_members_add_time (&builder, "at", row->at_ms);
  ob_members_add_text (&builder, "id", row->upload_id);
  ob_members_add_text (&builder, "scope", row->scope);
  ob_members_add_text (&builder, "key", row->key);
  ob_members_add_text (&builder, "event", row->event);
  ob_members_add_text (&builder, "state", row->state);
  ob_members_add_text (&builder, "reason", row->reason);
  ob_members_add_text (&builder, "message", row->message);
  g_variant_builder_add (&builder, "{sv}", "count", g_variant_new_uint32 (row->count));
  add_moment (&builder, row);

  return g_variant_builder_end (&builder);
}

static void
add_boolean (GVariantBuilder *builder, const char *name, gboolean value)
{
  g_variant_builder_add (builder, "{sv}", name, g_variant_new_boolean (value));
}

GVariant *
ob_document_conditions (const ObConditions *conditions, const ObDocumentDevice *device, gint64 now_ms)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_boolean (&builder, "available", conditions->is_network_available);
  ob_members_add_text (&builder, "connectivity", ob_connectivity_get_name (conditions->connectivity));
  ob_members_add_text (&builder, "metered", ob_metered_get_name (conditions->metered));
  add_boolean (&builder, "metered_effective", ob_conditions_is_metered (conditions));
  ob_members_add_text (&builder, "link", ob_link_get_name (conditions->link));
  add_boolean (&builder, "roaming", conditions->is_roaming);
  ob_members_add_text (&builder, "network", *conditions->network_id ? conditions->network_id : NULL);
  ob_members_add_text (&builder, "network_uuid", *conditions->network_uuid ? conditions->network_uuid : NULL);
  g_variant_builder_add (&builder, "{sv}", "metered_bytes", g_variant_new_uint64 (device->metered_bytes));
  add_boolean (&builder, "on_battery", conditions->is_on_battery);
  if (conditions->is_on_battery)
    g_variant_builder_add (&builder, "{sv}", "battery", g_variant_new_uint32 (conditions->battery_percent));
  add_boolean (&builder, "power_saver", conditions->is_power_saver);
  add_boolean (&builder, "sleeping", conditions->is_sleeping);
  add_boolean (&builder, "shutting_down", conditions->is_shutting_down);
  add_boolean (&builder, "in_memory", device->is_in_memory);
  add_boolean (&builder, "media_types", device->has_media_types);
  g_variant_builder_add (&builder, "{sv}", "unclaimed", g_variant_new_strv (device->unclaimed, -1));
  g_variant_builder_add (&builder, "{sv}", "sources", g_variant_new_strv (device->sources, -1));
  if (device->size_bytes > 0)
    {
      g_variant_builder_add (&builder, "{sv}", "disk_free", g_variant_new_uint64 (device->free_bytes));
      g_variant_builder_add (&builder, "{sv}", "disk_size", g_variant_new_uint64 (device->size_bytes));
    }
  ob_members_add_time (&builder, "now", now_ms);

  return g_variant_builder_end (&builder);
}
