/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the rows of paired apps. Main thread.
 */
#include "store/apps.h"

#include "base/secret.h"
#include "base/text.h"
#include "dbus/mark.h"
#include "store/statement.h"

#define COLUMNS "origin, digest, may_manage, paired_at"

void
ob_paired_app_free (ObPairedApp *app)
{
  g_free (app->origin);
  g_free (app->digest);
  g_free (app);
}

static ObPairedApp *
read_app (ObStatement *statement)
{
  const char *origin = ob_statement_get_text (statement, 0);
  ObPairedApp *app = g_new0 (ObPairedApp, 1);

  app->origin = g_strdup (origin ? origin : "");
  app->digest = g_strdup (ob_statement_get_text (statement, 1));
  app->may_manage = ob_statement_get_sound (statement, 2, OB_LIMIT_may_manage) != 0;
  app->paired_at_ms = ob_statement_get_sound (statement, 3, OB_LIMIT_paired_at);

  return app;
}

/* Returns: (transfer full) (nullable): all rows that @statement finds. Errors: Storage. */
static GPtrArray *
read_all (ObDatabase *database, ObStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) apps = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_paired_app_free);
  int code;

  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (apps, read_app (statement));
  if (code == SQLITE_DONE)
    return g_steal_pointer (&apps);
  ob_database_set_error (database, error);

  return NULL;
}

GPtrArray *
ob_apps_list_of (ObDatabase *database, const char *origin, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT " COLUMNS " FROM apps WHERE origin = @origin ORDER BY paired_at, digest",
                          error);

  if (!statement)
    return NULL;
  ob_statement_bind_asked (statement, "@origin", origin);

  return read_all (database, statement, error);
}

static gboolean
delete_one (ObDatabase *database, const char *digest, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM apps WHERE digest = @digest", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_asked (statement, "@digest", digest);

  return ob_statement_run (database, statement, error);
}

static gboolean
insert (ObDatabase *database, const ObPairedApp *app, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database,
                                                        "INSERT OR REPLACE INTO apps (" COLUMNS
                                                        ") VALUES (@origin, @digest, @may_manage, @paired_at)",
                                                        error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@origin", app->origin);
  ob_statement_bind_text (statement, "@digest", app->digest);
  ob_statement_bind_number (statement, "@may_manage", app->may_manage);
  ob_statement_bind_number (statement, "@paired_at", app->paired_at_ms);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_apps_save (ObDatabase *database, const ObPairedApp *app, GError **error)
{
  g_autoptr (GPtrArray) older = ob_apps_list_of (database, app->origin, error);

  if (!older)
    return FALSE;
  for (guint i = 0; i + OB_APPS_TOKENS_MOST <= older->len; i++)
    if (!delete_one (database, ((const ObPairedApp *) older->pdata[i])->digest, error))
      return FALSE;

  return insert (database, app, error);
}

gboolean
ob_apps_delete (ObDatabase *database, const char *origin, GError **error)
{
  g_autoptr (GPtrArray) apps = ob_apps_list_of (database, origin, error);
  g_autoptr (ObStatement) statement
      = apps ? ob_statement_new (database, "DELETE FROM apps WHERE origin = @origin", error) : NULL;

  if (!statement)
    return FALSE;
  if (apps->len == 0)
    {
      ob_text_set_not_found (error, S_ ("There is no app %s"), origin);
      return FALSE;
    }
  ob_statement_bind_asked (statement, "@origin", origin);

  return ob_statement_run (database, statement, error);
}

ObPairedApp *
ob_apps_find (ObDatabase *database, const char *origin, const char *digest, GError **error)
{
  g_autoptr (GPtrArray) apps = ob_apps_list_of (database, origin, error);
  gint found = -1;

  for (guint i = 0; apps && i < apps->len; i++)
    if (ob_secret_is_same (((const ObPairedApp *) apps->pdata[i])->digest, digest))
      found = (gint) i;

  return found >= 0 ? g_ptr_array_steal_index (apps, (guint) found) : NULL;
}

GPtrArray *
ob_apps_list (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT " COLUMNS " FROM apps ORDER BY origin, paired_at, digest", error);

  return statement ? read_all (database, statement, error) : NULL;
}
