/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Destinations. Main thread.
 */
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"
#include "ipc/options.h"

static const ObOption setting_options[] = {
  { "protocol", "s" },    { "url", "s" },     { "confirm_url", "s" }, { "also", "as" },
  { "headers", "a{ss}" }, { "default", "b" }, { NULL, NULL },
};

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const ObDestination *const *) a)->name, (*(const ObDestination *const *) b)->name);
}

static void
list (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GPtrArray) destinations = g_ptr_array_new ();
  GHashTableIter iter;
  GVariantBuilder documents;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_broker_get_destinations (broker));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (destinations, value);
  g_ptr_array_sort (destinations, compare_names);
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < destinations->len; i++)
    g_variant_builder_add_value (&documents, ob_document_destination (broker, destinations->pdata[i]));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(aa{sv})", &documents));
}

static void
set (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GVariant) headers = NULL;
  g_autofree const char **also = NULL;
  g_autoptr (GError) error = NULL;
  ObDestinationSettings settings = { 0 };
  const char *name;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s@a{sv})", &name, &options);
  if (!ob_options_check (options, setting_options, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }
  (void) g_variant_lookup (options, "protocol", "&s", &settings.protocol);
  (void) g_variant_lookup (options, "url", "&s", &settings.url);
  (void) g_variant_lookup (options, "confirm_url", "&s", &settings.confirm_url);
  (void) g_variant_lookup (options, "also", "^a&s", &also);
  settings.also = also;
  headers = g_variant_lookup_value (options, "headers", G_VARIANT_TYPE ("a{ss}"));
  settings.headers = headers;
  settings.sets_default = g_variant_lookup (options, "default", "b", &settings.is_default);
  ob_broker_set_destination (broker, name, &settings, ob_adapter_reply, invocation);
}

static const char *
get_name (GDBusMethodInvocation *invocation)
{
  const char *name;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &name);

  return name;
}

static void
remove_one (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_remove_destination (broker, get_name (invocation), ob_adapter_reply, invocation);
}

static void
pause_one (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_pause_destination (broker, get_name (invocation), TRUE, ob_adapter_reply, invocation);
}

static void
resume_one (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_pause_destination (broker, get_name (invocation), FALSE, ob_adapter_reply, invocation);
}

static gboolean
admit (gpointer user_data, GDBusMethodInvocation *invocation, ObAdapterCall call)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, OB_OPERATION_DESTINATIONS, call, context->broker);
}

static gboolean
on_list (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  return admit (user_data, invocation, list);
}

static gboolean
on_set (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, GVariant *options,
        gpointer user_data)
{
  return admit (user_data, invocation, set);
}

static gboolean
on_remove (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  return admit (user_data, invocation, remove_one);
}

static gboolean
on_pause (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  return admit (user_data, invocation, pause_one);
}

static gboolean
on_resume (OutboxDBusDestinations *skeleton, GDBusMethodInvocation *invocation, const char *name, gpointer user_data)
{
  return admit (user_data, invocation, resume_one);
}

GDBusInterfaceSkeleton *
ob_destinations_adapter_new (const ObAdapterContext *context)
{
  const char *const refused[] = { "handle-sign-in", NULL };
  OutboxDBusDestinations *skeleton = outbox_dbus_destinations_skeleton_new ();

  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (skeleton), refused);
  g_signal_connect (skeleton, "handle-list", G_CALLBACK (on_list), (gpointer) context);
  g_signal_connect (skeleton, "handle-set", G_CALLBACK (on_set), (gpointer) context);
  g_signal_connect (skeleton, "handle-remove", G_CALLBACK (on_remove), (gpointer) context);
  g_signal_connect (skeleton, "handle-pause", G_CALLBACK (on_pause), (gpointer) context);
  g_signal_connect (skeleton, "handle-resume", G_CALLBACK (on_resume), (gpointer) context);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
