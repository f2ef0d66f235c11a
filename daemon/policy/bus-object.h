/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of one object of a service that may be late, hang, vanish or come back: what it last said, and nothing
 * that is older. Main thread, never blocks.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObBusObject ObBusObject;

typedef enum
{
  OB_BUS_OBJECT_WAITING, /* whether there is such a thing is not known yet */
  OB_BUS_OBJECT_ABSENT,  /* no service, no object, no bus */
  OB_BUS_OBJECT_KNOWN,
} ObBusObjectState;

/**
 * ob_bus_object_new:
 * @flags: whether the bus should start the service
 * @on_changed: something is known now that was not, or the other way round; may free the object
 */
ObBusObject *ob_bus_object_new (GDBusConnection *bus, GBusNameWatcherFlags flags, const char *name, const char *path,
                                const char *interface, void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_bus_object_free (ObBusObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBusObject, ob_bus_object_free)

/* All take NULL for an object that is absent. */
ObBusObjectState ob_bus_object_get_state (const ObBusObject *object);
const char *ob_bus_object_get_path (const ObBusObject *object);

/* As g_variant_get(); "&s" is good until @on_changed. Returns FALSE, and sets nothing, where it is not known or is of
 * another type. */
gboolean ob_bus_object_get (const ObBusObject *object, const char *property, const char *format, ...);

/* Asks anew, where the service tells no changes. */
void ob_bus_object_refresh (ObBusObject *object);

/* What a signal said of a property whose changes are not told; where that is known already, else the answer to come has it.
 * Calls nobody. @value: consumed if floating. */
void ob_bus_object_put (ObBusObject *object, const char *property, GVariant *value);

G_END_DECLS
