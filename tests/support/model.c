/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model of a server. Owns what it has seen.
 */
#include "support/model.h"

#include <glib/gstdio.h>
#include <unistd.h>

static guint
count_up (GHashTable *counts, const char *id)
{
  const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, id)) + 1;

  g_hash_table_insert (counts, g_strdup (id), GUINT_TO_POINTER (n));

  return n;
}

static guint
get_count (GHashTable *counts, const char *id)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (counts, id));
}

static ObAttemptResult *
confirm (void)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->is_done = TRUE;
  result->receipt.confirmed_by = g_strdup ("tus");

  return result;
}

static ObAttemptResult *
end_badly (ObVerdict verdict, OutboxReason reason)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->outcome = (ObOutcome){ .verdict = verdict, .scope = OUTBOX_SCOPE_UPLOAD, .reason = reason };
  result->code = g_strdup ("model");
  result->message = g_strdup ("model");

  return result;
}

static void
wait_for_stop (ObStop *stop)
{
  while (!g_cancellable_is_cancelled (G_CANCELLABLE (stop)))
    g_usleep (1000);
}

/* Returns: (transfer full): where it goes on; NULL: the answer was lost, or it is to ask elsewhere first */
static char *
begin (TestModel *model, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data)
{
  char *place;

  if (job->resume && checkpoints->created (NULL, user_data) != OB_CREATED_DURABLE)
    return NULL;
  g_mutex_lock (&model->lock);
  place = g_strdup_printf ("%s%s-%u", job->url, job->id, model->n_urls++);
  g_hash_table_insert (model->places, g_strdup (place), g_strdup (job->id));
  g_mutex_unlock (&model->lock);
  if (checkpoints->created (place, user_data) == OB_CREATED_DURABLE)
    return place;
  g_free (place);

  return NULL;
}

/* As tus does: the confirm URL is asked where the place is gone; an empty file is finished by the answer that begins it, so that is
 * asked for first. */
static gboolean
has_whole (TestModel *model, const ObJob *job)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&model->lock);
  const gboolean is_there = job->resume && g_hash_table_contains (model->places, job->resume);

  return get_count (model->finished, job->id) > 0
         && (is_there
             || (model->confirms && (job->resume || job->asks_first || job->is_stored || job->size_bytes == 0)));
}

/* Returns: (transfer full): of the copy */
static char *
digest_copy (const ObJob *job, gsize *size_bytes)
{
  g_autofree char *bytes = NULL;

  g_assert_true (g_file_get_contents (job->path, &bytes, size_bytes, NULL));

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) bytes, *size_bytes);
}

/* An attempt sends nothing else than what its job says. */
static gboolean
is_changed (const ObJob *job)
{
  gsize size_bytes;
  g_autofree char *sha256 = digest_copy (job, &size_bytes);

  return size_bytes != job->size_bytes || g_strcmp0 (sha256, job->sha256) != 0;
}

/* What is sent is what was handed over. */
static void
assert_bytes (TestModel *model, const ObJob *job)
{
  gsize size_bytes;
  g_autofree char *sha256 = model->digests ? digest_copy (job, &size_bytes) : NULL;

  if (model->digests)
    g_assert_cmpstr (sha256, ==, g_hash_table_lookup (model->digests, job->id));
}

static void
take (TestModel *model, const ObJob *job)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&model->lock);

  assert_bytes (model, job);
  (void) count_up (model->taken, job->id);
  (void) count_up (model->finished, job->id);
}

static ObAttemptResult *
run_model (const ObRunner *runner, ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints,
           gpointer user_data, ObStop *stop)
{
  TestModel *model = (TestModel *) runner;
  g_autofree char *place = NULL;

  if (job->is_termination || has_whole (model, job))
    return confirm ();
  if (g_access (job->path, R_OK) != 0)
    return end_badly (OB_VERDICT_FAIL, OUTBOX_REASON_FILE_MISSING);
  if (is_changed (job))
    return end_badly (OB_VERDICT_FAIL, OUTBOX_REASON_FILE_CHANGED);
  place = job->resume && g_hash_table_contains (model->places, job->resume)
              ? g_strdup (job->resume)
              : begin (model, job, checkpoints, user_data);
  if (!place)
    return end_badly (OB_VERDICT_RETRY, OUTBOX_REASON_RETRYING);
  checkpoints->progress (job->size_bytes / 2, job->size_bytes / 2, NULL, user_data);
  /* Of every other one that is stranded the server has all, and its answer is lost. */
  if (model->strands && job->id[strlen (job->id) - 1] % 2 == 0)
    take (model, job);
  if (model->strands)
    wait_for_stop (stop);
  if (g_cancellable_is_cancelled (G_CANCELLABLE (stop)))
    return end_badly (OB_VERDICT_RETRY, OUTBOX_REASON_RETRYING);
  take (model, job);

  return checkpoints->stored (user_data) ? confirm () : end_badly (OB_VERDICT_RETRY, OUTBOX_REASON_RETRYING);
}

static GHashTable *
copy_table (GHashTable *table, GDestroyNotify free_value)
{
  GHashTable *copy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_value);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (copy, g_strdup (key), free_value ? g_strdup (value) : value);

  return copy;
}

void
test_model_begin (TestModel *model, const TestModel *from, gboolean confirms)
{
  g_autoptr (GHashTable) empty = g_hash_table_new (g_str_hash, g_str_equal);

  *model = (TestModel){ .runner = { .run = run_model }, .confirms = confirms };
  g_mutex_init (&model->lock);
  model->places = copy_table (from ? from->places : empty, g_free);
  model->finished = copy_table (from ? from->finished : empty, NULL);
  model->taken = copy_table (from ? from->taken : empty, NULL);
  model->n_urls = from ? from->n_urls : 0;
}

void
test_model_end (TestModel *model)
{
  g_hash_table_unref (model->places);
  g_hash_table_unref (model->finished);
  g_hash_table_unref (model->taken);
  g_mutex_clear (&model->lock);
}

void
test_model_add_place (TestModel *model, const char *url, const char *id)
{
  g_hash_table_insert (model->places, g_strdup (url), g_strdup (id));
}

void
test_model_add_finished (TestModel *model, const char *id)
{
  (void) count_up (model->finished, id);
  (void) count_up (model->taken, id);
}

guint
test_model_count_finished (TestModel *model, const char *id)
{
  return get_count (model->finished, id);
}

guint
test_model_count_taken (TestModel *model, const char *id)
{
  return get_count (model->taken, id);
}
