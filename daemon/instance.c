/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the name, the data folder and the service. Main thread, except the filter, which GDBus calls on its own thread; the
 * lock guards what both use.
 */
#include "instance.h"

#include "dbus/error.h"
#include "dbus/names.h"
#include "service.h"

#define RETRY_AFTER_S 5

/* A call waits so long for a service that is being replaced. */
#define EXCHANGE_MOST_US (5 * G_USEC_PER_SEC)

/* An outboxd that ends gives up its name first and the data folder last. Less than a call waits. */
#define ENDING_MOST_US (3 * G_USEC_PER_SEC)
#define ENDING_RETRY_MS 50

struct _ObInstance
{
  char *data_folder;
  GDBusConnection *connection; /* NULL before there is a bus */
  GCancellable *cancellable;   /* of the connecting to the bus */
  ObHome *home;                /* NULL if the last start failed before it */
  GPtrArray *left;             /* of ObHome: earlier folders at the path; the next queue takes over what is in them */
  ObService *service;          /* NULL: see the reason */
  guint name;
  guint filter;
  guint retry_source;
  guint exchange_source;
  guint n_damages;
  gint64 locked_since_us; /* monotonic time since which another outboxd has the data folder; 0: none has */
  gboolean has_name;
  void (*on_end) (gpointer user_data);
  gpointer user_data;

  GMutex lock; /* guards the following */
  GCond exchanged;
  char *reason; /* why there is no service; NULL: there is one */
  gboolean is_exchanging;
};

static void start_service (ObInstance *instance);
static void try_again_later (ObInstance *instance);
static void exchange_soon (ObInstance *instance);

/* --- Without a service --- */

/* Returns: (transfer full) (nullable): the error for a call; %NULL lets it through */
static char *
dup_reason (ObInstance *instance)
{
  gint64 until_us = g_get_monotonic_time () + EXCHANGE_MOST_US;
  char *reason;

  g_mutex_lock (&instance->lock);
  while (instance->is_exchanging && g_cond_wait_until (&instance->exchanged, &instance->lock, until_us))
    ;
  reason = g_strdup (instance->reason);
  g_mutex_unlock (&instance->lock);

  return reason;
}

static gboolean
is_for_us (GDBusMessage *message)
{
  return g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL
         && g_strcmp0 (g_dbus_message_get_path (message), OUTBOX_OBJECT_PATH) == 0
         && g_strcmp0 (g_dbus_message_get_interface (message), "org.freedesktop.DBus.Peer") != 0;
}

/* On GDBus's thread. A call that no object answers would fail with "no such method", which tells a person nothing. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  g_autofree char *reason = NULL;
  g_autoptr (GDBusMessage) reply = NULL;
  g_autofree char *name = NULL;

  if (!is_incoming || !is_for_us (message) || !(reason = dup_reason (user_data)))
    return message;
  if (!(g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED))
    {
      name = g_strconcat (OUTBOX_ERROR_PREFIX, outbox_error_get_name (OUTBOX_ERROR_NO_BROKER), NULL);
      reply = g_dbus_message_new_method_error_literal (message, name, reason);
      (void) g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
    }
  g_object_unref (message);

  return NULL;
}

static void
set_reason (ObInstance *instance, const char *reason)
{
  gboolean is_news;

  g_mutex_lock (&instance->lock);
  is_news = g_strcmp0 (instance->reason, reason) != 0;
  if (is_news)
    {
      g_free (instance->reason);
      instance->reason = g_strdup (reason);
    }
  instance->is_exchanging = FALSE;
  g_cond_broadcast (&instance->exchanged);
  g_mutex_unlock (&instance->lock);
  if (is_news && reason)
    g_warning ("Outbox cannot start yet: %s", reason);
}

static void
begin_exchange (ObInstance *instance)
{
  g_mutex_lock (&instance->lock);
  instance->is_exchanging = TRUE;
  g_mutex_unlock (&instance->lock);
}

/* Returns: whether another service could do what the present one cannot: write, or take over files that programs have
 * closed by now in folders that the path led to before. */
static gboolean
is_exchange_due (ObInstance *instance)
{
  gboolean is_due = FALSE;

  if (ob_service_is_only_read (instance->service))
    return ob_home_can_be_written (instance->home);
  for (guint i = 0; i < instance->left->len; i++)
    is_due |= !ob_home_has_recordings_in_use (instance->left->pdata[i]);

  return is_due;
}

static gboolean
is_complete (ObInstance *instance)
{
  return instance->service && !ob_service_is_only_read (instance->service) && instance->left->len == 0;
}

static gboolean
on_retry (gpointer user_data)
{
  ObInstance *instance = user_data;

  instance->retry_source = 0;
  if (!instance->service)
    start_service (instance);
  else if (is_exchange_due (instance))
    exchange_soon (instance);
  else if (!is_complete (instance))
    try_again_later (instance);

  return G_SOURCE_REMOVE;
}

static void
try_again_later (ObInstance *instance)
{
  if (instance->retry_source == 0)
    instance->retry_source = g_timeout_add_seconds (RETRY_AFTER_S, on_retry, instance);
}

/* Returns: whether the start failed by another outboxd that may be ending, so that it is tried again at once. A restart, or a
 * call that starts one while the last is on its way out, must not be told that there is another. */
static gboolean
awaits_end_of_another (ObInstance *instance, const GError *error)
{
  gint64 now_us = g_get_monotonic_time ();

  if (!g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE))
    {
      instance->locked_since_us = 0;
      return FALSE;
    }
  if (instance->locked_since_us == 0)
    instance->locked_since_us = now_us;
  if (now_us - instance->locked_since_us >= ENDING_MOST_US)
    return FALSE;
  begin_exchange (instance);
  if (instance->retry_source == 0)
    instance->retry_source = g_timeout_add (ENDING_RETRY_MS, on_retry, instance);

  return TRUE;
}

/* --- One service for another --- */

/* Keep its home, since its files may still be taken over. Subscribers wait for the next service. */
static void
end_service (ObInstance *instance)
{
  begin_exchange (instance);
  if (instance->service)
    ob_service_end_watches (instance->service);
  g_clear_pointer (&instance->service, ob_service_free);
}

static gboolean
on_exchange (gpointer user_data)
{
  ObInstance *instance = user_data;

  instance->exchange_source = 0;
  end_service (instance);
  if (instance->home && !ob_home_is_there (instance->home))
    g_ptr_array_add (instance->left, g_steal_pointer (&instance->home));
  start_service (instance);

  return G_SOURCE_REMOVE;
}

/* From the main loop: whoever tells of the cause is in the middle of something. */
static void
exchange_soon (ObInstance *instance)
{
  if (instance->exchange_source == 0)
    instance->exchange_source = g_idle_add (on_exchange, instance);
}

static void
on_moved (gpointer user_data)
{
  ObInstance *instance = user_data;

  g_message ("%s is another folder now, or lacks what was in it; its queue is taken up", instance->data_folder);
  exchange_soon (instance);
}

/* Rebuild the database once; a disk that damages it again needs a person. */
static void
on_damaged (gpointer user_data)
{
  ObInstance *instance = user_data;

  if (instance->n_damages++ == 0)
    exchange_soon (instance);
  else
    instance->on_end (instance->user_data);
}

/* Returns: (transfer full) (nullable): a folder that the path leads to again, such as by a link that was set anew. It is still
 * locked by us. */
static ObHome *
take_back (ObInstance *instance)
{
  for (guint i = 0; i < instance->left->len; i++)
    if (ob_home_is_there (instance->left->pdata[i]))
      return g_ptr_array_steal_index (instance->left, i);

  return NULL;
}

static gboolean
open_home (ObInstance *instance, GError **error)
{
  if (instance->home && ob_home_is_there (instance->home))
    return TRUE;
  g_clear_pointer (&instance->home, ob_home_free);
  instance->home = take_back (instance);
  if (!instance->home)
    instance->home = ob_home_open (instance->data_folder, error);
  if (instance->home)
    ob_home_watch (instance->home, on_moved, instance);

  return instance->home != NULL;
}

/* Returns: (transfer container) (element-type ObHome): those where a program still writes a file that it was given. */
static GPtrArray *
list_in_use (ObInstance *instance)
{
  GPtrArray *in_use = g_ptr_array_new ();

  for (guint i = 0; i < instance->left->len; i++)
    if (ob_home_has_recordings_in_use (instance->left->pdata[i]))
      g_ptr_array_add (in_use, instance->left->pdata[i]);

  return in_use;
}

/* @in_use: as it was before the service took over the rest: a file that is closed meanwhile is for the next. */
static void
drop_left (ObInstance *instance, GPtrArray *in_use)
{
  for (guint i = instance->left->len; i > 0; i--)
    if (!g_ptr_array_find (in_use, instance->left->pdata[i - 1], NULL))
      (void) g_ptr_array_remove_index (instance->left, i - 1);
}

static void
start_service (ObInstance *instance)
{
  g_autoptr (GPtrArray) in_use = list_in_use (instance);
  g_autoptr (GError) error = NULL;

  if (open_home (instance, &error))
    instance->service
        = ob_service_new (instance->home, instance->left, instance->connection, on_damaged, instance, &error);
  if (awaits_end_of_another (instance, error))
    return;
  set_reason (instance, instance->service ? NULL : error->message);
  if (instance->service && !ob_service_is_only_read (instance->service))
    drop_left (instance, in_use);
  if (!is_complete (instance))
    try_again_later (instance);
  if (instance->service && instance->has_name)
    ob_service_start (instance->service);
}

/* --- The bus --- */

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ObInstance *instance = user_data;

  g_message ("Ready at %s", name);
  instance->has_name = TRUE;
  if (instance->service)
    ob_service_start (instance->service);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ObInstance *instance = user_data;

  if (connection && !g_dbus_connection_is_closed (connection))
    g_warning ("The name %s is taken by another", name);
  else
    g_warning ("The session bus is gone");
  instance->on_end (instance->user_data);
}

static void
clear (gpointer data)
{
  ObInstance *instance = data;

  g_mutex_clear (&instance->lock);
  g_cond_clear (&instance->exchanged);
  g_free (instance->reason);
}

/* The filter holds a reference, since it may run when the rest is gone. */
static void
unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, &error);
  ObInstance *instance;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  instance = user_data;
  if (!connection)
    {
      g_warning ("There is no session bus: %s", error->message);
      instance->on_end (instance->user_data);
      return;
    }
  instance->connection = g_steal_pointer (&connection);
  instance->filter
      = g_dbus_connection_add_filter (instance->connection, on_message, g_atomic_rc_box_acquire (instance), unref);
  /* Export the objects before owning the name, so that nobody finds the name without them. */
  start_service (instance);
  instance->name
      = g_bus_own_name_on_connection (instance->connection, OUTBOX_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                      on_name_acquired, on_name_lost, instance, NULL);
}

ObInstance *
ob_instance_new (const char *data_folder, void (*on_end) (gpointer user_data), gpointer user_data)
{
  ObInstance *instance = g_atomic_rc_box_new0 (ObInstance);

  instance->data_folder = g_strdup (data_folder);
  instance->left = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_home_free);
  instance->on_end = on_end;
  instance->user_data = user_data;
  instance->cancellable = g_cancellable_new ();
  g_mutex_init (&instance->lock);
  g_cond_init (&instance->exchanged);
  g_bus_get (G_BUS_TYPE_SESSION, instance->cancellable, on_connected, instance);

  return instance;
}

void
ob_instance_free (ObInstance *instance)
{
  g_cancellable_cancel (instance->cancellable);
  g_clear_handle_id (&instance->retry_source, g_source_remove);
  g_clear_handle_id (&instance->name, g_bus_unown_name);
  g_clear_pointer (&instance->service, ob_service_free);
  g_clear_handle_id (&instance->exchange_source, g_source_remove);
  if (instance->filter != 0)
    g_dbus_connection_remove_filter (instance->connection, instance->filter);
  g_clear_object (&instance->connection);
  g_clear_pointer (&instance->home, ob_home_free);
  g_ptr_array_unref (instance->left);
  g_clear_object (&instance->cancellable);
  g_free (instance->data_folder);
  set_reason (instance, NULL);
  unref (instance);
}
