/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the set of ids. Main thread.
 */
#include "broker/unclaimed.h"

#include <sys/stat.h>

#define LOOKED_AT_MOST 1000
#define LISTED_MOST 10

struct _ObUnclaimed
{
  ObSpool *spool;  /* borrowed */
  GHashTable *all; /* id → its size, a guint64 */
};

ObUnclaimed *
ob_unclaimed_new (ObSpool *spool)
{
  ObUnclaimed *unclaimed = g_new0 (ObUnclaimed, 1);

  unclaimed->spool = spool;
  unclaimed->all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return unclaimed;
}

void
ob_unclaimed_free (ObUnclaimed *unclaimed)
{
  g_hash_table_unref (unclaimed->all);
  g_free (unclaimed);
}

static gboolean
is_file (ObUnclaimed *unclaimed, const char *id, struct stat *info)
{
  g_autofree char *path = ob_spool_get_path (unclaimed->spool, id);

  return lstat (path, info) == 0 && S_ISREG (info->st_mode);
}

void
ob_unclaimed_add (ObUnclaimed *unclaimed, const char *id)
{
  struct stat info;
  guint64 *bytes;

  if (!is_file (unclaimed, id, &info))
    return;
  bytes = g_new (guint64, 1);
  *bytes = (guint64) info.st_size;
  g_hash_table_replace (unclaimed->all, g_strdup (id), bytes);
}

static void
forget_those_that_are_gone (ObUnclaimed *unclaimed)
{
  GHashTableIter iter;
  gpointer id;
  struct stat info;

  if (g_hash_table_size (unclaimed->all) > LOOKED_AT_MOST)
    return;
  g_hash_table_iter_init (&iter, unclaimed->all);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (!is_file (unclaimed, id, &info))
      g_hash_table_iter_remove (&iter);
}

void
ob_unclaimed_count (ObUnclaimed *unclaimed, guint64 *files, guint64 *bytes)
{
  GHashTableIter iter;
  gpointer size;

  forget_those_that_are_gone (unclaimed);
  *files = g_hash_table_size (unclaimed->all);
  *bytes = 0;
  g_hash_table_iter_init (&iter, unclaimed->all);
  while (g_hash_table_iter_next (&iter, NULL, &size))
    *bytes += *(guint64 *) size;
}

static gint
by_age (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

char **
ob_unclaimed_list (ObUnclaimed *unclaimed)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autoptr (GList) ids = NULL;
  guint n_listed = 0;

  forget_those_that_are_gone (unclaimed);
  ids = g_list_sort (g_hash_table_get_keys (unclaimed->all), by_age);
  for (GList *each = ids; each && n_listed < LISTED_MOST; each = each->next, n_listed++)
    {
      g_autofree char *name = ob_spool_get_path (unclaimed->spool, each->data);
      g_autofree char *path = g_utf8_make_valid (name, -1);

      g_strv_builder_add (paths, path);
    }

  return g_strv_builder_end (paths);
}
