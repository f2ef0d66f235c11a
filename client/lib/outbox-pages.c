/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * List, page after page. On the client's thread.
 */
#include "outbox-client-private.h"

#define PAGE 500

typedef struct
{
  const char *interface;
  GObject *(*wrap) (GVariant *document);
  GVariant *filter;
  GPtrArray *objects;
  guint limit; /* G_MAXUINT: none */
} Listing;

static void
listing_free (Listing *listing)
{
  g_variant_unref (listing->filter);
  g_clear_pointer (&listing->objects, g_ptr_array_unref);
  g_free (listing);
}

static void list_page (GTask *task, const char *cursor);

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Listing *listing = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = outbox_client_call_finish (OUTBOX_CLIENT (source), result, &error);
  g_autoptr (GVariantIter) documents = NULL;
  const char *cursor;
  GVariant *document;

  if (!results)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_variant_get (results, "(aa{sv}&s)", &documents, &cursor);
  while (g_variant_iter_next (documents, "@a{sv}", &document))
    {
      g_ptr_array_add (listing->objects, listing->wrap (document));
      g_variant_unref (document);
    }
  if (*cursor && listing->objects->len < listing->limit)
    list_page (g_steal_pointer (&task), cursor);
  else
    g_task_return_pointer (task, g_steal_pointer (&listing->objects), (GDestroyNotify) g_ptr_array_unref);
}

/* Takes ownership of the task. */
static void
list_page (GTask *task, const char *cursor)
{
  Listing *listing = g_task_get_task_data (task);
  GVariantDict filter;

  g_variant_dict_init (&filter, listing->filter);
  g_variant_dict_insert (&filter, "limit", "u", MIN (PAGE, listing->limit - listing->objects->len));
  if (*cursor)
    g_variant_dict_insert (&filter, "cursor", "s", cursor);
  outbox_client_call_async (g_task_get_source_object (task), listing->interface, "List",
                            g_variant_new ("(@a{sv})", g_variant_dict_end (&filter)), g_task_get_cancellable (task),
                            on_page, task);
}

/* @filter: (nullable): consumed where it floats. */
static void
list (GTask *task, const char *interface, GObject *(*wrap) (GVariant *), GVariant *filter)
{
  Listing *listing = g_new0 (Listing, 1);

  listing->interface = interface;
  listing->wrap = wrap;
  listing->filter = g_variant_ref_sink (filter ? filter : g_variant_new ("a{sv}", NULL));
  listing->limit = G_MAXUINT;
  (void) g_variant_lookup (listing->filter, "limit", "u", &listing->limit);
  listing->objects = g_ptr_array_new_with_free_func (g_object_unref);
  g_task_set_task_data (task, listing, (GDestroyNotify) listing_free);
  list_page (task, "");
}

static GObject *
wrap_upload (GVariant *document)
{
  return G_OBJECT (outbox_upload_new_for_document (document));
}

void
outbox_client_list_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, !filter || g_variant_is_of_type (filter, G_VARIANT_TYPE_VARDICT), callback,
                             user_data))
    return;
  list (g_task_new (self, cancellable, callback, user_data), "Uploads", wrap_upload, filter);
}

GPtrArray *
outbox_client_list_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static GObject *
wrap_group (GVariant *document)
{
  return G_OBJECT (outbox_group_new_for_document (document));
}

void
outbox_client_list_groups_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, !filter || g_variant_is_of_type (filter, G_VARIANT_TYPE_VARDICT), callback,
                             user_data))
    return;
  list (g_task_new (self, cancellable, callback, user_data), "Groups", wrap_group, filter);
}

GPtrArray *
outbox_client_list_groups_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
