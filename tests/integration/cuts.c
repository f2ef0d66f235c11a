/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Images of disks whose power was cut. Owns the image as of the epoch that it has come to, from which each other is copied.
 */
#include "cuts.h"

#include "support/logged-disk.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (1024 * 1024)
#define SECTOR_BYTES 512
#define BLOCK_BYTES 4096

typedef struct
{
  TestDiskEntry entry;
  const char *bytes;
} Written;

typedef struct
{
  guint first; /* of the writes */
  guint n_writes;
  guint64 end; /* entries of the log before the flush that ends it */
  gint64 end_us;
} Epoch;

struct _Cuts
{
  GMappedFile *log;
  GArray *writes; /* of Written */
  GArray *epochs; /* of Epoch */
  guint reached;  /* the epochs before it are on the image */
  char *image_path;
  char *cut_path;
  int image;
};

/* --- The log --- */

static void
end_epoch (Cuts *self, Epoch *epoch, guint64 n_entries, gint64 now_us)
{
  epoch->n_writes = self->writes->len - epoch->first;
  epoch->end = n_entries;
  epoch->end_us = now_us;
  if (epoch->n_writes > 0)
    g_array_append_val (self->epochs, *epoch);
  epoch->first = self->writes->len;
}

static void
read_log (Cuts *self, guint64 n_entries)
{
  const char *at = g_mapped_file_get_contents (self->log);
  const char *end = at + g_mapped_file_get_length (self->log);
  Epoch epoch = { 0 };

  for (guint64 i = 0; i < n_entries; i++)
    {
      Written written;

      g_assert_cmpuint (end - at, >=, sizeof written.entry);
      memcpy (&written.entry, at, sizeof written.entry);
      at += sizeof written.entry;
      written.bytes = at;
      if (written.entry.kind == TEST_DISK_WRITE)
        at += written.entry.length;
      if (written.entry.kind == TEST_DISK_FLUSH)
        end_epoch (self, &epoch, i, written.entry.time_us);
      else
        g_array_append_val (self->writes, written);
    }
  end_epoch (self, &epoch, n_entries, G_MAXINT64);
}

/* --- Images --- */

static void
put (int fd, const Written *written, guint64 from, guint64 length)
{
  const off_t offset = (off_t) (written->entry.offset + from);

  if (written->entry.kind == TEST_DISK_WRITE)
    g_assert_cmpint (pwrite (fd, written->bytes + from, length, offset), ==, (gssize) length);
  else
    g_assert_cmpint (fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, (off_t) length), ==, 0);
}

/* Each piece that the disk writes as one is there or not. */
static void
put_torn (int fd, const Written *written, GRand *random)
{
  const guint64 piece = g_rand_boolean (random) ? SECTOR_BYTES : BLOCK_BYTES;

  for (guint64 from = 0; from < written->entry.length; from += piece)
    if (g_rand_boolean (random))
      put (fd, written, from, MIN (piece, written->entry.length - from));
}

static void
put_all (Cuts *self, int fd, const Epoch *epoch, guint n_writes)
{
  for (guint i = 0; i < n_writes; i++)
    {
      const Written *written = &g_array_index (self->writes, Written, epoch->first + i);

      put (fd, written, 0, written->entry.length);
    }
}

/* A few writes, most of them, half; all but one; one alone. */
static gboolean
is_kept (GRand *random, guint manner, gboolean is_odd_one)
{
  static const double shares[] = { 0.1, 0.5, 0.9 };

  if (manner < G_N_ELEMENTS (shares))
    return g_rand_double (random) < shares[manner];

  return is_odd_one == (manner == G_N_ELEMENTS (shares));
}

static void
put_any (Cuts *self, int fd, const Epoch *epoch, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  const guint manner = (guint) g_rand_int_range (random, 0, 5);
  const guint odd_one = (guint) g_rand_int_range (random, 0, (gint32) epoch->n_writes);
  const gboolean is_torn = g_rand_boolean (random);

  for (guint i = 0; i < epoch->n_writes; i++)
    {
      const Written *written = &g_array_index (self->writes, Written, epoch->first + i);

      if (!is_kept (random, manner, i == odd_one))
        continue;
      if (is_torn && g_rand_int_range (random, 0, 3) == 0)
        put_torn (fd, written, random);
      else
        put (fd, written, 0, written->entry.length);
    }
}

static void
copy_range (int from, int to, off_t offset, off_t end)
{
  g_autofree char *bytes = g_malloc (COPY_BYTES);

  while (offset < end)
    {
      const gssize n = pread (from, bytes, (gsize) MIN (COPY_BYTES, end - offset), offset);

      g_assert_cmpint (n, >, 0);
      g_assert_cmpint (pwrite (to, bytes, (gsize) n, offset), ==, n);
      offset += n;
    }
}

/* What is a hole stays one: most of a disk is. */
static void
copy_image (int from, int to)
{
  struct stat info;
  off_t end = 0;

  g_assert_cmpint (fstat (from, &info), ==, 0);
  g_assert_cmpint (ftruncate (to, info.st_size), ==, 0);
  for (off_t at = lseek (from, 0, SEEK_DATA); at >= 0; at = lseek (from, end, SEEK_DATA))
    {
      end = lseek (from, at, SEEK_HOLE);
      copy_range (from, to, at, end);
    }
}

static int
make_file (const char *path)
{
  int fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);

  return fd;
}

Cuts *
cuts_new (const char *image, const char *log, guint64 n_entries, const char *folder)
{
  Cuts *self = g_new0 (Cuts, 1);
  g_autoptr (GError) error = NULL;
  int base = g_open (image, O_RDONLY | O_CLOEXEC, 0);

  self->log = g_mapped_file_new (log, FALSE, &error);
  g_assert_no_error (error);
  self->writes = g_array_new (FALSE, FALSE, sizeof (Written));
  self->epochs = g_array_new (FALSE, FALSE, sizeof (Epoch));
  read_log (self, n_entries);
  self->image_path = g_build_filename (folder, "flushed.img", NULL);
  self->cut_path = g_build_filename (folder, "cut.img", NULL);
  self->image = make_file (self->image_path);
  copy_image (base, self->image);
  (void) close (base);

  return self;
}

void
cuts_free (Cuts *self)
{
  (void) close (self->image);
  (void) g_unlink (self->image_path);
  (void) g_unlink (self->cut_path);
  g_free (self->image_path);
  g_free (self->cut_path);
  g_array_unref (self->writes);
  g_array_unref (self->epochs);
  g_mapped_file_unref (self->log);
  g_free (self);
}

guint
cuts_count_epochs (Cuts *self)
{
  return self->epochs->len;
}

guint64
cuts_get_end (Cuts *self, guint epoch)
{
  return g_array_index (self->epochs, Epoch, epoch).end;
}

gint64
cuts_get_end_us (Cuts *self, guint epoch)
{
  return g_array_index (self->epochs, Epoch, epoch).end_us;
}

const char *
cuts_make_image (Cuts *self, const Cut *cut)
{
  const Epoch *epoch = &g_array_index (self->epochs, Epoch, cut->epoch);
  int fd;

  g_assert_cmpuint (cut->epoch, >=, self->reached);
  for (; self->reached < cut->epoch; self->reached++)
    {
      const Epoch *past = &g_array_index (self->epochs, Epoch, self->reached);

      put_all (self, self->image, past, past->n_writes);
    }
  /* A device that is still being let go of has the old file. */
  (void) g_unlink (self->cut_path);
  fd = make_file (self->cut_path);
  copy_image (self->image, fd);
  if (cut->kind == CUT_BEFORE_FLUSH)
    put_all (self, fd, epoch, epoch->n_writes - 1);
  if (cut->kind == CUT_IN_ANY_ORDER)
    put_any (self, fd, epoch, cut->seed);
  (void) close (fd);

  return self->cut_path;
}

char *
cuts_describe (const Cut *cut)
{
  static const char *const kinds[] = { "at the flush", "before the flush", "in any order" };

  return g_strdup_printf ("epoch %u, %s, seed %u", cut->epoch, kinds[cut->kind], cut->seed);
}
