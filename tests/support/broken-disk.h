/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk that refuses what SQLite writes or maps, with an errno that the test names: the system calls of its file layer
 * are replaced for the whole process. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every write fails with that errno. 0: the disk works again. */
void test_disk_refuse_writes (int error_number);

/* No file can be mapped for several processes, as on some network homes. */
void test_disk_refuse_shared_maps (gboolean is_refused);

/* No file can be locked: ENOLCK, as on some network homes. */
void test_disk_refuse_locks (gboolean is_refused);

G_END_DECLS
