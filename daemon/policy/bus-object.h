/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of one object of a service that may be late, hang, vanish or come back. What it returns is never older
 * than what the service last said. Main thread, never blocks.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObBusObject ObBusObject;

typedef enum
{
  OB_BUS_OBJECT_WAITING, /* it is not known yet whether the object exists */
  OB_BUS_OBJECT_ABSENT,  /* there is no service, no object or no bus */
  OB_BUS_OBJECT_KNOWN,
} ObBusObjectState;

/**
 * ob_bus_object_new:
 * @flags: whether the bus should start the service
 * @on_changed: called when what is known of the object has changed; it may free the object
 */
ObBusObject *ob_bus_object_new (GDBusConnection *bus, GBusNameWatcherFlags flags, const char *name, const char *path,
                                const char *interface, void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_bus_object_free (ObBusObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBusObject, ob_bus_object_free)

/* All take NULL, for an absent object. */
ObBusObjectState ob_bus_object_get_state (const ObBusObject *object);
const char *ob_bus_object_get_path (const ObBusObject *object);

/* As g_variant_get(); a "&s" is valid until @on_changed. Returns: FALSE, with nothing set, if the property is unknown or
 * of another type. */
gboolean ob_bus_object_get (const ObBusObject *object, const char *property, const char *format, ...);

/* Asks for all properties again, for a service that does not tell of changes. */
void ob_bus_object_refresh (ObBusObject *object);

/* Sets a property from a signal of a service that does not tell of changes by PropertiesChanged. Only a property that is
 * known already is set; otherwise the answer under way will have it. Calls nobody. @value: consumed if floating. */
void ob_bus_object_put (ObBusObject *object, const char *property, GVariant *value);

G_END_DECLS
