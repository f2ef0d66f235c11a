/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a test hands over, and what is known of them, so that the two ends can be compared. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

typedef struct
{
  char *path;
  char *name; /* as the server must come to know it */
  char *media_type;
  char *sha256;
  char *modified_at; /* the file's own time, in UTC to the second */
  guint64 size_bytes;
  GVariant *metadata; /* a{ss} of its own, or NULL */
  char *group;        /* or NULL */
  char *id;           /* once it is handed over */
} TestFile;

/* What is on the disk at @path (transfer full). */
TestFile *test_file_new (char *path, const char *media_type);
void test_file_free (TestFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestFile, test_file_free)

/* A file of pseudo-random bytes in the broker's folder, made long before it is handed over. */
TestFile *test_file_make (TestBroker *broker, const char *name, gsize size_bytes, guint seed);

/* Hands it over under its own name, with its metadata, and without a name or type: the broker must find these. */
void test_file_submit (TestFile *file, TestBroker *broker);

char *test_file_digest (const char *path);

G_END_DECLS
