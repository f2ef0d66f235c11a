/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two rings of apps, one for small files and one for large ones; each app's own files wait in order of arrival. Main
 * thread.
 */
#include "store/ingest-turns.h"

typedef struct
{
  char *app;
  GQueue places; /* of ObIngestPlace, borrowed */
} Line;

struct _ObIngestTurns
{
  GQueue lines[2]; /* of Line, for small and for large files; the first app is next */
  GPtrArray *running;
  char *last_app;  /* the app of the last file; NULL: none yet */
  guint n_of_last; /* how many files that app handed over in a row */
  gboolean has_company;
};

static void
line_free (Line *line)
{
  g_queue_clear (&line->places);
  g_free (line->app);
  g_free (line);
}

ObIngestTurns *
ob_ingest_turns_new (void)
{
  ObIngestTurns *turns = g_new0 (ObIngestTurns, 1);

  turns->running = g_ptr_array_new ();

  return turns;
}

void
ob_ingest_turns_free (ObIngestTurns *turns)
{
  for (guint i = 0; i < G_N_ELEMENTS (turns->lines); i++)
    g_queue_clear_full (&turns->lines[i], (GDestroyNotify) line_free);
  g_ptr_array_unref (turns->running);
  g_free (turns->last_app);
  g_free (turns);
}

static GList *
find_line (GQueue *lines, const char *app)
{
  for (GList *link = lines->head; link; link = link->next)
    if (g_str_equal (((Line *) link->data)->app, app))
      return link;

  return NULL;
}

static void
note_app (ObIngestTurns *turns, const char *app)
{
  if (g_strcmp0 (turns->last_app, app) == 0)
    {
      turns->n_of_last++;
      turns->has_company &= turns->n_of_last < OB_INGEST_ALONE_AFTER;
      return;
    }
  turns->has_company = turns->last_app != NULL;
  g_free (turns->last_app);
  turns->last_app = g_strdup (app);
  turns->n_of_last = 1;
}

void
ob_ingest_turns_add (ObIngestTurns *turns, ObIngestPlace *place)
{
  GQueue *lines = &turns->lines[place->is_large];
  GList *link = find_line (lines, place->app);
  Line *line = link ? link->data : g_new0 (Line, 1);

  if (!link)
    {
      line->app = g_strdup (place->app);
      g_queue_push_tail (lines, line);
    }
  g_queue_push_tail (&line->places, place);
  note_app (turns, place->app);
}

/* What runs already, seen from an app that would have another file run. */
typedef struct
{
  guint in_all; /* of the same size class, as the next; stuck files count in neither */
  guint of_app;
  guint stuck_of_app;
} Crowd;

static Crowd
look_around (ObIngestTurns *turns, const ObIngestPlace *place)
{
  Crowd crowd = { 0 };

  for (guint i = 0; i < turns->running->len; i++)
    {
      const ObIngestPlace *other = turns->running->pdata[i];
      gboolean is_same_app = g_str_equal (other->app, place->app);
      gboolean is_rival = !other->is_stuck && other->is_large == place->is_large;

      crowd.in_all += is_rival;
      crowd.of_app += is_rival && is_same_app;
      crowd.stuck_of_app += other->is_stuck && is_same_app;
    }

  return crowd;
}

/* Returns: whether the app may have one more of any mount. For most of a thousand waiting files this answers all,
 * without looking at each. */
static gboolean
may_app_run (ObIngestTurns *turns, const ObIngestPlace *place)
{
  const Crowd crowd = look_around (turns, place);
  const guint small_of_app = turns->has_company ? OB_INGEST_SMALL_IN_COMPANY : OB_INGEST_SMALL_OF_APP;

  return turns->running->len < OB_INGEST_RUNNING_MAX && crowd.stuck_of_app < OB_INGEST_STUCK_OF_APP
         && crowd.in_all < (place->is_large ? OB_INGEST_LARGE_MAX : OB_INGEST_SMALL_MAX)
         && crowd.of_app < (place->is_large ? OB_INGEST_LARGE_OF_APP : small_of_app);
}

static gboolean
may_mount_run (ObIngestTurns *turns, guint64 mount)
{
  guint n_stuck = 0;

  for (guint i = 0; i < turns->running->len && mount != 0; i++)
    {
      const ObIngestPlace *other = turns->running->pdata[i];

      n_stuck += other->is_stuck && other->mount == mount;
    }

  return n_stuck < OB_INGEST_STUCK_OF_MOUNT;
}

/* Finds a file of the app whose mount may have one more, perhaps behind others whose mount may not. */
static GList *
find_place (ObIngestTurns *turns, Line *line)
{
  guint64 refused = 0;

  if (!may_app_run (turns, line->places.head->data))
    return NULL;
  for (GList *link = line->places.head; link; link = link->next)
    {
      ObIngestPlace *place = link->data;

      if (link != line->places.head && place->mount == refused)
        continue;
      if (may_mount_run (turns, place->mount))
        return link;
      refused = place->mount;
    }

  return NULL;
}

static void
drop_if_empty (GQueue *lines, GList *link)
{
  Line *line = link->data;

  if (!g_queue_is_empty (&line->places))
    return;
  line_free (line);
  g_queue_delete_link (lines, link);
}

static ObIngestPlace *
take_of (ObIngestTurns *turns, GQueue *lines)
{
  for (GList *link = lines->head; link; link = link->next)
    {
      Line *line = link->data;
      GList *found = find_place (turns, line);
      ObIngestPlace *place = found ? found->data : NULL;

      if (!place)
        continue;
      g_queue_delete_link (&line->places, found);
      g_queue_unlink (lines, link);
      g_queue_push_tail_link (lines, link);
      drop_if_empty (lines, link);
      return place;
    }

  return NULL;
}

ObIngestPlace *
ob_ingest_turns_take (ObIngestTurns *turns)
{
  ObIngestPlace *place = take_of (turns, &turns->lines[FALSE]);

  if (!place)
    place = take_of (turns, &turns->lines[TRUE]);
  if (!place)
    return NULL;
  place->is_running = TRUE;
  place->is_stuck = FALSE;
  g_ptr_array_add (turns->running, place);

  return place;
}

void
ob_ingest_turns_remove (ObIngestTurns *turns, ObIngestPlace *place)
{
  GQueue *lines = &turns->lines[place->is_large];
  GList *link;

  if (place->is_running)
    {
      (void) g_ptr_array_remove_fast (turns->running, place);
      place->is_running = FALSE;
      return;
    }
  link = find_line (lines, place->app);
  if (!link)
    return;
  (void) g_queue_remove (&((Line *) link->data)->places, place);
  drop_if_empty (lines, link);
}

guint
ob_ingest_turns_count_waiting (ObIngestTurns *turns, const char *app)
{
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (turns->lines); i++)
    for (GList *link = turns->lines[i].head; link; link = link->next)
      if (!app || g_str_equal (((Line *) link->data)->app, app))
        n += ((Line *) link->data)->places.length;

  return n;
}

GPtrArray *
ob_ingest_turns_get_running (ObIngestTurns *turns)
{
  return turns->running;
}
