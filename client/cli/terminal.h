/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of the terminal behind a descriptor.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A terminal that calls itself dumb, or has no name: it is sent plain lines of ASCII. */
gboolean cli_terminal_is_dumb (void);

/* Whether there is a terminal that lines may be drawn on. */
gboolean cli_terminal_is_on (int fd);

/* Its columns; 80 where that is not known. @lines: (out) (optional): 24 where that is not */
guint cli_terminal_get_columns (int fd, guint *lines);

/* The columns that a line may have which is taken away again: the last one stays free, since some terminals wrap when it is
 * written. */
guint cli_terminal_get_line_columns (int fd, guint *lines);

/* Those of standard output, within which a person reads; 0: what goes elsewhere is for a program, or for another screen. */
guint cli_terminal_get_print_columns (void);

G_END_DECLS
