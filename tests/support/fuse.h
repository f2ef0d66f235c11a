/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests' own file systems share: the device of the kernel, and its protocol (linux/fuse.h). Each has a process of its own,
 * which ends with the test's.
 */
#pragma once

#include <glib.h>
#include <linux/fuse.h>

G_BEGIN_DECLS

/* The folder itself is node 1; it has one file. */
#define TEST_FUSE_FILE 2

/* Returns: (transfer full): the device that the file system below @folder is served by; -1 where this machine lets nobody */
int test_fuse_mount (const char *name, const char *folder);

/* In the process that serves. @error: an errno; 0: none. @bytes: (nullable): of @size bytes */
void test_fuse_answer (int device, const struct fuse_in_header *request, int error, const void *bytes, gsize size);

/* Answers what needs no thought; what is not known here is refused. */
void test_fuse_answer_any (int device, const struct fuse_in_header *request);

/* Hands each request over, one after the other, and never returns. @size_bytes: of the longest, without data 8 KiB (FUSE_MIN_READ_BUFFER) */
G_NORETURN void test_fuse_serve (int device, gsize size_bytes,
                                 void (*handle) (const struct fuse_in_header *request, gpointer user_data),
                                 gpointer user_data);

G_END_DECLS
