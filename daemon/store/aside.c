/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names and renames databases that are set aside. Main thread.
 */
#include "store/aside.h"

#include "base/files.h"
#include "dbus/mark.h"
#include "store/marks.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define ASIDE ".damaged-"
#define ASIDE_EVERY_MS (G_GINT64_CONSTANT (3600) * 1000)
#define ASIDE_MOST 3

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* Returns: (transfer full) (element-type gint64): the times of the databases set aside, the oldest first */
static GArray *
list_asides (const char *path)
{
  g_autofree char *folder_path = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *prefix = g_strconcat (name, ASIDE, NULL);
  g_autoptr (GDir) folder = g_dir_open (folder_path, 0, NULL);
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));
  const char *entry;

  while (folder && (entry = g_dir_read_name (folder)))
    {
      gint64 at_ms;

      if (g_str_has_prefix (entry, prefix)
          && g_ascii_string_to_signed (entry + strlen (prefix), 10, 0, G_MAXINT64, &at_ms, NULL))
        g_array_append_val (times, at_ms);
    }
  g_array_sort (times, compare_times);

  return times;
}

char *
ob_aside_dup_path (const char *path, gint64 now_ms)
{
  g_autoptr (GArray) times = list_asides (path);
  gint64 newest_ms = times->len > 0 ? g_array_index (times, gint64, times->len - 1) : 0;

  if (newest_ms > 0 && newest_ms <= now_ms && now_ms - newest_ms < ASIDE_EVERY_MS)
    return g_strconcat (path, ASIDE "last", NULL);

  return g_strdup_printf ("%s" ASIDE "%" G_GINT64_FORMAT, path, now_ms);
}

gboolean
ob_aside_rename (const char *path, const char *aside_path, GError **error)
{
  const char *const suffixes[] = { "-wal", "-shm", "" };
  g_autofree char *folder = g_path_get_dirname (path);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (aside_path, suffixes[i], NULL);

      /* A log left by an earlier database of that name must not be applied to this one. */
      (void) g_unlink (to);
      if (g_rename (from, to) != 0 && errno != ENOENT)
        {
          ob_file_set_error (error, errno, S_ ("Cannot set aside %s: %s"), from);
          return FALSE;
        }
    }
  if (!ob_folder_sync (folder, error))
    return FALSE;
  ob_mark_clear (path, "bad");
  ob_mark_clear (path, "in-use");

  return TRUE;
}

void
ob_aside_remove_old (const char *path)
{
  const char *const suffixes[] = { "-wal", "-shm", "" };
  g_autoptr (GArray) times = list_asides (path);
  g_autofree char *last = g_strconcat (path, ASIDE "last", NULL);
  guint n_kept = ASIDE_MOST - (g_access (last, F_OK) == 0 ? 1 : 0);

  for (guint i = 0; i + n_kept < times->len; i++)
    for (guint k = 0; k < G_N_ELEMENTS (suffixes); k++)
      {
        g_autofree char *old = g_strdup_printf ("%s" ASIDE "%" G_GINT64_FORMAT "%s", path,
                                                g_array_index (times, gint64, i), suffixes[k]);

        (void) g_unlink (old);
      }
}
