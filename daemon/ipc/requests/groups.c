/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on groups. A sandboxed caller sees only its own. Main thread.
 */
#include "ipc/cursor.h"
#include "ipc/document.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

/* The most groups in one answer: each is counted for it, and no other caller should wait for a thousand of them. */
#define PAGE_MAX_GROUPS 250

static const ObOption list_options[] = {
  { "app", "s" }, { "cursor", "s" }, { "limit", "u" }, { "unfinished", "b" }, { NULL, NULL },
};

/* @after_app: (out) (transfer full). The strings of @filter live as long as it and @options. */
static gboolean
read_list (const ObRequest *request, GVariant *options, ObGroupsFilter *filter, char **after_app, GError **error)
{
  const char *cursor = "";

  *filter = (ObGroupsFilter){ .app = ob_request_get_own_app (request, OB_OPERATION_LOOK) };
  if (!ob_options_check (options, list_options, error))
    return FALSE;
  (void) g_variant_lookup (options, "app", "&s", &filter->uploader);
  (void) g_variant_lookup (options, "cursor", "&s", &cursor);
  (void) g_variant_lookup (options, "unfinished", "b", &filter->is_unfinished);
  if (ob_access_check_app (request->caller, filter->uploader, error)
      && ob_request_read_limit (options, &filter->limit, error)
      && ob_cursor_read_group (cursor, after_app, &filter->after_key, error))
    {
      filter->after_app = *after_app;
      filter->limit = MIN (filter->limit, PAGE_MAX_GROUPS);
      return TRUE;
    }

  return FALSE;
}

void
ob_operation_list_groups (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "filter", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GArray) groups = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *after_app = NULL;
  g_autofree char *cursor = NULL;
  ObGroupsFilter filter;
  GVariantBuilder documents;

  if (read_list (request, options, &filter, &after_app, &error))
    groups = ob_broker_list_groups (request->context->broker, &filter, &error);
  if (!groups)
    {
      ob_request_end (request, error);
      return;
    }
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < groups->len; i++)
    g_variant_builder_add_value (&documents, ob_document_group (&g_array_index (groups, ObGroupStatus, i)));
  if (groups->len == filter.limit)
    {
      const ObGroup *last = g_array_index (groups, ObGroupStatus, groups->len - 1).group;

      cursor = ob_cursor_dup_group (last->app, last->key);
    }
  ob_request_answer_page (request, "groups", g_variant_builder_end (&documents), cursor);
}

void
ob_operation_get_group (const ObRequest *request, gint value)
{
  g_auto (ObGroupStatus) group = { 0 };
  g_autoptr (GError) error = NULL;

  if (ob_broker_get_group (request->context->broker, ob_request_get_own_app (request, OB_OPERATION_LOOK),
                           ob_request_get_text (request, "key"), &group, &error))
    ob_request_answer (request, "group", ob_document_group (&group));
  else
    ob_request_end (request, error);
}

void
ob_operation_pause_groups (const ObRequest *request, gint is_paused)
{
  g_autofree const char **keys = NULL;

  (void) g_variant_lookup (request->arguments, "keys", "^a&s", &keys);
  ob_broker_pause_groups (request->context->broker, ob_request_get_own_app (request, OB_OPERATION_COMMAND), keys,
                          is_paused, ob_request_on_commanded, ob_request_dup_answer (request));
}

void
ob_operation_send_groups_now (const ObRequest *request, gint value)
{
  g_autofree const char **keys = NULL;

  (void) g_variant_lookup (request->arguments, "keys", "^a&s", &keys);
  ob_broker_send_groups_now (request->context->broker, keys, ob_request_on_commanded, ob_request_dup_answer (request));
}
