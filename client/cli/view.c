/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Follows uploads and tells their changes. Owns its handlers of the client's signals, and its timers.
 */
#include "view.h"

#include "cli.h"
#include "print.h"
#include "progress.h"
#include "screen.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#define DRAW_EVERY_MS 100
#define START_AGAIN_MS 500

/* A hold may cover many uploads: when it changes, refresh no more than these. */
#define REFRESH_MOST 200

struct _CliView
{
  OutboxClient *client; /* owned, as is the rest */
  GPtrArray *uploads;   /* of OutboxUpload, in order of arrival */
  GHashTable *indexes;  /* id → index + 1 */
  GHashTable *expected; /* ids of uploads to follow */
  GHashTable *keys;     /* submit keys of uploads to follow */
  GHashTable *removed;  /* ids of removed uploads */
  GHashTable *told;     /* id → the line printed last */
  CliScreen *screen;    /* NULL: prints lines or JSON */
  GCancellable *cancellable;
  guint draw_timer;
  guint countdown_timer;
  gboolean is_json;
  gboolean follows_all;
  gboolean is_lost;
};

/* --- Telling --- */

static gboolean on_countdown (gpointer user_data);

static gboolean
has_state (CliView *view, OutboxState state)
{
  for (guint i = 0; i < view->uploads->len; i++)
    if (outbox_upload_get_state (view->uploads->pdata[i]) == state)
      return TRUE;

  return FALSE;
}

static void
draw (CliView *view)
{
  cli_screen_draw (view->screen, view->uploads,
                   view->is_lost ? _ ("The service is not there; its files are safe. Restarting it …") : NULL);
  /* Redraw a countdown each second, and ask how much is saved. */
  if (view->countdown_timer == 0 && (has_state (view, OUTBOX_STATE_RETRYING) || has_state (view, OUTBOX_STATE_SAVING)))
    view->countdown_timer = g_timeout_add_seconds (1, on_countdown, view);
}

static gboolean
on_countdown (gpointer user_data)
{
  CliView *view = user_data;

  view->countdown_timer = 0;
  if (has_state (view, OUTBOX_STATE_SAVING))
    cli_view_refresh (view);
  draw (view);

  return G_SOURCE_REMOVE;
}

static gboolean
on_draw (gpointer user_data)
{
  CliView *view = user_data;

  view->draw_timer = 0;
  draw (view);

  return G_SOURCE_REMOVE;
}

static void
want_draw (CliView *view)
{
  if (view->screen && view->draw_timer == 0)
    view->draw_timer = g_timeout_add (DRAW_EVERY_MS, on_draw, view);
}

static void
print_line (const char *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S");

  g_print ("%s %s\n", time, text);
  (void) fflush (stdout);
}

static void
tell (CliView *view, OutboxUpload *upload)
{
  const char *id = outbox_upload_get_id (upload);
  g_autofree char *name = NULL;
  g_autofree char *label = NULL;
  g_autofree char *help = NULL;
  g_autofree char *line = NULL;

  if (view->is_json)
    {
      cli_print_json (outbox_upload_get_document (upload), FALSE);
      return;
    }
  if (view->screen)
    {
      want_draw (view);
      return;
    }
  name = cli_text_dup_safe (outbox_upload_get_name (upload));
  /* A person wants to see bytes on the way move; a log wants confirmed bytes. */
  label = isatty (STDOUT_FILENO) ? cli_progress_dup_line (upload) : outbox_upload_dup_label (upload);
  help = outbox_upload_get_state (upload) == OUTBOX_STATE_DONE ? NULL : cli_help_dup_command (upload);
  line = g_strdup_printf ("%s %s: %s%s%s%s", cli_text_short_id (id), name, label, help ? " (" : "", help ? help : "",
                          help ? ")" : "");
  if (g_strcmp0 (g_hash_table_lookup (view->told, id), line) == 0)
    return;
  print_line (line);
  g_hash_table_replace (view->told, g_strdup (id), g_steal_pointer (&line));
}

/* --- What is followed --- */

static void
put (CliView *view, OutboxUpload *upload)
{
  const char *id = outbox_upload_get_id (upload);
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (view->indexes, id));

  if (index > 0)
    g_set_object ((OutboxUpload **) &view->uploads->pdata[index - 1], upload);
  else
    {
      g_ptr_array_add (view->uploads, g_object_ref (upload));
      g_hash_table_insert (view->indexes, g_strdup (id), GUINT_TO_POINTER (view->uploads->len));
    }
  tell (view, upload);
}

void
cli_view_expect (CliView *view, const char *id)
{
  g_hash_table_add (view->expected, g_strdup (id));
}

void
cli_view_expect_key (CliView *view, const char *key)
{
  g_hash_table_add (view->keys, g_strdup (key));
}

void
cli_view_expect_all (CliView *view)
{
  view->follows_all = TRUE;
  want_draw (view);
}

void
cli_view_put (CliView *view, OutboxUpload *upload)
{
  const char *id = outbox_upload_get_id (upload);

  if (!g_hash_table_contains (view->indexes, id) && !g_hash_table_contains (view->removed, id))
    put (view, upload);
}

static gboolean
is_followed (CliView *view, const char *id)
{
  return view->follows_all || g_hash_table_contains (view->expected, id);
}

static void
forget (CliView *view, const char *id)
{
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (view->indexes, id));

  if (is_followed (view, id))
    g_hash_table_add (view->removed, g_strdup (id));
  if (index == 0)
    return;
  g_ptr_array_remove_index (view->uploads, index - 1);
  g_hash_table_remove_all (view->indexes);
  for (guint i = 0; i < view->uploads->len; i++)
    g_hash_table_insert (view->indexes, g_strdup (outbox_upload_get_id (view->uploads->pdata[i])),
                         GUINT_TO_POINTER (i + 1));
  if (view->is_json)
    cli_print_json (g_variant_new_parsed ("{'id': <%s>, 'state': <'removed'>}", id), FALSE);
  else if (!view->screen)
    {
      g_autofree char *line = g_strdup_printf (_ ("%s: removed"), cli_text_short_id (id));

      print_line (line);
    }
  want_draw (view);
}

static gboolean
is_final (OutboxUpload *upload)
{
  OutboxState state = outbox_upload_get_state (upload);

  return state == OUTBOX_STATE_DONE || state == OUTBOX_STATE_FAILED;
}

gboolean
cli_view_is_over (CliView *view)
{
  if (view->uploads->len + g_hash_table_size (view->removed) < g_hash_table_size (view->expected))
    return FALSE;
  for (guint i = 0; i < view->uploads->len; i++)
    if (!is_final (view->uploads->pdata[i]))
      return FALSE;

  return !view->is_lost;
}

guint
cli_view_count_unfinished (CliView *view)
{
  guint n_unfinished = g_hash_table_size (view->removed);

  for (guint i = 0; i < view->uploads->len; i++)
    n_unfinished += outbox_upload_get_state (view->uploads->pdata[i]) != OUTBOX_STATE_DONE;

  return n_unfinished;
}

/* --- What the broker tells --- */

static void
on_upload (OutboxClient *client, OutboxUpload *upload, gpointer user_data)
{
  CliView *view = user_data;
  const char *key;

  if (g_variant_lookup (outbox_upload_get_document (upload), "key", "&s", &key)
      && g_hash_table_contains (view->keys, key))
    cli_view_expect (view, outbox_upload_get_id (upload));
  if (is_followed (user_data, outbox_upload_get_id (upload)))
    put (user_data, upload);
}

static void
on_removed (OutboxClient *client, const char *id, gpointer user_data)
{
  forget (user_data, id);
}

typedef struct
{
  CliView *view;
  GCancellable *cancellable; /* of the view, which may be gone when the answer comes */
  char *id;
} Question;

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxUpload) upload = outbox_client_get_finish (OUTBOX_CLIENT (source), result, &error);

  if (g_cancellable_is_cancelled (question->cancellable))
    ; /* the view is gone */
  else if (upload)
    put (question->view, upload);
  else if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    forget (question->view, question->id);
  g_object_unref (question->cancellable);
  g_free (question->id);
  g_free (question);
}

static void
ask (CliView *view, const char *id)
{
  Question *question = g_new0 (Question, 1);

  question->view = view;
  question->cancellable = g_object_ref (view->cancellable);
  question->id = g_strdup (id);
  outbox_client_get_async (view->client, id, view->cancellable, on_got, question);
}

static OutboxUpload *
find (CliView *view, const char *id)
{
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (view->indexes, id));

  return index > 0 ? view->uploads->pdata[index - 1] : NULL;
}

/* Asks again for what may change without a signal, and for what has not been heard of. */
void
cli_view_refresh (CliView *view)
{
  guint n_asked = 0;
  GHashTableIter iter;
  gpointer id;

  for (guint i = 0; i < view->uploads->len && n_asked < REFRESH_MOST; i++)
    if (!is_final (view->uploads->pdata[i]))
      {
        ask (view, outbox_upload_get_id (view->uploads->pdata[i]));
        n_asked++;
      }
  g_hash_table_iter_init (&iter, view->expected);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (!find (view, id) && !g_hash_table_contains (view->removed, id))
      ask (view, id);
}

static void
on_holds_changed (OutboxClient *client, GVariant *holds, gpointer user_data)
{
  cli_view_refresh (user_data);
}

/* Any call starts the broker; ignore the answer. */
static gboolean
on_start_again (gpointer user_data)
{
  CliView *view = user_data;

  if (view->is_lost)
    outbox_client_call_async (view->client, "Queue", "Summary", NULL, view->cancellable, NULL, NULL);

  return view->is_lost ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
on_broker_lost (OutboxClient *client, gpointer user_data)
{
  CliView *view = user_data;

  view->is_lost = TRUE;
  if (!view->screen && !view->is_json)
    print_line (_ ("The service is not there; its files are safe. Restarting it …"));
  want_draw (view);
  g_timeout_add_full (G_PRIORITY_DEFAULT, START_AGAIN_MS, on_start_again, view, NULL);
}

static void
on_broker_back (OutboxClient *client, gboolean is_gapless, gpointer user_data)
{
  CliView *view = user_data;

  view->is_lost = FALSE;
  if (!view->screen && !view->is_json)
    print_line (_ ("The service is back."));
  want_draw (view);
  cli_view_refresh (view);
}

/* --- Life --- */

CliView *
cli_view_new (OutboxClient *client, gboolean is_json, GVariant *filter, GError **error)
{
  g_autoptr (CliView) view = g_new0 (CliView, 1);

  view->client = g_object_ref (client);
  view->uploads = g_ptr_array_new_with_free_func (g_object_unref);
  view->indexes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  view->expected = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  view->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  view->removed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  view->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  view->cancellable = g_cancellable_new ();
  view->is_json = is_json;
  if (!is_json && cli_terminal_is_on (STDOUT_FILENO))
    view->screen = cli_screen_new ();
  g_object_connect (client, "signal::added", on_upload, view, "signal::changed", on_upload, view, "signal::removed",
                    on_removed, view, "signal::holds-changed", on_holds_changed, view, "signal::broker-lost",
                    on_broker_lost, view, "signal::broker-back", on_broker_back, view, NULL);

  return outbox_client_watch_sync (client, filter, NULL, error) ? g_steal_pointer (&view) : NULL;
}

void
cli_view_free (CliView *view)
{
  g_cancellable_cancel (view->cancellable);
  g_signal_handlers_disconnect_by_data (view->client, view);
  while (g_source_remove_by_user_data (view))
    ;
  if (view->screen)
    cli_screen_draw (view->screen, view->uploads, NULL);
  g_clear_pointer (&view->screen, cli_screen_free);
  g_object_unref (view->client);
  g_object_unref (view->cancellable);
  g_ptr_array_unref (view->uploads);
  g_hash_table_unref (view->indexes);
  g_hash_table_unref (view->expected);
  g_hash_table_unref (view->keys);
  g_hash_table_unref (view->removed);
  g_hash_table_unref (view->told);
  g_free (view);
}
