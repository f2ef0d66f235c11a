/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An index finds ids by their beginning, and another by their last characters written backwards. Main thread.
 */
#include "store/short-id.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/statement.h"

#include <string.h>

#define LEAST_CHARS 4
#define ID_CHARS 36
#define END_CHARS 8 /* characters in the index */
#define MOST_TOLD 3

/* The letter after the highest in an id. */
#define AFTER "g"

/* clang-format off */
/* The same expression as in the index, or SQLite would not use it. */
#define BACKWARDS \
  "substr (id, 36, 1) || substr (id, 35, 1) || substr (id, 34, 1) || substr (id, 33, 1)" \
  " || substr (id, 32, 1) || substr (id, 31, 1) || substr (id, 30, 1) || substr (id, 29, 1)"
/* clang-format on */

static gboolean
may_be_part (const char *part)
{
  const gsize n_chars = strlen (part);

  return n_chars >= LEAST_CHARS && n_chars < ID_CHARS && strspn (part, "0123456789abcdef-") == n_chars;
}

/* Adds the ids in the range that end with @end. Returns: FALSE if the database could not be read. */
static gboolean
add_range (ObDatabase *database, const char *sql, const char *begin, const char *end, GPtrArray *ids, GError **error)
{
  g_autofree char *after = g_strconcat (begin, AFTER, NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);
  int code = SQLITE_DONE;

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@begin", begin);
  ob_statement_bind_text (statement, "@after", after);
  while (ids->len <= MOST_TOLD && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const char *id = ob_statement_get_text (statement, 0);

      if (id && g_str_has_suffix (id, end) && !g_ptr_array_find_with_equal_func (ids, id, g_str_equal, NULL))
        g_ptr_array_add (ids, g_strdup (id));
    }
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    ob_database_set_error (database, error);

  return code == SQLITE_DONE || code == SQLITE_ROW;
}

static void
set_ambiguous (GError **error, const char *part, GPtrArray *ids)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < ids->len && i < MOST_TOLD; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (const char *) ids->pdata[i]);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               S_ ("More than one upload's id begins or ends with %s (%s%s): give more of it"), part, list->str,
               ids->len > MOST_TOLD ? ", …" : "");
}

char *
ob_short_id_find (ObDatabase *database, const char *part, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (part, -1);
  g_autofree char *backwards = NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  if (!may_be_part (lower))
    {
      ob_text_set_not_found (error, S_ ("There is no upload %s"), part);
      return NULL;
    }
  backwards = g_strreverse (g_strdup (lower));
  backwards[MIN (strlen (backwards), END_CHARS)] = '\0';
  if (!add_range (database, "SELECT id FROM uploads WHERE id >= @begin AND id < @after", lower, "", ids, error)
      || !add_range (database, "SELECT id FROM uploads WHERE " BACKWARDS " >= @begin AND " BACKWARDS " < @after",
                     backwards, lower, ids, error))
    return NULL;
  if (ids->len == 1)
    return g_strdup (ids->pdata[0]);
  if (ids->len == 0)
    ob_text_set_not_found (error, S_ ("There is no upload %s"), part);
  else
    set_ambiguous (error, part, ids);

  return NULL;
}
