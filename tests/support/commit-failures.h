/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ways in which a turn of the broker cannot be committed: the disk refuses what the commit writes, the commit itself is
 * refused, or one of its statements fails in the middle, whereupon SQLite may take the whole transaction back by itself. Main
 * thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef enum
{
  TEST_FAILURE_NONE,
  TEST_FAILURE_BEGIN,     /* no transaction can be begun */
  TEST_FAILURE_STATEMENT, /* one statement that writes fails */
  TEST_FAILURE_HOOK,      /* the commit is turned into a rollback */
  TEST_FAILURE_WRITE,     /* the commit writes, and the disk refuses */
} TestFailureKind;

typedef struct
{
  const char *name;
  TestFailureKind kind;
  int code; /* STATEMENT: of SQLite; WRITE: errno */
} TestFailure;

/* All of them; the last has no name. */
extern const TestFailure test_failures[];

/* Makes statements of that connection countable, before the first failure. */
void test_failures_prepare (ObDatabase *database);

/* From now on turns fail so. @n: STATEMENT: that is the one that fails, from 1. */
void test_failure_begin (ObDatabase *database, const TestFailure *failure, guint n);
void test_failure_end (ObDatabase *database);

/* Whether a turn, or a part of one, has failed since test_failure_begin(). */
gboolean test_failure_has_come (void);

/* Whether all commands of that turn were lost with it. */
gboolean test_failure_has_taken_turn (void);

/* Returns: how many rows were about to be written since test_failure_begin(). */
guint test_failure_count (void);

G_END_DECLS
