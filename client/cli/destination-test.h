/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination test
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* Has the broker try a destination, and tells what an upload would meet there. Returns: CLI_OK if it would go through */
int cli_destination_test (const char *name, gboolean is_json);

G_END_DECLS
