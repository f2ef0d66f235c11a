/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "spool.h"

#include "base/identity.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

void
test_spool_set_up (TestSpool *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", &error);
  fixture->spool = ob_spool_open (fixture->folder, &error);
  g_assert_no_error (error);
  fixture->id = ob_id_new (g_get_real_time () / 1000);
}

guint
test_spool_count_entries (TestSpool *fixture, const char *subfolder)
{
  g_autofree char *path = g_build_filename (fixture->folder, subfolder, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_entries = 0;

  while (g_dir_read_name (folder))
    n_entries++;

  return n_entries;
}

void
test_spool_tear_down (TestSpool *fixture, gconstpointer data)
{
  const char *subfolders[] = { "spool", "incoming" };

  ob_spool_free (fixture->spool);
  for (guint i = 0; i < G_N_ELEMENTS (subfolders); i++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, subfolders[i], NULL);

      g_assert_cmpuint (test_spool_count_entries (fixture, subfolders[i]), ==, 0);
      g_assert_cmpint (g_rmdir (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->id);
}

int
test_spool_make_file (TestSpool *fixture, gsize from, gsize size_bytes)
{
  int fd = open (fixture->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  g_autofree guint8 *bytes = g_malloc (size_bytes);

  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) ((i >> 12) * 31 + i);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, size_bytes, (off_t) from), ==, size_bytes);

  return fd;
}

void
test_spool_add (const TestSpoolCase *cases, gsize n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    g_test_add (cases[i].path, TestSpool, NULL, test_spool_set_up, cases[i].run, test_spool_tear_down);
}
