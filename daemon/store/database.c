/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opens the database, migrates it, and sets it aside. Owns the connection and two marks beside the file: `queue.db.in-use`
 * while it is open, `queue.db.bad` if the next to open it must set it aside. Main thread.
 */
#include "store/database.h"

#include "base/crash.h"
#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/aside.h"
#include "store/locks.h"
#include "store/marks.h"
#include "store/migrations.h"
#include "store/numbering.h"
#include "store/only-read.h"
#include "store/pages.h"

#include <errno.h>
#include <glib/gstdio.h>

/* "OtBx": SQLite's application_id, which tells our files from those of other programs. */
#define APPLICATION_ID 1333019256

/* A larger schema version is damage, not a future version of Outbox. */
#define VERSIONS_MOST 10000

struct _ObDatabase
{
  sqlite3 *handle;
  GHashTable *idle_statements; /* SQL text, owned by the statement → sqlite3_stmt */
  char *path;
  char *aside_path; /* of the database that was set aside when this one was opened, or NULL */
  GError *trouble;  /* why the last write failed; NULL: none ever did */
  gint64 epoch;
  gint64 next_number;
  gboolean is_in_use;     /* FALSE while opening, for a database set aside, and for one that is only read */
  gboolean was_left_open; /* by a process that died */
  gboolean is_only_read;
  gboolean is_damaged;
  void (*on_damaged) (gpointer);
  gpointer user_data;
  void (*on_bad_row) (gpointer);
  gpointer bad_row_data;
  gconstpointer witness[2];
};

sqlite3 *
ob_database_get_handle (ObDatabase *database)
{
  return database->handle;
}

GHashTable *
ob_database_get_idle_statements (ObDatabase *database)
{
  return database->idle_statements;
}

gint64 *
ob_database_get_next_number (ObDatabase *database)
{
  return &database->next_number;
}

gconstpointer *
ob_database_get_witness (ObDatabase *database)
{
  return database->witness;
}

gint64
ob_database_get_epoch (ObDatabase *database)
{
  return database->epoch;
}

static void
finalise (gpointer statement)
{
  (void) sqlite3_finalize (statement);
}

void
ob_database_note_damage (ObDatabase *database, const char *what)
{
  g_autoptr (GError) error = NULL;

  if (database->is_damaged || !database->is_in_use)
    return;
  database->is_damaged = TRUE;
  g_warning ("%s is damaged: %s", database->path, what);
  if (!ob_mark_set (database->path, "bad", &error))
    g_warning ("It could not be marked: %s", error->message);
  if (database->on_damaged)
    database->on_damaged (database->user_data);
}

gboolean
ob_database_was_left_open (ObDatabase *database)
{
  return database->was_left_open;
}

gboolean
ob_database_is_damaged (ObDatabase *database)
{
  return database->is_damaged;
}

void
ob_database_watch_damage (ObDatabase *database, void (*on_damaged) (gpointer user_data), gpointer user_data)
{
  database->on_damaged = on_damaged;
  database->user_data = user_data;
}

void
ob_database_watch_bad_rows (ObDatabase *database, void (*on_bad_row) (gpointer user_data), gpointer user_data)
{
  database->on_bad_row = on_bad_row;
  database->bad_row_data = user_data;
}

void
ob_database_note_bad_row (ObDatabase *database)
{
  if (database->on_bad_row)
    database->on_bad_row (database->bad_row_data);
}

void
ob_database_free (ObDatabase *database)
{
  g_autofree char *folder = g_path_get_dirname (database->path);

  g_hash_table_unref (database->idle_statements);
  /* Clear the mark before SQLite removes its log: a mark without a log means that the log was lost. */
  if (database->is_in_use)
    {
      ob_mark_clear (database->path, "in-use");
      (void) ob_folder_sync (folder, NULL);
    }
  /* Cannot fail once every statement is finalised; if it did, SQLite keeps a zombie, which is better than a lost handle. */
  (void) sqlite3_close_v2 (database->handle);
  g_clear_error (&database->trouble);
  g_free (database->path);
  g_free (database->aside_path);
  g_free (database);
}

const GError *
ob_database_get_trouble (ObDatabase *database)
{
  return database->trouble;
}

void
ob_database_clear_trouble (ObDatabase *database)
{
  if (!database->is_only_read)
    g_clear_error (&database->trouble);
}

gboolean
ob_database_is_only_read (ObDatabase *database)
{
  return database->is_only_read;
}

/* SQLite says "full" only for ENOSPC, not for a quota. And where there is no room for the index of the log, the system's
 * error is lost by the time that we ask. */
static gboolean
is_full (int code, int extended_code, int system_errno)
{
  return code == SQLITE_FULL || extended_code == SQLITE_IOERR_SHMSIZE
         || ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && ob_errno_is_full (system_errno));
}

static int
get_errno_of (ObDatabase *database, int pointer)
{
  sqlite3_file *file = NULL;
  int last = 0;

  if (sqlite3_file_control (database->handle, "main", pointer, &file) == SQLITE_OK && file && file->pMethods)
    (void) file->pMethods->xFileControl (file, SQLITE_FCNTL_LAST_ERRNO, &last);

  return last;
}

/* Returns: the errno of the last I/O error, or 0. SQLite keeps it per file and passes it on for statements, not for
 * commits: ask the log first, then the database. */
static int
get_system_errno (ObDatabase *database, int code)
{
  int last;

  if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)
    return 0;
  last = get_errno_of (database, SQLITE_FCNTL_JOURNAL_POINTER);
  if (last == 0)
    last = get_errno_of (database, SQLITE_FCNTL_FILE_POINTER);

  return last != 0 ? last : sqlite3_system_errno (database->handle);
}

void
ob_database_set_error (ObDatabase *database, GError **error)
{
  int code = sqlite3_errcode (database->handle) & 0xff;
  int system_errno = get_system_errno (database, code);
  gboolean has_no_room = is_full (code, sqlite3_extended_errcode (database->handle), system_errno);
  /* For a database that is only read, the reason is why it could not be written, which SQLite does not know. */
  g_autoptr (GError) own_error
      = database->is_only_read && code == SQLITE_READONLY
            ? g_error_copy (database->trouble)
            : g_error_new (OUTBOX_ERROR, has_no_room ? OUTBOX_ERROR_DISK_FULL : OUTBOX_ERROR_STORAGE, "%s: %s%s%s",
                           has_no_room ? S_ ("The disk is full; the database reports") : S_ ("The database reports"),
                           sqlite3_errmsg (database->handle), system_errno != 0 ? ": " : "",
                           system_errno != 0 ? g_strerror (system_errno) : "");
  if (!database->is_only_read
      && (has_no_room || code == SQLITE_IOERR || code == SQLITE_READONLY || code == SQLITE_CANTOPEN))
    {
      g_clear_error (&database->trouble);
      database->trouble = g_error_copy (own_error);
    }
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    ob_database_note_damage (database, sqlite3_errmsg (database->handle));
  g_propagate_error (error, g_steal_pointer (&own_error));
}

gboolean
ob_database_run (ObDatabase *database, const char *sql, GError **error)
{
  gboolean is_good = sqlite3_exec (database->handle, sql, NULL, NULL, NULL) == SQLITE_OK;

  if (!is_good)
    ob_database_set_error (database, error);

  return is_good;
}

gboolean
ob_database_ask_number (ObDatabase *database, const char *sql, gint64 *number, GError **error)
{
  if (ob_pages_ask (database->handle, sql, number))
    return TRUE;
  ob_database_set_error (database, error);

  return FALSE;
}

static gboolean
migrate_one (ObDatabase *database, gint64 version, gint64 now_ms, gboolean *is_damaged, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %" G_GINT64_FORMAT ";"
                                          "INSERT OR IGNORE INTO meta VALUES ('epoch', %" G_GINT64_FORMAT ");",
                                          APPLICATION_ID, version + 1, now_ms);

  if (!ob_database_run (database, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (!ob_database_run (database, ob_migrations[version], error) || !ob_database_run (database, sql, error))
    {
      /* A table differs from what its version has. Remember that before the rollback clears it. */
      *is_damaged = (sqlite3_errcode (database->handle) & 0xff) == SQLITE_ERROR;
      (void) ob_database_run (database, "ROLLBACK", NULL);
      return FALSE;
    }
  ob_crash_point ("migration");

  return ob_database_run (database, "COMMIT", error);
}

/* A file head that names another version than the tables have is damaged: take the version from the tables, so that the
 * queue is not lost. Returns: FALSE if the tables are of no known version either. */
static gboolean
find_lost_version (ObDatabase *database, gint64 *version, GError **error)
{
  gint64 found = ob_migrations_find_version (database->handle);
  gint64 newest = ob_migrations_get_newest_version ();
  gboolean is_absurd = *version < 0 || *version > newest + VERSIONS_MOST || (*version == 0 && found != 0);
  g_autofree char *sql = NULL;

  if (found <= 0 && is_absurd)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE,
                   "The queue has tables of no version (schema %" G_GINT64_FORMAT ")", *version);
      return FALSE;
    }
  /* An older version in the head than in the tables: migrating the tables once more would fail. */
  if (!is_absurd && (*version > newest || found <= *version))
    return TRUE;
  g_warning ("%s says that its schema is %" G_GINT64_FORMAT ", and has that of %" G_GINT64_FORMAT, database->path,
             *version, found);
  *version = found;
  sql = g_strdup_printf ("PRAGMA user_version = %" G_GINT64_FORMAT, found);

  return ob_database_run (database, sql, error);
}

static gboolean
migrate (ObDatabase *database, gint64 now_ms, gboolean *is_damaged, GError **error)
{
  gint64 newest = ob_migrations_get_newest_version ();
  gint64 version;

  if (!ob_database_ask_number (database, "PRAGMA user_version", &version, error))
    return FALSE;
  if (version != newest && !find_lost_version (database, &version, error))
    {
      *is_damaged = TRUE;
      return FALSE;
    }
  if (version > newest)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED,
                   S_ ("The queue was written by a newer version of Outbox (schema %lld; this one knows %lld)"),
                   (long long) version, (long long) newest);
      return FALSE;
    }
  /* While it is migrated it has no log, which would look like damage if the process died. */
  if (version > 0 && version < newest && !ob_mark_is_set (database->path, "in-use"))
    ob_pages_make_small (database->handle);
  for (; version < newest; version++)
    if (!migrate_one (database, version, now_ms, is_damaged, error))
      return FALSE;

  return ob_database_run (database, ob_migrations_look, error) && ob_numbering_mend (database, now_ms, error)
         && ob_database_ask_number (database, "SELECT value FROM meta WHERE name = 'epoch'", &database->epoch, error);
}

static ObDatabase *
new_database (const char *path)
{
  ObDatabase *database = g_new0 (ObDatabase, 1);

  database->path = g_strdup (path);
  database->idle_statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, finalise);

  return database;
}

static const char set_up_pragmas[]
    = OB_PAGES_PRAGMAS "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                       "PRAGMA recursive_triggers = OFF; SELECT count(*) FROM sqlite_master;";

/* The index of the log is memory that processes share, which some network homes do not offer. There the one process that
 * uses the queue keeps the index to itself (https://sqlite.org/wal.html, section 8). @vfs: (nullable) */
static gboolean
set_up_alone (ObDatabase *database, const char *vfs, GError **error)
{
  /* This must be set before the log is first used: open it again. */
  (void) sqlite3_close_v2 (database->handle);
  if (sqlite3_open_v2 (database->path, &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs) != SQLITE_OK)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  if (!ob_database_run (database, "PRAGMA locking_mode = EXCLUSIVE", error))
    return FALSE;
  ob_pages_set_up (database->handle);

  return ob_database_run (database, set_up_pragmas, error);
}

static gboolean
set_up (ObDatabase *database, GError **error)
{
  int code;

  ob_pages_set_up (database->handle);
  if (ob_database_run (database, set_up_pragmas, NULL))
    return TRUE;
  code = sqlite3_errcode (database->handle) & 0xff;
  if (code == SQLITE_BUSY && ob_locks_are_missing (database->path))
    return set_up_alone (database, OB_LOCKS_WITHOUT, error);
  if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_PROTOCOL)
      && !is_full (code, sqlite3_extended_errcode (database->handle), get_system_errno (database, code)))
    return set_up_alone (database, NULL, error);
  ob_database_set_error (database, error);

  return FALSE;
}

/* @is_damaged: (out): the file is no good database; FALSE for a full or missing disk */
static ObDatabase *
open_and_migrate (const char *path, gint64 now_ms, gboolean *is_damaged, GError **error)
{
  g_autoptr (ObDatabase) database = new_database (path);
  int code;

  if (!ob_only_read_check (path, error))
    return NULL;
  code = sqlite3_open_v2 (path, &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  if (code != SQLITE_OK)
    ob_database_set_error (database, error);
  else if (set_up (database, error) && migrate (database, now_ms, is_damaged, error))
    return g_steal_pointer (&database);

  code = sqlite3_errcode (database->handle) & 0xff;
  *is_damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;

  return NULL;
}

/* Returns: (nullable): why the file must not even be opened */
static const char *
find_objection (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);

  if (g_access (path, F_OK) != 0)
    return NULL;
  if (ob_mark_is_set (path, "bad"))
    return S_ ("an earlier query found it so");
  if (ob_mark_is_set (path, "in-use") && g_access (log, F_OK) != 0)
    return S_ ("the log of its last transactions is gone");

  return NULL;
}

/* The mark goes with the log: as long as the database is open there is a log, and it stays if the process dies. */
static gboolean
take_into_use (ObDatabase *database, GError **error)
{
  database->was_left_open = ob_mark_is_set (database->path, "in-use");
  database->is_in_use = database->was_left_open || ob_mark_set (database->path, "in-use", error);

  return database->is_in_use;
}

ObDatabase *
ob_database_open_aside (ObDatabase *database)
{
  g_autoptr (ObDatabase) aside = NULL;

  if (!database->aside_path)
    return NULL;
  aside = new_database (database->aside_path);
  if (sqlite3_open_v2 (aside->path, &aside->handle, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
    return NULL;

  return g_steal_pointer (&aside);
}

ObDatabase *
ob_database_open (const char *data_folder, gint64 now_ms, gboolean *was_rebuilt, GError **error)
{
  g_autofree char *path = g_build_filename (data_folder, "queue.db", NULL);
  g_autofree char *aside_path = ob_aside_dup_path (path, now_ms);
  const char *objection = find_objection (path);
  g_autoptr (GError) first_error = NULL;
  g_autoptr (ObDatabase) database = NULL;
  gboolean is_damaged = FALSE;

  *was_rebuilt = FALSE;
  if (!objection)
    database = open_and_migrate (path, now_ms, &is_damaged, &first_error);
  if (!objection && !database
      && (!is_damaged || g_error_matches (first_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED)))
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return NULL;
    }
  if (!database)
    {
      g_warning ("%s is damaged and is set aside: %s", path, objection ? objection : first_error->message);
      if (!ob_aside_rename (path, aside_path, error)
          || !(database = open_and_migrate (path, now_ms, &is_damaged, error)))
        return NULL;
      ob_aside_remove_old (path);
      *was_rebuilt = TRUE;
      database->aside_path = g_steal_pointer (&aside_path);
    }

  return take_into_use (database, error) ? g_steal_pointer (&database) : NULL;
}

ObDatabase *
ob_database_open_to_read (const char *data_folder, const GError *why, GError **error)
{
  g_autofree char *path = g_build_filename (data_folder, "queue.db", NULL);
  g_autoptr (ObDatabase) database = new_database (path);
  gint64 version = 0;

  database->trouble = g_error_copy (why);
  if (!find_objection (path))
    database->handle = ob_only_read_open (path);
  database->is_only_read = database->handle != NULL;
  if (database->is_only_read && ob_pages_ask (database->handle, "PRAGMA user_version", &version)
      && version == ob_migrations_get_newest_version ()
      && ob_database_ask_number (database, "SELECT value FROM meta WHERE name = 'epoch'", &database->epoch, NULL))
    return g_steal_pointer (&database);
  g_propagate_error (error, g_error_copy (why));

  return NULL;
}
