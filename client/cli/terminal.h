/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts of the terminal behind a descriptor.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: whether it calls itself dumb, or has no name: it gets plain lines of ASCII. */
gboolean cli_terminal_is_dumb (void);

/* Returns: whether it is a terminal that can be drawn on. */
gboolean cli_terminal_is_on (int fd);

/* Returns: its columns; 80 if not known. @lines: (out) (optional): 24 if not known */
guint cli_terminal_get_columns (int fd, guint *lines);

/* Returns: the columns for a line that is redrawn: one less, since some terminals wrap when the last one is written */
guint cli_terminal_get_line_columns (int fd, guint *lines);

/* Returns: the columns of standard output for a person; 0 if it is no terminal, but a program or a file */
guint cli_terminal_get_print_columns (void);

G_END_DECLS
