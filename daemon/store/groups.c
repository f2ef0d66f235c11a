/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of groups. Triggers make one with a group's first upload and remove it with the last. Main thread.
 */
#include "store/groups.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/statement.h"

#define COLUMNS                                                                                                       \
  "SELECT app, key, title, is_paused, updated_at, coalesce (swept, -1), coalesce (sending, -1), sent_after, sent_on " \
  "FROM groups "

void
ob_group_free (ObGroup *group)
{
  g_free (group->app);
  g_free (group->key);
  g_free (group->title);
  g_free (group->sent_on);
  g_free (group);
}

char *
ob_group_dup_name (const char *app, const char *key)
{
  return *app == '\0' ? g_strdup (key) : g_strconcat (app, "/", key, NULL);
}

/* Reads every row of the statement. @statement: (nullable): %NULL if an error is set */
static GPtrArray *
read_all (ObDatabase *database, ObStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_group_free);
  int code = SQLITE_ERROR;

  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      ObGroup *group = g_new0 (ObGroup, 1);

      group->app = g_strdup (ob_statement_get_text (statement, 0));
      group->key = g_strdup (ob_statement_get_text (statement, 1));
      group->title = g_strdup (ob_statement_get_text (statement, 2));
      group->is_paused = ob_statement_get_sound (statement, 3, OB_LIMIT_is_paused) != 0;
      group->updated_at_ms = ob_statement_get_sound (statement, 4, OB_LIMIT_updated_at);
      group->swept_number = ob_statement_get_number (statement, 5);
      group->sent_number = ob_statement_get_number (statement, 6);
      group->sent_after = ob_statement_get_number (statement, 7);
      group->sent_on = g_strdup (ob_statement_get_text (statement, 8));
      if (group->app && group->key)
        g_ptr_array_add (groups, group);
      else
        ob_group_free (group);
    }
  if (code == SQLITE_DONE)
    return g_steal_pointer (&groups);
  if (statement)
    ob_database_set_error (database, error);

  return NULL;
}

ObGroup *
ob_groups_get (ObDatabase *database, const char *app, const char *key, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, COLUMNS "WHERE app = @app AND key = @key", error);
  g_autoptr (GPtrArray) groups = NULL;

  if (statement)
    {
      ob_statement_bind_asked (statement, "@app", app);
      ob_statement_bind_asked (statement, "@key", key);
    }
  groups = read_all (database, statement, error);
  if (groups && groups->len > 0)
    return g_ptr_array_steal_index (groups, 0);
  if (groups)
    ob_text_set_not_found (error, S_ ("There is no group %s"), key);

  return NULL;
}

#define IS_UNFINISHED                                                                                          \
  " AND EXISTS (SELECT 1 FROM group_counters AS c WHERE c.group_app = groups.app AND c.group_key = groups.key" \
  " AND c.state <> 5)"

GPtrArray *
ob_groups_list (ObDatabase *database, const ObGroupsFilter *filter, GError **error)
{
  g_autofree char *sql
      = g_strconcat (COLUMNS "WHERE ",
                     filter->app ? "app = @app AND key > @after_key" : "(key, app) > (@after_key, @after_app)",
                     filter->uploader
                         ? " AND (key, app) IN (SELECT group_key, group_app FROM group_counters WHERE app = @uploader)"
                         : "",
                     filter->is_unfinished ? IS_UNFINISHED : "", " ORDER BY key, app LIMIT @limit", NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (statement)
    {
      ob_statement_bind_asked (statement, "@app", filter->app);
      ob_statement_bind_asked (statement, "@uploader", filter->uploader);
      ob_statement_bind_asked (statement, "@after_key", filter->after_key ? filter->after_key : "");
      ob_statement_bind_asked (statement, "@after_app", filter->after_app ? filter->after_app : "");
      ob_statement_bind_number (statement, "@limit", filter->limit);
    }

  return read_all (database, statement, error);
}

/* Finds the group of that key if only one app has one. Errors: NotFound, InvalidArgument if several apps have one,
 * Storage. */
static ObGroup *
find_the_only_one (ObDatabase *database, const char *key, GError **error)
{
  const ObGroupsFilter filter = { .after_key = key, .limit = 2 };
  g_autoptr (GPtrArray) groups = ob_groups_list (database, &filter, error);
  const ObGroup *first, *second;

  if (!groups)
    return NULL;
  first = groups->len > 0 ? groups->pdata[0] : NULL;
  second = groups->len > 1 ? groups->pdata[1] : NULL;
  if (!first || !g_str_equal (first->key, key))
    ob_text_set_not_found (error, S_ ("There is no group %s"), key);
  else if (second && g_str_equal (second->key, key))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                 S_ ("Several apps have a group %s: name one as APP/KEY, such as %s/%s"), key, first->app, key);
  else
    return g_ptr_array_steal_index (groups, 0);

  return NULL;
}

ObGroup *
ob_groups_find (ObDatabase *database, const char *app, const char *name, GError **error)
{
  const char *slash = strchr (name, '/');
  g_autofree char *named_app = slash ? g_strndup (name, (gsize) (slash - name)) : NULL;
  g_autoptr (GError) own_error = NULL;
  ObGroup *group = ob_groups_get (database, app ? app : "", name, &own_error);

  if (!group && named_app && *named_app && (!app || g_str_equal (app, named_app))
      && g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_clear_error (&own_error);
      group = ob_groups_get (database, named_app, slash + 1, &own_error);
    }
  if (group)
    return group;
  if (!app && g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return find_the_only_one (database, name, error);
  g_propagate_error (error, g_steal_pointer (&own_error));

  return NULL;
}

GPtrArray *
ob_groups_list_paused (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, COLUMNS "WHERE is_paused = 1 ORDER BY key, app", error);

  return read_all (database, statement, error);
}

gboolean
ob_groups_set_paused (ObDatabase *database, const char *app, const char *key, gboolean is_paused, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT INTO groups (app, key, is_paused, swept) VALUES (@app, @key, @paused, 0)"
                          " ON CONFLICT DO UPDATE SET is_paused = @paused, swept = 0,"
                          " sending = iif (@paused, NULL, sending)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_text (statement, "@key", key);
  ob_statement_bind_number (statement, "@paused", is_paused);

  return ob_statement_run (database, statement, error);
}

/* Reads the number of the last of the next @limit uploads of a group. @last: 0: there are fewer, so that a small group is done by one
 * look, however slow the machine is. Errors: Storage. */
static gboolean
find_last (ObDatabase *database, const ObGroup *group, guint limit, gint64 *last, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT iif (count (*) < @limit, 0, max (number)) FROM (SELECT number FROM uploads"
      " WHERE group_key = @key AND group_app = @app AND number > @swept ORDER BY number LIMIT @limit)",
      error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", group->app);
  ob_statement_bind_text (statement, "@key", group->key);
  ob_statement_bind_number (statement, "@swept", group->swept_number);
  ob_statement_bind_number (statement, "@limit", limit);
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  *last = ob_statement_get_number (statement, 0);

  return TRUE;
}

/* @last: 0: all that are left */
static gboolean
mark_up_to (ObDatabase *database, const ObGroup *group, gint64 last, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "UPDATE uploads SET is_group_paused = @paused WHERE group_key = @key AND group_app = @app"
                          " AND number > @swept AND number <= @last AND state <> 5 AND is_group_paused <> @paused",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", group->app);
  ob_statement_bind_text (statement, "@key", group->key);
  ob_statement_bind_number (statement, "@paused", group->is_paused);
  ob_statement_bind_number (statement, "@swept", group->swept_number);
  ob_statement_bind_number (statement, "@last", last > 0 ? last : G_MAXINT64);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_groups_sweep (ObDatabase *database, ObGroup *group, guint limit, GError **error)
{
  g_autoptr (ObStatement) statement = NULL;
  gint64 last;

  if (!find_last (database, group, limit, &last, error) || !mark_up_to (database, group, last, error))
    return FALSE;
  statement = ob_statement_new (database, "UPDATE groups SET swept = nullif (@last, 0) WHERE app = @app AND key = @key",
                                error);
  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", group->app);
  ob_statement_bind_text (statement, "@key", group->key);
  ob_statement_bind_number (statement, "@last", last);
  group->swept_number = last > 0 ? last : -1;

  return ob_statement_run (database, statement, error);
}

/* @statement: (nullable) (transfer full) */
static ObGroup *
read_first (ObDatabase *database, ObStatement *all, GError **error)
{
  g_autoptr (ObStatement) statement = all;
  g_autoptr (GPtrArray) groups = read_all (database, statement, error);

  return groups && groups->len > 0 ? g_ptr_array_steal_index (groups, 0) : NULL;
}

ObGroup *
ob_groups_find_unswept (ObDatabase *database, GError **error)
{
  return read_first (database,
                     ob_statement_new (database, COLUMNS "WHERE swept IS NOT NULL ORDER BY key, app LIMIT 1", error),
                     error);
}

ObGroup *
ob_groups_find_unsent (ObDatabase *database, GError **error)
{
  return read_first (database,
                     ob_statement_new (database, COLUMNS "WHERE sending IS NOT NULL ORDER BY key, app LIMIT 1", error),
                     error);
}

gboolean
ob_groups_set_sent_now (ObDatabase *database, ObGroup *group, const char *network, gint64 after, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "UPDATE groups SET sent_on = @network, sending = 0, sent_after = @after"
                          " WHERE app = @app AND key = @key",
                          error);

  if (!statement)
    return FALSE;
  g_free (group->sent_on);
  group->sent_on = g_strdup (network);
  group->sent_number = 0;
  group->sent_after = after;
  ob_statement_bind_text (statement, "@app", group->app);
  ob_statement_bind_text (statement, "@key", group->key);
  ob_statement_bind_text (statement, "@network", network);
  ob_statement_bind_number (statement, "@after", after);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_groups_set_sent_number (ObDatabase *database, const ObGroup *group, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "UPDATE groups SET sending = nullif (@sent, -1) WHERE app = @app AND key = @key",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", group->app);
  ob_statement_bind_text (statement, "@key", group->key);
  ob_statement_bind_number (statement, "@sent", group->sent_number);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_groups_is_sent_now (ObDatabase *database, const char *app, const char *key, const char *network)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT 1 FROM groups WHERE app = @app AND key = @key AND sent_on = @network",
                          NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_text (statement, "@key", key);
  ob_statement_bind_text (statement, "@network", network);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gboolean
ob_groups_release_one (ObDatabase *database, const char *upload_id, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "UPDATE uploads SET is_group_paused = 0 WHERE id = @id", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", upload_id);

  return ob_statement_run (database, statement, error);
}

gint64
ob_groups_get_retry_ms (ObDatabase *database, const char *app, const char *key)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database, "SELECT min(retry_at) FROM uploads WHERE group_app = @app AND group_key = @key AND retry_at > 0", NULL);

  if (!statement)
    return 0;
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_text (statement, "@key", key);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

#define IS_WAITING " WHERE group_app = @app AND group_key = @key AND retry_at > @at AND state = 3"

gboolean
ob_groups_hasten_confirming (ObDatabase *database, const char *app, const char *key, gint64 now_ms, gint64 at_ms,
                             void (*on_upload) (const char *id, gpointer user_data), gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) select = ob_statement_new (database, "SELECT id FROM uploads" IS_WAITING, error);
  g_autoptr (ObStatement) update = select ? ob_statement_new (database,
                                                              "UPDATE uploads SET retry_at = @at, failures = 0,"
                                                              " progress_at = @now" IS_WAITING,
                                                              error)
                                          : NULL;

  if (!update)
    return FALSE;
  ob_statement_bind_text (select, "@app", app);
  ob_statement_bind_text (select, "@key", key);
  ob_statement_bind_number (select, "@at", at_ms);
  while (ob_statement_step (select) == SQLITE_ROW)
    on_upload (ob_statement_get_text (select, 0), user_data);
  ob_statement_bind_text (update, "@app", app);
  ob_statement_bind_text (update, "@key", key);
  ob_statement_bind_number (update, "@at", at_ms);
  ob_statement_bind_number (update, "@now", now_ms);

  return ob_statement_run (database, update, error);
}
