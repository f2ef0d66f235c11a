/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The receiver's collection of uploads. Owns the deposits and the index of their names. Main thread.
 */
#include "shelf.h"

#include <string.h>

struct Shelf
{
  char *folder;
  gboolean wants_digest;
  GHashTable *by_id;   /* id → Deposit, owned */
  GHashTable *by_name; /* key or outbox_id → GPtrArray of Deposit, not owned */
};

static void
index_name (Shelf *shelf, const char *name, Deposit *deposit)
{
  GPtrArray *list;

  if (name == NULL)
    return;
  list = g_hash_table_lookup (shelf->by_name, name);
  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (shelf->by_name, g_strdup (name), list);
    }
  if (!g_ptr_array_find (list, deposit, NULL))
    g_ptr_array_add (list, deposit);
}

static void
forget_name (Shelf *shelf, const char *name, Deposit *deposit)
{
  GPtrArray *list = name != NULL ? g_hash_table_lookup (shelf->by_name, name) : NULL;

  if (list != NULL)
    g_ptr_array_remove (list, deposit);
}

static void
put_up (Shelf *shelf, Deposit *deposit)
{
  g_hash_table_replace (shelf->by_id, deposit->id, deposit);
  index_name (shelf, deposit->key, deposit);
  index_name (shelf, deposit->outbox_id, deposit);
}

static gboolean
load_folder (Shelf *shelf, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_mkdir_with_parents (shelf->folder, 0755) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be made", shelf->folder);
      return FALSE;
    }
  dir = g_dir_open (shelf->folder, 0, error);
  if (dir == NULL)
    return FALSE;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *id = NULL;
      g_autoptr (GError) load_error = NULL;
      g_autoptr (Deposit) deposit = NULL;

      if (!g_str_has_suffix (name, ".json"))
        continue;
      id = g_strndup (name, strlen (name) - strlen (".json"));
      deposit = deposit_load (shelf->folder, id, shelf->wants_digest, &load_error);
      if (deposit == NULL)
        g_warning ("Left alone: %s", load_error->message);
      else
        put_up (shelf, g_steal_pointer (&deposit));
    }
  return TRUE;
}

Shelf *
shelf_open (const char *folder, gboolean wants_digest, GError **error)
{
  g_autoptr (Shelf) shelf = g_new0 (Shelf, 1);

  shelf->folder = g_strdup (folder);
  shelf->wants_digest = wants_digest;
  shelf->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) deposit_free);
  shelf->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  if (folder != NULL && !load_folder (shelf, error))
    return NULL;
  return g_steal_pointer (&shelf);
}

void
shelf_free (Shelf *shelf)
{
  g_hash_table_unref (shelf->by_name);
  g_hash_table_unref (shelf->by_id);
  g_free (shelf->folder);
  g_free (shelf);
}

Deposit *
shelf_create (Shelf *shelf, const char *id, gint64 size, const char *key, const char *metadata, GError **error)
{
  g_autofree char *made_id = id != NULL ? g_strdup (id) : g_uuid_string_random ();
  g_autoptr (Deposit) deposit = deposit_new (shelf->folder, made_id, size, shelf->wants_digest);

  deposit->key = g_strdup (key);
  deposit_set_metadata (deposit, metadata);
  if (!deposit_save (deposit, error))
    return NULL;
  put_up (shelf, deposit);
  return g_steal_pointer (&deposit);
}

void
shelf_remove (Shelf *shelf, Deposit *deposit)
{
  forget_name (shelf, deposit->key, deposit);
  forget_name (shelf, deposit->outbox_id, deposit);
  deposit_delete_files (deposit);
  g_hash_table_remove (shelf->by_id, deposit->id);
}

Deposit *
shelf_find (Shelf *shelf, const char *id)
{
  return id != NULL ? g_hash_table_lookup (shelf->by_id, id) : NULL;
}

Deposit *
shelf_find_key (Shelf *shelf, const char *key, const Deposit *other_than)
{
  GPtrArray *list = key != NULL ? g_hash_table_lookup (shelf->by_name, key) : NULL;
  Deposit *unfinished = NULL;

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      Deposit *deposit = g_ptr_array_index (list, i);

      if (deposit == other_than)
        continue;
      if (deposit->is_finished)
        return deposit;
      unfinished = deposit;
    }
  return unfinished;
}

static int
compare_age (gconstpointer a, gconstpointer b)
{
  const Deposit *first = *(Deposit *const *) a;
  const Deposit *second = *(Deposit *const *) b;

  if (first->created_at_ms != second->created_at_ms)
    return first->created_at_ms < second->created_at_ms ? -1 : 1;
  return strcmp (first->id, second->id);
}

GPtrArray *
shelf_list (Shelf *shelf)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer deposit;

  g_hash_table_iter_init (&iter, shelf->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &deposit))
    g_ptr_array_add (list, deposit);

  g_ptr_array_sort (list, compare_age);
  return list;
}
