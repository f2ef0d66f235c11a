/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ends of requests, and their common arguments. Main thread.
 */
#include "ipc/requests/answers.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/document.h"

#define LIST_DEFAULT 100
#define LIST_MAX 1000

/* --- The end --- */

static GVariant *
make_results (const char *name, GVariant *value)
{
  GVariantBuilder results;

  g_variant_builder_init (&results, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&results, "{sv}", name, value);

  return g_variant_builder_end (&results);
}

void
ob_request_answer (const ObRequest *request, const char *name, GVariant *value)
{
  request->done (make_results (name, value), NULL, request->user_data);
}

void
ob_request_answer_page (const ObRequest *request, const char *name, GVariant *documents, const char *cursor)
{
  GVariantBuilder results;

  g_variant_builder_init (&results, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&results, "{sv}", name, documents);
  g_variant_builder_add (&results, "{sv}", "cursor", g_variant_new_string (cursor ? cursor : ""));
  request->done (g_variant_builder_end (&results), NULL, request->user_data);
}

void
ob_request_end (const ObRequest *request, const GError *error)
{
  request->done (NULL, error, request->user_data);
}

/* For a request that is over before its command is on the disk. */
typedef struct
{
  ObRequestDone done;
  gpointer user_data;
} Answer;

gpointer
ob_request_dup_answer (const ObRequest *request)
{
  Answer *answer = g_new (Answer, 1);

  *answer = (Answer){ request->done, request->user_data };

  return answer;
}

void
ob_request_on_commanded (const GError *error, gpointer data)
{
  g_autofree Answer *answer = data;

  answer->done (NULL, error, answer->user_data);
}

void
ob_request_on_submitted (const char *id, const GError *error, gpointer data)
{
  g_autofree Answer *answer = data;

  answer->done (id ? make_results ("id", g_variant_new_string (id)) : NULL, error, answer->user_data);
}

void
ob_request_on_created (const char *id, int fd, const GError *error, gpointer data)
{
  g_autofree Answer *answer = data;
  GVariantBuilder results;

  if (!id)
    {
      answer->done (NULL, error, answer->user_data);
      return;
    }
  g_variant_builder_init (&results, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&results, "{sv}", "id", g_variant_new_string (id));
  g_variant_builder_add (&results, "{sv}", "fd", g_variant_new_handle (fd));
  answer->done (g_variant_builder_end (&results), NULL, answer->user_data);
}

void
ob_request_on_tried (const ObTrialReport *report, const GError *error, gpointer data)
{
  g_autofree Answer *answer = data;

  answer->done (report ? make_results ("report", ob_document_trial (report)) : NULL, error, answer->user_data);
}

/* --- Arguments --- */

const char *
ob_request_get_text (const ObRequest *request, const char *name)
{
  const char *text = "";

  (void) g_variant_lookup (request->arguments, name, "&s", &text);

  return text;
}

const char *
ob_request_get_own_app (const ObRequest *request, ObOperation operation)
{
  return ob_access_get_own_app (request->caller, operation);
}

ObUpload *
ob_request_find_upload (const ObRequest *request, ObOperation operation, const char *id, GError **error)
{
  const char *own = ob_request_get_own_app (request, operation);
  g_autoptr (ObUpload) upload = ob_broker_get (request->context->broker, id, error);

  if (!upload || !own || g_str_equal (upload->app, own))
    return g_steal_pointer (&upload);
  ob_text_set_not_found (error, S_ ("There is no upload %s"), id);

  return NULL;
}

gboolean
ob_request_read_limit (GVariant *options, guint *limit, GError **error)
{
  *limit = LIST_DEFAULT;
  (void) g_variant_lookup (options, "limit", "u", limit);
  if (*limit >= 1 && *limit <= LIST_MAX)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "limit: 1 to %d", LIST_MAX);

  return FALSE;
}
