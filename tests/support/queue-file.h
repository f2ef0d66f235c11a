/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An empty database as the broker makes it for a new queue. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives a folder without a database one that was made at that time. Made anew each time, by all the steps from the first version on, they
 * took most of the time of tests that begin with hundreds of empty queues: from the second one on it is a copy. */
void test_queue_file_give (const char *folder, gint64 now_ms);

G_END_DECLS
