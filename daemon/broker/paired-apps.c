/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands on paired apps, each a turn's change with its row of the journal. Main thread.
 */
#include "broker/paired-apps.h"

#include "base/text.h"
#include "dbus/mark.h"
#include "store/journal.h"

typedef struct
{
  ObQueue *queue;
  const ObPairedApp *app; /* of `add` only */
  const char *origin;
  const char *by;
} Change;

static gboolean
note (const Change *change, const char *event, const char *sentence, GError **error)
{
  g_autofree char *message = ob_text_dup_filled (sentence, change->by, NULL);

  return ob_journal_append_app (ob_queue_get_database (change->queue), ob_queue_get_now_ms (change->queue),
                                change->origin, event, message, error)
         != 0;
}

static gboolean
add (gpointer user_data, GError **error)
{
  const Change *change = user_data;

  return ob_apps_save (ob_queue_get_database (change->queue), change->app, error)
         && note (change, "approved",
                  change->app->may_manage ? S_ ("all uploads, by %s") : S_ ("its own uploads, by %s"), error);
}

void
ob_paired_apps_add (ObQueue *queue, const ObPairedApp *app, const char *by, ObQueueDone done, gpointer user_data)
{
  Change change = { .queue = queue, .app = app, .origin = app->origin, .by = by };

  ob_queue_command (queue, add, &change, done, user_data);
}

static gboolean
deny (gpointer user_data, GError **error)
{
  return note (user_data, "denied", S_ ("by %s"), error);
}

void
ob_paired_apps_deny (ObQueue *queue, const char *origin, const char *by, ObQueueDone done, gpointer user_data)
{
  Change change = { .queue = queue, .origin = origin, .by = by };

  ob_queue_command (queue, deny, &change, done, user_data);
}

static gboolean
delete_all (gpointer user_data, GError **error)
{
  const Change *change = user_data;

  return ob_apps_delete (ob_queue_get_database (change->queue), change->origin, error)
         && note (change, "revoked", S_ ("by %s"), error);
}

void
ob_paired_apps_revoke (ObQueue *queue, const char *origin, const char *by, ObQueueDone done, gpointer user_data)
{
  Change change = { .queue = queue, .origin = origin, .by = by };

  ob_queue_command (queue, delete_all, &change, done, user_data);
}
