/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the rows of destinations. Main thread.
 */
#include "store/destinations.h"

#include "store/statement.h"

/* Keeps the default of a required field if a damaged row lacks it. */
static void
replace (char **field, const char *value)
{
  if (!value)
    return;
  g_free (*field);
  *field = g_strdup (value);
}

static ObDestination *
read_destination (ObStatement *statement)
{
  const char *name = ob_statement_get_text (statement, 0);
  ObDestination *destination = ob_destination_new (name ? name : "");
  const char *also;

  replace (&destination->protocol, ob_statement_get_text (statement, 1));
  replace (&destination->url, ob_statement_get_text (statement, 2));
  destination->confirm_url = g_strdup (ob_statement_get_text (statement, 3));
  g_variant_unref (destination->headers);
  destination->headers = ob_statement_read_strings (statement, 4);
  destination->is_default = ob_statement_get_sound (statement, 5, OB_LIMIT_is_default);
  destination->is_paused = ob_statement_get_sound (statement, 6, OB_LIMIT_is_paused);
  destination->health.reason = outbox_reason_from_name (ob_statement_get_text (statement, 7));
  destination->health.retry_at_ms = ob_statement_get_sound (statement, 8, OB_LIMIT_retry_at);
  destination->health.failures = (guint) ob_statement_get_sound (statement, 9, OB_LIMIT_failures);
  destination->health.refused_id = g_strdup (ob_statement_get_text (statement, 10));
  destination->health.trouble = g_strdup (ob_statement_get_text (statement, 11));
  destination->health.since_ms = ob_statement_get_sound (statement, 12, OB_LIMIT_since);
  destination->receipt = ob_statement_get_sound (statement, 15, OB_LIMIT_receipt);
  destination->is_managed = ob_statement_get_sound (statement, 16, OB_LIMIT_is_managed);
  also = ob_statement_get_text (statement, 13);
  destination->also = also ? g_strsplit (also, " ", -1) : NULL;
  g_variant_unref (destination->sign_in);
  destination->sign_in = ob_statement_read_strings (statement, 14);
  destination->amend_url = g_strdup (ob_statement_get_text (statement, 17));

  return destination;
}

GHashTable *
ob_destinations_load (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT name, protocol, url, confirm_url, headers, is_default, is_paused, reason, retry_at,"
      " failures, refused, trouble, since, also, sign_in, receipt, is_managed, amend_url FROM destinations",
      error);
  g_autoptr (GHashTable) destinations
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ob_destination_free);
  int code;

  if (!statement)
    return NULL;
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      ObDestination *destination = read_destination (statement);

      g_hash_table_insert (destinations, destination->name, destination);
    }
  if (code != SQLITE_DONE)
    {
      ob_database_set_error (database, error);
      return NULL;
    }

  return g_steal_pointer (&destinations);
}

gboolean
ob_destinations_save (ObDatabase *database, const ObDestination *destination, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT OR REPLACE INTO destinations (name, protocol, url, confirm_url, headers, is_default,"
                          " is_paused, reason, retry_at, failures, refused, trouble, since, also, sign_in, receipt,"
                          " is_managed, amend_url) "
                          "VALUES (@name, @protocol, @url,"
                          " @confirm_url, @headers, @is_default, @is_paused, @reason, @retry_at, @failures, @refused,"
                          " @trouble, @since, @also, @sign_in, @receipt, @is_managed, @amend_url)",
                          error);
  g_autofree char *also = destination->also ? g_strjoinv (" ", destination->also) : NULL;

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@name", destination->name);
  ob_statement_bind_text (statement, "@protocol", destination->protocol);
  ob_statement_bind_text (statement, "@url", destination->url);
  ob_statement_bind_text (statement, "@confirm_url", destination->confirm_url);
  ob_statement_bind_strings (statement, "@headers", destination->headers);
  ob_statement_bind_number (statement, "@is_default", destination->is_default);
  ob_statement_bind_number (statement, "@is_paused", destination->is_paused);
  ob_statement_bind_reason (statement, "@reason", destination->health.reason);
  ob_statement_bind_number (statement, "@retry_at", destination->health.retry_at_ms);
  ob_statement_bind_number (statement, "@failures", destination->health.failures);
  ob_statement_bind_text (statement, "@refused", destination->health.refused_id);
  ob_statement_bind_text (statement, "@trouble", destination->health.trouble);
  ob_statement_bind_number (statement, "@since", destination->health.since_ms);
  ob_statement_bind_text (statement, "@also", also);
  ob_statement_bind_strings (statement, "@sign_in", destination->sign_in);
  ob_statement_bind_text (statement, "@amend_url", destination->amend_url);
  ob_statement_bind_number (statement, "@receipt", destination->receipt);
  ob_statement_bind_number (statement, "@is_managed", destination->is_managed);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_destinations_delete (ObDatabase *database, const char *name, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM destinations WHERE name = @name", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@name", name);

  return ob_statement_run (database, statement, error);
}
