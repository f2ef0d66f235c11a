/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The live picture on a terminal: a line of sums, and a bar for each upload that matters most. Each draws over the last.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

typedef struct _CliScreen CliScreen;

CliScreen *cli_screen_new (void);
void cli_screen_free (CliScreen *screen);

/* @uploads: (element-type OutboxUpload): all that are followed. @notice: (nullable): a line of its own */
void cli_screen_draw (CliScreen *screen, GPtrArray *uploads, const char *notice);

G_END_DECLS
