/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks, when the database is opened, where its counters stand, and repairs them. Main thread.
 */
#include "store/numbering.h"

/* 2^50, more than anybody hands over. */
#define MOST "1125899906842624"

#define IS_BAD(number) "(" #number " < 1 OR " #number " > " MOST ")"
#define HAS_BAD(table, number)                                                                                       \
  "EXISTS (SELECT 1 FROM (SELECT min (" #number ") AS n FROM " #table " UNION SELECT max (" #number ") FROM " #table \
  ") WHERE " IS_BAD (n) ")"

/* SQLite and ob_uploads_take_number() count on from here: never below a number in use. */
#define HAS_BAD_END(table, number)                                                                                \
  "NOT coalesce ((SELECT typeof (seq) = 'integer' AND seq <= " MOST " AND seq >= (SELECT coalesce (max (" #number \
  "), 0) FROM " #table ") FROM sqlite_sequence WHERE name = '" #table "'), NOT EXISTS (SELECT 1 FROM " #table "))"

#define HAS_BAD_EPOCH \
  "NOT EXISTS (SELECT 1 FROM meta WHERE name = 'epoch' AND typeof (value) = 'integer' AND value BETWEEN 1 AND " MOST ")"
#define HAS_BAD_FLOOR                                                                                     \
  "EXISTS (SELECT 1 FROM meta WHERE name = 'journal-floor' AND (typeof (value) <> 'integer' OR value < 0" \
  " OR value > (SELECT coalesce (max (sequence), 0) FROM journal)))"

#define RENUMBER(table, number)                                                                  \
  "UPDATE " #table " SET " #number " = 1 + (SELECT coalesce (max (" #number "), 0) FROM " #table \
  " WHERE NOT " IS_BAD (number) ") WHERE " #number " = (SELECT " #number " FROM " #table         \
                                " WHERE " IS_BAD (number) " ORDER BY " #number " LIMIT 1)"

/* Numbers them anew, in their order. */
static gboolean
renumber (ObDatabase *database, const char *count_sql, const char *renumber_sql, GError **error)
{
  gint64 n_bad;

  if (!ob_database_ask_number (database, count_sql, &n_bad, error))
    return FALSE;
  for (; n_bad > 0; n_bad--)
    if (!ob_database_run (database, renumber_sql, error))
      return FALSE;

  return TRUE;
}

static gboolean
mend (ObDatabase *database, gint64 now_ms, GError **error)
{
  static const char ends_sql[]
      = "DELETE FROM sqlite_sequence WHERE name IN ('uploads', 'journal');"
        "INSERT INTO sqlite_sequence SELECT 'uploads', max (number) FROM uploads HAVING max (number) IS NOT NULL;"
        "INSERT INTO sqlite_sequence SELECT 'journal', max (sequence) FROM journal HAVING max (sequence) IS NOT NULL;"
        "DELETE FROM meta WHERE name = 'journal-floor';";
  g_autofree char *epoch_sql
      = g_strdup_printf ("INSERT OR REPLACE INTO meta VALUES ('epoch', %" G_GINT64_FORMAT ")", MAX (now_ms, 1));

  return renumber (database, "SELECT count (*) FROM uploads WHERE " IS_BAD (number), RENUMBER (uploads, number), error)
         && renumber (database, "SELECT count (*) FROM journal WHERE " IS_BAD (sequence), RENUMBER (journal, sequence),
                      error)
         && ob_database_run (database, ends_sql, error) && ob_database_run (database, epoch_sql, error);
}

gboolean
ob_numbering_mend (ObDatabase *database, gint64 now_ms, GError **error)
{
  gint64 is_bad;

  if (!ob_database_ask_number (
          database,
          "SELECT " HAS_BAD (uploads, number) " OR " HAS_BAD (journal, sequence) " OR " HAS_BAD_END (
              uploads, number) " OR " HAS_BAD_END (journal, sequence) " OR " HAS_BAD_EPOCH " OR " HAS_BAD_FLOOR,
          &is_bad, error))
    return FALSE;
  if (!is_bad)
    return TRUE;
  g_warning ("The database counts on from a number that nothing came to: it is put right");
  if (!ob_database_run (database, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (mend (database, now_ms, error))
    return ob_database_run (database, "COMMIT", error);
  (void) ob_database_run (database, "ROLLBACK", NULL);

  return FALSE;
}
