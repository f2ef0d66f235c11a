/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notifications by GDBus. Owns what it shows. Main thread.
 */
#include "ipc/dbus/notifier.h"

#include "base/debug.h"
#include "dbus/label.h"
#include "dbus/notice.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

/* The specification's name of a click on the notification itself. */
#define CLICK "default"

/* What is shown at most once. */
typedef enum
{
  SLOT_REMINDER,
  SLOT_PAGE,
  N_SLOTS,
} Slot;

typedef struct
{
  guint32 id;          /* the server's; 0: nothing is shown */
  gboolean is_pending; /* the server has not said yet which one it is */
  gboolean is_over;    /* to be taken back as soon as it has */
  OutboxNotice next;   /* owned: to be shown in its place as soon as it has; empty: nothing */
} Shown;

struct _ObNotifier
{
  const ObRequestContext *context; /* borrowed */
  GDBusConnection *connection;
  GCancellable *cancellable; /* of calls that are under way */
  void (*open) (gpointer user_data);
  gpointer user_data;
  guint subscription;
  guint watch;
  Shown shown[N_SLOTS];
  ObReminderKind wanted; /* the reminder that a person has to see; NONE: there is none, or it was seen */
  char *page;            /* id of the request that is shown; NULL: none */
};

/* A call that is under way. */
typedef struct
{
  ObNotifier *notifier; /* borrowed: a call that is cancelled does not look at it */
  Slot slot;
} Call;

/* --- Showing, and taking back --- */

static void
call (ObNotifier *self, const char *method, GVariant *arguments, GAsyncReadyCallback done, gpointer data)
{
  g_dbus_connection_call (self->connection, NAME, PATH, NAME, method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          done ? self->cancellable : NULL, done, data);
}

static void
take_back (ObNotifier *self, Slot slot)
{
  Shown *shown = &self->shown[slot];

  outbox_notice_clear (&shown->next);
  shown->is_over = shown->is_pending;
  if (shown->id > 0 && !shown->is_pending)
    call (self, "CloseNotification", g_variant_new ("(u)", shown->id), NULL, NULL);
  if (!shown->is_pending)
    shown->id = 0;
}

static void show (ObNotifier *self, Slot slot, OutboxNotice *notice);

static void
on_shown (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *pending = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Shown *shown;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  shown = &pending->notifier->shown[pending->slot];
  shown->is_pending = FALSE;
  shown->id = 0;
  if (reply && g_variant_is_of_type (reply, G_VARIANT_TYPE ("(u)")))
    g_variant_get (reply, "(u)", &shown->id);
  else
    ob_debug (OB_DEBUG_IPC, NULL, "nobody shows notifications: %s", error ? error->message : "another answer");
  if (shown->is_over)
    take_back (pending->notifier, pending->slot);
  else if (shown->next.title)
    show (pending->notifier, pending->slot, &shown->next);
}

/* The second of two would not replace the first before that has its id. Bodies are markup where the server knows it. @notice: (inout): taken
 * where it has to wait */
static void
show (ObNotifier *self, Slot slot, OutboxNotice *notice)
{
  g_autofree char *body = g_markup_escape_text (notice->body, -1);
  const char *const actions[] = { CLICK, outbox_notice_get_action (), NULL };
  Shown *shown = &self->shown[slot];
  GVariantBuilder hints;
  Call *pending;

  shown->is_over = FALSE;
  if (shown->is_pending)
    {
      outbox_notice_clear (&shown->next);
      shown->next = *notice;
      *notice = (OutboxNotice){ NULL };
      return;
    }
  pending = g_new (Call, 1);
  *pending = (Call){ self, slot };
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "category", g_variant_new_string ("transfer"));
  shown->is_pending = TRUE;
  call (self, "Notify",
        g_variant_new ("(susss^asa{sv}i)", "Outbox", shown->id, "", notice->title, body, actions, &hints, -1), on_shown,
        pending);
  outbox_notice_clear (notice);
}

/* --- What is shown --- */

static OutboxNotice
make_reminder (ObNotifier *self, ObReminderKind kind)
{
  ObBroker *broker = self->context->broker;
  g_autoptr (ObUpload) oldest = ob_broker_find_oldest (broker);
  guint64 uploads[OUTBOX_N_STATES] = { 0 }, bytes[OUTBOX_N_STATES];
  ObStatus status = { .state = OUTBOX_STATE_FAILED };
  g_autofree char *label = NULL;
  guint64 n_late = 0, n_lost = 1, lost_bytes;

  if (oldest)
    status = ob_broker_get_status (broker, oldest);
  label = outbox_status_label (status.state, ob_status_get_first_reason (&status), status.until_ms,
                               ob_broker_get_now_ms (broker), oldest ? oldest->offset_bytes : 0,
                               oldest ? oldest->size_bytes : 0, OUTBOX_LABEL_NOTIFICATION);
  if (kind == OB_REMINDER_TAP && status.needs_user)
    return outbox_notice_of_tap (label);
  (void) ob_broker_summarise (broker, uploads, bytes, NULL);
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    n_late += i != OUTBOX_STATE_DONE ? uploads[i] : 0;

  (void) ob_broker_count_lost (broker, &n_lost, &lost_bytes, NULL);

  return outbox_notice_of_late ((guint) MIN (n_late, G_MAXUINT), n_lost == 0 && !ob_broker_is_in_memory (broker),
                                label);
}

static void
on_remind (ObBroker *broker, gint kind, gpointer user_data)
{
  ObNotifier *self = user_data;
  g_auto (OutboxNotice) notice = { NULL };

  self->wanted = (ObReminderKind) kind;
  if (kind == OB_REMINDER_NONE)
    {
      take_back (self, SLOT_REMINDER);
      return;
    }
  notice = make_reminder (self, (ObReminderKind) kind);
  show (self, SLOT_REMINDER, &notice);
}

static gboolean
is_waiting (ObNotifier *self, const char *id)
{
  g_autoptr (GPtrArray) waiting
      = ob_pairing_list (self->context->pairing, ob_broker_get_boot_ms (self->context->broker));

  for (guint i = 0; i < waiting->len; i++)
    if (g_str_equal (((const ObPairingRequest *) waiting->pdata[i])->id, id))
      return TRUE;

  return FALSE;
}

static void
on_pages_changed (const ObPairingRequest *request, gpointer user_data)
{
  ObNotifier *self = user_data;

  if (request && ob_broker_get_rules (self->context->broker)->reminders.tells_pages)
    {
      g_auto (OutboxNotice) notice = outbox_notice_of_page (request->origin, request->code);

      g_free (self->page);
      self->page = g_strdup (request->id);
      show (self, SLOT_PAGE, &notice);
    }
  else if (!request && self->page && !is_waiting (self, self->page))
    {
      g_clear_pointer (&self->page, g_free);
      take_back (self, SLOT_PAGE);
    }
}

/* A reminder may be due before anybody is logged in to see it, such as after a reboot. */
static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ObNotifier *self = user_data;
  const Shown *shown = &self->shown[SLOT_REMINDER];

  if (self->wanted != OB_REMINDER_NONE && shown->id == 0 && !shown->is_pending)
    on_remind (self->context->broker, (gint) self->wanted, self);
}

/* What it showed is gone with it. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ObNotifier *self = user_data;

  for (guint i = 0; i < N_SLOTS; i++)
    self->shown[i].id = 0;
}

/* --- Clicks --- */

/* The session's manager starts it where there is one, so that a browser does not end with this process. */
static void
open_dashboard (gpointer user_data)
{
  static const char *const by_manager[]
      = { "systemd-run", "--user", "--quiet", "--collect", "outbox", "dashboard", NULL };
  g_autofree char *manager = g_find_program_in_path ("systemd-run");
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process
      = g_subprocess_newv (manager ? by_manager : by_manager + 4, G_SUBPROCESS_FLAGS_STDIN_INHERIT, &error);

  if (!process)
    g_warning ("The dashboard cannot be opened: %s", error->message);
}

static void
on_action (ObNotifier *self, guint32 id)
{
  for (guint i = 0; i < N_SLOTS; i++)
    if (self->shown[i].id == id)
      {
        self->open (self->user_data);
        return;
      }
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  ObNotifier *self = user_data;
  guint32 id = 0;

  if (g_str_equal (signal, "ActionInvoked") && g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(us)")))
    {
      g_variant_get (parameters, "(us)", &id, NULL);
      on_action (self, id);
    }
  else if (g_str_equal (signal, "NotificationClosed") && g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uu)")))
    {
      g_variant_get (parameters, "(uu)", &id, NULL);
      if (id > 0 && self->shown[SLOT_REMINDER].id == id)
        self->wanted = OB_REMINDER_NONE;
      for (guint i = 0; i < N_SLOTS; i++)
        if (self->shown[i].id == id)
          self->shown[i].id = 0;
    }
}

/* --- Life --- */

ObNotifier *
ob_notifier_new (const ObRequestContext *context, GDBusConnection *connection, void (*open) (gpointer user_data),
                 gpointer user_data)
{
  ObNotifier *self = g_new0 (ObNotifier, 1);

  self->context = context;
  self->connection = g_object_ref (connection);
  self->cancellable = g_cancellable_new ();
  self->open = open ? open : open_dashboard;
  self->user_data = user_data;
  self->subscription = g_dbus_connection_signal_subscribe (connection, NAME, NAME, NULL, PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->watch = g_bus_watch_name_on_connection (connection, NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                on_vanished, self, NULL);
  g_signal_connect (context->broker, "remind", G_CALLBACK (on_remind), self);
  ob_pairing_watch (context->pairing, on_pages_changed, self);

  return self;
}

void
ob_notifier_free (ObNotifier *self)
{
  for (guint i = 0; i < N_SLOTS; i++)
    take_back (self, i);
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_bus_unwatch_name (self->watch);
  ob_pairing_unwatch (self->context->pairing, self);
  g_signal_handlers_disconnect_by_data (self->context->broker, self);
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_object_unref (self->connection);
  g_free (self->page);
  g_free (self);
}
