/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters, and the pages that they let through. Main thread.
 */
#include "ipc/filter.h"

#include "base/text.h"
#include "dbus/error.h"
#include "ipc/cursor.h"
#include "ipc/document.h"
#include "ipc/options.h"

#define LIST_DEFAULT 100
#define LIST_MAX 1000
#define PAGE_MAX_BYTES (8 * 1024 * 1024)

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

/* What a caller asks to see, of what it may see. */
static ObFilter *
read_filter (GVariant *options, const ObOption *table, const ObCaller *caller, GError **error)
{
  g_autoptr (ObFilter) filter = g_new0 (ObFilter, 1);
  const char *state = NULL;

  if (!ob_options_check (options, table, error))
    return NULL;
  (void) g_variant_lookup (options, "group", "s", &filter->group);
  (void) g_variant_lookup (options, "group_app", "s", &filter->group_app);
  (void) g_variant_lookup (options, "app", "s", &filter->app);
  if (ob_access_get (caller, OB_OPERATION_LOOK) != OB_ACCESS_ALL)
    {
      if (filter->app && !g_str_equal (filter->app, caller->app))
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "app: %s sees its own uploads alone",
                       caller->app);
          return NULL;
        }
      g_free (filter->app);
      filter->app = g_strdup (caller->app);
    }
  (void) g_variant_lookup (options, "destination", "s", &filter->destination);
  (void) g_variant_lookup (options, "unfinished", "b", &filter->is_unfinished);
  filter->has_state = g_variant_lookup (options, "state", "&s", &state);
  if (filter->has_state && !outbox_state_from_name (state, &filter->state))
    {
      g_autofree char *shown = ob_text_dup_clean (state, -1, OB_TEXT_SHOWN_CHARS);

      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "There is no state %s", shown);
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

/* One page. Returns: the cursor. */
static char *
fill_page (ObBroker *broker, const ObFilter *filter, gint64 after, guint limit, GVariantBuilder *list, GError **error)
{
  g_autoptr (GArray) kinds = filter->has_state ? ob_broker_find_kinds (broker, filter->state, error) : NULL;
  const ObUploadsFilter stored = { .group = filter->group,
                                   .group_app = filter->group_app,
                                   .app = filter->app,
                                   .destination = filter->destination,
                                   .kinds = kinds,
                                   .is_unfinished = filter->is_unfinished };
  g_autoptr (GPtrArray) uploads = NULL;
  gsize page_bytes = 0;

  if (filter->has_state && !kinds)
    return NULL;
  uploads = ob_uploads_list (ob_broker_get_database (broker), &stored, &after, limit, error);
  if (!uploads)
    return NULL;
  for (guint i = 0; i < uploads->len; i++)
    {
      const ObUpload *upload = uploads->pdata[i];
      GVariant *document;

      if (filter->has_state && ob_broker_get_status (broker, upload).state != filter->state)
        continue;
      document = ob_document_upload (broker, upload);
      page_bytes += g_variant_get_size (document);
      g_variant_builder_add_value (list, document);
      /* A message has a size that the bus takes; the cursor leads on. */
      if (page_bytes > PAGE_MAX_BYTES && i + 1 < uploads->len)
        {
          after = upload->number;
          break;
        }
    }

  return after > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, after) : g_strdup ("");
}

static gboolean
read_page (GVariant *options, gint64 *after, guint *limit, GError **error)
{
  const char *cursor = "";

  *limit = LIST_DEFAULT;
  (void) g_variant_lookup (options, "limit", "u", limit);
  (void) g_variant_lookup (options, "cursor", "&s", &cursor);
  if (*limit < 1 || *limit > LIST_MAX)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "limit: 1 to %d", LIST_MAX);
      return FALSE;
    }

  return ob_cursor_read_upload (cursor, after, error);
}

char *
ob_filter_list (const ObFilter *filter, ObBroker *broker, GVariant *options, GVariantBuilder *list, GError **error)
{
  gint64 after;
  guint limit;

  return read_page (options, &after, &limit, error) ? fill_page (broker, filter, after, limit, list, error) : NULL;
}
