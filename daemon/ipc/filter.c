/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters. Pure.
 */
#include "ipc/filter.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/options.h"

static const ObOption list_options[] = {
  { "state", "s" },      { "group", "s" },  { "group_app", "s" }, { "app", "s" }, { "destination", "s" },
  { "unfinished", "b" }, { "cursor", "s" }, { "limit", "u" },     { NULL, NULL },
};

static const ObOption watch_options[] = {
  { "group", "s" }, { "group_app", "s" }, { "app", "s" }, { "destination", "s" }, { NULL, NULL },
};

void
ob_filter_free (ObFilter *filter)
{
  g_free (filter->group);
  g_free (filter->group_app);
  g_free (filter->app);
  g_free (filter->destination);
  g_free (filter);
}

/* Reads what a caller asks for, limited to what it may see. */
static ObFilter *
read_filter (GVariant *options, const ObOption *table, const ObCaller *caller, GError **error)
{
  g_autoptr (ObFilter) filter = g_new0 (ObFilter, 1);
  const char *own = ob_access_get_own_app (caller, OB_OPERATION_LOOK);
  const char *state = NULL;

  if (!ob_options_check (options, table, error))
    return NULL;
  (void) g_variant_lookup (options, "group", "s", &filter->group);
  (void) g_variant_lookup (options, "group_app", "s", &filter->group_app);
  (void) g_variant_lookup (options, "app", "s", &filter->app);
  if (!ob_access_check_app (caller, filter->app, error))
    return NULL;
  if (own && !filter->app)
    filter->app = g_strdup (own);
  (void) g_variant_lookup (options, "destination", "s", &filter->destination);
  (void) g_variant_lookup (options, "unfinished", "b", &filter->is_unfinished);
  filter->has_state = g_variant_lookup (options, "state", "&s", &state);
  if (filter->has_state && !outbox_state_from_name (state, &filter->state))
    {
      g_autofree char *shown = ob_text_dup_clean (state, -1, OB_TEXT_SHOWN_CHARS);

      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("There is no state %s"), shown);
      return NULL;
    }

  return g_steal_pointer (&filter);
}

ObFilter *
ob_filter_read_list (GVariant *options, const ObCaller *caller, GError **error)
{
  return read_filter (options, list_options, caller, error);
}

ObFilter *
ob_filter_read_watch (GVariant *options, const ObCaller *caller, GError **error)
{
  return read_filter (options, watch_options, caller, error);
}

gboolean
ob_filter_matches (const ObFilter *filter, const ObUpload *upload)
{
  return (!filter->group || g_strcmp0 (filter->group, upload->group) == 0)
         && (!filter->group_app || g_str_equal (filter->group_app, upload->group_app))
         && (!filter->app || g_str_equal (filter->app, upload->app))
         && (!filter->destination || g_str_equal (filter->destination, upload->destination));
}
