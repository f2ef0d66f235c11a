/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The protocols that this version has. Above all of them, so that none of them knows of another.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

/* Returns: (transfer none) (nullable): the protocol of that name, or %NULL where this version has none */
const ObProtocol *ob_protocol_find (const char *name);

/* Returns: (transfer none) (array zero-terminated=1): all of them. The first is used for a destination that was set without one. */
const ObProtocol *const *ob_protocol_list (void);

G_END_DECLS
