/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and visiting take turns, a part of the folder at a time: its names are not all kept in memory. The thread uses nothing
 * but the walk, which lives until both have let go of it; the spool may be closed meanwhile. Visits on the main thread.
 */
#include "store/spool-walk.h"

#include "base/identity.h"

#include <string.h>
#include <unistd.h>

/* Of the folder's entries, which are not all kept in memory; and of those, with one look into the database for each. */
#define FILES_A_READ 1024
#define FILES_A_TURN 128

struct _ObSpoolWalk
{
  gatomicrefcount refs;
  char *path;
  GDir *folder;   /* NULL: read to its end */
  GPtrArray *ids; /* that were read, and are visited next */
  guint next;
  GCancellable *ending;
  guint visit_source; /* 0: the folder is being read, or all is done */
  ObSpoolVisit visit;
  gpointer user_data;
};

static ObSpoolWalk *
walk_new (ObSpool *spool, ObSpoolVisit visit, gpointer user_data)
{
  ObSpoolWalk *walk = g_new0 (ObSpoolWalk, 1);

  g_atomic_ref_count_init (&walk->refs);
  walk->path = ob_spool_get_path (spool, "");
  walk->folder = g_dir_open (walk->path, 0, NULL);
  walk->ids = g_ptr_array_new_with_free_func (g_free);
  walk->ending = g_cancellable_new ();
  walk->visit = visit;
  walk->user_data = user_data;

  return walk;
}

static ObSpoolWalk *
walk_ref (ObSpoolWalk *walk)
{
  g_atomic_ref_count_inc (&walk->refs);

  return walk;
}

static void
walk_unref (ObSpoolWalk *walk)
{
  if (!g_atomic_ref_count_dec (&walk->refs))
    return;
  g_clear_pointer (&walk->folder, g_dir_close);
  g_ptr_array_unref (walk->ids);
  g_object_unref (walk->ending);
  g_free (walk->path);
  g_free (walk);
}

/* --- Reading --- */

static gboolean
has_bytes (const ObSpoolWalk *walk, const char *id)
{
  g_autofree char *path = g_build_filename (walk->path, id, NULL);

  return access (path, F_OK) == 0;
}

/* A record that was about to take the place of another (base/files.h). */
static void
remove_unfinished (const ObSpoolWalk *walk, const char *name)
{
  g_autofree char *path = g_build_filename (walk->path, name, NULL);

  (void) unlink (path);
}

/* Bytes are noted, and records that have none. */
static void
note_name (ObSpoolWalk *walk, const char *name)
{
  g_autofree char *id = g_str_has_suffix (name, ".json") ? g_strndup (name, strlen (name) - strlen (".json")) : NULL;

  if (ob_id_is_valid (name))
    g_ptr_array_add (walk->ids, g_strdup (name));
  else if (id && ob_id_is_valid (id) && !has_bytes (walk, id))
    g_ptr_array_add (walk->ids, g_steal_pointer (&id));
  else if (g_str_has_suffix (name, ".json.new"))
    remove_unfinished (walk, name);
}

static gint
by_id (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* A folder has no order, and a queue has one: ids begin with the time at which they were made. */
static void
read_names (ObSpoolWalk *walk, guint most)
{
  const char *name;

  while (walk->folder && walk->ids->len < most && !g_cancellable_is_cancelled (walk->ending))
    {
      name = g_dir_read_name (walk->folder);
      if (!name)
        g_clear_pointer (&walk->folder, g_dir_close);
      else
        note_name (walk, name);
    }
  g_ptr_array_sort (walk->ids, by_id);
}

/* On a thread of its own; nobody else uses the walk meanwhile, but to end it. */
static void
read_on_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  read_names (task_data, FILES_A_READ);
  g_task_return_boolean (task, TRUE);
}

/* --- Visiting --- */

static void read_on (ObSpoolWalk *walk);

static gboolean
on_visit (gpointer data)
{
  ObSpoolWalk *walk = data;
  guint end = MIN (walk->next + FILES_A_TURN, walk->ids->len);

  for (; walk->next < end && !g_cancellable_is_cancelled (walk->ending); walk->next++)
    walk->visit (walk->ids->pdata[walk->next], walk->user_data);
  if (walk->next < walk->ids->len && !g_cancellable_is_cancelled (walk->ending))
    return G_SOURCE_CONTINUE;
  walk->visit_source = 0;
  if (!g_cancellable_is_cancelled (walk->ending))
    read_on (walk);

  return G_SOURCE_REMOVE;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ObSpoolWalk *walk = g_task_get_task_data (G_TASK (result));

  if (walk->ids->len == 0 || g_cancellable_is_cancelled (walk->ending))
    return;
  walk->next = 0;
  walk->visit_source = g_idle_add_full (G_PRIORITY_LOW, on_visit, walk_ref (walk), (GDestroyNotify) walk_unref);
}

static void
read_on (ObSpoolWalk *walk)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_read, NULL);

  g_ptr_array_set_size (walk->ids, 0);
  g_task_set_task_data (task, walk_ref (walk), (GDestroyNotify) walk_unref);
  g_task_run_in_thread (task, read_on_thread);
}

ObSpoolWalk *
ob_spool_walk_begin (ObSpool *spool, ObSpoolVisit visit, gpointer user_data)
{
  ObSpoolWalk *walk = walk_new (spool, visit, user_data);

  read_on (walk);

  return walk;
}

void
ob_spool_walk_end (ObSpoolWalk *walk)
{
  g_cancellable_cancel (walk->ending);
  g_clear_handle_id (&walk->visit_source, g_source_remove);
  walk_unref (walk);
}

void
ob_spool_visit_all (ObSpool *spool, ObSpoolVisit visit, gpointer user_data)
{
  ObSpoolWalk *walk = walk_new (spool, visit, user_data);

  read_names (walk, G_MAXUINT);
  for (guint i = 0; i < walk->ids->len; i++)
    visit (walk->ids->pdata[i], user_data);
  walk_unref (walk);
}
