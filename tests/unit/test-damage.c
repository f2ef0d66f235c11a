/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue whose process was killed, and whose database is damaged then: cut, flipped, lost, replaced by an older one, without its
 * log, with bytes where text should be. Every file that was accepted is in the queue and arrives once, none that was confirmed is
 * sent again, and what is set aside stays bounded. The server is a model of a tus server, with and without a confirm URL.
 *
 * OUTBOX_DAMAGES is how many cases of each kind there are, with flipped bits too; OUTBOX_SEED repeats a run.
 */
#include "support/rig.h"

#include "store/integrity.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_CONFIRMED 12
#define N_STRANDED 4 /* of which the server has a part, or all without an answer: two a destination */
#define N_WAITING 12
#define ASIDES_MOST 3
#define PAGE_BYTES 1024
#define STARTS_MOST 4
#define CASES_SHORT 2

/* --- The server --- */

typedef struct
{
  ObRunner runner; /* first, so that an attempt finds the rest */
  GMutex lock;
  GHashTable *places;   /* URL → id, of what it has begun */
  GHashTable *finished; /* id → how often it had the whole */
  GHashTable *taken;    /* id → how often it was sent from its first byte to the last */
  gboolean confirms;    /* it can be asked by the id */
  gboolean strands;     /* from now on no attempt comes to its end */
  guint n_urls;
} Model;

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

/* Returns: (transfer full): where it goes on; NULL: the answer was lost */
static char *
begin (Model *model, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data)
{
  char *place;

  g_mutex_lock (&model->lock);
  place = g_strdup_printf ("%s%s-%u", job->url, job->id, model->n_urls++);
  g_hash_table_insert (model->places, g_strdup (place), g_strdup (job->id));
  g_mutex_unlock (&model->lock);
  if (checkpoints->created (place, user_data) == OB_CREATED_DURABLE)
    return place;
  g_free (place);

  return NULL;
}

static gboolean
has_whole (Model *model, const ObJob *job)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&model->lock);
  const gboolean is_there = job->resume && g_hash_table_contains (model->places, job->resume);

  return get_count (model->finished, job->id) > 0
         && (is_there || (model->confirms && (job->asks_first || job->is_stored)));
}

static void
take (Model *model, const ObJob *job)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&model->lock);

  (void) count_up (model->taken, job->id);
  (void) count_up (model->finished, job->id);
}

static ObAttemptResult *
run_model (const ObRunner *runner, ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints,
           gpointer user_data, ObStop *stop)
{
  Model *model = (Model *) runner;
  g_autofree char *place = NULL;

  if (job->is_termination || has_whole (model, job))
    return confirm ();
  if (g_access (job->path, R_OK) != 0)
    return end_badly (OB_VERDICT_FAIL, OUTBOX_REASON_FILE_MISSING);
  place = job->resume && g_hash_table_contains (model->places, job->resume)
              ? g_strdup (job->resume)
              : begin (model, job, checkpoints, user_data);
  if (!place)
    return end_badly (OB_VERDICT_RETRY, OUTBOX_REASON_RETRYING);
  checkpoints->progress (job->size_bytes / 2, job->size_bytes / 2, user_data);
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

/* @from: (nullable): a server that has seen as much */
static void
model_begin (Model *model, const Model *from, gboolean confirms)
{
  g_autoptr (GHashTable) empty = g_hash_table_new (g_str_hash, g_str_equal);

  *model = (Model){ .runner = { .run = run_model }, .confirms = confirms };
  g_mutex_init (&model->lock);
  model->places = copy_table (from ? from->places : empty, g_free);
  model->finished = copy_table (from ? from->finished : empty, NULL);
  model->taken = copy_table (from ? from->taken : empty, NULL);
  model->n_urls = from ? from->n_urls : 0;
}

static void
model_end (Model *model)
{
  g_hash_table_unref (model->places);
  g_hash_table_unref (model->finished);
  g_hash_table_unref (model->taken);
  g_mutex_clear (&model->lock);
}

/* --- The queue --- */

typedef struct
{
  TestRig rig; /* its folder is the one that is damaged */
  Model *model;
  ObIntegrityWatch *integrity;
  gboolean is_damaged; /* as the daemon is told */
} Queue;

static void
on_damaged (gpointer user_data)
{
  ((Queue *) user_data)->is_damaged = TRUE;
}

static void
close_queue (Queue *queue)
{
  g_clear_pointer (&queue->integrity, ob_integrity_watch_end);
  if (queue->rig.broker)
    ob_broker_stop (queue->rig.broker);
  g_clear_object (&queue->rig.broker);
  g_clear_pointer (&queue->rig.tokens, ob_tokens_free);
  g_clear_pointer (&queue->rig.secrets, ob_secrets_free);
  g_clear_pointer (&queue->rig.spool, ob_spool_free);
  g_clear_pointer (&queue->rig.database, ob_database_free);
}

/* As the daemon does it. Returns: FALSE where damage was found meanwhile, so that it has to be opened again */
static gboolean
open_queue (Queue *queue)
{
  TestRig *rig = &queue->rig;
  g_autoptr (GPtrArray) watchers = g_ptr_array_new_with_free_func (g_object_unref);
  static const char *const no_folders[] = { NULL };
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  queue->is_damaged = FALSE;
  g_ptr_array_add (watchers, g_object_ref (rig->conditions));
  rig->spool = ob_spool_open (rig->folder, &error);
  g_assert_no_error (error);
  rig->database = ob_database_open (rig->folder, ob_clock_get_now_ms (OB_CLOCK (rig->clock)), &was_rebuilt, &error);
  g_assert_no_error (error);
  rig->secrets = ob_secrets_new (rig->folder);
  rig->tokens = ob_tokens_new (no_folders, ob_oauth_ask_on_thread);
  rig->broker = ob_broker_new (rig->database, rig->spool, rig->secrets, rig->tokens, OB_CLOCK (rig->clock), watchers,
                               &queue->model->runner, &error);
  if (!rig->broker)
    {
      g_assert_true (ob_database_is_damaged (rig->database));
      return FALSE;
    }
  ob_broker_set_rules (rig->broker, rules);
  ob_database_watch_damage (rig->database, on_damaged, queue);
  queue->is_damaged = ob_database_is_damaged (rig->database);
  ob_broker_start (rig->broker);
  queue->integrity = ob_integrity_watch_begin (rig->database);

  return TRUE;
}

/* Or it arrived before the damage was found, in a row that nobody can read any more. */
static gboolean
is_over (Queue *queue, const char *id)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (queue->rig.database, id, NULL);

  if (upload)
    return upload->stored == OB_STORED_DONE;

  return !ob_spool_has (queue->rig.spool, id) && get_count (queue->model->finished, id) > 0;
}

static gboolean
are_done (Queue *queue, GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++)
    if (!is_over (queue, ids->pdata[i]))
      return FALSE;

  return TRUE;
}

/* For whoever reads that it failed. */
static void
tell_what_waits (Queue *queue, GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++)
    if (!is_over (queue, ids->pdata[i]))
      {
        g_autofree char *status = test_rig_describe (&queue->rig, ids->pdata[i]);

        g_test_message ("%s: %s; its copy is %s, it was sent %u times", (char *) ids->pdata[i], status,
                        ob_spool_has (queue->rig.spool, ids->pdata[i]) ? "here" : "gone",
                        get_count (queue->model->taken, ids->pdata[i]));
      }
}

/* After everything else that is due. */
static gboolean
on_tick (gpointer data)
{
  Queue *queue = data;

  if (test_rig_count_active (&queue->rig) == 0)
    test_clock_advance (queue->rig.clock, RIG_MINUTE);

  return G_SOURCE_CONTINUE;
}

/* Until all have arrived, or damage is found. What waits for its next try has it at once. */
static void
work (Queue *queue, GPtrArray *ids)
{
  const gint64 until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  guint tick = g_timeout_add_full (G_PRIORITY_LOW, 1, on_tick, queue, NULL);

  while (!queue->is_damaged && (!are_done (queue, ids) || queue->integrity))
    {
      if (g_get_monotonic_time () > until_us)
        {
          tell_what_waits (queue, ids);
          g_assert_not_reached ();
        }
      (void) g_main_context_iteration (NULL, TRUE);
      if (queue->integrity && ob_integrity_watch_is_over (queue->integrity))
        g_clear_pointer (&queue->integrity, ob_integrity_watch_end);
    }
  (void) g_source_remove (tick);
}

/* --- What there was before --- */

typedef struct
{
  char *folder;         /* of all of it */
  char *killed;         /* the data folder as the process left it when it was killed */
  char *older;          /* a copy of its database, of some time before */
  GPtrArray *confirmed; /* ids */
  GPtrArray *unconfirmed;
  Model model; /* the server at that moment */
} Past;

static void
shell (const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;
  int status;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assert_true (g_spawn_sync (NULL, (char *[]){ "sh", "-c", line, NULL }, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
}

static void
set_destination (Queue *queue, const char *name, gboolean confirms)
{
  g_autofree char *url = g_strdup_printf ("http://%s.example/files/", name);
  const ObDestinationSettings settings = { .url = url, .confirm_url = confirms ? "http://confirm.example/{id}" : NULL };
  g_autoptr (GError) error = NULL;

  (void) test_rig_set_destination (&queue->rig, name, &settings, &error);
  g_assert_no_error (error);
}

static void
submit (Queue *queue, GPtrArray *into, guint n_files)
{
  for (guint i = 0; i < n_files; i++)
    g_ptr_array_add (into, test_rig_submit (&queue->rig, i % 2 == 0 ? "depot" : "yard", 0));
}

typedef struct
{
  Queue *queue;
  GPtrArray *ids;
} Wanted;

static gboolean
have_arrived (gpointer data)
{
  const Wanted *wanted = data;

  return are_done (wanted->queue, wanted->ids);
}

static gboolean
are_stranded (gpointer data)
{
  test_rig_settle (data);

  return test_rig_ask (data, "SELECT count(*) FROM uploads WHERE state = 2 AND offset > 0") == N_STRANDED;
}

static void
begin_queue (Queue *queue, const char *folder, Model *model)
{
  *queue = (Queue){ .model = model };
  queue->rig.folder = g_strdup (folder);
  queue->rig.clock = test_clock_new (RIG_BEGIN_MS);
  queue->rig.conditions = test_conditions_new ();
}

static void
end_queue (Queue *queue)
{
  close_queue (queue);
  g_object_unref (queue->rig.clock);
  g_object_unref (queue->rig.conditions);
  g_free (queue->rig.folder);
}

static void
past_begin (Past *past, gboolean confirms)
{
  g_autofree char *live = NULL;
  Queue queue;
  Wanted wanted = { &queue, NULL };

  past->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  past->killed = g_build_filename (past->folder, "killed", NULL);
  past->older = g_build_filename (past->folder, "older", NULL);
  live = g_build_filename (past->folder, "live", NULL);
  g_assert_cmpint (g_mkdir (live, 0700), ==, 0);
  past->confirmed = g_ptr_array_new_with_free_func (g_free);
  past->unconfirmed = g_ptr_array_new_with_free_func (g_free);
  wanted.ids = past->confirmed;
  model_begin (&past->model, NULL, confirms);
  begin_queue (&queue, live, &past->model);
  g_assert_true (open_queue (&queue));
  set_destination (&queue, "depot", confirms);
  set_destination (&queue, "yard", confirms);
  submit (&queue, past->confirmed, N_CONFIRMED / 2);
  test_wait_until (have_arrived, &wanted, 10);
  test_rig_settle (&queue.rig);
  shell ("mkdir '%s' && cp '%s'/queue.db* '%s'", past->older, live, past->older);
  submit (&queue, past->confirmed, N_CONFIRMED / 2);
  test_wait_until (have_arrived, &wanted, 10);
  past->model.strands = TRUE;
  submit (&queue, past->unconfirmed, N_STRANDED);
  test_wait_until (are_stranded, &queue.rig, 10);
  submit (&queue, past->unconfirmed, N_WAITING);
  test_rig_settle (&queue.rig);
  shell ("cp -r '%s' '%s'", live, past->killed);
  end_queue (&queue);
  past->model.strands = FALSE;
}

static void
past_end (Past *past)
{
  shell ("rm -r '%s'", past->folder);
  g_free (past->folder);
  g_free (past->killed);
  g_free (past->older);
  g_ptr_array_unref (past->confirmed);
  g_ptr_array_unref (past->unconfirmed);
  model_end (&past->model);
}

/* --- Damage --- */

typedef struct
{
  Past *past;
  char *folder;   /* the data folder that is damaged */
  char *database; /* the paths of its files */
  char *log;
  GRand *random;
  guint index; /* of the case in its kind */
} Case;

static goffset
get_size (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 ? info.st_size : 0;
}

static void
flip (const char *path, GRand *random)
{
  const goffset at = g_rand_int_range (random, 0, (gint32) get_size (path));
  guint8 byte;
  int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);

  g_assert_cmpint (pread (fd, &byte, 1, at), ==, 1);
  byte ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
  g_assert_cmpint (pwrite (fd, &byte, 1, at), ==, 1);
  (void) close (fd);
}

/* What is in the log comes into the file, as a checkpoint does it; the mark of a process that died stays. */
static void
checkpoint (Case *damage)
{
  sqlite3 *handle = NULL;

  g_assert_cmpint (sqlite3_open (damage->database, &handle), ==, SQLITE_OK);
  g_assert_cmpint (
      sqlite3_exec (handle, "PRAGMA wal_checkpoint (TRUNCATE); BEGIN IMMEDIATE; UPDATE meta SET value = value; COMMIT",
                    NULL, NULL, NULL),
      ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), ==, SQLITE_OK);
  (void) sqlite3_close (handle);
}

static void
flip_database (Case *damage)
{
  checkpoint (damage);
  flip (damage->database, damage->random);
}

static void
flip_log (Case *damage)
{
  flip (damage->log, damage->random);
}

static void
cut_at_page (Case *damage)
{
  checkpoint (damage);
  g_assert_cmpint (truncate (damage->database,
                             (off_t) damage->index * PAGE_BYTES % (get_size (damage->database) + PAGE_BYTES)),
                   ==, 0);
}

static void
cut_anywhere (Case *damage)
{
  checkpoint (damage);
  g_assert_cmpint (truncate (damage->database,
                             g_rand_int_range (damage->random, 0, (gint32) get_size (damage->database))),
                   ==, 0);
}

static void
cut_log (Case *damage)
{
  g_assert_cmpint (truncate (damage->log, g_rand_int_range (damage->random, 0, (gint32) get_size (damage->log))), ==,
                   0);
}

static void
lose_log (Case *damage)
{
  g_assert_cmpint (g_unlink (damage->log), ==, 0);
}

static void
lose_database (Case *damage)
{
  g_assert_cmpint (g_unlink (damage->database), ==, 0);
}

static void
lose_all (Case *damage)
{
  shell ("rm '%s'*", damage->database);
}

static void
put_older (Case *damage)
{
  shell ("rm '%s'* && cp '%s'/queue.db* '%s'", damage->database, damage->past->older, damage->folder);
}

static void
put_older_log (Case *damage)
{
  shell ("cp '%s'/queue.db-wal '%s'", damage->past->older, damage->folder);
}

static void
put_older_database (Case *damage)
{
  shell ("cp '%s'/queue.db '%s'", damage->past->older, damage->folder);
}

/* Bytes that no version writes, in any column of any row. */
static void
put_bad_text (Case *damage)
{
  static const char *const tables[] = { "uploads", "journal", "lanes", "destinations", "meta", "groups" };
  const char *table = tables[g_rand_int_range (damage->random, 0, G_N_ELEMENTS (tables))];
  g_autofree char *columns = g_strdup_printf ("SELECT name FROM pragma_table_info ('%s') ORDER BY random ()", table);
  g_autofree char *sql = NULL;
  sqlite3 *handle = NULL;
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_open (damage->database, &handle), ==, SQLITE_OK);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, columns, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  sql = g_strdup_printf ("UPDATE OR IGNORE %s SET %s = CAST (randomblob (%d) AS TEXT) WHERE rowid = "
                         "(SELECT rowid FROM %s ORDER BY random () LIMIT 1)",
                         table, (const char *) sqlite3_column_text (statement, 0),
                         g_rand_int_range (damage->random, 1, 40), table);
  (void) sqlite3_finalize (statement);
  g_test_message ("%s", sql);
  /* Some columns refuse it. */
  (void) sqlite3_exec (handle, sql, NULL, NULL, NULL);
  (void) sqlite3_close (handle);
}

typedef struct
{
  const char *name;
  void (*damage) (Case *);
  guint n_most;  /* cases at most; 0: as many as are asked for */
  guint n_times; /* of them for each that is asked for */
} Kind;

static const Kind kinds[] = {
  { "a-flipped-bit", flip_database, 0, 1 },
  { "a-flipped-bit-in-the-log", flip_log, 0, 1 },
  { "cut-at-a-page", cut_at_page, 200, 1 },
  { "cut-anywhere", cut_anywhere, 200, 1 },
  { "a-cut-log", cut_log, 200, 1 },
  { "bad-text", put_bad_text, 0, 2 },
  { "the-log-is-lost", lose_log, 1, 1 },
  { "the-database-is-lost", lose_database, 1, 1 },
  { "all-is-lost", lose_all, 1, 1 },
  { "an-older-one", put_older, 1, 1 },
  { "the-log-of-an-older-one", put_older_log, 1, 1 },
  { "an-older-one-with-this-log", put_older_database, 1, 1 },
};

/* --- What must be true --- */

static void
assert_asides_are_few (const char *folder)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (entries)))
    n += g_str_has_prefix (name, "queue.db.damaged-") && !g_str_has_suffix (name, "-wal")
         && !g_str_has_suffix (name, "-shm");
  g_assert_cmpuint (n, <=, ASIDES_MOST);
}

static void
assert_all_is_there (Queue *queue, const Past *past)
{
  for (guint i = 0; i < past->unconfirmed->len; i++)
    {
      const char *id = past->unconfirmed->pdata[i];

      g_assert_true (is_over (queue, id));
      g_assert_cmpuint (get_count (queue->model->finished, id), ==, 1);
      g_assert_cmpuint (get_count (queue->model->taken, id), ==, 1);
    }
  for (guint i = 0; i < past->confirmed->len; i++)
    g_assert_cmpuint (get_count (queue->model->taken, past->confirmed->pdata[i]), ==, 1);
}

static void
try_case (Past *past, const Kind *kind, GRand *random, guint index)
{
  Case damage = { .past = past, .random = random, .index = index };
  Model model;
  Queue queue;
  guint n_starts = 0;

  damage.folder = g_build_filename (past->folder, "damaged", NULL);
  damage.database = g_build_filename (damage.folder, "queue.db", NULL);
  damage.log = g_build_filename (damage.folder, "queue.db-wal", NULL);
  shell ("rm -rf '%s' && cp -r '%s' '%s'", damage.folder, past->killed, damage.folder);
  kind->damage (&damage);
  model_begin (&model, &past->model, past->model.confirms);
  begin_queue (&queue, damage.folder, &model);
  do
    {
      close_queue (&queue);
      g_assert_cmpuint (n_starts++, <, STARTS_MOST);
      if (open_queue (&queue))
        work (&queue, past->unconfirmed);
      else
        queue.is_damaged = TRUE;
    }
  while (queue.is_damaged);
  assert_all_is_there (&queue, past);
  assert_asides_are_few (damage.folder);
  end_queue (&queue);
  model_end (&model);
  g_free (damage.folder);
  g_free (damage.database);
  g_free (damage.log);
}

typedef struct
{
  const Kind *kind;
  gboolean confirms;
} Plan;

static void
test_kind (gconstpointer data)
{
  const Plan *plan = data;
  const char *wanted = g_getenv ("OUTBOX_DAMAGES");
  const guint n_wanted = (wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : CASES_SHORT) * plan->kind->n_times;
  const guint n = plan->kind->n_most > 0 ? MIN (n_wanted, plan->kind->n_most) : n_wanted;
  const char *repeated = g_getenv ("OUTBOX_SEED");
  const guint32 seed = repeated ? (guint32) g_ascii_strtoull (repeated, NULL, 10) : (guint32) g_test_rand_int ();
  Past past;

  past_begin (&past, plan->confirms);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GRand) random = g_rand_new_with_seed (seed + i);

      g_test_message ("%s, seed %u, case %u", plan->kind->name, seed, i);
      try_case (&past, plan->kind, random, i);
    }
  g_test_message ("%u faults: %s", n, plan->kind->name);
  past_end (&past);
}

int
main (int argc, char *argv[])
{
  static Plan plans[2 * G_N_ELEMENTS (kinds)];

  /* A hundred queues are copied: in memory, where that can be had. */
  if (g_access ("/dev/shm", W_OK) == 0)
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  g_test_init (&argc, &argv, NULL);
  /* Damage is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      g_autofree char *name = NULL;

      plans[i] = (Plan){ &kinds[i / 2], i % 2 == 0 };
      /* Few cases of it would show nothing: most of the bits change nothing that is read. Without a confirm URL, one in the place of
       * an upload that the server has whole makes it be sent again. */
      if (plans[i].kind->damage == flip_database && (!plans[i].confirms || !g_getenv ("OUTBOX_DAMAGES")))
        continue;
      name
          = g_strdup_printf ("/damage/%s/%s", plans[i].kind->name, plans[i].confirms ? "with-confirm-url" : "by-place");
      g_test_add_data_func (name, &plans[i], test_kind);
    }

  return g_test_run ();
}
