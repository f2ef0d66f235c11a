/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trials of destinations: what is asked, how long an answer may take, and what a person is told. Main thread.
 */
#include "broker/trials.h"

#include "base/identity.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "transfer/trial-notes.h"

/* Less than the bus lets a caller wait (25 s). */
#define TRIAL_MS (20 * 1000)

#define ANY (~(OutboxReasonSet) 0)
/* Reasons that may hold an upload on every network. */
#define NOT_OF_NETWORK (OUTBOX_REASON_BIT (OUTBOX_REASON_BATTERY) | OUTBOX_REASON_BIT (OUTBOX_REASON_SCHEDULE))

struct _ObTrials
{
  ObDestinationTable *destinations; /* borrowed, as are the next two */
  ObClock *clock;
  ObWorkers *workers; /* NULL: trials are refused now */
  const ObTrialsFacts *facts;
  gpointer user_data;
  GHashTable *running; /* id → Trial */
};

typedef struct
{
  ObTrials *trials;
  char *id;          /* of the job, and what the server is asked for */
  char *destination; /* its name */
  GHashTable *notes; /* what was found good: event → words */
  ObStop *stop;
  guint timeout; /* source; 0: the time is over */
  ObTrialDone done;
  gpointer user_data;
} Trial;

static void
trial_free (Trial *trial)
{
  g_clear_handle_id (&trial->timeout, g_source_remove);
  g_object_unref (trial->stop);
  g_hash_table_unref (trial->notes);
  g_free (trial->destination);
  g_free (trial->id);
  g_free (trial);
}

ObTrials *
ob_trials_new (ObDestinationTable *destinations, ObClock *clock, const ObTrialsFacts *facts, gpointer user_data)
{
  ObTrials *self = g_new0 (ObTrials, 1);

  self->destinations = destinations;
  self->clock = clock;
  self->facts = facts;
  self->user_data = user_data;
  self->running = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) trial_free);

  return self;
}

void
ob_trials_free (ObTrials *self)
{
  g_hash_table_unref (self->running);
  g_free (self);
}

void
ob_trials_start (ObTrials *self, ObWorkers *workers)
{
  self->workers = workers;
}

/* --- What is found --- */

/* A hold that ends by itself once the server answers does not keep an upload away. */
static gboolean
needs_person (const ObSharedHold *shared)
{
  const ObHold *hold = &shared->hold;

  return hold->scope == OUTBOX_SCOPE_QUEUE || hold->reason == OUTBOX_REASON_USER
         || (hold->scope == OUTBOX_SCOPE_DESTINATION && outbox_reason_get_info (hold->reason)->needs_user);
}

/* Returns: whether these holds keep every upload for the destination waiting */
static gboolean
find_holds (ObTrials *self, const char *name, GArray *list)
{
  g_autoptr (GArray) all = self->facts->list_holds (self->user_data);
  gboolean is_held = FALSE;

  for (guint i = 0; i < all->len; i++)
    {
      const ObSharedHold *shared = &g_array_index (all, ObSharedHold, i);

      if (shared->hold.scope != OUTBOX_SCOPE_QUEUE
          && (shared->hold.scope != OUTBOX_SCOPE_DESTINATION || !g_str_equal (shared->key, name)))
        continue;
      ob_shared_holds_add (list, &shared->hold, g_strdup (shared->key), shared->trouble);
      is_held |= needs_person (shared);
    }

  return self->facts->list_holds_of_rules (name, ANY, list, self->user_data) || is_held;
}

static void
describe_trouble (ObTrialReport *found, const ObAttemptResult *result)
{
  found->has_trouble = TRUE;
  found->is_of_confirm_url = found->protocol != NULL;
  found->state = OUTBOX_STATE_RETRYING;
  found->reason = OUTBOX_REASON_RETRYING;
  found->code = "timed-out";
  found->message = S_ ("The server did not answer all that it was asked in time");
  if (result->is_cancelled)
    return;
  found->state = ob_outcome_get_public (&result->outcome, found->is_of_confirm_url ? OB_STAGE_CONFIRM : OB_STAGE_CREATE,
                                        &found->reason);
  found->is_address = result->outcome.is_silent || result->outcome.verdict == OB_VERDICT_FAIL
                      || found->reason == OUTBOX_REASON_WRONG_ADDRESS
                      || found->reason == OUTBOX_REASON_NOT_CONFIRMED_YET;
  found->code = result->code;
  found->message = result->message;
}

/* @result: (nullable): NULL if nothing was asked */
static void
report (Trial *trial, const ObAttemptResult *result)
{
  g_autoptr (GArray) holds = ob_shared_holds_new ();
  const char *max_size = g_hash_table_lookup (trial->notes, OB_TRIAL_MAX_SIZE);
  ObTrialReport found = { .destination = trial->destination,
                          .is_asked = result != NULL,
                          .connected = g_hash_table_lookup (trial->notes, OB_TRIAL_CONNECTED),
                          .encrypted = g_hash_table_lookup (trial->notes, OB_TRIAL_ENCRYPTED),
                          .protocol = g_hash_table_lookup (trial->notes, OB_TRIAL_PROTOCOL),
                          .max_bytes = max_size ? g_ascii_strtoull (max_size, NULL, 10) : 0,
                          .is_confirm_url_good = g_hash_table_contains (trial->notes, OB_TRIAL_CONFIRM),
                          .is_amend_url_good = g_hash_table_contains (trial->notes, OB_TRIAL_AMEND),
                          .amend_trouble = g_hash_table_lookup (trial->notes, OB_TRIAL_NO_AMEND),
                          .holds = holds };

  found.is_good = !find_holds (trial->trials, trial->destination, holds) && result && result->is_done;
  if (result && !result->is_done)
    describe_trouble (&found, result);
  trial->done (&found, NULL, trial->user_data);
}

gboolean
ob_trials_note (ObTrials *self, const char *id, const char *event, const char *words)
{
  Trial *trial = g_hash_table_lookup (self->running, id);

  if (trial)
    g_hash_table_replace (trial->notes, g_strdup (event), g_strdup (words));

  return trial != NULL;
}

gboolean
ob_trials_end (ObTrials *self, const char *id, const ObAttemptResult *result)
{
  Trial *trial = g_hash_table_lookup (self->running, id);

  if (!trial)
    return FALSE;
  report (trial, result);
  (void) g_hash_table_remove (self->running, id);

  return TRUE;
}

/* --- Its life --- */

static ObJob *
make_job (const ObDestination *destination, const char *id)
{
  ObJob *job = g_new0 (ObJob, 1);

  job->id = g_strdup (id);
  job->protocol = g_strdup (destination->protocol);
  job->destination = g_strdup (destination->name);
  job->url = g_strdup (destination->url);
  job->also = g_strdupv (destination->also);
  job->confirm_url = g_strdup (destination->confirm_url);
  job->amend_url = g_strdup (destination->amend_url);
  job->headers = g_variant_ref (destination->headers);
  job->metadata = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  job->sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, id, -1);
  job->is_trial = TRUE;

  return job;
}

static gboolean
on_time (gpointer user_data)
{
  Trial *trial = user_data;

  trial->timeout = 0;
  ob_stop_ask (trial->stop, OB_STOP_NOW);

  return G_SOURCE_REMOVE;
}

static Trial *
trial_new (ObTrials *self, const ObDestination *destination, ObTrialDone done, gpointer user_data)
{
  Trial *trial = g_new0 (Trial, 1);

  trial->trials = self;
  trial->id = ob_id_new (ob_clock_get_now_ms (self->clock));
  trial->destination = g_strdup (destination->name);
  trial->notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  trial->stop = ob_stop_new ();
  trial->done = done;
  trial->user_data = user_data;

  return trial;
}

static gboolean
check (ObTrials *self, const char *name, GError **error)
{
  if (!ob_destination_table_find (self->destinations, name))
    ob_text_set_not_found (error, S_ ("There is no destination %s"), name);
  else if (!self->workers)
    g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("The service does not send now"));
  else if (g_hash_table_size (self->running) >= OB_WORKERS_MAX_TRIALS)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, S_ ("%u destinations are being tried already"),
                 OB_WORKERS_MAX_TRIALS);
  else
    return TRUE;

  return FALSE;
}

/* A network that no upload may use is not used for a trial either. */
static gboolean
is_forbidden (ObTrials *self, const char *name)
{
  g_autoptr (GArray) holds = ob_shared_holds_new ();

  return self->facts->list_holds_of_rules (name, ~NOT_OF_NETWORK, holds, self->user_data);
}

void
ob_trials_begin (ObTrials *self, const char *name, ObTrialDone done, gpointer user_data)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  g_autoptr (GError) error = NULL;
  Trial *trial;

  if (!check (self, name, &error))
    {
      done (NULL, error, user_data);
      return;
    }
  trial = trial_new (self, destination, done, user_data);
  if (is_forbidden (self, name))
    {
      report (trial, NULL);
      trial_free (trial);
      return;
    }
  trial->timeout = g_timeout_add (TRIAL_MS, on_time, trial);
  g_hash_table_insert (self->running, trial->id, trial);
  ob_workers_start (self->workers, make_job (destination, trial->id), trial->stop);
}

void
ob_trials_stop (ObTrials *self)
{
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("The service ends"));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->running);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Trial *trial = value;

      ob_stop_ask (trial->stop, OB_STOP_NOW);
      trial->done (NULL, error, trial->user_data);
      g_hash_table_iter_remove (&iter);
    }
  self->workers = NULL;
}
