/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite checks, and asks us every so often whether to go on. Any thread.
 */
#include "store/integrity.h"

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

ObIntegrity
ob_integrity_check (sqlite3 *handle, guint most_ms, const gint *is_over, char **words)
{
  Limit limit = { g_get_monotonic_time () + most_ms * G_GINT64_CONSTANT (1000), is_over };
  ObIntegrity integrity;
  sqlite3_stmt *statement = NULL;

  *words = NULL;
  sqlite3_progress_handler (handle, STEPS_BETWEEN_LOOKS, is_to_end, &limit);
  if (sqlite3_prepare_v2 (handle, "PRAGMA quick_check (1)", -1, &statement, NULL) != SQLITE_OK
      || sqlite3_step (statement) != SQLITE_ROW)
    integrity = judge_failure (handle, words);
  else if (g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0)
    integrity = OB_INTEGRITY_GOOD;
  else
    {
      *words = g_strdup ((const char *) sqlite3_column_text (statement, 0));
      integrity = OB_INTEGRITY_DAMAGED;
    }
  (void) sqlite3_finalize (statement);
  sqlite3_progress_handler (handle, 0, NULL, NULL);

  return integrity;
}
