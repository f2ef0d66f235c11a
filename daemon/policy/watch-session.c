/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session's watcher. Owns logind's inhibitor, a descriptor that delays sleep and shutdown while it is open. Main
 * thread.
 */
#include "policy/watch-session.h"

#include "policy/bus-object.h"
#include "policy/inhibitor.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#define LOGIND_NAME "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_MANAGER LOGIND_NAME ".Manager"

struct _ObSessionWatcher
{
  GObject parent_instance;

  GDBusConnection *bus; /* or NULL, as are the next two */
  ObBusObject *manager;
  ObBusObject *user; /* the user of this process */
  guint subscription;
  int inhibitor;             /* -1: none */
  GCancellable *cancellable; /* of the call that asks for an inhibitor; NULL: none is under way */
  gboolean is_to_inhibit;    /* take an inhibitor as soon as nothing is about to happen */
  ObInhibitor *holder;       /* of a shutdown that would lose something; or NULL */
  char *words;               /* why; NULL: nothing would be lost */
  gboolean has_let_go;       /* the present sleep or shutdown need not wait any more */
  ObConditions now;
};

static void ob_session_watcher_watcher_init (ObWatcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObSessionWatcher, ob_session_watcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_WATCHER, ob_session_watcher_watcher_init))

/* --- The inhibitor --- */

static void
drop_inhibitor (ObSessionWatcher *self)
{
  if (self->inhibitor >= 0)
    (void) close (self->inhibitor);
  self->inhibitor = -1;
}

static void
on_inhibited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ObSessionWatcher *self = user_data;
  g_autoptr (GUnixFDList) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &list, result, &error);
  gint32 handle = -1;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (reply)
    {
      g_variant_get (reply, "(h)", &handle);
      self->inhibitor = list ? g_unix_fd_list_get (list, handle, &error) : -1;
    }
  if (self->inhibitor < 0)
    g_message ("Sleep and shutdown will not wait: %s", error ? error->message : "no descriptor");
  if (self->has_let_go)
    drop_inhibitor (self);
}

static void
inhibit (ObSessionWatcher *self)
{
  if (self->inhibitor >= 0 || self->cancellable)
    return;
  self->cancellable = g_cancellable_new ();
  g_dbus_connection_call_with_unix_fd_list (self->bus, LOGIND_NAME, LOGIND_PATH, LOGIND_MANAGER, "Inhibit",
                                            g_variant_new ("(ssss)", "sleep:shutdown", "Outbox",
                                                           "Uploads are brought to a point to go on from", "delay"),
                                            G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL,
                                            self->cancellable, on_inhibited, self);
}

static void
stop_inhibiting (ObSessionWatcher *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  drop_inhibitor (self);
}

/* --- The snapshot --- */

static gboolean
is_preparing (ObSessionWatcher *self, const char *property)
{
  gboolean is_true = FALSE;

  (void) ob_bus_object_get (self->manager, property, "b", &is_true);

  return is_true;
}

/* Returns: whether the person's last session has ended and lingering is off. */
static gboolean
is_logging_out (ObSessionWatcher *self)
{
  const char *state;

  return ob_bus_object_get (self->user, "State", "&s", &state) && g_str_equal (state, "closing");
}

static void
update_inhibitor (ObSessionWatcher *self, gboolean is_awaited)
{
  if (ob_bus_object_get_state (self->manager) != OB_BUS_OBJECT_KNOWN)
    {
      stop_inhibiting (self);
      self->has_let_go = FALSE;
      self->is_to_inhibit = TRUE;
    }
  else if (is_awaited)
    self->is_to_inhibit = TRUE;
  else if (self->is_to_inhibit)
    {
      self->has_let_go = FALSE;
      self->is_to_inhibit = FALSE;
      inhibit (self);
    }
}

static void
update (gpointer user_data)
{
  ObSessionWatcher *self = user_data;
  ObConditions conditions;

  ob_conditions_init (&conditions);
  conditions.is_sleeping = is_preparing (self, "PreparingForSleep");
  conditions.is_shutting_down = is_preparing (self, "PreparingForShutdown");
  update_inhibitor (self, conditions.is_sleeping || conditions.is_shutting_down);
  conditions.is_shutting_down |= is_logging_out (self);
  if (ob_conditions_equal (&conditions, &self->now))
    return;
  self->now = conditions;
  g_signal_emit_by_name (self, "changed");
}

/* logind does not announce changes of these properties other than by its own signals. */
static void
on_manager_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                   const char *signal, GVariant *parameters, gpointer user_data)
{
  ObSessionWatcher *self = user_data;
  gboolean begins;

  if (g_str_has_prefix (signal, "Session") || g_str_has_prefix (signal, "User"))
    ob_bus_object_refresh (self->user);
  if (!g_str_has_prefix (signal, "PrepareFor") || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &begins);
  if (g_str_equal (signal, "PrepareForSleep"))
    ob_bus_object_put (self->manager, "PreparingForSleep", g_variant_new_boolean (begins));
  else if (g_str_equal (signal, "PrepareForShutdown"))
    ob_bus_object_put (self->manager, "PreparingForShutdown", g_variant_new_boolean (begins));
  update (self);
}

static void
ob_session_watcher_read (ObWatcher *watcher, ObConditions *conditions)
{
  const ObConditions *now = &OB_SESSION_WATCHER (watcher)->now;

  conditions->is_sleeping = now->is_sleeping;
  conditions->is_shutting_down = now->is_shutting_down;
}

static void
ob_session_watcher_list_sources (ObWatcher *watcher, GStrvBuilder *sources)
{
  if (ob_bus_object_get_state (OB_SESSION_WATCHER (watcher)->manager) == OB_BUS_OBJECT_KNOWN)
    g_strv_builder_add (sources, "logind");
}

static void
ob_session_watcher_let_go (ObWatcher *watcher)
{
  ObSessionWatcher *self = OB_SESSION_WATCHER (watcher);

  if (!is_preparing (self, "PreparingForSleep") && !is_preparing (self, "PreparingForShutdown"))
    return;
  self->has_let_go = TRUE;
  drop_inhibitor (self);
}

static void
forget_bus (ObSessionWatcher *self)
{
  stop_inhibiting (self);
  if (self->subscription > 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  self->subscription = 0;
  g_clear_pointer (&self->manager, ob_bus_object_free);
  g_clear_pointer (&self->user, ob_bus_object_free);
  g_clear_pointer (&self->holder, ob_inhibitor_free);
  g_clear_object (&self->bus);
}

static void
ob_session_watcher_set_bus (ObWatcher *watcher, GDBusConnection *bus)
{
  ObSessionWatcher *self = OB_SESSION_WATCHER (watcher);

  forget_bus (self);
  if (bus)
    {
      self->bus = g_object_ref (bus);
      self->subscription
          = g_dbus_connection_signal_subscribe (bus, LOGIND_NAME, LOGIND_MANAGER, NULL, LOGIND_PATH, NULL,
                                                G_DBUS_SIGNAL_FLAGS_NONE, on_manager_signal, self, NULL);
      self->manager = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_NONE, LOGIND_NAME, LOGIND_PATH, LOGIND_MANAGER,
                                         update, self);
      self->user = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_NONE, LOGIND_NAME, LOGIND_PATH "/user/self",
                                      LOGIND_NAME ".User", update, self);
      self->holder = ob_inhibitor_new (bus, ob_inhibitor_shutdown, OB_INHIBITOR_PATIENCE_MS);
      ob_inhibitor_set_words (self->holder, self->words);
    }
  update (self);
}

void
ob_session_watcher_hold_shutdown (ObSessionWatcher *self, const char *words)
{
  g_free (self->words);
  self->words = g_strdup (words);
  if (self->holder)
    ob_inhibitor_set_words (self->holder, words);
}

static void
ob_session_watcher_finalize (GObject *object)
{
  forget_bus (OB_SESSION_WATCHER (object));
  g_free (OB_SESSION_WATCHER (object)->words);
  G_OBJECT_CLASS (ob_session_watcher_parent_class)->finalize (object);
}

static void
ob_session_watcher_watcher_init (ObWatcherInterface *iface)
{
  iface->read = ob_session_watcher_read;
  iface->set_bus = ob_session_watcher_set_bus;
  iface->list_sources = ob_session_watcher_list_sources;
  iface->let_go = ob_session_watcher_let_go;
}

static void
ob_session_watcher_class_init (ObSessionWatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_session_watcher_finalize;
}

static void
ob_session_watcher_init (ObSessionWatcher *self)
{
  self->inhibitor = -1;
  self->is_to_inhibit = TRUE;
  ob_conditions_init (&self->now);
}

ObWatcher *
ob_session_watcher_new (GDBusConnection *system_bus)
{
  ObWatcher *self = g_object_new (OB_TYPE_SESSION_WATCHER, NULL);

  ob_session_watcher_set_bus (self, system_bus);

  return self;
}
