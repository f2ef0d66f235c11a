/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands on paired apps, each a turn's change. Main thread.
 */
#include "broker/paired-apps.h"

typedef struct
{
  ObDatabase *database;
  const ObPairedApp *app; /* of `add` only */
  const char *origin;     /* of `delete_all` only */
} Change;

static gboolean
add (gpointer user_data, GError **error)
{
  const Change *change = user_data;

  return ob_apps_save (change->database, change->app, error);
}

void
ob_paired_apps_add (ObQueue *queue, const ObPairedApp *app, ObQueueDone done, gpointer user_data)
{
  Change change = { .database = ob_queue_get_database (queue), .app = app };

  ob_queue_command (queue, add, &change, done, user_data);
}

static gboolean
delete_all (gpointer user_data, GError **error)
{
  const Change *change = user_data;

  return ob_apps_delete (change->database, change->origin, error);
}

void
ob_paired_apps_revoke (ObQueue *queue, const char *origin, ObQueueDone done, gpointer user_data)
{
  Change change = { .database = ob_queue_get_database (queue), .origin = origin };

  ob_queue_command (queue, delete_all, &change, done, user_data);
}
