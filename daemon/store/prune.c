/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deletes old rows of the journal, a few at a time. The floor rises only with rows of removed uploads: every other upload
 * keeps its newest row, which is all that a replay needs. Main thread.
 */
#include "store/prune.h"

#include "store/meta.h"
#include "store/statement.h"

/* How many rows one call looks at, in a few milliseconds: each may walk over OB_PRUNE_ROWS_MAX entries of an index. */
#define ROWS_A_CALL 200

/* So many free pages stay, and so many are given back by one call. */
#define FREE_PAGES_KEPT 1024
#define PAGES_A_CALL 256

#define IN_SPAN \
  " FROM journal WHERE sequence > @after AND sequence <= @end AND sequence < (SELECT max(sequence) FROM journal)"

/* The newest row of a removed upload tells when it was removed. */
#define OF_REMOVED                                                                                                     \
  IN_SPAN " AND upload IS NOT NULL AND NOT EXISTS (SELECT 1 FROM uploads WHERE id = journal.upload)"                   \
          " AND (SELECT at FROM journal AS newer WHERE newer.upload = journal.upload ORDER BY sequence DESC LIMIT 1) " \
          "< @before"

/* Keeps two rows besides the newest: how the upload came. */
#define OF_LIVE                                                                                        \
  IN_SPAN " AND upload IS NOT NULL AND event NOT IN ('added', 'adopted')"                              \
          " AND EXISTS (SELECT 1 FROM uploads WHERE id = journal.upload)"                              \
          " AND sequence < (SELECT sequence FROM journal AS newer WHERE newer.upload = journal.upload" \
          "   ORDER BY sequence DESC LIMIT 1 OFFSET @most - 3)"

/* What has arrived has no more use for its rows than any reader of the log has. */
#define OF_ARRIVED                                                                                             \
  IN_SPAN " AND upload IS NOT NULL AND EXISTS (SELECT 1 FROM uploads WHERE id = journal.upload AND state = 5)" \
          " AND sequence < (SELECT max(sequence) FROM journal AS newer WHERE newer.upload = journal.upload)"

/* What a row takes in the file: its texts, its numbers, and its entries in two indexes, of which one has the id again. */
#define ROW_BYTES 70
#define TEXTS                                                                                                          \
  "upload || upload || ifnull (app, '') || event || ifnull (state, '') || ifnull (reason, '') || ifnull (message, '')" \
  " || ifnull (network, '') || ifnull (holds, '')"

#define OF_HOLDS                                                                                     \
  IN_SPAN " AND scope IS NOT NULL"                                                                   \
          " AND sequence < (SELECT sequence FROM journal AS newer WHERE newer.scope = journal.scope" \
          "   AND newer.key = journal.key ORDER BY sequence DESC LIMIT 1 OFFSET @most - 1)"

static void
bind_span (ObStatement *statement, gint64 after, gint64 end, gint64 before_ms)
{
  ob_statement_bind_number (statement, "@after", after);
  ob_statement_bind_number (statement, "@end", end);
  ob_statement_bind_number (statement, "@before", before_ms);
  ob_statement_bind_number (statement, "@most", OB_PRUNE_ROWS_MAX);
}

/* Returns: the number that a query over the span gives, or 0 */
static gint64
ask (ObDatabase *database, const char *sql, gint64 after, gint64 end, gint64 before_ms)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, NULL);

  if (!statement)
    return 0;
  bind_span (statement, after, end, before_ms);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

gboolean
ob_prune_find (ObDatabase *database, gint64 after, gint64 now_ms, gint64 *end)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT max(sequence) FROM (SELECT sequence FROM journal WHERE sequence > @after ORDER BY sequence LIMIT @limit)",
      NULL);

  *end = 0;
  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@after", after);
  ob_statement_bind_number (statement, "@limit", ROWS_A_CALL);
  if (ob_statement_step (statement) == SQLITE_ROW)
    *end = ob_statement_get_number (statement, 0);

  return *end > 0
         && ask (database,
                 "SELECT EXISTS (SELECT 1" OF_REMOVED ") OR EXISTS (SELECT 1" OF_LIVE ") OR EXISTS (SELECT 1" OF_HOLDS
                 ")",
                 after, *end, now_ms - OB_PRUNE_REMOVED_MS)
                != 0;
}

/* @deletions: (array zero-terminated=1): statements over a span; @before_ms: which removed uploads have been gone for long enough */
static gboolean
delete_span (ObDatabase *database, const char *const *deletions, gint64 after, gint64 end, gint64 before_ms,
             GError **error)
{
  gint64 removed = ask (database, "SELECT max(sequence)" OF_REMOVED, after, end, before_ms);

  if (removed > ob_prune_get_floor (database) && !ob_meta_set_number (database, "journal-floor", removed, error))
    return FALSE;
  for (guint i = 0; deletions[i]; i++)
    {
      g_autoptr (ObStatement) statement = ob_statement_new (database, deletions[i], error);

      if (!statement)
        return FALSE;
      bind_span (statement, after, end, before_ms);
      if (!ob_statement_run (database, statement, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
ob_prune_delete (ObDatabase *database, gint64 after, gint64 end, gint64 now_ms, GError **error)
{
  const char *const deletions[] = { "DELETE" OF_REMOVED, "DELETE" OF_LIVE, "DELETE" OF_HOLDS, NULL };

  return delete_span (database, deletions, after, end, now_ms - OB_PRUNE_REMOVED_MS, error);
}

gboolean
ob_prune_shed (ObDatabase *database, gint64 after, gint64 end, gint64 now_ms, GError **error)
{
  const char *const deletions[] = { "DELETE" OF_REMOVED, "DELETE" OF_ARRIVED, NULL };

  return delete_span (database, deletions, after, end, now_ms - OB_PRUNE_SHED_MS, error);
}

gint64
ob_prune_measure (ObDatabase *database, gint64 after, gint64 end)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT CAST (total (length (CAST (" TEXTS " AS BLOB)) + " G_STRINGIFY (
                              ROW_BYTES) ") AS INTEGER) FROM journal"
                                         " WHERE sequence > @after AND sequence <= @end AND upload IS NOT NULL",
                          NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@after", after);
  ob_statement_bind_number (statement, "@end", end);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

static gint64
count_free_pages (ObDatabase *database)
{
  gint64 n_pages = 0;

  return ob_database_ask_number (database, "PRAGMA freelist_count", &n_pages, NULL) ? n_pages : 0;
}

gboolean
ob_prune_is_loose (ObDatabase *database)
{
  return count_free_pages (database) > FREE_PAGES_KEPT;
}

gboolean
ob_prune_shrink (ObDatabase *database, gboolean *has_more, GError **error)
{
  const gint64 n_free = count_free_pages (database);

  *has_more = FALSE;
  if (!ob_database_run (database, "PRAGMA incremental_vacuum (" G_STRINGIFY (PAGES_A_CALL) ")", error))
    return FALSE;
  *has_more = count_free_pages (database) < n_free;

  return TRUE;
}

gint64
ob_prune_get_floor (ObDatabase *database)
{
  return ob_meta_get_number (database, "journal-floor");
}
