/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rescues a queue whose file was removed while it was open. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* Closes @database (transfer full) and writes its rows to the data folder, which is made anew if it is gone. Uploads
 * whose copies were removed with it are then told as missing, and not forgotten. */
void ob_rescue_queue (ObDatabase *database, const char *data_folder);

G_END_DECLS
