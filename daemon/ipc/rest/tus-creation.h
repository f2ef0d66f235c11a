/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creations of tus, also those that come again with their key. Main thread.
 */
#pragma once

#include "ipc/rest/tus-request.h"

G_BEGIN_DECLS

/* The head of a creation is here. */
void ob_tus_take_creation (Tus *tus);

G_END_DECLS
