/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening, migrating and setting aside. Owns the connection; main thread.
 */
#include "store/database.h"

#include "base/crash.h"
#include "base/files.h"
#include "dbus/error.h"
#include "store/migrations.h"

#include <errno.h>
#include <glib/gstdio.h>

/* "OtBx": tells our files from other programs' (SQLite's application_id). */
#define APPLICATION_ID 1333019256

struct _ObDatabase
{
  sqlite3 *handle;
  GHashTable *idle_statements; /* SQL text, of the statement → sqlite3_stmt */
  gint64 epoch;
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
ob_database_free (ObDatabase *database)
{
  g_hash_table_unref (database->idle_statements);
  /* With every statement finalised this cannot fail; a zombie is still better than a lost handle. */
  (void) sqlite3_close_v2 (database->handle);
  g_free (database);
}

void
ob_database_set_error (ObDatabase *database, GError **error)
{
  gboolean is_full = sqlite3_errcode (database->handle) == SQLITE_FULL
                     || sqlite3_system_errno (database->handle) == ENOSPC;

  g_set_error (error, OUTBOX_ERROR, is_full ? OUTBOX_ERROR_DISK_FULL : OUTBOX_ERROR_STORAGE,
               "The database reports: %s", sqlite3_errmsg (database->handle));
}

gboolean
ob_database_run (ObDatabase *database, const char *sql, GError **error)
{
  if (sqlite3_exec (database->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  ob_database_set_error (database, error);

  return FALSE;
}

/* The one number that a query gives. Returns: whether there was one. */
static gboolean
read_number (ObDatabase *database, const char *sql, gint64 *number, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_there = sqlite3_prepare_v2 (database->handle, sql, -1, &statement, NULL) == SQLITE_OK
                      && sqlite3_step (statement) == SQLITE_ROW;

  if (is_there)
    *number = sqlite3_column_int64 (statement, 0);
  else
    ob_database_set_error (database, error);
  (void) sqlite3_finalize (statement);

  return is_there;
}

static gboolean
migrate_one (ObDatabase *database, gint64 version, gint64 now_ms, GError **error)
{
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %" G_GINT64_FORMAT ";"
                         "INSERT OR IGNORE INTO meta VALUES ('epoch', %" G_GINT64_FORMAT ");",
                         APPLICATION_ID, version + 1, now_ms);

  if (!ob_database_run (database, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (!ob_database_run (database, ob_migrations[version], error) || !ob_database_run (database, sql, error))
    {
      (void) ob_database_run (database, "ROLLBACK", NULL);
      return FALSE;
    }
  ob_crash_point ("migration");

  return ob_database_run (database, "COMMIT", error);
}

static gboolean
migrate (ObDatabase *database, gint64 now_ms, GError **error)
{
  gint64 newest = ob_migrations_get_newest_version ();
  gint64 version;

  if (!read_number (database, "PRAGMA user_version", &version, error))
    return FALSE;
  if (version > newest)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED,
                   "The queue was written by a newer version of Outbox (schema %" G_GINT64_FORMAT
                   "; this one knows %" G_GINT64_FORMAT ")",
                   version, newest);
      return FALSE;
    }
  for (; version < newest; version++)
    if (!migrate_one (database, version, now_ms, error))
      return FALSE;

  return read_number (database, "SELECT value FROM meta WHERE name = 'epoch'", &database->epoch, error);
}

/* @is_damaged tells a file that is no good database from a disk that is full or away. */
static ObDatabase *
open_and_migrate (const char *path, gint64 now_ms, gboolean *is_damaged, GError **error)
{
  g_autoptr (ObDatabase) database = g_new0 (ObDatabase, 1);
  int code = sqlite3_open_v2 (path, &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  database->idle_statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, finalise);
  if (code != SQLITE_OK)
    ob_database_set_error (database, error);
  else if (ob_database_run (database,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = OFF;",
                            error)
           && migrate (database, now_ms, error))
    return g_steal_pointer (&database);

  code = sqlite3_errcode (database->handle);
  *is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;

  return NULL;
}

/* Renames the database and what SQLite keeps beside it, so that a person can still look at them. */
static gboolean
set_aside (const char *path, gint64 now_ms, GError **error)
{
  const char *const suffixes[] = { "-wal", "-shm", "" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *to = g_strdup_printf ("%s.damaged-%" G_GINT64_FORMAT "%s", path, now_ms, suffixes[i]);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        {
          ob_file_set_error (error, errno, "Cannot set aside", from);
          return FALSE;
        }
    }

  return TRUE;
}

ObDatabase *
ob_database_open (const char *data_folder, gint64 now_ms, gboolean *was_rebuilt, GError **error)
{
  g_autofree char *path = g_build_filename (data_folder, "queue.db", NULL);
  g_autoptr (GError) first_error = NULL;
  gboolean is_damaged = FALSE;
  ObDatabase *database = open_and_migrate (path, now_ms, &is_damaged, &first_error);

  *was_rebuilt = FALSE;
  if (database)
    return database;
  if (!is_damaged || g_error_matches (first_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED))
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return NULL;
    }

  g_warning ("%s is damaged and is set aside: %s", path, first_error->message);
  if (!set_aside (path, now_ms, error))
    return NULL;
  *was_rebuilt = TRUE;

  return open_and_migrate (path, now_ms, &is_damaged, error);
}
