/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on the whole queue. Main thread.
 */
#include "dbus/error.h"
#include "ipc/document.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

void
ob_operation_pause_queue (const ObRequest *request, gint is_paused)
{
  ob_broker_set_paused (request->context->broker, is_paused, ob_request_on_commanded, ob_request_dup_answer (request));
}

/* Reads what goes on for how long; nothing named is the whole queue. @ids: (out) (transfer container) */
static gboolean
read_resume_for (GVariant *options, ObResumeFor *what, const char ***ids, GError **error)
{
  static const ObOption table[]
      = { { "seconds", "u" }, { "ids", "as" }, { "group", "s" }, { "destination", "s" }, { NULL, NULL } };
  guint32 seconds = 0;

  if (!ob_options_check (options, table, error))
    return FALSE;
  (void) g_variant_lookup (options, "seconds", "u", &seconds);
  (void) g_variant_lookup (options, "ids", "^a&s", ids);
  (void) g_variant_lookup (options, "group", "&s", &what->group);
  (void) g_variant_lookup (options, "destination", "&s", &what->destination);
  what->ids = *ids;
  what->duration_ms = seconds * G_GINT64_CONSTANT (1000);
  if ((what->ids != NULL) + (what->group != NULL) + (what->destination != NULL) <= 1)
    return TRUE;
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "Of ids, group and destination only one");

  return FALSE;
}

void
ob_operation_resume_for (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "options", G_VARIANT_TYPE_VARDICT);
  g_autofree const char **ids = NULL;
  g_autoptr (GError) error = NULL;
  ObResumeFor what = { NULL };

  if (read_resume_for (options, &what, &ids, &error))
    ob_broker_resume_for (request->context->broker, &what, ob_request_on_commanded, ob_request_dup_answer (request));
  else
    ob_request_end (request, error);
}

void
ob_operation_allow_network (const ObRequest *request, gint value)
{
  ob_broker_allow_network (request->context->broker, ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_summarise (const ObRequest *request, gint value)
{
  g_autoptr (GError) error = NULL;
  GVariant *summary = ob_document_summary (request->context->broker, &error);

  if (summary)
    ob_request_answer (request, "summary", summary);
  else
    ob_request_end (request, error);
}

void
ob_operation_tell_statistics (const ObRequest *request, gint value)
{
  g_autoptr (GError) error = NULL;
  GVariant *statistics = ob_document_statistics (request->context->broker, &error);

  if (statistics)
    ob_request_answer (request, "statistics", statistics);
  else
    ob_request_end (request, error);
}

void
ob_operation_list_holds (const ObRequest *request, gint value)
{
  const char *own = ob_request_get_own_app (request, OB_OPERATION_LOOK);

  ob_request_answer (request, "holds", ob_document_holds (request->context->broker, own));
}

void
ob_operation_tell_conditions (const ObRequest *request, gint value)
{
  ObBroker *broker = request->context->broker;
  g_auto (GStrv) sources = ob_broker_list_sources (broker);
  g_auto (GStrv) unclaimed = ob_broker_list_unclaimed (broker);

  ObDocumentDevice device = { .sources = (const char *const *) sources,
                              .unclaimed = (const char *const *) unclaimed,
                              .metered_bytes = ob_broker_get_metered_bytes (broker),
                              .is_in_memory = ob_broker_is_in_memory (broker),
                              .has_media_types = ob_broker_has_media_types (broker) };

  if (!ob_broker_get_room (broker, &device.free_bytes, &device.size_bytes))
    device.size_bytes = 0;
  ob_request_answer (request, "conditions",
                     ob_document_conditions (ob_broker_get_conditions (broker), &device,
                                             ob_broker_get_now_ms (broker)));
}

void
ob_operation_tell_address (const ObRequest *request, gint value)
{
  const char *socket = request->context->rest_socket;
  const char *url = request->context->rest_url;
  GVariantBuilder results;

  g_variant_builder_init (&results, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&results, "{sv}", "uri", g_variant_new_string (url ? url : ""));
  g_variant_builder_add (&results, "{sv}", "socket", g_variant_new_string (socket ? socket : ""));
  request->done (g_variant_builder_end (&results), NULL, request->user_data);
}
