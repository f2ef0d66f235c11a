/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the broker: one Watch at the bus for the app and for all lists, which goes on over a restart. Owns the subscriptions.
 * On the client's thread.
 */
#include "outbox-watch.h"

#include "outbox-client-private.h"

#include "dbus/names.h"

/* A broker whose queue cannot be opened, such as while its disk is away, tries as often itself. */
#define WATCH_AGAIN_S 5

struct _OutboxWatch
{
  OutboxClient *client; /* borrowed */
  GDBusConnection *connection;
  GMainContext *context;
  guint subscription;
  guint name_watch;
  gboolean is_there;
  gboolean was_lost;    /* and has not come again */
  gboolean is_another;  /* since the last watch another process has answered */
  guint n_asked;        /* calls of Watch under way */
  GVariant *app_filter; /* owned; NULL: the app watches nothing */
  GVariant *filter;     /* owned: of the newest Watch; NULL: nothing is watched */
  GPtrArray *followers; /* of OutboxFollower, borrowed */
  gint64 epoch;         /* of the newest sequence, with the next */
  gint64 number;
  GSource *source; /* owned: when to try to watch again */
};

/* --- What is watched --- */

/* Remembers the newest sequence. Returns: whether its epoch is the one known so far */
static gboolean
note_sequence (OutboxWatch *self, const char *sequence)
{
  gint64 epoch, number;
  char *rest;
  gboolean is_same;

  epoch = g_ascii_strtoll (sequence, &rest, 10);
  if (*rest != '-')
    return FALSE;
  number = g_ascii_strtoll (rest + 1, NULL, 10);
  is_same = epoch == self->epoch;
  self->number = is_same ? MAX (self->number, number) : number;
  self->epoch = epoch;

  return is_same;
}

/* The broker knows one filter a connection: where several want different things, it tells everything, and each takes its own.
 * Returns: (transfer full) (nullable): the filter of all; %NULL where nobody wants to be told */
static GVariant *
decide_filter (OutboxWatch *self, GVariant *app_filter)
{
  GVariant *filter = app_filter;

  for (guint i = 0; i < self->followers->len; i++)
    {
      OutboxFollower *follower = self->followers->pdata[i];

      if (filter && !g_variant_equal (filter, follower->filter))
        return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
      filter = follower->filter;
    }

  return filter ? g_variant_ref (filter) : NULL;
}

/* A follower may end another one, or itself. @tell: says one of them what there is. */
static void
tell_followers (OutboxWatch *self, void (*tell) (OutboxFollower *follower, gconstpointer what), gconstpointer what)
{
  g_autoptr (OutboxClient) client = g_object_ref (self->client);
  g_autoptr (GPtrArray) followers = g_ptr_array_copy (self->followers, NULL, NULL);

  for (guint i = 0; i < followers->len; i++)
    if (g_ptr_array_find (self->followers, followers->pdata[i], NULL))
      tell (followers->pdata[i], what);
}

static void
tell_begin (OutboxFollower *follower, gconstpointer is_gapless)
{
  if (follower->has_begun && *(const gboolean *) is_gapless)
    return;
  follower->has_begun = TRUE;
  follower->begin (follower->data);
}

static void
tell_failed (OutboxFollower *follower, gconstpointer error)
{
  if (!follower->has_begun)
    follower->failed (follower->data, error);
}

static void watch_again (OutboxWatch *self);

static gboolean
on_time_to_watch (gpointer user_data)
{
  OutboxWatch *self = user_data;

  g_clear_pointer (&self->source, g_source_unref);
  watch_again (self);

  return G_SOURCE_REMOVE;
}

static void
forget_source (OutboxWatch *self)
{
  if (self->source)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
watch_later (OutboxWatch *self)
{
  if (self->source)
    return;
  self->source = g_timeout_source_new_seconds (WATCH_AGAIN_S);
  g_source_set_callback (self->source, on_time_to_watch, self, NULL);
  (void) g_source_attach (self->source, self->context);
}

/* Reads the answer to Watch. Another process is always announced. The same process, which had ended a silent watch, or opened its
 * queue anew, only if its past is of another epoch, which is like another broker. */
static void
take_answer (OutboxWatch *self, GVariant *results)
{
  gboolean is_gapless;
  const char *sequence;

  g_variant_get (results, "(&s)", &sequence);
  is_gapless = note_sequence (self, sequence);
  if (self->app_filter && (self->is_another || !is_gapless))
    g_signal_emit_by_name (self->client, "broker-back", is_gapless);
  self->is_another = FALSE;
  tell_followers (self, tell_begin, &is_gapless);
}

/* Returns: (transfer full) (nullable): what Watch has answered */
static GVariant *
finish_asking (OutboxWatch *self, GAsyncResult *result, GError **error)
{
  self->n_asked--;

  return outbox_client_call_finish (self->client, result, error);
}

static void
on_watched_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OutboxWatch *self = outbox_client_get_watch (OUTBOX_CLIENT (source));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = finish_asking (self, result, &error);
  gboolean is_no_broker = g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);

  if (results)
    take_answer (self, results);
  /* While the name has an owner, nothing tells when its queue is open again. If it has none, this begins anew when it is back. */
  else if (is_no_broker && self->is_there)
    watch_later (self);
  else if (!is_no_broker)
    tell_followers (self, tell_failed, error);
}

/* @filter: of Watch. */
static void
ask (OutboxWatch *self, GVariant *filter, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *after = self->epoch != 0
                               ? g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, self->epoch, self->number)
                               : g_strdup ("");
  GVariant *wanted = g_variant_ref (filter);

  g_clear_pointer (&self->filter, g_variant_unref);
  self->filter = wanted;
  self->n_asked++;
  outbox_client_call_async (self->client, "Uploads", "Watch", g_variant_new ("(@a{sv}s)", self->filter, after), NULL,
                            callback, user_data);
}

static void
watch_again (OutboxWatch *self)
{
  g_autoptr (GVariant) filter = decide_filter (self, self->app_filter);

  forget_source (self);
  if (filter)
    ask (self, filter, on_watched_again, NULL);
}

/* --- What comes --- */

/* Watch from where the broker says: the last signals were not in the order of sequences. */
static void
watch_from (OutboxWatch *self, GVariant *parameters)
{
  const char *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(s)")))
    return;
  g_variant_get (parameters, "(&s)", &sequence);
  self->number = 0;
  (void) note_sequence (self, sequence);
  watch_again (self);
}

static void
tell_changed (OutboxFollower *follower, gconstpointer document)
{
  follower->changed (follower->data, (GVariant *) document);
}

static void
take_upload (OutboxWatch *self, const char *signal, GVariant *parameters)
{
  g_autoptr (GVariant) document = NULL;
  const char *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sv})")))
    return;
  document = g_variant_get_child_value (parameters, 0);
  if (g_variant_lookup (document, "sequence", "&s", &sequence))
    (void) note_sequence (self, sequence);
  tell_followers (self, tell_changed, document);
  if (self->app_filter && outbox_document_is_of (document, self->app_filter))
    {
      g_autoptr (OutboxUpload) upload = outbox_upload_new_for_document (document);

      g_signal_emit_by_name (self->client, signal, upload);
    }
}

static void
tell_removed (OutboxFollower *follower, gconstpointer id)
{
  follower->removed (follower->data, id);
}

static void
take_removed (OutboxWatch *self, GVariant *parameters)
{
  const char *id, *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ss)")))
    return;
  g_variant_get (parameters, "(&s&s)", &id, &sequence);
  (void) note_sequence (self, sequence);
  tell_followers (self, tell_removed, id);
  if (self->app_filter)
    g_signal_emit_by_name (self->client, "removed", id);
}

static void
tell_held (OutboxFollower *follower, gconstpointer nothing)
{
  follower->held (follower->data);
}

static void
take_holds (OutboxWatch *self, GVariant *holds)
{
  tell_followers (self, tell_held, NULL);
  if (self->app_filter)
    g_signal_emit_by_name (self->client, "holds-changed", holds);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  OutboxWatch *self = user_data;
  g_autoptr (OutboxClient) client = g_object_ref (self->client);
  g_autoptr (GVariant) first = g_variant_n_children (parameters) > 0 ? g_variant_get_child_value (parameters, 0) : NULL;

  if (g_str_equal (signal, "Added"))
    take_upload (self, "added", parameters);
  else if (g_str_equal (signal, "Changed") && first)
    take_upload (self, "changed", parameters);
  else if (g_str_equal (signal, "Removed"))
    take_removed (self, parameters);
  else if (g_str_equal (signal, "WatchEnded") && self->filter)
    watch_from (self, parameters);
  else if (g_str_equal (signal, "WatchReset"))
    self->epoch = self->number = 0; /* take the next answer as of another epoch */
  else if (g_str_equal (signal, "HoldsChanged") && first && g_variant_is_of_type (first, G_VARIANT_TYPE ("aa{sv}")))
    take_holds (self, first);
  else if (g_str_equal (signal, "SummaryChanged") && first && g_variant_is_of_type (first, G_VARIANT_TYPE_VARDICT))
    g_signal_emit_by_name (client, "summary-changed", first);
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  OutboxWatch *self = user_data;
  g_autoptr (OutboxClient) client = g_object_ref (self->client);

  self->is_there = TRUE;
  self->is_another |= self->was_lost;
  self->was_lost = FALSE;
  g_object_notify (G_OBJECT (client), "is-there");
  /* Another process answers now, and knows no watchers. One that was there before this was told, has perhaps answered already. */
  if (self->is_another || (self->epoch == 0 && self->n_asked == 0))
    watch_again (self);
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  OutboxWatch *self = user_data;
  g_autoptr (OutboxClient) client = g_object_ref (self->client);
  gboolean was_there = self->is_there;

  self->is_there = FALSE;
  self->was_lost |= was_there;
  forget_source (self);
  if (!was_there)
    return;
  g_object_notify (G_OBJECT (client), "is-there");
  g_signal_emit_by_name (client, "broker-lost");
}

gboolean
outbox_watch_is_there (OutboxWatch *self)
{
  return self->is_there;
}

/* --- Who is told --- */

void
outbox_watch_follow (OutboxWatch *self, OutboxFollower *follower)
{
  follower->has_begun = FALSE;
  g_ptr_array_add (self->followers, follower);
  /* What is told from the answer on is told to this one, too. */
  watch_again (self);
}

void
outbox_watch_unfollow (OutboxWatch *self, OutboxFollower *follower)
{
  g_autoptr (GVariant) filter = NULL;

  if (!g_ptr_array_remove (self->followers, follower))
    return;
  filter = decide_filter (self, self->app_filter);
  if (filter || !self->filter)
    return;
  g_clear_pointer (&self->filter, g_variant_unref);
  forget_source (self);
  outbox_client_call_async (self->client, "Uploads", "Unwatch", NULL, NULL, NULL, NULL);
}

static void
on_watched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OutboxWatch *self = outbox_client_get_watch (OUTBOX_CLIENT (source));
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = finish_asking (self, result, &error);

  if (!results)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_clear_pointer (&self->app_filter, g_variant_unref);
  take_answer (self, results);
  self->app_filter = g_variant_ref (g_task_get_task_data (task));
  g_task_return_pointer (task, g_steal_pointer (&results), (GDestroyNotify) g_variant_unref);
}

void
outbox_client_watch_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (filter ? filter : g_variant_new ("a{sv}", NULL));
  g_autoptr (GVariant) of_all = NULL;
  OutboxWatch *watch;
  GTask *task;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), callback, user_data))
    return;
  watch = outbox_client_get_watch (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_task_data (task, g_variant_ref (owned), (GDestroyNotify) g_variant_unref);
  if (!watch)
    {
      g_task_return_error (task, outbox_client_not_connected ());
      g_object_unref (task);
      return;
    }
  of_all = decide_filter (watch, owned);
  ask (watch, of_all, on_watched, task);
}

gboolean
outbox_client_watch_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

void
outbox_client_unwatch_async (OutboxClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  OutboxWatch *watch;
  g_autoptr (GVariant) filter = NULL;
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  watch = outbox_client_get_watch (self);
  if (watch)
    {
      g_clear_pointer (&watch->app_filter, g_variant_unref);
      filter = decide_filter (watch, NULL);
    }
  /* What lists want is still watched. */
  if (!filter && watch)
    g_clear_pointer (&watch->filter, g_variant_unref);
  if (!filter)
    {
      outbox_client_call_async (self, "Uploads", "Unwatch", NULL, cancellable, callback, user_data);
      return;
    }
  watch_again (watch);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_new ("()")), (GDestroyNotify) g_variant_unref);
}

gboolean
outbox_client_unwatch_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

/* --- Life --- */

OutboxWatch *
outbox_watch_new (OutboxClient *client, GDBusConnection *connection)
{
  OutboxWatch *self = g_new0 (OutboxWatch, 1);

  self->client = client;
  self->connection = g_object_ref (connection);
  self->context = g_main_context_ref_thread_default ();
  self->followers = g_ptr_array_new ();
  self->subscription
      = g_dbus_connection_signal_subscribe (self->connection, OUTBOX_BUS_NAME, NULL, NULL, OUTBOX_OBJECT_PATH, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->name_watch = g_bus_watch_name_on_connection (self->connection, OUTBOX_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                     on_name_appeared, on_name_vanished, self, NULL);

  return self;
}

void
outbox_watch_free (OutboxWatch *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_bus_unwatch_name (self->name_watch);
  forget_source (self);
  g_clear_pointer (&self->app_filter, g_variant_unref);
  g_clear_pointer (&self->filter, g_variant_unref);
  g_ptr_array_unref (self->followers);
  g_main_context_unref (self->context);
  g_object_unref (self->connection);
  g_free (self);
}
