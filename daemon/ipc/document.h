/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public form of what the broker knows: a{sv}, the same for every interface, as the interface XML documents it.
 */
#pragma once

#include "broker/broker.h"
#include "ipc/pairing.h"
#include "policy/conditions.h"
#include "policy/configuration.h"

G_BEGIN_DECLS

/* All return floating variants of type a{sv}, ob_document_holds() of type aa{sv}. */
GVariant *ob_document_upload (ObBroker *broker, const ObUpload *upload);
GVariant *ob_document_destination (ObBroker *broker, const ObDestination *destination);
GVariant *ob_document_app (const ObPairedApp *app, const ObAppUse *use);
/* @until_ms: when it ends, in Unix milliseconds */
GVariant *ob_document_pairing_request (const ObPairingRequest *request, gint64 until_ms);
GVariant *ob_document_trial (const ObTrialReport *report);
/* A hold for a list. @has_help: adds what Outbox does and what a person can do */
GVariant *ob_document_hold (const ObSharedHold *shared, gboolean has_help);
/* @app: (nullable): only holds that cover uploads of it */
GVariant *ob_document_holds (ObBroker *broker, const char *app);
GVariant *ob_document_policy (ObBroker *broker, ObConfiguration *configuration, const char *web_apps_problem,
                              const char *destinations_problem);
/* @is_persons: adds what only the person may see: names of networks, and the file */
GVariant *ob_document_rule (const ObRule *rule, gboolean is_persons);
/* The rule of an upload, and all that holds it. */
GVariant *ob_document_explanation (ObBroker *broker, const ObUpload *upload, gboolean is_persons);
GVariant *ob_document_journal_row (ObBroker *broker, const ObJournalRow *row);

/* What is told of the device beside its conditions. */
typedef struct
{
  const char *const *sources;   /* who the conditions come from */
  const char *const *unclaimed; /* paths, of ob_broker_list_unclaimed() */
  guint64 metered_bytes;
  guint64 free_bytes; /* of the disk with the copies; told where size_bytes is not 0 */
  guint64 size_bytes;
  gboolean is_in_memory;
  gboolean has_media_types; /* the device has a database of them */
} ObDocumentDevice;

GVariant *ob_document_conditions (const ObConditions *conditions, const ObDocumentDevice *device, gint64 now_ms);

GVariant *ob_document_group (const ObGroupStatus *group);

/* The queue in numbers, for monitoring. Errors: Storage. */
GVariant *ob_document_statistics (ObBroker *broker, GError **error);

/* Errors: Storage. */
GVariant *ob_document_summary (ObBroker *broker, GError **error);

G_END_DECLS
