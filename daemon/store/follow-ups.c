/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the rows of follow-ups: one table for all kinds. Main thread.
 */
#include "store/follow-ups.h"

#include "store/statement.h"

#define COLUMNS "id, asked_at, retry_at, failures, destination, server_url, is_doubted, frees"

/* As the rows have them. */
static const char *const names[OB_N_FOLLOW_UPS] = {
  [OB_FOLLOW_UP_CHECK] = "check",
  [OB_FOLLOW_UP_AMENDMENT] = "amendment",
  [OB_FOLLOW_UP_TERMINATION] = "termination",
};

void
ob_follow_up_free (ObFollowUp *follow_up)
{
  g_free (follow_up->id);
  g_free (follow_up->destination);
  g_free (follow_up->server_url);
  g_free (follow_up);
}

static ObFollowUp *
read_follow_up (ObStatement *statement, ObFollowUpKind kind)
{
  ObFollowUp *follow_up = g_new0 (ObFollowUp, 1);
  const char *id = ob_statement_get_text (statement, 0);

  follow_up->kind = kind;
  follow_up->id = g_strdup (id ? id : "");
  follow_up->asked_at_ms = ob_statement_get_sound (statement, 1, OB_LIMIT_asked_at);
  follow_up->retry_at_ms = ob_statement_get_sound (statement, 2, OB_LIMIT_retry_at);
  follow_up->failures = (guint) ob_statement_get_sound (statement, 3, OB_LIMIT_failures);
  follow_up->destination = g_strdup (ob_statement_get_text (statement, 4));
  follow_up->server_url = g_strdup (ob_statement_get_text (statement, 5));
  follow_up->is_doubted = ob_statement_get_sound (statement, 6, OB_LIMIT_is_doubted) != 0;
  follow_up->frees = ob_statement_get_sound (statement, 7, OB_LIMIT_frees) != 0;

  return follow_up;
}

gboolean
ob_follow_ups_save (ObDatabase *database, const ObFollowUp *follow_up, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT OR REPLACE INTO follow_ups (kind, " COLUMNS ") VALUES (@kind, @id, @asked_at,"
                          " @retry_at, @failures, @destination, @server_url, @is_doubted, @frees)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@kind", names[follow_up->kind]);
  ob_statement_bind_text (statement, "@id", follow_up->id);
  ob_statement_bind_number (statement, "@asked_at", follow_up->asked_at_ms);
  ob_statement_bind_number (statement, "@retry_at", follow_up->retry_at_ms);
  ob_statement_bind_number (statement, "@failures", follow_up->failures);
  ob_statement_bind_text (statement, "@destination", follow_up->destination);
  ob_statement_bind_text (statement, "@server_url", follow_up->server_url);
  ob_statement_bind_number (statement, "@is_doubted", follow_up->is_doubted);
  ob_statement_bind_number (statement, "@frees", follow_up->frees);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_follow_ups_delete (ObDatabase *database, ObFollowUpKind kind, const char *id, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "DELETE FROM follow_ups WHERE kind = @kind AND id = @id", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@kind", names[kind]);
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_follow_ups_forget (ObDatabase *database, const char *id, GError **error)
{
  return ob_follow_ups_delete (database, OB_FOLLOW_UP_CHECK, id, error)
         && ob_follow_ups_delete (database, OB_FOLLOW_UP_AMENDMENT, id, error);
}

ObFollowUp *
ob_follow_ups_get (ObDatabase *database, ObFollowUpKind kind, const char *id)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT " COLUMNS " FROM follow_ups WHERE kind = @kind AND id = @id", NULL);

  if (!statement)
    return NULL;
  ob_statement_bind_text (statement, "@kind", names[kind]);
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) == SQLITE_ROW ? read_follow_up (statement, kind) : NULL;
}

GPtrArray *
ob_follow_ups_find_due (ObDatabase *database, ObFollowUpKind kind, gint64 now_ms, guint limit)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT " COLUMNS " FROM follow_ups WHERE kind = @kind AND retry_at <= @now"
                          " ORDER BY retry_at LIMIT @limit",
                          NULL);
  GPtrArray *due = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_follow_up_free);

  if (!statement)
    return due;
  ob_statement_bind_text (statement, "@kind", names[kind]);
  ob_statement_bind_number (statement, "@now", now_ms);
  ob_statement_bind_number (statement, "@limit", limit);
  while (ob_statement_step (statement) == SQLITE_ROW)
    g_ptr_array_add (due, read_follow_up (statement, kind));

  return due;
}

gint64
ob_follow_ups_next_ms (ObDatabase *database, gint64 now_ms)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT min(retry_at) FROM follow_ups WHERE retry_at > @now", NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@now", now_ms);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}
