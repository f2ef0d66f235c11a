/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Access: its requests, and the signal that a page asks to be let in. The signal goes to those alone that have
 * asked for the list and may see it: a sandboxed app hears every broadcast, and so would learn which pages a person visits. Main
 * thread.
 */
#include "ipc/dbus/access.h"

#include "dbus/names.h"
#include "ipc/pairing.h"

#define ACCESS_INTERFACE OUTBOX_BUS_NAME ".Access"

/* Names that have left the bus cost a message each, and are forgotten when others ask. */
#define LISTENERS_MOST 16

struct _ObAccessAdapter
{
  const ObAdapterContext *context; /* borrowed */
  OutboxDBusAccess *skeleton;
  GPtrArray *listeners; /* of char: unique names that have asked for the list, the latest last */
};

/* Who is told of a request: found out each time, since only then is it known whether it may be. */
typedef struct
{
  GDBusConnection *connection;
  char *listener;
  GVariant *body;
} Telling;

static void
on_caller_found (const ObCaller *caller, const GError *error, gpointer user_data)
{
  Telling *telling = user_data;

  if (caller && ob_access_get (caller, OB_OPERATION_APPS) == OB_ACCESS_ALL)
    (void) g_dbus_connection_emit_signal (telling->connection, telling->listener, OUTBOX_OBJECT_PATH, ACCESS_INTERFACE,
                                          "PairingRequested", telling->body, NULL);
  g_object_unref (telling->connection);
  g_free (telling->listener);
  g_variant_unref (telling->body);
  g_free (telling);
}

static void
tell_of (ObAccessAdapter *self, const ObPairingRequest *request)
{
  GDBusConnection *connection = g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new ("(sss)", request->id, request->origin, request->code));

  for (guint i = 0; connection && i < self->listeners->len; i++)
    {
      Telling *telling = g_new (Telling, 1);

      *telling = (Telling){ g_object_ref (connection), g_strdup (self->listeners->pdata[i]), g_variant_ref (body) };
      ob_callers_find (self->context->callers, telling->listener, on_caller_found, telling);
    }
}

static void
on_changed (const ObPairingRequest *request, gpointer user_data)
{
  if (request)
    tell_of (user_data, request);
}

/* Only notes who calls: the next handler answers. */
static gboolean
on_list (ObAccessAdapter *self, GDBusMethodInvocation *invocation)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  guint i = 0;

  if (g_ptr_array_find_with_equal_func (self->listeners, sender, g_str_equal, &i))
    (void) g_ptr_array_remove_index (self->listeners, i);
  else if (self->listeners->len >= LISTENERS_MOST)
    (void) g_ptr_array_remove_index (self->listeners, 0);
  g_ptr_array_add (self->listeners, g_strdup (sender));

  return G_DBUS_METHOD_INVOCATION_UNHANDLED;
}

ObAccessAdapter *
ob_access_adapter_new (const ObAdapterContext *context)
{
  ObAccessAdapter *self = g_new0 (ObAccessAdapter, 1);

  self->context = context;
  self->skeleton = outbox_dbus_access_skeleton_new ();
  self->listeners = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect_swapped (self->skeleton, "handle-list-apps", G_CALLBACK (on_list), self);
  ob_adapter_connect (context, G_DBUS_INTERFACE_SKELETON (self->skeleton), NULL);
  ob_pairing_watch (context->requests.pairing, on_changed, self);

  return self;
}

gboolean
ob_access_adapter_export (ObAccessAdapter *self, GDBusConnection *connection, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, OUTBOX_OBJECT_PATH,
                                           error);
}

void
ob_access_adapter_free (ObAccessAdapter *self)
{
  ob_pairing_unwatch (self->context->requests.pairing, self);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_object_unref (self->skeleton);
  g_ptr_array_unref (self->listeners);
  g_free (self);
}
