/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk that writes down all that reaches it: one file in a folder (FUSE), for a loop device, whose writes and flushes are logged in
 * their order. A process of its own answers for it. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  TEST_DISK_WRITE,
  TEST_DISK_DISCARD, /* its bytes are zero from then on */
  TEST_DISK_FLUSH,
} TestDiskKind;

/* One line of the log, which the bytes of a write follow. */
typedef struct
{
  gint64 time_us; /* of the wall clock */
  guint64 offset;
  guint32 length;
  guint32 kind; /* TestDiskKind */
} TestDiskEntry;

typedef struct _TestLoggedDisk TestLoggedDisk;

/* @folder: where the file disk.img appears. @image: what is on it; it is written to. @log: a file that is made. Call it before
 * anything else has begun a thread. Returns: (nullable): NULL where no such file system can be mounted. */
TestLoggedDisk *test_logged_disk_new (const char *folder, const char *image, const char *log);

/* How many entries the log has; all that was flushed by then is in it. */
guint64 test_logged_disk_get_position (TestLoggedDisk *disk);

/* Ends it. Nothing may be mounted on it any more. */
void test_logged_disk_free (TestLoggedDisk *disk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestLoggedDisk, test_logged_disk_free)

G_END_DECLS
