/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon under test says on standard error, where a test is to read it. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *path;
  int terminal; /* where standard error went before; -1 once it goes there again */
} TestSaid;

/* From here on standard error goes into a file, that of processes which are started now included. */
void test_said_begin (TestSaid *said);

/* Standard error of this process goes where it went before. */
void test_said_end (TestSaid *said);

/* Returns: (transfer full): what is in the file by now. */
char *test_said_read (const TestSaid *said);

void test_said_clear (TestSaid *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestSaid, test_said_clear)

G_END_DECLS
