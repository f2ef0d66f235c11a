/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard output and error in a shell: the reader may go away, the disk be full, the locale not UTF-8, and a terminal must
 * not get what others wrote.
 */
#pragma once

#include <glib.h>

/* Call it first in main(), after setlocale(). */
void cli_streams_open (void);

/* Writes @text unchanged: JSON is UTF-8 in every locale. */
void cli_streams_write (const char *text);

/* Returns: @exit_code; that of a failure if output was lost */
int cli_streams_close (int exit_code);
