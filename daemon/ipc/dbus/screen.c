/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notifications by GDBus. Asks each server once what it can. Main thread.
 */
#include "ipc/dbus/screen.h"

#include "base/debug.h"
#include "base/language.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

/* The specification's name of a click on the notification itself. */
#define CLICK "default"

/* Of the application entry, by which a desktop knows the name, the icon, and what the person wants to see of it on a locked screen. */
#define ENTRY "org.outbox.Outbox1"

/* More than a person does before the server's answer comes. */
#define EARLY_MOST 8

typedef struct
{
  guint32 id;          /* the server's; 0: nothing is shown */
  gboolean is_pending; /* the server has not said yet which one it is */
  gboolean is_over;    /* to be taken back as soon as it has */
  OutboxNotice next;   /* owned: to be shown in its place as soon as it has; empty: nothing */
} Shown;

/* What the person has done with one whose id is not known yet. */
typedef struct
{
  guint32 id;
  gboolean is_click; /* FALSE: it is closed */
} Early;

struct _ObScreen
{
  GDBusConnection *connection;
  GCancellable *cancellable; /* of calls that are under way */
  const ObScreenEvents *events;
  gpointer user_data;
  guint subscription;
  guint watch;
  char *owner;        /* the server's unique name; NULL: there is none */
  gboolean is_known;  /* it has said what it can */
  gboolean is_markup; /* bodies are markup */
  gboolean has_buttons;
  Shown shown[OB_N_SLOTS];
  Early early[EARLY_MOST];
  guint n_early;
};

/* A call that is under way. */
typedef struct
{
  ObScreen *screen; /* borrowed: a call that is cancelled does not look at it */
  ObSlot slot;
  OutboxNotice notice; /* owned */
} Call;

static void
call_free (Call *call)
{
  outbox_notice_clear (&call->notice);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static void
call (ObScreen *self, const char *method, GVariant *arguments, GAsyncReadyCallback done, gpointer data)
{
  g_dbus_connection_call (self->connection, NAME, PATH, NAME, method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          done ? self->cancellable : NULL, done, data);
}

/* --- What the person does --- */

static gboolean
is_any_pending (ObScreen *self)
{
  gboolean is_pending = FALSE;

  for (guint i = 0; i < OB_N_SLOTS; i++)
    is_pending |= self->shown[i].is_pending;

  return is_pending;
}

/* Returns: the slot that shows it; OB_N_SLOTS: none, as for another program's */
static ObSlot
find_slot (ObScreen *self, guint32 id)
{
  ObSlot slot = 0;

  while (slot < OB_N_SLOTS && (id == 0 || self->shown[slot].id != id))
    slot++;

  return slot;
}

static void
touch (ObScreen *self, guint32 id, gboolean is_click)
{
  ObSlot slot = find_slot (self, id);

  if (slot == OB_N_SLOTS && self->n_early < EARLY_MOST && is_any_pending (self))
    self->early[self->n_early++] = (Early){ id, is_click };
  else if (slot < OB_N_SLOTS && is_click)
    self->events->clicked (slot, self->user_data);
  else if (slot < OB_N_SLOTS)
    {
      self->shown[slot].id = 0;
      self->events->closed (slot, self->user_data);
    }
}

/* Programs in between may pass a click on before the answer that tells of what it is, and a person who clicked is waiting. */
static void
touch_early (ObScreen *self)
{
  Early early[EARLY_MOST];
  guint n_early = self->n_early;

  memcpy (early, self->early, sizeof early);
  self->n_early = 0;
  for (guint i = 0; i < n_early; i++)
    touch (self, early[i].id, early[i].is_click);
}

/* --- Showing --- */

void
ob_screen_take_back (ObScreen *self, ObSlot slot)
{
  Shown *shown = &self->shown[slot];

  outbox_notice_clear (&shown->next);
  shown->is_over = shown->is_pending;
  if (shown->id > 0 && !shown->is_pending)
    call (self, "CloseNotification", g_variant_new ("(u)", shown->id), NULL, NULL);
  if (!shown->is_pending)
    shown->id = 0;
}

/* Goes on after the server's answer, or its lack. */
static void
settle (ObScreen *self, ObSlot slot)
{
  Shown *shown = &self->shown[slot];

  shown->is_pending = FALSE;
  if (shown->is_over)
    ob_screen_take_back (self, slot);
  else if (shown->next.title)
    ob_screen_show (self, slot, &shown->next);
  else if (shown->id > 0)
    self->events->shown (slot, self->user_data);
}

static void
on_shown (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) pending = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Shown *shown;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  shown = &pending->screen->shown[pending->slot];
  shown->id = 0;
  if (reply && g_variant_is_of_type (reply, G_VARIANT_TYPE ("(u)")))
    g_variant_get (reply, "(u)", &shown->id);
  else
    ob_debug (OB_DEBUG_IPC, NULL, "nobody shows notifications: %s", error ? error->message : "another answer");
  settle (pending->screen, pending->slot);
  touch_early (pending->screen);
}

/* @pending: (transfer full) */
static void
notify (Call *pending)
{
  g_auto (ObLanguage) language = ob_language_speak ();
  ObScreen *self = pending->screen;
  const char *const actions[] = { CLICK, outbox_notice_get_action (), NULL };
  g_autofree char *body = self->is_markup ? g_markup_escape_text (pending->notice.body, -1) : NULL;
  GVariantBuilder hints;

  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "category", g_variant_new_string ("transfer"));
  g_variant_builder_add (&hints, "{sv}", "desktop-entry", g_variant_new_string (ENTRY));
  call (self, "Notify",
        g_variant_new ("(susss^asa{sv}i)", "Outbox", self->shown[pending->slot].id, ENTRY, pending->notice.title,
                       body ? body : pending->notice.body, self->has_buttons ? actions : actions + 2, &hints, -1),
        on_shown, pending);
}

/* A server that does not say what it can is taken for one that can all. */
static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) pending = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autofree const char **words = NULL;
  ObScreen *self;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = pending->screen;
  self->is_markup = self->has_buttons = TRUE;
  if (reply && g_variant_is_of_type (reply, G_VARIANT_TYPE ("(as)")))
    {
      g_variant_get (reply, "(^a&s)", &words);
      self->is_markup = g_strv_contains (words, "body-markup");
      self->has_buttons = g_strv_contains (words, "actions");
    }
  self->is_known = reply != NULL;
  /* Meanwhile it may be wanted no more, or in other words. */
  if (self->shown[pending->slot].is_over || self->shown[pending->slot].next.title)
    settle (self, pending->slot);
  else
    notify (g_steal_pointer (&pending));
}

/* The second of two would not replace the first before that has its id. @notice: (inout): taken */
void
ob_screen_show (ObScreen *self, ObSlot slot, OutboxNotice *notice)
{
  Shown *shown = &self->shown[slot];
  OutboxNotice words = *notice;
  Call *pending;

  *notice = (OutboxNotice){ NULL };
  shown->is_over = FALSE;
  if (shown->is_pending)
    {
      outbox_notice_clear (&shown->next);
      shown->next = words;
      return;
    }
  pending = g_new (Call, 1);
  *pending = (Call){ self, slot, words };
  shown->is_pending = TRUE;
  if (self->is_known)
    notify (pending);
  else
    call (self, "GetCapabilities", NULL, on_capabilities, pending);
}

gboolean
ob_screen_has (ObScreen *self, ObSlot slot)
{
  const Shown *shown = &self->shown[slot];

  return shown->id > 0 || shown->is_pending;
}

/* --- Over restarts --- */

char *
ob_screen_dup_place (ObScreen *self, ObSlot slot)
{
  return self->owner && self->shown[slot].id > 0 ? g_strdup_printf ("%s %u", self->owner, self->shown[slot].id) : NULL;
}

gboolean
ob_screen_adopt (ObScreen *self, ObSlot slot, const char *place)
{
  const char *number = strchr (place, ' ');
  guint64 id = 0;

  if (!self->owner || !number || !g_str_has_prefix (place, self->owner)
      || (gsize) (number - place) != strlen (self->owner)
      || !g_ascii_string_to_unsigned (number + 1, 10, 1, G_MAXUINT32, &id, NULL))
    return FALSE;
  if (!ob_screen_has (self, slot))
    self->shown[slot].id = (guint32) id;

  return TRUE;
}

/* --- Servers --- */

/* What an earlier one showed is gone with it. */
static void
forget_server (ObScreen *self)
{
  for (guint i = 0; i < OB_N_SLOTS; i++)
    self->shown[i].id = 0;
  self->n_early = 0;
  g_clear_pointer (&self->owner, g_free);
  self->is_known = FALSE;
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ObScreen *self = user_data;

  if (g_strcmp0 (self->owner, owner) == 0)
    return;
  forget_server (self);
  self->owner = g_strdup (owner);
  self->events->appeared (self->user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ObScreen *self = user_data;

  forget_server (self);
  self->events->vanished (self->user_data);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  guint32 id = 0;

  if (g_str_equal (signal, "ActionInvoked") && g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(us)")))
    {
      g_variant_get (parameters, "(us)", &id, NULL);
      touch (user_data, id, TRUE);
    }
  else if (g_str_equal (signal, "NotificationClosed") && g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uu)")))
    {
      g_variant_get (parameters, "(uu)", &id, NULL);
      touch (user_data, id, FALSE);
    }
}

/* --- Life --- */

ObScreen *
ob_screen_new (GDBusConnection *connection, const ObScreenEvents *events, gpointer user_data)
{
  ObScreen *self = g_new0 (ObScreen, 1);

  self->connection = g_object_ref (connection);
  self->cancellable = g_cancellable_new ();
  self->events = events;
  self->user_data = user_data;
  self->subscription = g_dbus_connection_signal_subscribe (connection, NAME, NAME, NULL, PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->watch = g_bus_watch_name_on_connection (connection, NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                on_vanished, self, NULL);

  return self;
}

void
ob_screen_free (ObScreen *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_bus_unwatch_name (self->watch);
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_object_unref (self->connection);
  for (guint i = 0; i < OB_N_SLOTS; i++)
    outbox_notice_clear (&self->shown[i].next);
  g_free (self->owner);
  g_free (self);
}
