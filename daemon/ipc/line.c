/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A ring of callers, each with its calls in order. Main thread.
 */
#include "ipc/line.h"

/* In each turn of the main loop. */
#define SERVE_US 1000

/* Other work that comes without an end leaves no room for what has a lower priority: then the line is served between it. */
#define LATE_MS 5

typedef struct
{
  const ObLineCall *kind;
  gpointer call; /* owned until it is served or dropped */
} Waiting;

typedef struct
{
  char *name;
  GQueue calls; /* of Waiting, owned */
} Caller;

struct _ObLine
{
  GQueue callers; /* of Caller, each with calls; the first is next */
  guint source;   /* 0: nobody waits */
  guint late;
  gint64 served_us; /* monotonic time when the last turn ended, or the first call came */
};

ObLine *
ob_line_new (void)
{
  return g_new0 (ObLine, 1);
}

static void
caller_free (Caller *caller)
{
  g_free (caller->name);
  g_free (caller);
}

/* Returns: (transfer full): the next call. Its caller goes behind all others. */
static Waiting *
take (ObLine *line)
{
  Caller *caller = g_queue_pop_head (&line->callers);
  Waiting *waiting = g_queue_pop_head (&caller->calls);

  if (g_queue_is_empty (&caller->calls))
    caller_free (caller);
  else
    g_queue_push_tail (&line->callers, caller);

  return waiting;
}

void
ob_line_free (ObLine *line)
{
  g_clear_handle_id (&line->source, g_source_remove);
  g_clear_handle_id (&line->late, g_source_remove);
  while (!g_queue_is_empty (&line->callers))
    {
      g_autofree Waiting *waiting = take (line);

      waiting->kind->drop (waiting->call);
    }
  g_free (line);
}

static void
serve_some (ObLine *line)
{
  const gint64 end_us = g_get_monotonic_time () + SERVE_US;

  do
    {
      g_autofree Waiting *waiting = take (line);

      waiting->kind->serve (waiting->call);
    }
  while (!g_queue_is_empty (&line->callers) && g_get_monotonic_time () < end_us);
  line->served_us = g_get_monotonic_time ();
}

/* Ends the sources when nobody waits any more. Returns: for a source: whether to go on */
static gboolean
go_on (ObLine *line)
{
  if (!g_queue_is_empty (&line->callers))
    return G_SOURCE_CONTINUE;
  g_clear_handle_id (&line->source, g_source_remove);
  g_clear_handle_id (&line->late, g_source_remove);

  return G_SOURCE_REMOVE;
}

static gboolean
on_turn (gpointer data)
{
  serve_some (data);

  return go_on (data);
}

static gboolean
on_late (gpointer data)
{
  ObLine *line = data;

  if (g_get_monotonic_time () - line->served_us >= LATE_MS * G_GINT64_CONSTANT (1000))
    serve_some (line);

  return go_on (line);
}

static Caller *
find (ObLine *line, const char *name)
{
  for (GList *link = line->callers.head; link; link = link->next)
    if (g_str_equal (((Caller *) link->data)->name, name))
      return link->data;

  return NULL;
}

void
ob_line_add (ObLine *line, const char *name, const ObLineCall *kind, gpointer call)
{
  Caller *caller = find (line, name);
  Waiting *waiting = g_new (Waiting, 1);

  *waiting = (Waiting){ kind, call };
  if (!caller)
    {
      caller = g_new0 (Caller, 1);
      caller->name = g_strdup (name);
      g_queue_push_tail (&line->callers, caller);
    }
  g_queue_push_tail (&caller->calls, waiting);
  if (line->source != 0)
    return;
  line->served_us = g_get_monotonic_time ();
  line->source = g_idle_add_full (OB_LINE_PRIORITY, on_turn, line, NULL);
  line->late = g_timeout_add (LATE_MS, on_late, line);
}
