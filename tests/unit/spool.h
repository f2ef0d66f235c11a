/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A spool in a folder of its own, and files to be copied into it. Main thread.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct
{
  char *folder;
  ObSpool *spool;
  char *id;
} TestSpool;

void test_spool_set_up (TestSpool *fixture, gconstpointer data);

guint test_spool_count_entries (TestSpool *fixture, const char *subfolder);

void test_spool_tear_down (TestSpool *fixture, gconstpointer data);

/* An unnamed file with @size_bytes of a pattern from @from on, and a hole before. */
int test_spool_make_file (TestSpool *fixture, gsize from, gsize size_bytes);

/* A test that gets a fixture of its own. */
typedef struct
{
  const char *path;
  void (*run) (TestSpool *fixture, gconstpointer data);
} TestSpoolCase;

void test_spool_add (const TestSpoolCase *cases, gsize n_cases);

G_END_DECLS
