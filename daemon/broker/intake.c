/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends a file without a key to be saved (saving.c), one with a key to be compared first (resubmissions.c). Main thread.
 */
#include "broker/intake.h"

#include "dbus/error.h"
#include "dbus/mark.h"

/* A file whose reads hang must not hold up the end for longer: then it is given up. */
#define END_MS 1500

struct _ObIntake
{
  ObQueue *queue;   /* borrowed */
  ObIngest *ingest; /* borrowed */
  ObSavingTable *saving;
  ObResubmissions *resubmissions;
  gboolean is_ending;
};

ObIntake *
ob_intake_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObDestinationTable *destinations,
               ObRecordings *recordings, const ObIntakeHost *host, gpointer user_data)
{
  ObIntake *self = g_new0 (ObIntake, 1);

  self->queue = queue;
  self->ingest = ingest;
  self->saving = ob_saving_table_new (queue, spool, ingest, destinations, host, user_data);
  self->resubmissions = ob_resubmissions_new (queue, spool, ingest, self->saving, recordings, host, user_data);

  return self;
}

void
ob_intake_free (ObIntake *self)
{
  ob_resubmissions_free (self->resubmissions);
  ob_saving_table_free (self->saving);
  g_free (self);
}

void
ob_intake_submit (ObIntake *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (self->is_ending)
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; hand the file over again"));
  if (error || !ob_submission_check (submission, ob_queue_get_now_ms (self->queue), &error))
    {
      ob_ingest_close (self->ingest, fd);
      done (NULL, error, user_data);
    }
  else if (submission->key)
    ob_resubmissions_begin (self->resubmissions, submission, fd, done, user_data);
  else
    ob_saving_table_begin (self->saving, submission, fd, done, user_data);
}

gboolean
ob_intake_has (ObIntake *self, const char *id)
{
  return ob_saving_table_find (self->saving, id) != NULL;
}

gboolean
ob_intake_has_key (ObIntake *self, const char *app, const char *key)
{
  return ob_saving_table_find_key (self->saving, app, key) != NULL;
}

gboolean
ob_intake_is_idle (ObIntake *self)
{
  return ob_saving_table_count (self->saving) == 0;
}

gint64
ob_intake_get_bytes (ObIntake *self, const char *id)
{
  const ObSaving *saving = ob_saving_table_find (self->saving, id);

  return saving ? ob_saving_get_bytes (saving) : -1;
}

void
ob_intake_drop (ObIntake *self, const char *id)
{
  ob_saving_table_cancel (self->saving, id);
}

/* --- The end --- */

static gboolean
on_late (gpointer user_data)
{
  guint *late_source = user_data;

  *late_source = 0;

  return G_SOURCE_REMOVE;
}

static gboolean
is_over (ObIntake *self)
{
  return ob_saving_table_count (self->saving) + ob_resubmissions_count (self->resubmissions) == 0;
}

void
ob_intake_stop (ObIntake *self)
{
  self->is_ending = TRUE;
  ob_resubmissions_stop (self->resubmissions);
}

void
ob_intake_end (ObIntake *self)
{
  guint late_source = g_timeout_add (END_MS, on_late, &late_source);

  ob_saving_table_cancel (self->saving, NULL);
  ob_resubmissions_end (self->resubmissions);
  while (late_source > 0 && !is_over (self))
    g_main_context_iteration (NULL, TRUE);
  g_clear_handle_id (&late_source, g_source_remove);
  ob_ingest_give_up (self->ingest);
  while (!is_over (self))
    g_main_context_iteration (NULL, TRUE);
}
