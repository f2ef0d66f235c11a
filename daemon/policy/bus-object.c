/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of a bus object. GDBusProxy is not used: it takes a slow service for one without properties, and does not
 * notice the end of the bus. Main thread.
 */
#include "policy/bus-object.h"

#include "base/debug.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"

struct _ObBusObject
{
  GDBusConnection *bus;
  char *name;
  char *path;
  char *interface;
  ObBusObjectState state;
  GHashTable *properties; /* name → GVariant */
  char *owner;            /* of the bus name; NULL: it has none */
  guint watch;
  guint subscription;
  GCancellable *cancellable; /* cancels all calls to this owner */
  void (*on_changed) (gpointer user_data);
  gpointer user_data;
};

/* --- What the owner says. Each of these tells the watcher last, since it may free the object. --- */

static void
on_properties_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ObBusObject *object = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariantIter) iter = NULL;
  const char *name;
  GVariant *value;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_hash_table_remove_all (object->properties);
  object->state = reply ? OB_BUS_OBJECT_KNOWN : OB_BUS_OBJECT_ABSENT;
  if (reply)
    g_variant_get (reply, "(a{sv})", &iter);
  else
    ob_debug (OB_DEBUG_GATE, NULL, "%s says nothing of %s: %s", object->name, object->path, error->message);
  while (iter && g_variant_iter_next (iter, "{&sv}", &name, &value))
    g_hash_table_replace (object->properties, g_strdup (name), value);
  object->on_changed (object->user_data);
}

void
ob_bus_object_refresh (ObBusObject *object)
{
  if (!object->owner)
    return;
  /* No time limit: a service that is stopped for a while may answer later. */
  g_dbus_connection_call (object->bus, object->owner, object->path, PROPERTIES, "GetAll",
                          g_variant_new ("(s)", object->interface), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, object->cancellable, on_properties_got, object);
}

static void
on_properties_changed (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                       const char *signal, GVariant *parameters, gpointer user_data)
{
  ObBusObject *object = user_data;
  g_autoptr (GVariantIter) changed = NULL;
  g_autofree const char **invalidated = NULL;
  const char *name;
  GVariant *value;

  /* The answer that is under way will have this change in it. */
  if (object->state == OB_BUS_OBJECT_WAITING || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (parameters, "(&sa{sv}^a&s)", NULL, &changed, &invalidated);
  if (object->state == OB_BUS_OBJECT_ABSENT)
    {
      ob_bus_object_refresh (object);
      return;
    }
  while (g_variant_iter_next (changed, "{&sv}", &name, &value))
    g_hash_table_replace (object->properties, g_strdup (name), value);
  for (guint i = 0; invalidated[i]; i++)
    (void) g_hash_table_remove (object->properties, invalidated[i]);
  if (invalidated[0])
    ob_bus_object_refresh (object);
  object->on_changed (object->user_data);
}

/* --- Who owns the name --- */

static void
forget_owner (ObBusObject *object)
{
  if (object->subscription > 0)
    g_dbus_connection_signal_unsubscribe (object->bus, object->subscription);
  object->subscription = 0;
  if (object->cancellable)
    g_cancellable_cancel (object->cancellable);
  g_clear_object (&object->cancellable);
  g_clear_pointer (&object->owner, g_free);
  g_hash_table_remove_all (object->properties);
}

static void
on_name_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  ObBusObject *object = user_data;

  forget_owner (object);
  object->state = OB_BUS_OBJECT_WAITING;
  object->owner = g_strdup (owner);
  object->cancellable = g_cancellable_new ();
  object->subscription = g_dbus_connection_signal_subscribe (object->bus, owner, PROPERTIES, "PropertiesChanged",
                                                             object->path, object->interface, G_DBUS_SIGNAL_FLAGS_NONE,
                                                             on_properties_changed, object, NULL);
  ob_bus_object_refresh (object);
}

static void
on_name_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ObBusObject *object = user_data;

  forget_owner (object);
  object->state = OB_BUS_OBJECT_ABSENT;
  object->on_changed (object->user_data);
}

ObBusObject *
ob_bus_object_new (GDBusConnection *bus, GBusNameWatcherFlags flags, const char *name, const char *path,
                   const char *interface, void (*on_changed) (gpointer user_data), gpointer user_data)
{
  ObBusObject *object = g_new0 (ObBusObject, 1);

  object->bus = g_object_ref (bus);
  object->name = g_strdup (name);
  object->path = g_strdup (path);
  object->interface = g_strdup (interface);
  object->properties = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  object->on_changed = on_changed;
  object->user_data = user_data;
  object->watch = g_bus_watch_name_on_connection (bus, name, flags, on_name_appeared, on_name_vanished, object, NULL);

  return object;
}

void
ob_bus_object_free (ObBusObject *object)
{
  g_bus_unwatch_name (object->watch);
  forget_owner (object);
  g_hash_table_unref (object->properties);
  g_object_unref (object->bus);
  g_free (object->name);
  g_free (object->path);
  g_free (object->interface);
  g_free (object);
}

/* --- For who reads --- */

ObBusObjectState
ob_bus_object_get_state (const ObBusObject *object)
{
  return object ? object->state : OB_BUS_OBJECT_ABSENT;
}

const char *
ob_bus_object_get_path (const ObBusObject *object)
{
  return object ? object->path : NULL;
}

gboolean
ob_bus_object_get (const ObBusObject *object, const char *property, const char *format, ...)
{
  GVariant *value = object ? g_hash_table_lookup (object->properties, property) : NULL;
  va_list places;

  if (!value || !g_variant_check_format_string (value, format, FALSE))
    return FALSE;
  va_start (places, format);
  g_variant_get_va (value, format, NULL, &places);
  va_end (places);

  return TRUE;
}

void
ob_bus_object_put (ObBusObject *object, const char *property, GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);

  if (object->state == OB_BUS_OBJECT_KNOWN)
    g_hash_table_replace (object->properties, g_strdup (property), g_steal_pointer (&owned));
}
