/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By way of incoming/: a copy that the end of the process cuts short must not be taken for a whole one. Main thread.
 */
#include "store/partial-join.h"

#include "store/partial.h"

#include <fcntl.h>
#include <unistd.h>

static gboolean
copy_one (ObSpool *spool, ObSpool *from, const ObPartial *partial, GError **error)
{
  g_autofree char *path = ob_spool_get_incoming_path (spool, partial->id);
  int fd = ob_partial_open (from, partial->id, O_RDONLY, error);
  ObSpoolCopy copy;
  gboolean is_good;

  if (fd < 0)
    return FALSE;
  is_good = ob_spool_copy (spool, partial->id, fd, NULL, NULL, &copy, error)
            && ob_partial_take (spool, partial, path, error);
  (void) close (fd);

  return is_good;
}

static gboolean
join_one (ObSpool *spool, ObSpool *from, const char *id, GError **error)
{
  g_autofree char *path = ob_partial_dup_path (spool, id);
  g_autoptr (GError) record_error = NULL;
  g_autoptr (ObPartial) partial = ob_partial_load (from, id, &record_error);

  if (!partial)
    {
      g_warning ("The file %s that an app recorded is left where it is: %s", id, record_error->message);
      return TRUE;
    }
  if (!g_file_test (path, G_FILE_TEST_EXISTS) && !copy_one (spool, from, partial, error))
    return FALSE;
  /* It is here now: if it stays there as well, nobody sees it there. */
  (void) ob_partial_remove (from, id, NULL);

  return TRUE;
}

gboolean
ob_partial_join (ObSpool *spool, const char *data_folder, GError **error)
{
  g_autoptr (ObSpool) from = ob_spool_open_to_read (data_folder, NULL);
  g_autoptr (GPtrArray) ids = from ? ob_partial_list (from) : NULL;

  for (guint i = 0; ids && i < ids->len; i++)
    if (!ob_partial_has_writer (from, ids->pdata[i]) && !join_one (spool, from, ids->pdata[i], error))
      return FALSE;

  return TRUE;
}

gboolean
ob_partial_is_in_use (const char *data_folder)
{
  g_autoptr (ObSpool) from = ob_spool_open_to_read (data_folder, NULL);
  g_autoptr (GPtrArray) ids = from ? ob_partial_list (from) : NULL;

  for (guint i = 0; ids && i < ids->len; i++)
    if (ob_partial_has_writer (from, ids->pdata[i]))
      return TRUE;

  return FALSE;
}
