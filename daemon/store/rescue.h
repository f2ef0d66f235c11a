/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue whose file was removed while it was in use: it is there as long as it is open. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* Closes @database (transfer full), and writes what it has to the data folder, which is made again if need be: the uploads
 * whose copies went with it are told as missing, and not forgotten. */
void ob_rescue_queue (ObDatabase *database, const char *data_folder);

G_END_DECLS
