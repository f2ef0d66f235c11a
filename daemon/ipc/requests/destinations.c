/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on destinations. Main thread.
 */
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/document.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

static const ObOption setting_options[] = {
  { "protocol", "s" }, { "url", "s" },         { "confirm_url", "s" }, { "amend_url", "s" }, { "receipt", "s" },
  { "also", "as" },    { "headers", "a{ss}" }, { "sign_in", "a{ss}" }, { "default", "b" },   { NULL, NULL },
};

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const ObDestination *const *) a)->name, (*(const ObDestination *const *) b)->name);
}

void
ob_operation_list_destinations (const ObRequest *request, gint value)
{
  ObBroker *broker = request->context->broker;
  g_autoptr (GPtrArray) destinations = g_ptr_array_new ();
  GHashTableIter iter;
  GVariantBuilder documents;
  gpointer destination;

  g_hash_table_iter_init (&iter, ob_broker_get_destinations (broker));
  while (g_hash_table_iter_next (&iter, NULL, &destination))
    g_ptr_array_add (destinations, destination);
  g_ptr_array_sort (destinations, compare_names);
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < destinations->len; i++)
    g_variant_builder_add_value (&documents, ob_document_destination (broker, destinations->pdata[i]));
  ob_request_answer (request, "destinations", g_variant_builder_end (&documents));
}

void
ob_operation_get_destination (const ObRequest *request, gint value)
{
  ObBroker *broker = request->context->broker;
  const char *name = ob_request_get_text (request, "name");
  const ObDestination *destination = g_hash_table_lookup (ob_broker_get_destinations (broker), name);
  g_autoptr (GError) error = NULL;

  if (destination)
    {
      ob_request_answer (request, "destination", ob_document_destination (broker, destination));
      return;
    }
  ob_text_set_not_found (&error, S_ ("There is no destination %s"), name);
  ob_request_end (request, error);
}

void
ob_operation_set_destination (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "settings", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) headers = NULL, sign_in = NULL;
  g_autofree const char **also = NULL;
  g_autoptr (GError) error = NULL;
  ObDestinationSettings settings = { 0 };

  if (!ob_options_check (options, setting_options, &error))
    {
      ob_request_end (request, error);
      return;
    }
  (void) g_variant_lookup (options, "protocol", "&s", &settings.protocol);
  (void) g_variant_lookup (options, "url", "&s", &settings.url);
  (void) g_variant_lookup (options, "confirm_url", "&s", &settings.confirm_url);
  (void) g_variant_lookup (options, "amend_url", "&s", &settings.amend_url);
  (void) g_variant_lookup (options, "receipt", "&s", &settings.receipt);
  (void) g_variant_lookup (options, "also", "^a&s", &also);
  settings.also = also;
  headers = g_variant_lookup_value (options, "headers", G_VARIANT_TYPE ("a{ss}"));
  settings.headers = headers;
  sign_in = g_variant_lookup_value (options, "sign_in", G_VARIANT_TYPE ("a{ss}"));
  settings.sign_in = sign_in;
  settings.sets_default = g_variant_lookup (options, "default", "b", &settings.is_default);
  ob_broker_set_destination (request->context->broker, ob_request_get_text (request, "name"), &settings,
                             ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_remove_destination (const ObRequest *request, gint value)
{
  ob_broker_remove_destination (request->context->broker, ob_request_get_text (request, "name"),
                                ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_pause_destination (const ObRequest *request, gint is_paused)
{
  ob_broker_pause_destination (request->context->broker, ob_request_get_text (request, "name"), is_paused,
                               ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_try_destination (const ObRequest *request, gint value)
{
  ob_broker_try_destination (request->context->broker, ob_request_get_text (request, "name"), ob_request_on_tried,
                             ob_request_dup_answer (request));
}

/* A name that is wrong is told before the secret is asked for. */
void
ob_operation_sign_in (const ObRequest *request, gint value)
{
  ObBroker *broker = request->context->broker;
  const char *name = ob_request_get_text (request, "name");
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (!g_hash_table_contains (ob_broker_get_destinations (broker), name))
    ob_text_set_not_found (&error, S_ ("There is no destination %s"), name);
  else if (!request->take_file)
    g_set_error_literal (&error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "secret: is missing");
  else
    fd = request->take_file (request->user_data, &error);
  if (fd < 0)
    ob_request_end (request, error);
  else
    ob_broker_read_sign_in (broker, name, fd, ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_sign_out (const ObRequest *request, gint value)
{
  ob_broker_sign_out (request->context->broker, ob_request_get_text (request, "name"), ob_request_on_commanded,
                      ob_request_dup_answer (request));
}
