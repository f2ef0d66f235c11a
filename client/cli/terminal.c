/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the terminal (ioctl_tty(2)) and the environment.
 */
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

gboolean
cli_terminal_is_dumb (void)
{
  const char *kind = g_getenv ("TERM");

  return !kind || *kind == '\0' || g_str_equal (kind, "dumb");
}

gboolean
cli_terminal_is_on (int fd)
{
  return isatty (fd) && !cli_terminal_is_dumb ();
}

guint
cli_terminal_get_columns (int fd, guint *lines)
{
  struct winsize size = { 0 };

  (void) ioctl (fd, TIOCGWINSZ, &size);
  if (lines)
    *lines = size.ws_row > 0 ? size.ws_row : 24;

  return size.ws_col > 0 ? size.ws_col : 80;
}

guint
cli_terminal_get_line_columns (int fd, guint *lines)
{
  return MAX (cli_terminal_get_columns (fd, lines), 2) - 1;
}

guint
cli_terminal_get_print_columns (void)
{
  return cli_terminal_is_on (STDOUT_FILENO) ? cli_terminal_get_columns (STDOUT_FILENO, NULL) : 0;
}
