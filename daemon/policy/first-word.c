/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A filter of bus messages. The bus's own thread.
 */
#include "policy/first-word.h"

#include "base/brake.h"

#define NM_NAME "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"

/* Returns: whether the properties are any that a rule looks at. Others, such as the time of a scan, need no brake. */
static gboolean
is_about_the_way_out (GVariant *properties)
{
  static const char *const names[]
      = { "Metered", "PrimaryConnection", "PrimaryConnectionType", "Connectivity", "State", "NetworkingEnabled" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (properties, names[i], NULL);

      if (value)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_news (GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);
  g_autoptr (GVariant) properties = NULL;
  const char *interface;

  if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_SIGNAL || !body
      || g_strcmp0 (g_dbus_message_get_path (message), NM_PATH) != 0
      || g_strcmp0 (g_dbus_message_get_member (message), "PropertiesChanged") != 0
      || !g_variant_is_of_type (body, G_VARIANT_TYPE ("(sa{sv}as)")))
    return FALSE;
  g_variant_get (body, "(&s@a{sv}as)", &interface, &properties, NULL);

  return g_str_equal (interface, NM_NAME) && is_about_the_way_out (properties);
}

static GDBusMessage *
on_message (GDBusConnection *bus, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  if (is_incoming && is_news (message))
    ob_brake_put_on ();

  return message;
}

guint
ob_first_word_listen (GDBusConnection *bus)
{
  return g_dbus_connection_add_filter (bus, on_message, NULL, NULL);
}

void
ob_first_word_forget (GDBusConnection *bus, guint listener)
{
  g_dbus_connection_remove_filter (bus, listener);
}
