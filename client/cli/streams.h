/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard output and error as a shell has them: a reader that goes away, a disk that is full, a locale without UTF-8, a
 * terminal that must not be sent what others wrote.
 */
#pragma once

#include <glib.h>

/* First thing in main(), after the locale is set. */
void cli_streams_open (void);

/* Writes as it is: JSON is UTF-8 whatever the locale is. */
void cli_streams_write (const char *text);

/* Returns: @exit_code, or that of a failure where what was printed did not arrive. */
int cli_streams_close (int exit_code);
