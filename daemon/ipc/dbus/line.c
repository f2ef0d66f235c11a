/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A ring of callers, each with its calls in order. Main thread.
 */
#include "ipc/dbus/line.h"

#include "dbus/error.h"

/* In each turn of the main loop. */
#define SERVE_US 1000

/* Lower than the bus, so that calls that have arrived meanwhile are in line too; the same as a commit, so that neither
 * waits for the other. */
#define SERVE_PRIORITY (G_PRIORITY_DEFAULT + 10)

/* Calls that come without an end leave no room for what has a lower priority: then the line is served between them. */
#define LATE_US 5000

typedef struct
{
  char *name;
  GQueue calls; /* of GDBusMethodInvocation, owned */
} Sender;

struct _ObLine
{
  void (*serve) (GDBusMethodInvocation *invocation, gpointer user_data);
  gpointer user_data;
  GQueue senders; /* of Sender, each with calls; the first is next */
  guint source;
  gint64 served_us; /* monotonic time when the last turn ended, or the first call came */
};

ObLine *
ob_line_new (void (*serve) (GDBusMethodInvocation *invocation, gpointer user_data), gpointer user_data)
{
  ObLine *line = g_new0 (ObLine, 1);

  line->serve = serve;
  line->user_data = user_data;

  return line;
}

static void
sender_free (Sender *sender)
{
  g_free (sender->name);
  g_free (sender);
}

/* Returns: (transfer full): the next call. Its sender goes behind all others. */
static GDBusMethodInvocation *
take (ObLine *line)
{
  Sender *sender = g_queue_pop_head (&line->senders);
  GDBusMethodInvocation *invocation = g_queue_pop_head (&sender->calls);

  if (g_queue_is_empty (&sender->calls))
    sender_free (sender);
  else
    g_queue_push_tail (&line->senders, sender);

  return invocation;
}

void
ob_line_free (ObLine *line)
{
  g_clear_handle_id (&line->source, g_source_remove);
  while (!g_queue_is_empty (&line->senders))
    g_dbus_method_invocation_return_error (take (line), OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                           "Outbox is ending; try again");
  g_free (line);
}

static void
serve_some (ObLine *line)
{
  const gint64 end_us = g_get_monotonic_time () + SERVE_US;

  do
    line->serve (take (line), line->user_data);
  while (!g_queue_is_empty (&line->senders) && g_get_monotonic_time () < end_us);
  line->served_us = g_get_monotonic_time ();
}

static gboolean
on_turn (gpointer data)
{
  ObLine *line = data;

  if (!g_queue_is_empty (&line->senders))
    serve_some (line);
  if (!g_queue_is_empty (&line->senders))
    return G_SOURCE_CONTINUE;
  line->source = 0;

  return G_SOURCE_REMOVE;
}

static Sender *
find (ObLine *line, const char *name)
{
  for (GList *link = line->senders.head; link; link = link->next)
    if (g_str_equal (((Sender *) link->data)->name, name))
      return link->data;

  return NULL;
}

void
ob_line_add (ObLine *line, GDBusMethodInvocation *invocation)
{
  const char *name = g_dbus_method_invocation_get_sender (invocation);
  Sender *sender = find (line, name);

  if (!sender)
    {
      sender = g_new0 (Sender, 1);
      sender->name = g_strdup (name);
      g_queue_push_tail (&line->senders, sender);
    }
  g_queue_push_tail (&sender->calls, invocation);
  if (line->source != 0 && g_get_monotonic_time () - line->served_us > LATE_US)
    serve_some (line);
  if (line->source != 0)
    return;
  line->served_us = g_get_monotonic_time ();
  line->source = g_idle_add_full (SERVE_PRIORITY, on_turn, line, NULL);
}
