/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite checks, and asks us every so often whether to go on. Any thread.
 */
#include "store/integrity.h"

#include "store/pages.h"
#include "store/repair.h"

/* Steps of SQLite's virtual machine, some tens of microseconds. */
#define STEPS_BETWEEN_LOOKS 1000

typedef struct
{
  gint64 until_us;
  const gint *is_over;
} Limit;

static int
is_to_end (gpointer data)
{
  const Limit *limit = data;

  return (limit->is_over && g_atomic_int_get (limit->is_over)) || g_get_monotonic_time () > limit->until_us;
}

/* An error of the disk is none of the file. */
static ObIntegrity
judge_failure (sqlite3 *handle, char **words)
{
  const int code = sqlite3_errcode (handle) & 0xff;

  if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB)
    return OB_INTEGRITY_UNKNOWN;
  *words = g_strdup (sqlite3_errmsg (handle));

  return OB_INTEGRITY_DAMAGED;
}

/* Such as "NULL value in uploads.name", which is about a row and not about the file. */
static gboolean
is_about_a_value (const char *line)
{
  return strstr (line, " value in ") || g_str_has_prefix (line, "CHECK constraint failed");
}

/* SQLite gives at most a hundred lines, or "ok". */
static ObIntegrity
read_lines (sqlite3 *handle, sqlite3_stmt *statement, char **words)
{
  int code;

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      const char *line = (const char *) sqlite3_column_text (statement, 0);

      if (line && !g_str_equal (line, "ok") && !is_about_a_value (line))
        {
          *words = g_strdup (line);
          return OB_INTEGRITY_DAMAGED;
        }
    }

  return code == SQLITE_DONE ? OB_INTEGRITY_GOOD : judge_failure (handle, words);
}

ObIntegrity
ob_integrity_check (sqlite3 *handle, guint most_ms, const gint *is_over, char **words)
{
  Limit limit = { g_get_monotonic_time () + most_ms * G_GINT64_CONSTANT (1000), is_over };
  ObIntegrity integrity;
  sqlite3_stmt *statement = NULL;

  *words = NULL;
  sqlite3_progress_handler (handle, STEPS_BETWEEN_LOOKS, is_to_end, &limit);
  integrity = sqlite3_prepare_v2 (handle, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK
                  ? read_lines (handle, statement, words)
                  : judge_failure (handle, words);
  (void) sqlite3_finalize (statement);
  sqlite3_progress_handler (handle, 0, NULL, NULL);

  return integrity;
}

/* --- While the queue is at work --- */

#define WATCH_MOST_MS (60 * 1000)

struct _ObIntegrityWatch
{
  ObDatabase *database;
  char *path;
  GThread *thread;
  gint is_over;          /* atomic: the thread is to end */
  char *words;           /* the thread's, until it has ended, as is the next */
  gint64 are_miscounted; /* the counters */
  guint source;
};

static gboolean
on_checked (gpointer user_data)
{
  ObIntegrityWatch *watch = user_data;

  /* The thread notes the source last. */
  g_clear_pointer (&watch->thread, g_thread_join);
  watch->source = 0;
  if (watch->words)
    ob_database_note_damage (watch->database, watch->words);
  else if (watch->are_miscounted)
    ob_database_note_bad_row (watch->database);

  return G_SOURCE_REMOVE;
}

/* Where the database cannot be opened twice, as on some network homes, nothing is known of it. */
static gpointer
run (gpointer user_data)
{
  ObIntegrityWatch *watch = user_data;
  sqlite3 *handle = NULL;

  if (sqlite3_open_v2 (watch->path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
      && sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK)
    if (ob_integrity_check (handle, WATCH_MOST_MS, &watch->is_over, &watch->words) == OB_INTEGRITY_GOOD)
      (void) ob_pages_ask (handle, ob_repair_ask_counts, &watch->are_miscounted);
  (void) sqlite3_close_v2 (handle);
  watch->source = g_idle_add_full (G_PRIORITY_DEFAULT, on_checked, watch, NULL);

  return NULL;
}

ObIntegrityWatch *
ob_integrity_watch_begin (ObDatabase *database)
{
  ObIntegrityWatch *watch;

  if (!ob_database_was_left_open (database) || ob_database_is_damaged (database))
    return NULL;
  watch = g_new0 (ObIntegrityWatch, 1);
  watch->database = database;
  watch->path = g_strdup (sqlite3_db_filename (ob_database_get_handle (database), "main"));
  watch->thread = g_thread_new ("integrity", run, watch);

  return watch;
}

gboolean
ob_integrity_watch_is_over (ObIntegrityWatch *watch)
{
  return watch->thread == NULL;
}

void
ob_integrity_watch_end (ObIntegrityWatch *watch)
{
  g_atomic_int_set (&watch->is_over, 1);
  g_clear_pointer (&watch->thread, g_thread_join);
  g_clear_handle_id (&watch->source, g_source_remove);
  g_free (watch->path);
  g_free (watch->words);
  g_free (watch);
}
