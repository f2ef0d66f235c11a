/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file system of a test's own, over /dev/fuse, with one file; like a network folder it can stop to answer the daemon, or
 * lose the rest of the file, while whoever hands the file over is answered. In a mount namespace of the test's own. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The first question of the daemon, and of its processes, that is never answered. */
typedef enum
{
  TEST_HANGS_NEVER,
  TEST_HANGS_AT_LOOKUP,
  TEST_HANGS_AT_OPEN,
  TEST_HANGS_AT_GETATTR,
  TEST_HANGS_AT_FIRST_READ,
  TEST_HANGS_AT_LATER_READ,
  TEST_HANGS_AT_FLUSH,
  TEST_FAILS_AT_LATER_READ, /* answered by EIO */
} TestHang;

#define TEST_SLOW_FILE_BYTES 300000

typedef struct _TestSlowFiles TestSlowFiles;

/* @folder: an empty folder, to be mounted on. Returns: (transfer full) (nullable): NULL where no such thing can be mounted. */
TestSlowFiles *test_slow_files_new (const char *folder, TestHang hang);

/* How many questions were left without an answer, or failed. */
guint test_slow_files_count_hung (TestSlowFiles *files);

/* Whoever waits is let go with an error. */
void test_slow_files_free (TestSlowFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSlowFiles, test_slow_files_free)

G_END_DECLS
