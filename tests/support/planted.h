/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks for a secret that a test has planted: in every file, message of the bus, command line and environment. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Every secret that a test plants has it, so that it is found wherever it is. */
#define TEST_PLANTED_MARK "pl4nted"

typedef struct _TestPlanted TestPlanted;

/* Hears every message of that bus from now on, and keeps them. */
TestPlanted *test_planted_listen (const char *address);

/* Hears them, and keeps the first with the mark. */
TestPlanted *test_planted_watch (const char *address);
void test_planted_free (TestPlanted *planted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPlanted, test_planted_free)

/* Looks into every file below the folder. Returns: how many have the text, those whose name ends in @own left out */
guint test_planted_count_files (const char *folder, const char *part, const char *own);

/* Fails the test where the text is in a file below the folder, those of secrets left out, in a message of the bus, or in a command line
 * or environment of any process. */
void test_planted_assert_nowhere (TestPlanted *planted, const char *folder, const char *part);

/* Fails the test where a message of the bus had the mark. */
void test_planted_assert_none_came_by (TestPlanted *planted);
gboolean test_planted_came_by (TestPlanted *planted);

/* Fails the test where it is in a message of the bus. */
void test_planted_assert_not_heard (TestPlanted *planted, const char *part);

/* Fails the test where a secret with the mark is in a file below the folder that has no right to it (tests/setup/search-planted.sh); or in
 * the command line or environment of that process. */
void test_planted_assert_not_left (const char *folder);
void test_planted_assert_not_shown (const char *process_id);

G_END_DECLS
