/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox priority
 */
#include "command.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CHARS 5 /* of -1000 */

/* An id that begins with a digit has more characters than a priority. */
static gboolean
is_number (const char *word)
{
  const char *digits = word + (*word == '-' || *word == '+');

  return strlen (word) <= MOST_CHARS && *digits != '\0' && digits[strspn (digits, "0123456789")] == '\0';
}

/* Takes the number out before the options are parsed, since a negative number looks like an option. */
static gboolean
take_number (int *argc, char **argv, int *number)
{
  for (int i = 1; i < *argc; i++)
    if (is_number (argv[i]))
      {
        *number = atoi (argv[i]);
        (*argc)--;
        memmove (argv + i, argv + i + 1, (gsize) (*argc - i + 1) * sizeof *argv);
        return TRUE;
      }

  return FALSE;
}

int
cli_priority (int argc, char *argv[])
{
  const GOptionEntry entries[] = { { NULL } };
  int number = 0;
  gboolean has_number = take_number (&argc, argv, &number);

  if (!cli_parse (&argc, &argv, entries, _ ("From -1000 to 1000; a higher one goes first."), 0, G_MAXINT - 1))
    return CLI_USAGE;
  if (!has_number || argc < 2)
    return cli_usage (argv[0], _ ("give a number and IDs"));

  return cli_command_run (CLI_COMMAND_PRIORITY, argv + 1, number);
}
