/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on the rules. Main thread.
 */
#include "ipc/document.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

void
ob_operation_get_policy (const ObRequest *request, gint value)
{
  const ObRequestContext *context = request->context;

  ob_request_answer (request, "policy",
                     ob_document_policy (context->broker, context->configuration,
                                         ob_pairing_get_problem (context->pairing),
                                         ob_provision_get_problem (context->provision)));
}

void
ob_operation_set_policy (const ObRequest *request, gint value)
{
  ob_configuration_write_own (request->context->configuration, ob_request_get_text (request, "text"),
                              ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_check_policy (const ObRequest *request, gint value)
{
  g_autoptr (GError) error = NULL;

  (void) ob_configuration_check (request->context->configuration, ob_request_get_text (request, "text"), &error);
  ob_request_end (request, error);
}

void
ob_operation_explain (const ObRequest *request, gint value)
{
  gboolean is_persons = ob_access_get (request->caller, OB_OPERATION_POLICY) == OB_ACCESS_ALL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload
      = ob_request_find_upload (request, OB_OPERATION_LOOK, ob_request_get_text (request, "id"), &error);

  if (upload)
    ob_request_answer (request, "explanation", ob_document_explanation (request->context->broker, upload, is_persons));
  else
    ob_request_end (request, error);
}
