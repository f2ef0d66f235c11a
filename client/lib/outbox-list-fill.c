/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fills a list and has it follow. What the broker tells comes in the order in which it happened, answers to List included: the
 * newest document counts. On the client's thread.
 */
#include "outbox-list-private.h"

#define PAGE 500
#define REFRESH_MS 1000 /* between two that holds bring about */
#define AGAIN_MS 5000   /* after a page that did not come */

/* --- One document --- */

static void
tell_items_changed (OutboxList *self, guint position, guint n_removed, guint n_added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
  if (n_removed != n_added)
    g_object_notify (G_OBJECT (self), "n-items");
}

static void
insert (OutboxList *self, const char *id, GVariant *document)
{
  g_autoptr (OutboxUpload) upload = outbox_upload_new_for_document (document);

  outbox_items_insert (self->items, upload);
  outbox_items_mark (self->items, id, self->round);
}

static void
take_out (OutboxList *self, const char *id)
{
  guint position;

  if (!outbox_items_find (self->items, id, &position))
    return;
  outbox_items_remove (self->items, id);
  tell_items_changed (self, position, 1, 0);
}

/* Has one that is known show the document, or leave. Returns: whether it is to be inserted: it is not known, and is ours */
static gboolean
is_new (OutboxList *self, const char *id, GVariant *document)
{
  g_autoptr (OutboxUpload) upload = outbox_items_find (self->items, id, NULL);
  gboolean is_ours = *id && outbox_document_is_of (document, self->filter);

  if (!upload)
    return is_ours;
  g_object_ref (upload);
  if (is_ours)
    {
      outbox_items_mark (self->items, id, self->round);
      outbox_upload_replace (upload, document);
    }
  else
    take_out (self, id);

  return FALSE;
}

static const char *
get_id (GVariant *document)
{
  const char *id = outbox_document_get_text (document, "id");

  return id ? id : "";
}

/* --- A fill --- */

static void ask_page (OutboxList *self, const char *cursor);
static void fill_later (OutboxList *self, guint delay_ms);

static int
compare_documents (gconstpointer one, gconstpointer other)
{
  return strcmp (get_id (*(GVariant *const *) one), get_id (*(GVariant *const *) other));
}

/* Uploads that stand beside each other are told as one change. Whoever is told finds what was told so far, and nothing else. */
static void
take_page (OutboxList *self, GVariant *page)
{
  g_autoptr (GPtrArray) documents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guint begin = 0, n_added = 0;

  for (gsize i = 0; i < g_variant_n_children (page); i++)
    g_ptr_array_add (documents, g_variant_get_child_value (page, i));
  g_ptr_array_sort (documents, compare_documents);
  for (guint i = 0; i < documents->len; i++)
    {
      const char *id = get_id (documents->pdata[i]);
      guint position;
      gboolean is_known = outbox_items_find (self->items, id, &position) != NULL;

      if (n_added > 0 && (is_known || position != begin + n_added))
        {
          tell_items_changed (self, begin, 0, n_added);
          n_added = 0;
        }
      if (!is_new (self, id, documents->pdata[i]))
        continue;
      if (n_added++ == 0)
        (void) outbox_items_find (self->items, id, &begin);
      insert (self, id, documents->pdata[i]);
    }
  if (n_added > 0)
    tell_items_changed (self, begin, 0, n_added);
}

/* What the fill has not seen is gone, unless it was only about what has not arrived, which this has. */
static void
sweep (OutboxList *self)
{
  g_autoptr (GPtrArray) gone = outbox_items_list_unmarked (self->items, self->round, self->is_partial);

  for (guint i = 0; i < gone->len; i++)
    take_out (self, gone->pdata[i]);
}

/* @error: (nullable) */
static void
set_error (OutboxList *self, const GError *error)
{
  const char *message = error ? error->message : NULL;

  if (g_strcmp0 (self->error, message) == 0)
    return;
  g_free (self->error);
  self->error = g_strdup (message);
  g_object_notify (G_OBJECT (self), "error");
}

static void
set_has_all (OutboxList *self, gboolean has_all)
{
  if (self->has_all == has_all)
    return;
  self->has_all = has_all;
  g_object_notify (G_OBJECT (self), "is-filling");
}

/* Asks again for what has not arrived. */
static void
refresh (OutboxList *self)
{
  gint64 since_ms = (g_get_monotonic_time () - self->refreshed_at_us) / 1000;

  fill_later (self, (guint) CLAMP (REFRESH_MS - since_ms, 0, REFRESH_MS));
}

static void
end_fill (OutboxList *self)
{
  sweep (self);
  g_clear_object (&self->cancellable);
  set_error (self, NULL);
  set_has_all (self, TRUE);
  if (self->is_held_again)
    refresh (self);
}

/* Where the broker is gone, or its queue is closed, it is watched anew, and this begins anew with that. */
static void
fail (OutboxList *self, const GError *error)
{
  g_clear_object (&self->cancellable);
  self->follower.has_begun = FALSE;
  set_error (self, error);
  if (outbox_client_get_is_there (self->client) && !g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED)
      && !g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT))
    fill_later (self, AGAIN_MS);
}

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (OutboxList) self = g_weak_ref_get (weak);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = outbox_client_call_finish (OUTBOX_CLIENT (source), result, &error);
  g_autoptr (GVariant) page = NULL;
  const char *cursor;

  g_weak_ref_clear (weak);
  g_free (weak);
  if (!self || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (!results)
    {
      fail (self, error);
      return;
    }
  page = g_variant_get_child_value (results, 0);
  take_page (self, page);
  g_variant_get_child (results, 1, "&s", &cursor);
  /* Somebody who was told of the page may have had the list begin anew. */
  if (self->cancellable != g_task_get_cancellable (G_TASK (result)))
    return;
  if (*cursor)
    ask_page (self, cursor);
  else
    end_fill (self);
}

static void
ask_page (OutboxList *self, const char *cursor)
{
  GVariantDict filter;
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  g_variant_dict_init (&filter, self->filter);
  g_variant_dict_insert (&filter, "limit", "u", PAGE);
  if (self->is_partial)
    g_variant_dict_insert (&filter, "unfinished", "b", TRUE);
  if (*cursor)
    g_variant_dict_insert (&filter, "cursor", "s", cursor);
  outbox_client_call_async (self->client, "Uploads", "List", g_variant_new ("(@a{sv})", g_variant_dict_end (&filter)),
                            self->cancellable, on_page, weak);
}

void
outbox_list_stop_filling (OutboxList *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->source)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
fill (OutboxList *self, gboolean is_partial)
{
  outbox_list_stop_filling (self);
  self->cancellable = g_cancellable_new ();
  self->is_partial = is_partial;
  self->is_held_again = FALSE;
  if (is_partial)
    self->refreshed_at_us = g_get_monotonic_time ();
  self->round++;
  ask_page (self, "");
}

static gboolean
on_time_to_fill (gpointer user_data)
{
  OutboxList *self = user_data;

  fill (self, self->has_all);

  return G_SOURCE_REMOVE;
}

static void
fill_later (OutboxList *self, guint delay_ms)
{
  if (self->source)
    return;
  self->source = g_timeout_source_new (delay_ms);
  g_source_set_callback (self->source, on_time_to_fill, self, NULL);
  (void) g_source_attach (self->source, self->context);
}

/* --- What the client is told --- */

static void
on_begin (gpointer data)
{
  OutboxList *self = data;

  set_has_all (self, FALSE);
  fill (self, FALSE);
}

static void
on_changed (gpointer data, GVariant *document)
{
  g_autoptr (OutboxList) self = g_object_ref (data);
  const char *id = get_id (document);
  guint position;

  if (!is_new (self, id, document))
    return;
  (void) outbox_items_find (self->items, id, &position);
  insert (self, id, document);
  tell_items_changed (self, position, 0, 1);
}

static void
on_removed (gpointer data, const char *id)
{
  g_autoptr (OutboxList) self = g_object_ref (data);

  take_out (self, id);
}

static void
on_held (gpointer data)
{
  OutboxList *self = data;

  self->is_held_again = TRUE;
  if (!self->cancellable)
    refresh (self);
}

static void
on_failed (gpointer data, const GError *error)
{
  set_error (data, error);
}

/* The broker watches by all but the state: a change out of it must be told as well. */
static GVariant *
make_watch_filter (GVariant *filter)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, filter);
  (void) g_variant_dict_remove (&dict, "state");

  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

OutboxFollower
outbox_list_make_follower (OutboxList *self)
{
  return (OutboxFollower){ .filter = make_watch_filter (self->filter),
                           .begin = on_begin,
                           .changed = on_changed,
                           .removed = on_removed,
                           .held = on_held,
                           .failed = on_failed,
                           .data = self };
}
