/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A database in a folder of its own, and questions to it. Main thread.
 */
#pragma once

#include "store/database.h"
#include "store/uploads.h"

G_BEGIN_DECLS

typedef struct
{
  char *folder;
  char *path;
} TestDatabase;

/* The counters of the database, and the same by the rows that they count. */
#define TEST_DATABASE_COUNTED \
  "SELECT destination, rule, sent_on, state, hold, app, uploads, bytes FROM counters WHERE uploads <> 0"
#define TEST_DATABASE_ROWS \
  "SELECT destination, rule, sent_on, state, hold, app, count(*), sum(size) FROM uploads GROUP BY 1, 2, 3, 4, 5, 6"
#define TEST_DATABASE_GROUP_COUNTED "SELECT * FROM group_counters"
#define TEST_DATABASE_GROUP_ROWS                                                                                \
  "SELECT group_app, group_key, destination, rule, sent_on, state, hold, app, count(*), sum(size), sum(offset)" \
  " FROM uploads WHERE group_key IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"

/* The folder, without a database. */
void test_database_set_up (TestDatabase *fixture, gconstpointer data);

/* Removes every file. Returns: how many were set aside. */
guint test_database_empty_folder (const char *path);

void test_database_tear_down (TestDatabase *fixture, gconstpointer data);

/* Fails the test where it cannot be opened, or was rebuilt against the expectation. */
ObDatabase *test_database_open (TestDatabase *fixture, gint64 now_ms, gboolean expect_rebuilt);

/* Returns: the first column of the first row. */
gint64 test_database_ask (ObDatabase *database, const char *sql);

void test_database_run (ObDatabase *database, const char *sql);

ObUpload *test_database_make_upload (const char *id, const char *key);

/* Structured messages do not pass g_test_expect_message(): they are counted from here on. */
void test_database_watch_warnings (void);

/* Returns: how many warnings there were since it was last asked. */
guint test_database_take_warnings (void);

/* A test that gets a fixture of its own. */
typedef struct
{
  const char *path;
  void (*run) (TestDatabase *fixture, gconstpointer data);
} TestDatabaseCase;

void test_database_add (const TestDatabaseCase *cases, gsize n_cases);

G_END_DECLS
