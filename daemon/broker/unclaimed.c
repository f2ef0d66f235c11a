/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the set of ids. Main thread.
 */
#include "broker/unclaimed.h"

#include <sys/stat.h>

#define LOOKED_AT_MOST 1000
#define LISTED_MOST 10

/* No file system counts time in longer steps. */
#define STEP_MS 3000

struct _ObUnclaimed
{
  ObSpool *spool;  /* borrowed */
  GHashTable *all; /* id → its size, a guint64 */
  guint64 all_bytes;
  gint64 looked_at_ms; /* real time of the last look whether they are still there */
  gint64 changed_ms;   /* when the folder had last changed then */
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

gboolean
ob_unclaimed_add (ObUnclaimed *unclaimed, const char *id)
{
  const guint64 *known = g_hash_table_lookup (unclaimed->all, id);
  struct stat info;
  guint64 *bytes;

  if (!is_file (unclaimed, id, &info))
    return FALSE;
  unclaimed->all_bytes += (guint64) info.st_size - (known ? *known : 0);
  bytes = g_new (guint64, 1);
  *bytes = (guint64) info.st_size;

  return g_hash_table_replace (unclaimed->all, g_strdup (id), bytes);
}

static gint64
get_changed_ms (const struct stat *info)
{
  return (gint64) info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

/* Returns: whether something came into the spool, or left it, since the last look; perhaps also shortly before that, when the folder
 * need not show it by another time: some file systems count in steps of two seconds. */
static gboolean
may_have_changed (ObUnclaimed *unclaimed)
{
  g_autofree char *folder = ob_spool_get_path (unclaimed->spool, "");
  struct stat info;
  gint64 looked_at_ms = unclaimed->looked_at_ms;
  gint64 changed_ms;

  unclaimed->looked_at_ms = g_get_real_time () / 1000;
  if (stat (folder, &info) != 0)
    return TRUE;
  changed_ms = unclaimed->changed_ms;
  unclaimed->changed_ms = get_changed_ms (&info);

  return unclaimed->changed_ms != changed_ms || looked_at_ms < changed_ms + STEP_MS;
}

/* A person may have taken some away. A file that leaves the folder changes its time, so that they are not all looked at whenever
 * somebody asks. */
static void
forget_those_that_are_gone (ObUnclaimed *unclaimed)
{
  GHashTableIter iter;
  gpointer id;
  guint64 *bytes;
  struct stat info;

  if (g_hash_table_size (unclaimed->all) == 0 || g_hash_table_size (unclaimed->all) > LOOKED_AT_MOST
      || !may_have_changed (unclaimed))
    return;
  g_hash_table_iter_init (&iter, unclaimed->all);
  while (g_hash_table_iter_next (&iter, &id, (gpointer *) &bytes))
    if (!is_file (unclaimed, id, &info))
      {
        unclaimed->all_bytes -= *bytes;
        g_hash_table_iter_remove (&iter);
      }
}

void
ob_unclaimed_count (ObUnclaimed *unclaimed, guint64 *files, guint64 *bytes)
{
  forget_those_that_are_gone (unclaimed);
  *files = g_hash_table_size (unclaimed->all);
  *bytes = unclaimed->all_bytes;
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
