/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Follows the service: who has its name, whether it answers, which collection is for new secrets, and whether that is locked. Main
 * thread.
 */
#include "store/keyring-watch.h"

#include "base/debug.h"

#define NAME "org.freedesktop.secrets"

/* A service that did not answer is asked again after this time. */
#define AGAIN_MS (30 * 1000)

/* Each change of an item is told, and one that is told all the time must not keep this process busy. */
#define SOON_MS 50

/* In the order in which they are looked for. */
static const char *const aliases[] = { "default", "login" };

typedef struct _Look Look;

struct _ObKeyringWatch
{
  GDBusConnection *connection; /* NULL before ob_keyring_watch_attach() */
  guint name_watch;
  SecretService *service;       /* NULL: there is no session with it */
  SecretCollection *collection; /* where new secrets go, or NULL */
  ObKeyringState state;
  Look *look;         /* under way, or NULL */
  guint again_source; /* the next one, after something has changed or a silence */
  guint patience_ms;
  guint n_pending; /* looks that libsecret has not ended, those that nobody waits for any more included */
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

/* From the opening of a session to the state of the collection. */
struct _Look
{
  ObKeyringWatch *watch;
  GCancellable *cancellable;
  guint timeout;
  guint alias;
  gboolean is_over;
};

static void look (ObKeyringWatch *self);

/* --- The state --- */

static const char *
get_word (ObKeyringState state)
{
  static const char *const words[] = { [OB_KEYRING_ABSENT] = "absent",
                                       [OB_KEYRING_OPENING] = "being looked at",
                                       [OB_KEYRING_SILENT] = "silent",
                                       [OB_KEYRING_LOCKED] = "locked",
                                       [OB_KEYRING_OPEN] = "open" };

  return words[state];
}

static void
set_state (ObKeyringWatch *self, ObKeyringState state)
{
  if (self->state == state)
    return;
  ob_debug (OB_DEBUG_STORE, "keyring", "is %s", get_word (state));
  self->state = state;
  if (state != OB_KEYRING_OPENING)
    self->changed (self->user_data);
}

static void
forget_collection (ObKeyringWatch *self)
{
  if (self->collection)
    g_signal_handlers_disconnect_by_data (self->collection, self);
  g_clear_object (&self->collection);
}

static void
forget_service (ObKeyringWatch *self)
{
  forget_collection (self);
  if (self->service)
    g_signal_handlers_disconnect_by_data (self->service, self);
  g_clear_object (&self->service);
  g_clear_handle_id (&self->again_source, g_source_remove);
}

static gboolean
on_again (gpointer user_data)
{
  ObKeyringWatch *self = user_data;

  self->again_source = 0;
  look (self);

  return G_SOURCE_REMOVE;
}

/* --- A look --- */

/* Whoever waits for the look is told by the state; libsecret ends later. */
static void
end_look (Look *look)
{
  look->watch->look = NULL;
  look->is_over = TRUE;
  g_clear_handle_id (&look->timeout, g_source_remove);
}

static void
look_free (Look *look)
{
  look->watch->n_pending--;
  g_object_unref (look->cancellable);
  g_free (look);
}

static void
look_later (ObKeyringWatch *self, guint delay_ms)
{
  if (self->again_source == 0)
    self->again_source = g_timeout_add (delay_ms, on_again, self);
}

static void
conclude (ObKeyringWatch *self, ObKeyringState state)
{
  if (state == OB_KEYRING_SILENT)
    look_later (self, AGAIN_MS);
  set_state (self, state);
}

static gboolean
on_look_late (gpointer user_data)
{
  Look *look = user_data;
  ObKeyringWatch *self = look->watch;

  look->timeout = 0;
  end_look (look);
  g_cancellable_cancel (look->cancellable);
  forget_service (self);
  conclude (self, OB_KEYRING_SILENT);

  return G_SOURCE_REMOVE;
}

static void
on_something_changed (ObKeyringWatch *self)
{
  look_later (self, SOON_MS);
}

static void
on_service_signal (GDBusProxy *proxy, const char *sender, const char *signal, GVariant *parameters, gpointer user_data)
{
  on_something_changed (user_data);
}

static void
use_collection (ObKeyringWatch *self, SecretCollection *collection)
{
  forget_collection (self);
  self->collection = g_object_ref (collection);
  g_signal_connect_swapped (collection, "notify::locked", G_CALLBACK (on_something_changed), self);
  conclude (self, secret_collection_get_locked (collection) ? OB_KEYRING_LOCKED : OB_KEYRING_OPEN);
}

static void find_collection (Look *look);

static void
on_collection (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Look *look = user_data;
  ObKeyringWatch *self = look->watch;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretCollection) collection = secret_collection_for_alias_finish (result, &error);

  if (!look->is_over && !error && !collection && ++look->alias < G_N_ELEMENTS (aliases))
    {
      find_collection (look);
      return;
    }
  if (!look->is_over)
    {
      end_look (look);
      if (collection)
        use_collection (self, collection);
      else
        {
          forget_collection (self);
          conclude (self, error ? OB_KEYRING_SILENT : OB_KEYRING_ABSENT);
        }
    }
  look_free (look);
}

static void
find_collection (Look *look)
{
  secret_collection_for_alias (look->watch->service, aliases[look->alias], SECRET_COLLECTION_NONE, look->cancellable,
                               on_collection, look);
}

/* What is written on the bus in the clear, anybody who may listen to it reads. */
static gboolean
is_encrypted (SecretService *service)
{
  return g_strcmp0 (secret_service_get_session_algorithms (service), "plain") != 0;
}

static void
on_service (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Look *look = user_data;
  ObKeyringWatch *self = look->watch;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = ob_keyring_service_open_finish (result, &error);

  if (!look->is_over && service && !is_encrypted (service))
    {
      end_look (look);
      conclude (self, OB_KEYRING_ABSENT);
    }
  else if (!look->is_over && service)
    {
      self->service = g_steal_pointer (&service);
      g_signal_connect (self->service, "g-signal", G_CALLBACK (on_service_signal), self);
      find_collection (look);
      return;
    }
  else if (!look->is_over)
    {
      ob_debug (OB_DEBUG_STORE, "keyring", "no session: %s", error->message);
      end_look (look);
      conclude (self, OB_KEYRING_SILENT);
    }
  look_free (look);
}

static void
look (ObKeyringWatch *self)
{
  if (self->look)
    {
      look_later (self, SOON_MS);
      return;
    }
  self->look = g_new0 (Look, 1);
  self->look->watch = self;
  self->look->cancellable = g_cancellable_new ();
  self->look->timeout = g_timeout_add (self->patience_ms, on_look_late, self->look);
  self->n_pending++;
  if (self->service)
    find_collection (self->look);
  else
    ob_keyring_service_open (self->look->cancellable, on_service, self->look);
}

/* --- The name --- */

static void
drop_look (ObKeyringWatch *self)
{
  Look *look = self->look;

  if (!look)
    return;
  end_look (look);
  g_cancellable_cancel (look->cancellable);
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ObKeyringWatch *self = user_data;

  drop_look (self);
  forget_service (self);
  /* Another has the name than before: what that one was asked is over. */
  if (self->state != OB_KEYRING_OPENING)
    set_state (self, OB_KEYRING_ABSENT);
  set_state (self, OB_KEYRING_OPENING);
  look (self);
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ObKeyringWatch *self = user_data;

  drop_look (self);
  forget_service (self);
  set_state (self, OB_KEYRING_ABSENT);
}

void
ob_keyring_watch_start_service (ObKeyringWatch *self)
{
  if (self->name_watch > 0)
    g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                            "StartServiceByName", g_variant_new ("(su)", NAME, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                            NULL, NULL, NULL);
}

/* --- Life --- */

ObKeyringWatch *
ob_keyring_watch_new (guint patience_ms, void (*changed) (gpointer user_data), gpointer user_data)
{
  ObKeyringWatch *self = g_new0 (ObKeyringWatch, 1);

  self->patience_ms = patience_ms;
  self->changed = changed;
  self->user_data = user_data;

  return self;
}

void
ob_keyring_watch_attach (ObKeyringWatch *self, GDBusConnection *connection, gboolean is_needed)
{
  self->connection = g_object_ref (connection);
  self->state = OB_KEYRING_OPENING;
  self->name_watch
      = g_bus_watch_name_on_connection (connection, NAME,
                                        is_needed ? G_BUS_NAME_WATCHER_FLAGS_AUTO_START : G_BUS_NAME_WATCHER_FLAGS_NONE,
                                        on_name_appeared, on_name_vanished, self, NULL);
}

ObKeyringState
ob_keyring_watch_get_state (ObKeyringWatch *self)
{
  return self->state;
}

SecretService *
ob_keyring_watch_get_service (ObKeyringWatch *self)
{
  return self->service;
}

SecretCollection *
ob_keyring_watch_get_collection (ObKeyringWatch *self)
{
  return self->collection;
}

void
ob_keyring_watch_stop (ObKeyringWatch *self)
{
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  drop_look (self);
  forget_service (self);
  self->state = OB_KEYRING_ABSENT;
}

void
ob_keyring_watch_free (ObKeyringWatch *self)
{
  ob_keyring_watch_stop (self);
  /* A look that never comes back still has it. */
  if (!ob_keyring_service_wait (&self->n_pending))
    return;
  g_clear_object (&self->connection);
  g_free (self);
}
