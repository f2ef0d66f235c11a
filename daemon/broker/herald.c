/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Follows the journal when nothing else is to be done, and tells when it is time. How far it has looked is written only with news, now and
 * then, and at the end: what it looks at again has nothing new for it. Main thread.
 */
#include "broker/herald.h"

#include "base/debug.h"
#include "broker/history.h"
#include "store/meta.h"
#include "store/uploads.h"

/* In the database's meta: one more than the journal's last sequence that was looked at; when news were told last; where they are shown. */
#define NEXT "news_next"
#define TOLD_AT "news_told_at"
#define PLACE "news_place"

/* Of the journal, at once. */
#define ROWS 200

/* So many rows may be looked at again by the next process. */
#define MOST_UNWRITTEN 2000

/* Of an upload's history, to see whether it needed a person. */
#define HISTORY_ROWS 200

struct _ObHerald
{
  ObQueue *queue; /* borrowed, as is the next */
  ObDatabase *database;
  const ObHeraldHost *host;
  gpointer user_data;
  gboolean is_started;
  gint64 looked;  /* the journal's last sequence that was looked at */
  gint64 written; /* the same, as the database has it; -1: it has none */
  gint64 told_ms;
  gint64 asked_ms; /* when somebody was last asked to show it; 0: never */
  gint64 look_ms;  /* when to look again; 0: when something changes */
  guint look_source;
  gboolean is_shown;
};

ObHerald *
ob_herald_new (ObQueue *queue, const ObHeraldHost *host, gpointer user_data)
{
  ObHerald *self = g_new0 (ObHerald, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->host = host;
  self->user_data = user_data;

  return self;
}

void
ob_herald_free (ObHerald *self)
{
  g_clear_handle_id (&self->look_source, g_source_remove);
  g_free (self);
}

/* --- What the database has --- */

/* In a database that never had a herald, all that has arrived is past. */
static gboolean
load (gpointer member, GError **error)
{
  ObHerald *self = member;
  gint64 last = ob_journal_get_last (self->database);
  gint64 next = ob_meta_get_number (self->database, NEXT);
  g_autofree char *place = ob_meta_dup_text (self->database, PLACE);

  self->written = next - 1;
  self->looked = next > 0 ? MIN (self->written, last) : last;
  self->told_ms = ob_meta_get_number (self->database, TOLD_AT);
  self->is_shown = place != NULL;

  return TRUE;
}

static gboolean
write_looked (gpointer user_data, GError **error)
{
  ObHerald *self = user_data;

  self->written = self->looked;

  return ob_meta_set_number (self->database, NEXT, self->looked + 1, error);
}

/* --- Noticing --- */

/* What arrived in some rows of the journal. */
typedef struct
{
  ObHerald *herald;
  gint64 now_ms;
  gint64 until;         /* the last of these rows */
  GPtrArray *uploads;   /* of ObUpload: those that had to wait */
  GPtrArray *of_groups; /* of ObUpload: one of each group */
  ObNews news;          /* as it was before */
} Glance;

static OutboxReasonSet
get_reasons_of_person (void)
{
  OutboxReasonSet reasons = 0;

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (outbox_reason_get_info (i)->needs_user)
      reasons |= OUTBOX_REASON_BIT (i);

  return reasons;
}

/* What an upload's history says. */
typedef struct
{
  gint64 set_ms; /* the time that was set for it; 0: none */
  gboolean needed_person;
} Past;

static void
on_past_row (const ObJournalRow *row, gpointer data)
{
  Past *past = data;
  g_autoptr (GArray) holds = row->upload_id ? ob_past_holds_read (row->holds) : NULL;

  if (!row->upload_id)
    past->needed_person |= (outbox_reasons_from_names (row->reason) & get_reasons_of_person ()) != 0;
  else
    past->needed_person |= g_strcmp0 (row->state, ob_stored_get_name (OB_STORED_FAILED)) == 0;
  for (guint i = 0; holds && i < holds->len; i++)
    if (g_array_index (holds, ObPastHold, i).reason == OUTBOX_REASON_NOT_BEFORE)
      past->set_ms = g_array_index (holds, ObPastHold, i).until_ms;
}

static gboolean
is_of_wait (ObHerald *self, const ObUpload *upload)
{
  const ObReminderSettings *settings = self->host->get_settings (self->user_data);
  Past past = { 0, FALSE };

  /* Most arrive at once, and their history is not read. */
  if (!ob_news_is_of_wait (settings, upload->done_at_ms - upload->created_at_ms, TRUE)
      || !ob_history_read (self->database, upload->id, upload, HISTORY_ROWS, on_past_row, &past, NULL))
    return FALSE;

  return ob_news_is_of_wait (settings, upload->done_at_ms - MAX (upload->created_at_ms, past.set_ms),
                             past.needed_person);
}

static gboolean
has_group_of (const GPtrArray *uploads, const ObUpload *upload)
{
  for (guint i = 0; i < uploads->len; i++)
    {
      const ObUpload *other = uploads->pdata[i];

      if (g_str_equal (other->group, upload->group) && g_str_equal (other->group_app, upload->group_app))
        return TRUE;
    }

  return FALSE;
}

static void
glance_at_one (Glance *glance, const char *id)
{
  ObHerald *self = glance->herald;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, NULL);

  if (!upload || upload->stored != OB_STORED_DONE)
    return;
  if (is_of_wait (self, upload))
    g_ptr_array_add (glance->uploads, ob_uploads_get (self->database, id, NULL));
  if (upload->group && self->host->get_settings (self->user_data)->tells_groups
      && !has_group_of (glance->of_groups, upload))
    g_ptr_array_add (glance->of_groups, g_steal_pointer (&upload));
}

/* What is not true any more goes first, so that a group that is whole again is news again. */
static gboolean
write_glance (gpointer user_data, GError **error)
{
  const Glance *glance = user_data;
  ObHerald *self = glance->herald;
  gboolean is_changed = FALSE;

  if (glance->news.uploads + glance->news.groups > 0
      && !ob_news_forget_untrue (self->database, self->looked, &is_changed, error))
    return FALSE;
  for (guint i = 0; i < glance->uploads->len; i++)
    if (!ob_news_add_upload (self->database, ((const ObUpload *) glance->uploads->pdata[i])->id, glance->now_ms, error))
      return FALSE;
  for (guint i = 0; i < glance->of_groups->len; i++)
    if (!ob_news_add_group_of (self->database, glance->of_groups->pdata[i], glance->now_ms, error))
      return FALSE;
  self->looked = glance->until;
  if (is_changed || glance->uploads->len > 0 || glance->of_groups->len > 0
      || self->looked - self->written > MOST_UNWRITTEN)
    return write_looked (self, error);

  return TRUE;
}

/* Returns: whether the journal may have more */
static gboolean
glance_at_journal (ObHerald *self, gint64 now_ms, const ObNews *news)
{
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
  g_autoptr (GPtrArray) of_groups = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
  Glance glance = { self, now_ms, self->looked, uploads, of_groups, *news };
  g_autoptr (GPtrArray) ids = ob_news_read_arrivals (self->database, &glance.until, ROWS, NULL);

  if (!ids || glance.until == self->looked)
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    glance_at_one (&glance, ids->pdata[i]);
  /* Most changes are no arrivals, and nothing has to be written for them. */
  if (uploads->len == 0 && of_groups->len == 0 && news->uploads + news->groups == 0
      && glance.until - self->written <= MOST_UNWRITTEN)
    self->looked = glance.until;
  else if (!ob_queue_do (self->queue, OB_TURN_LATER, write_glance, &glance, NULL))
    return FALSE;

  return TRUE;
}

/* --- What is wanted no more --- */

/* The arguments of forget(). */
typedef struct
{
  ObHerald *herald;
  ObNewsKind kind;  /* all of it goes */
  gint64 before_ms; /* and what is older */
} Forgetting;

static gboolean
forget (gpointer user_data, GError **error)
{
  const Forgetting *forgetting = user_data;
  ObDatabase *database = forgetting->herald->database;

  return ob_news_forget_kind (database, forgetting->kind, error)
         && ob_news_forget_before (database, forgetting->before_ms, error);
}

static void
forget_unwanted (ObHerald *self, gint64 now_ms, const ObNews *news)
{
  const ObReminderSettings *settings = self->host->get_settings (self->user_data);
  Forgetting forgetting = { self, 0, now_ms - OB_NEWS_OLD_MS };

  if (news->uploads > 0 && !settings->tells_arrived)
    forgetting.kind |= OB_NEWS_OF_UPLOADS;
  if (news->groups > 0 && !settings->tells_groups)
    forgetting.kind |= OB_NEWS_OF_GROUPS;
  if (forgetting.kind != 0 || (news->first_ms > 0 && news->first_ms < forgetting.before_ms))
    (void) ob_queue_do (self->queue, OB_TURN_LATER, forget, &forgetting, NULL);
}

/* --- Telling --- */

gboolean
ob_herald_get_news (ObHerald *self, ObNews *news)
{
  return ob_news_count (self->database, news, NULL) && news->uploads + news->groups > 0;
}

static gboolean
write_seen (gpointer user_data, GError **error)
{
  ObHerald *self = user_data;

  return ob_news_forget_told (self->database, error) && ob_meta_set_text (self->database, PLACE, NULL, error);
}

void
ob_herald_note_seen (ObHerald *self)
{
  if (!self->is_shown)
    return;
  self->is_shown = FALSE;
  (void) ob_queue_do (self->queue, OB_TURN_LATER, write_seen, self, NULL);
}

/* The arguments of write_shown(). */
typedef struct
{
  const ObHerald *herald;
  const char *place;
} Showing;

static gboolean
write_shown (gpointer user_data, GError **error)
{
  const Showing *showing = user_data;
  const ObHerald *self = showing->herald;

  return ob_news_set_told (self->database, self->asked_ms, error)
         && ob_meta_set_number (self->database, TOLD_AT, self->told_ms, error)
         && ob_meta_set_text (self->database, PLACE, showing->place, error);
}

void
ob_herald_note_shown (ObHerald *self, const char *place)
{
  Showing showing = { self, place };

  self->is_shown = TRUE;
  self->told_ms = ob_queue_get_now_ms (self->queue);
  (void) ob_queue_do (self->queue, OB_TURN_SOON, write_shown, &showing, NULL);
}

char *
ob_herald_dup_place (ObHerald *self)
{
  return ob_meta_dup_text (self->database, PLACE);
}

static void
tell (ObHerald *self, gint64 now_ms, const ObNews *news)
{
  const ObNewsFacts facts = { now_ms, news->first_ms, news->last_ms, MAX (self->told_ms, self->asked_ms),
                              self->host->is_busy (self->user_data) };
  ObNewsPlan plan = ob_news_decide (&facts);

  self->look_ms = plan.next_ms;
  if (plan.is_due)
    {
      ob_debug (OB_DEBUG_RUNS, NULL,
                "the person is told that %" G_GUINT64_FORMAT " after a wait and %" G_GUINT64_FORMAT
                " groups have arrived",
                news->uploads, news->groups);
      self->asked_ms = now_ms;
      self->host->tell (TRUE, self->user_data);
    }
  else if (self->is_shown && news->told == 0)
    {
      ob_herald_note_seen (self);
      self->host->tell (FALSE, self->user_data);
    }
}

/* Returns: whether to look again at once */
static gboolean
look (ObHerald *self, gint64 now_ms)
{
  ObNews news;

  if (!ob_news_count (self->database, &news, NULL))
    return FALSE;
  if (glance_at_journal (self, now_ms, &news))
    return TRUE;
  forget_unwanted (self, now_ms, &news);
  if (ob_news_count (self->database, &news, NULL))
    tell (self, now_ms, &news);

  return FALSE;
}

/* --- When to look --- */

static gboolean
on_look (gpointer data)
{
  ObHerald *self = data;

  if (look (self, ob_queue_get_now_ms (self->queue)))
    return G_SOURCE_CONTINUE;
  self->look_source = 0;
  ob_queue_set_alarm (self->queue);

  return G_SOURCE_REMOVE;
}

static void
look_soon (ObHerald *self)
{
  if (self->look_source == 0)
    self->look_source = g_idle_add_full (G_PRIORITY_LOW, on_look, self, NULL);
}

void
ob_herald_tell_again (ObHerald *self)
{
  self->asked_ms = 0;
  if (self->is_started)
    look_soon (self);
}

void
ob_herald_start (ObHerald *self)
{
  self->is_started = TRUE;
  if (self->written < 0)
    (void) ob_queue_do (self->queue, OB_TURN_LATER, write_looked, self, NULL);
  look_soon (self);
}

void
ob_herald_stop (ObHerald *self)
{
  if (self->is_started && self->looked != self->written)
    (void) ob_queue_do (self->queue, OB_TURN_LATER, write_looked, self, NULL);
  self->is_started = FALSE;
  g_clear_handle_id (&self->look_source, g_source_remove);
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObHerald *self = member;

  if (self->is_started && (g_hash_table_size (changes->touched) > 0 || self->is_shown))
    look_soon (self);
}

static gint64
next_ms (gpointer member)
{
  return ((ObHerald *) member)->look_ms;
}

/* A time that has come is looked at like a change, when nothing else is to be done. */
static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObHerald *self = member;

  if (!self->is_started || (jump_ms == 0 && (self->look_ms == 0 || self->look_ms > now_ms)))
    return;
  self->look_ms = 0;
  look_soon (self);
}

const ObMember ob_herald_member = { .load = load, .flushed = flushed, .next_ms = next_ms, .wake = wake };
