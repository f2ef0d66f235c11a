/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A StatusNotifierItem. The panel asks for its properties when a signal says that they are others.
 */
#include "item.h"

#include "config.h"

#include <glib/gi18n.h>
#include <libdbusmenu-glib/dbusmenu-glib.h>

#define WATCHER "org.kde.StatusNotifierWatcher"
#define INTERFACE "org.kde.StatusNotifierItem"
#define PATH "/StatusNotifierItem"
#define MENU_PATH "/StatusNotifierItem/menu"

struct _StatusItem
{
  GDBusConnection *bus;
  const StatusActions *actions;
  gpointer user_data;
  guint object, watcher;
  DbusmenuServer *server;
  DbusmenuMenuitem *root, *line, *toggle;
  StatusMood mood;
  char *label;
  gboolean is_paused;
};

static const char interface_xml[]
    = "<node><interface name='" INTERFACE "'>"
      "<property name='Category' type='s' access='read'/><property name='Id' type='s' access='read'/>"
      "<property name='Title' type='s' access='read'/><property name='Status' type='s' access='read'/>"
      "<property name='WindowId' type='i' access='read'/><property name='IconName' type='s' access='read'/>"
      "<property name='AttentionIconName' type='s' access='read'/><property name='OverlayIconName' type='s' "
      "access='read'/>"
      "<property name='ToolTip' type='(sa(iiay)ss)' access='read'/><property name='ItemIsMenu' type='b' access='read'/>"
      "<property name='Menu' type='o' access='read'/>"
      "<method name='Activate'><arg type='i' direction='in'/><arg type='i' direction='in'/></method>"
      "<method name='SecondaryActivate'><arg type='i' direction='in'/><arg type='i' direction='in'/></method>"
      "<method name='ContextMenu'><arg type='i' direction='in'/><arg type='i' direction='in'/></method>"
      "<method name='Scroll'><arg type='i' direction='in'/><arg type='s' direction='in'/></method>"
      "<signal name='NewTitle'/><signal name='NewIcon'/><signal name='NewAttentionIcon'/><signal name='NewToolTip'/>"
      "<signal name='NewStatus'><arg type='s'/></signal>"
      "</interface></node>";

/* --- What the panel asks --- */

static const char *
get_status (const StatusItem *item)
{
  switch (item->mood)
    {
    case STATUS_QUIET:
      return "Passive";
    case STATUS_NEEDS_USER:
      return "NeedsAttention";
    case STATUS_SENDING:
    case STATUS_WAITING:
    case STATUS_OFF:
    default:
      return "Active";
    }
}

static GVariant *
make_tool_tip (const StatusItem *item)
{
  return g_variant_new ("(s@a(iiay)ss)", status_get_icon (item->mood),
                        g_variant_new_array (G_VARIANT_TYPE ("(iiay)"), NULL, 0), "Outbox", item->label);
}

static GVariant *
get_property (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *name,
              GError **error, gpointer user_data)
{
  const StatusItem *item = user_data;
  const struct
  {
    const char *name, *value;
  } texts[] = {
    { "Category", "ApplicationStatus" },
    { "Id", "org.outbox.Outbox1" },
    { "Title", "Outbox" },
    { "Status", get_status (item) },
    { "IconName", status_get_icon (item->mood) },
    { "AttentionIconName", status_get_icon (STATUS_NEEDS_USER) },
    { "OverlayIconName", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (name, texts[i].name))
      return g_variant_new_string (texts[i].value);
  if (g_str_equal (name, "WindowId"))
    return g_variant_new_int32 (0);
  if (g_str_equal (name, "ItemIsMenu"))
    return g_variant_new_boolean (FALSE);
  if (g_str_equal (name, "Menu"))
    return g_variant_new_object_path (MENU_PATH);

  return make_tool_tip (item);
}

static void
on_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  StatusItem *item = user_data;

  if (g_str_equal (method, "Activate"))
    item->actions->open (item->user_data);
  else if (g_str_equal (method, "SecondaryActivate"))
    item->actions->set_paused (!item->is_paused, item->user_data);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
emit (StatusItem *item, const char *signal, const char *argument)
{
  (void) g_dbus_connection_emit_signal (item->bus, NULL, PATH, INTERFACE, signal,
                                        argument ? g_variant_new ("(s)", argument) : NULL, NULL);
}

/* --- Its menu --- */

static void
on_open (DbusmenuMenuitem *entry, guint timestamp, gpointer user_data)
{
  StatusItem *item = user_data;

  item->actions->open (item->user_data);
}

static void
on_toggle (DbusmenuMenuitem *entry, guint timestamp, gpointer user_data)
{
  StatusItem *item = user_data;

  item->actions->set_paused (!item->is_paused, item->user_data);
}

/* @on_pressed: (nullable): NULL: it is only to be read */
static DbusmenuMenuitem *
add_entry (StatusItem *item, const char *label, void (*on_pressed) (DbusmenuMenuitem *, guint, gpointer))
{
  DbusmenuMenuitem *entry = dbusmenu_menuitem_new ();

  (void) dbusmenu_menuitem_property_set (entry, DBUSMENU_MENUITEM_PROP_LABEL, label);
  (void) dbusmenu_menuitem_property_set_bool (entry, DBUSMENU_MENUITEM_PROP_ENABLED, on_pressed != NULL);
  if (on_pressed)
    g_signal_connect (entry, DBUSMENU_MENUITEM_SIGNAL_ITEM_ACTIVATED, G_CALLBACK (on_pressed), item);
  (void) dbusmenu_menuitem_child_append (item->root, entry);
  g_object_unref (entry); /* the root has it */

  return entry;
}

/* An underscore marks a letter in labels of dbusmenu. */
static void
set_entry (DbusmenuMenuitem *entry, const char *label)
{
  g_autoptr (GString) text = g_string_new (label);

  (void) g_string_replace (text, "_", "__", 0);
  (void) dbusmenu_menuitem_property_set (entry, DBUSMENU_MENUITEM_PROP_LABEL, text->str);
}

/* --- Its place in the panel --- */

/* A panel that begins later, or again, has to be told. */
static void
on_watcher (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  g_dbus_connection_call (bus, owner, "/StatusNotifierWatcher", WATCHER, "RegisterStatusNotifierItem",
                          g_variant_new ("(s)", g_dbus_connection_get_unique_name (bus)), NULL, G_DBUS_CALL_FLAGS_NONE,
                          -1, NULL, NULL, NULL);
}

StatusItem *
status_item_new (GDBusConnection *bus, const StatusActions *actions, gpointer user_data)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call, .get_property = get_property };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (interface_xml, NULL);
  StatusItem *item = g_new0 (StatusItem, 1);

  item->bus = g_object_ref (bus);
  item->actions = actions;
  item->user_data = user_data;
  item->label = g_strdup ("");
  item->server = dbusmenu_server_new (MENU_PATH);
  item->root = dbusmenu_menuitem_new ();
  item->line = add_entry (item, "", NULL);
  item->toggle = add_entry (item, "", on_toggle);
  (void) add_entry (item, _ ("Open Outbox"), on_open);
  dbusmenu_server_set_root (item->server, item->root);
  item->object = g_dbus_connection_register_object (bus, PATH, node->interfaces[0], &table, item, NULL, NULL);
  item->watcher
      = g_bus_watch_name_on_connection (bus, WATCHER, G_BUS_NAME_WATCHER_FLAGS_NONE, on_watcher, NULL, item, NULL);

  return item;
}

void
status_item_free (StatusItem *item)
{
  g_bus_unwatch_name (item->watcher);
  (void) g_dbus_connection_unregister_object (item->bus, item->object);
  g_object_unref (item->server);
  g_object_unref (item->root);
  g_object_unref (item->bus);
  g_free (item->label);
  g_free (item);
}

void
status_item_show (StatusItem *item, StatusMood mood, const char *label, gboolean is_paused)
{
  gboolean is_other_mood = mood != item->mood, is_other_label = !g_str_equal (label, item->label);

  item->mood = mood;
  item->is_paused = is_paused;
  if (is_other_label)
    {
      g_free (item->label);
      item->label = g_strdup (label);
      set_entry (item->line, label);
      emit (item, "NewToolTip", NULL);
    }
  set_entry (item->toggle, is_paused ? _ ("Resume") : _ ("Pause"));
  if (is_other_mood)
    {
      emit (item, "NewIcon", NULL);
      emit (item, "NewStatus", get_status (item));
    }
}
