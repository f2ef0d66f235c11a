/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files whose group has a form: a server attaches nothing to a record that it does not have yet. Until the form has arrived "not
 * attached" is no failure, and as soon as it has, the server is asked again. Main thread.
 */
#include "broker/runs-private.h"

#include "policy/retry.h"
#include "store/groups.h"

/* The server may need a moment to attach what was waiting for the form. */
#define SOON_MS 1000

/* A question that was on its way when the form arrived says nothing of after. */
#define FRESH_MS 60000

/* Returns: (transfer full) (nullable) */
static ObUpload *
get_form (ObRuns *self, const ObUpload *upload)
{
  return upload->group && !upload->is_form
             ? ob_uploads_get_form (self->database, upload->group_app, upload->group, NULL)
             : NULL;
}

gboolean
ob_runs_awaits_form (ObRuns *self, const ObUpload *upload)
{
  g_autoptr (ObUpload) form = get_form (self, upload);

  return form && form->stored != OB_STORED_DONE;
}

void
ob_runs_wait_for_form (ObRuns *self, ObUpload *upload, const ObAttemptResult *result)
{
  g_autoptr (ObUpload) form = get_form (self, upload);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  if (!form)
    return;
  /* Giving up counts from the arrival of the form. */
  if (form->stored != OB_STORED_DONE)
    upload->progress_at_ms = now_ms;
  else if (now_ms - form->done_at_ms < FRESH_MS && result->outcome.retry_after_ms <= 0)
    {
      upload->failures = 1;
      upload->retry_at_ms = now_ms + ob_retry_delay_ms (upload->failures, -1, g_random_double ());
    }
}

static void
on_hastened (const char *id, gpointer user_data)
{
  ob_queue_touch (((ObRuns *) user_data)->queue, id, FALSE);
}

gboolean
ob_runs_note_form (ObRuns *self, const ObUpload *form, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  return !form->is_form || !form->group
         || ob_groups_hasten_confirming (self->database, form->group_app, form->group, now_ms, now_ms + SOON_MS,
                                         on_hastened, self, error);
}
