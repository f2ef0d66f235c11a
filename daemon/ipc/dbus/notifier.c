/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has the screen show what a person is to hear, in words. Main thread.
 */
#include "ipc/dbus/notifier.h"

#include "base/language.h"
#include "dbus/label.h"
#include "dbus/notice.h"
#include "ipc/dbus/screen.h"

struct _ObNotifier
{
  const ObRequestContext *context; /* borrowed */
  ObScreen *screen;
  void (*open) (gpointer user_data);
  gpointer user_data;
  ObReminderKind wanted; /* the reminder that a person has to see; NONE: there is none, or it was seen */
  char *page;            /* id of the request that is shown; NULL: none */
};

/* --- What is shown --- */

static OutboxNotice
make_reminder (ObNotifier *self, ObReminderKind kind)
{
  g_auto (ObLanguage) language = ob_language_speak ();
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
      ob_screen_take_back (self->screen, OB_SLOT_REMINDER);
      return;
    }
  notice = make_reminder (self, (ObReminderKind) kind);
  ob_screen_show (self->screen, OB_SLOT_REMINDER, &notice);
}

static void
show_news (ObNotifier *self)
{
  g_auto (ObLanguage) language = ob_language_speak ();
  g_auto (OutboxNotice) notice = { NULL };
  ObNews news;

  if (!ob_broker_get_news (self->context->broker, &news))
    return;
  notice = outbox_notice_of_news ((guint) MIN (news.uploads, G_MAXUINT), (guint) MIN (news.groups, G_MAXUINT),
                                  (guint) MIN (news.group_uploads, G_MAXUINT));
  ob_screen_show (self->screen, OB_SLOT_NEWS, &notice);
}

static void
on_news (ObBroker *broker, gboolean has_news, gpointer user_data)
{
  ObNotifier *self = user_data;

  if (has_news)
    show_news (self);
  else
    ob_screen_take_back (self->screen, OB_SLOT_NEWS);
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
      g_auto (ObLanguage) language = ob_language_speak ();
      g_auto (OutboxNotice) notice = outbox_notice_of_page (request->origin, request->code);

      g_free (self->page);
      self->page = g_strdup (request->id);
      ob_screen_show (self->screen, OB_SLOT_PAGE, &notice);
    }
  else if (!request && self->page && !is_waiting (self, self->page))
    {
      g_clear_pointer (&self->page, g_free);
      ob_screen_take_back (self->screen, OB_SLOT_PAGE);
    }
}

/* --- Clicks --- */

/* The session's manager starts it where there is one, so that a browser does not end with this process. */
static const char *const by_manager[]
    = { "systemd-run", "--user", "--quiet", "--collect", "outbox", "dashboard", NULL };
static const char *const by_itself[] = { "outbox", "dashboard", NULL };

static void
start (const char *const *argv, GAsyncReadyCallback on_ended)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_INHERIT, &error);

  if (process)
    g_subprocess_wait_check_async (process, NULL, on_ended, NULL);
  else
    g_warning ("The dashboard cannot be opened: %s", error->message);
}

/* The program that asks the manager is there in sessions without one, too. */
static void
on_manager_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  if (!g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, NULL))
    start (by_itself, NULL);
}

static void
open_dashboard (gpointer user_data)
{
  g_autofree char *manager = g_find_program_in_path (by_manager[0]);

  if (manager)
    start (by_manager, on_manager_asked);
  else
    start (by_itself, NULL);
}

/* --- The screen tells --- */

/* Where the last process has shown news, they may still be shown; where they are not, nobody can see them any more. */
static void
adopt_news (ObNotifier *self)
{
  g_autofree char *place = ob_broker_dup_news_place (self->context->broker);

  if (place && !ob_screen_adopt (self->screen, OB_SLOT_NEWS, place))
    ob_broker_note_news_seen (self->context->broker);
}

/* A reminder, or news, may be due before anybody is logged in to see it, such as after a reboot. */
static void
on_appeared (gpointer user_data)
{
  ObNotifier *self = user_data;

  adopt_news (self);
  if (self->wanted != OB_REMINDER_NONE && !ob_screen_has (self->screen, OB_SLOT_REMINDER))
    on_remind (self->context->broker, (gint) self->wanted, self);
  ob_broker_tell_news_again (self->context->broker);
}

static void
on_vanished (gpointer user_data)
{
  adopt_news (user_data);
}

static void
on_shown (ObSlot slot, gpointer user_data)
{
  ObNotifier *self = user_data;
  g_autofree char *place = ob_screen_dup_place (self->screen, slot);

  if (slot != OB_SLOT_NEWS)
    return;
  ob_broker_note_news_shown (self->context->broker, place ? place : "");
}

static void
on_closed (ObSlot slot, gpointer user_data)
{
  ObNotifier *self = user_data;

  if (slot == OB_SLOT_REMINDER)
    self->wanted = OB_REMINDER_NONE;
  else if (slot == OB_SLOT_NEWS)
    ob_broker_note_news_seen (self->context->broker);
}

static void
on_clicked (ObSlot slot, gpointer user_data)
{
  ObNotifier *self = user_data;

  self->open (self->user_data);
}

/* --- Life --- */

ObNotifier *
ob_notifier_new (const ObRequestContext *context, GDBusConnection *connection, void (*open) (gpointer user_data),
                 gpointer user_data)
{
  static const ObScreenEvents events = { on_appeared, on_vanished, on_shown, on_closed, on_clicked };
  ObNotifier *self = g_new0 (ObNotifier, 1);

  self->context = context;
  self->open = open ? open : open_dashboard;
  self->user_data = user_data;
  self->screen = ob_screen_new (connection, &events, self);
  g_signal_connect (context->broker, "remind", G_CALLBACK (on_remind), self);
  g_signal_connect (context->broker, "news", G_CALLBACK (on_news), self);
  ob_pairing_watch (context->pairing, on_pages_changed, self);

  return self;
}

/* What has arrived stays true without this process; what waits has nobody then who takes it back. */
void
ob_notifier_free (ObNotifier *self)
{
  ob_screen_take_back (self->screen, OB_SLOT_REMINDER);
  ob_screen_take_back (self->screen, OB_SLOT_PAGE);
  ob_screen_free (self->screen);
  ob_pairing_unwatch (self->context->pairing, self);
  g_signal_handlers_disconnect_by_data (self->context->broker, self);
  g_free (self->page);
  g_free (self);
}
