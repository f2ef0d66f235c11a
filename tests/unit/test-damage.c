/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue whose process was killed, and whose database is damaged then: cut, flipped, lost, replaced by an older one, without its
 * log, with bytes where text should be. Every file that was accepted is in the queue and arrives once, none that was confirmed is
 * sent again, and what is set aside stays bounded. The server is a model of a tus server, with and without a confirm URL.
 *
 * OUTBOX_DAMAGES is how many cases of each kind there are, with flipped bits too; OUTBOX_SEED repeats a run.
 */
#include "support/revived.h"

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
#define ID_BYTES 36
/* What a row has before its id and after it, about. */
#define ROW_HEAD_BYTES 70
#define ROW_BYTES 420
#define CASES_SHORT 2

/* --- What there was before --- */

typedef struct
{
  char *folder;         /* of all of it */
  char *killed;         /* the data folder as the process left it when it was killed */
  char *older;          /* a copy of its database, of some time before */
  GPtrArray *confirmed; /* ids */
  GPtrArray *unconfirmed;
  TestModel model; /* the server at that moment */
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
set_destination (TestRevived *queue, const char *name, gboolean confirms)
{
  g_autofree char *url = g_strdup_printf ("http://%s.example/files/", name);
  const ObDestinationSettings settings = { .url = url, .confirm_url = confirms ? "http://confirm.example/{id}" : NULL };
  g_autoptr (GError) error = NULL;

  (void) test_rig_set_destination (&queue->rig, name, &settings, &error);
  g_assert_no_error (error);
}

static void
submit (TestRevived *queue, GPtrArray *into, guint n_files)
{
  for (guint i = 0; i < n_files; i++)
    g_ptr_array_add (into, test_rig_submit (&queue->rig, i % 2 == 0 ? "depot" : "yard", 0));
}

typedef struct
{
  TestRevived *queue;
  GPtrArray *ids;
} Wanted;

static gboolean
have_arrived (gpointer data)
{
  const Wanted *wanted = data;

  return test_revived_are_over (wanted->queue, wanted->ids);
}

static gboolean
are_stranded (gpointer data)
{
  test_rig_settle (data);

  return test_rig_ask (data, "SELECT count(*) FROM uploads WHERE state = 2 AND offset > 0") == N_STRANDED;
}

static void
past_begin (Past *past, gboolean confirms)
{
  g_autofree char *live = NULL;
  TestRevived queue;
  Wanted wanted = { &queue, NULL };

  past->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  past->killed = g_build_filename (past->folder, "killed", NULL);
  past->older = g_build_filename (past->folder, "older", NULL);
  live = g_build_filename (past->folder, "live", NULL);
  g_assert_cmpint (g_mkdir (live, 0700), ==, 0);
  past->confirmed = g_ptr_array_new_with_free_func (g_free);
  past->unconfirmed = g_ptr_array_new_with_free_func (g_free);
  wanted.ids = past->confirmed;
  test_model_begin (&past->model, NULL, confirms);
  test_revived_begin (&queue, live, &past->model);
  g_assert_true (test_revived_open (&queue));
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
  test_revived_end (&queue);
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
  test_model_end (&past->model);
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

#define AROUND_BYTES 40

/* For whoever reads that it failed: in what the bit was. */
static void
tell_place (int fd, goffset at, int bit)
{
  char around[2 * AROUND_BYTES + 1];
  const goffset from = MAX (at - AROUND_BYTES, 0);
  const gssize n = pread (fd, around, 2 * AROUND_BYTES, from);

  for (gssize i = 0; i < n; i++)
    if (!g_ascii_isprint (around[i]))
      around[i] = '.';
  around[MAX (n, 0)] = '\0';
  g_test_message ("bit %d of byte %" G_GOFFSET_FORMAT ", the one at %d of: %s", bit, at, (int) (at - from), around);
}

static void
flip_at (const char *path, goffset at, GRand *random)
{
  const int bit = g_rand_int_range (random, 0, 8);
  guint8 byte;
  int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);

  tell_place (fd, at, bit);
  g_assert_cmpint (pread (fd, &byte, 1, at), ==, 1);
  byte ^= (guint8) (1 << bit);
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
flip_anywhere (const char *path, GRand *random)
{
  flip_at (path, g_rand_int_range (random, 0, (gint32) get_size (path)), random);
}

static void
flip_database (Case *damage)
{
  checkpoint (damage);
  flip_anywhere (damage->database, damage->random);
}

static void
flip_log (Case *damage)
{
  flip_anywhere (damage->log, damage->random);
}

/* In what the database says of an upload that has not arrived: all else is most of a database, and of little weight. */
static void
flip_row (Case *damage)
{
  const GPtrArray *ids = damage->past->unconfirmed;
  const char *id = ids->pdata[g_rand_int_range (damage->random, 0, (gint32) ids->len)];
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (goffset));
  g_autofree char *bytes = NULL;
  goffset at;
  gsize size;

  checkpoint (damage);
  g_assert_true (g_file_get_contents (damage->database, &bytes, &size, NULL));
  for (goffset i = 0; i + ID_BYTES <= (goffset) size; i++)
    if (memcmp (bytes + i, id, ID_BYTES) == 0)
      g_array_append_val (places, i);
  at = g_array_index (places, goffset, g_rand_int_range (damage->random, 0, (gint32) places->len));
  at += g_rand_int_range (damage->random, -ROW_HEAD_BYTES, ROW_BYTES);
  flip_at (damage->database, CLAMP (at, 0, (goffset) size - 1), damage->random);
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

static void
change_rows (Case *damage, const char *change)
{
  g_autofree char *sql = g_strdup_printf ("%s WHERE state IN (1, 2)", change);
  sqlite3 *handle = NULL;

  g_assert_cmpint (sqlite3_open (damage->database, &handle), ==, SQLITE_OK);
  (void) sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_changes (handle), >, 0);
  (void) sqlite3_close (handle);
}

/* Values that may be, and are not: their copies and records know better. */
static void
put_other_sizes (Case *damage)
{
  change_rows (damage, "UPDATE uploads SET size = size + 2");
}

static void
put_other_digests (Case *damage)
{
  change_rows (damage, "UPDATE uploads SET sha256 = replace (sha256, '1', '3')");
}

static void
put_other_destinations (Case *damage)
{
  change_rows (damage, "UPDATE uploads SET destination = 'lepot'");
}

static void
put_other_places (Case *damage)
{
  change_rows (damage, "UPDATE uploads SET server_url = replace (server_url, '/files/', '/fines/')");
}

/* Of the first row: only one can have it. */
static void
put_bad_id (Case *damage)
{
  change_rows (damage, "UPDATE OR IGNORE uploads SET id = CAST (x'49ff5d00ea' AS TEXT)");
}

/* As where an index leads to them no more. What happened to them is still told. */
static void
lose_rows (Case *damage)
{
  change_rows (damage, "DELETE FROM uploads");
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
  { "a-flipped-bit-in-a-row", flip_row, 0, 1 },
  { "a-flipped-bit-in-the-log", flip_log, 0, 1 },
  { "cut-at-a-page", cut_at_page, 200, 1 },
  { "cut-anywhere", cut_anywhere, 200, 1 },
  { "a-cut-log", cut_log, 200, 1 },
  { "bad-text", put_bad_text, 0, 2 },
  { "other-sizes", put_other_sizes, 1, 1 },
  { "other-digests", put_other_digests, 1, 1 },
  { "other-destinations", put_other_destinations, 1, 1 },
  { "other-places", put_other_places, 1, 1 },
  { "bad-id", put_bad_id, 1, 1 },
  { "lost-rows", lose_rows, 1, 1 },
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
assert_all_is_there (TestRevived *queue, const Past *past)
{
  for (guint i = 0; i < past->unconfirmed->len; i++)
    {
      const char *id = past->unconfirmed->pdata[i];

      g_test_message ("%s", id);
      g_assert_true (test_revived_is_over (queue, id));
      g_assert_cmpuint (test_model_count_finished (queue->model, id), ==, 1);
      g_assert_cmpuint (test_model_count_taken (queue->model, id), ==, 1);
    }
  for (guint i = 0; i < past->confirmed->len; i++)
    g_assert_cmpuint (test_model_count_taken (queue->model, past->confirmed->pdata[i]), ==, 1);
}

static void
try_case (Past *past, const Kind *kind, GRand *random, guint index)
{
  Case damage = { .past = past, .random = random, .index = index };
  TestModel model;
  TestRevived queue;
  guint n_starts = 0;

  damage.folder = g_build_filename (past->folder, "damaged", NULL);
  damage.database = g_build_filename (damage.folder, "queue.db", NULL);
  damage.log = g_build_filename (damage.folder, "queue.db-wal", NULL);
  shell ("rm -rf '%s' && cp -r '%s' '%s'", damage.folder, past->killed, damage.folder);
  kind->damage (&damage);
  test_model_begin (&model, &past->model, past->model.confirms);
  test_revived_begin (&queue, damage.folder, &model);
  do
    {
      test_revived_close (&queue);
      g_assert_cmpuint (n_starts++, <, STARTS_MOST);
      if (test_revived_open (&queue))
        test_revived_work (&queue, past->unconfirmed);
      else
        queue.is_damaged = TRUE;
    }
  while (queue.is_damaged);
  assert_all_is_there (&queue, past);
  assert_asides_are_few (damage.folder);
  test_revived_end (&queue);
  test_model_end (&model);
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
      /* Few cases of it would show nothing: most of the bits change nothing that is read. */
      if ((plans[i].kind->damage == flip_database || plans[i].kind->damage == flip_row) && !g_getenv ("OUTBOX_DAMAGES"))
        continue;
      name
          = g_strdup_printf ("/damage/%s/%s", plans[i].kind->name, plans[i].confirms ? "with-confirm-url" : "by-place");
      g_test_add_data_func (name, &plans[i], test_kind);
    }

  return g_test_run ();
}
