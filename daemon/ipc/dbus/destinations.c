/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Destinations. Main thread.
 */
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"
#include "ipc/options.h"

static const ObOption setting_options[] = {
  { "protocol", "s" }, { "url", "s" }, { "confirm_url", "s" }, { "headers", "a{ss}" }, { "default", "b" }, { NULL, NULL },
};

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const ObDestination *const *) a)->name, (*(const ObDestination *const *) b)->name);
}

static gboolean
on_list (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GPtrArray) destinations = g_ptr_array_new ();
  GHashTableIter iter;
  GVariantBuilder list;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_broker_get_destinations (user_data));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (destinations, value);
  g_ptr_array_sort (destinations, compare_names);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < destinations->len; i++)
    g_variant_builder_add_value (&list, ob_document_destination (user_data, destinations->pdata[i]));
  outbox_dbus_destinations_complete_list (skeleton, invocation, g_variant_builder_end (&list));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_set (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, GVariant *options,
        gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) headers = NULL;
  ObDestinationSettings settings = { 0 };

  if (!ob_options_check (options, setting_options, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }
  (void) g_variant_lookup (options, "protocol", "&s", &settings.protocol);
  (void) g_variant_lookup (options, "url", "&s", &settings.url);
  (void) g_variant_lookup (options, "confirm_url", "&s", &settings.confirm_url);
  headers = g_variant_lookup_value (options, "headers", G_VARIANT_TYPE ("a{ss}"));
  settings.headers = headers;
  settings.sets_default = g_variant_lookup (options, "default", "b", &settings.is_default);
  ob_broker_set_destination (user_data, name, &settings, ob_adapter_reply, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_remove (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  ob_broker_remove_destination (user_data, name, ob_adapter_reply, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_pause (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  ob_broker_pause_destination (user_data, name, TRUE, ob_adapter_reply, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_resume (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  ob_broker_pause_destination (user_data, name, FALSE, ob_adapter_reply, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

GDBusInterfaceSkeleton *
ob_destinations_adapter_new (ObBroker *broker)
{
  const char *const refused[] = { "handle-sign-in", NULL };
  OutboxDBusDestinations *skeleton = outbox_dbus_destinations_skeleton_new ();

  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (skeleton), refused);
  g_signal_connect (skeleton, "handle-list", G_CALLBACK (on_list), broker);
  g_signal_connect (skeleton, "handle-set", G_CALLBACK (on_set), broker);
  g_signal_connect (skeleton, "handle-remove", G_CALLBACK (on_remove), broker);
  g_signal_connect (skeleton, "handle-pause", G_CALLBACK (on_pause), broker);
  g_signal_connect (skeleton, "handle-resume", G_CALLBACK (on_resume), broker);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
