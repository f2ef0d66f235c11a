/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints docs/states.md from the tables of the status model. A test holds the committed page to its output. Plain
 * printf: g_print would turn what the locale lacks into question marks.
 */
#include "dbus/label.h"

#include <stdio.h>

static void
print_scopes (guint scopes)
{
  const char *separator = "";

  for (guint bit = OUTBOX_SCOPE_QUEUE; bit <= OUTBOX_SCOPE_UPLOAD; bit <<= 1)
    if (scopes & bit)
      {
        printf ("%s%s", separator, outbox_scope_get_name (bit));
        separator = ", ";
      }
  if (scopes == 0)
    printf ("–");
}

int
main (void)
{
  printf ("# States and reasons\n\n"
          "This page is made from the tables in `dbus/status.c` (`meson compile -C build states-doc`); "
          "do not edit it by hand.\n\n"
          "## States\n\n"
          "| state | a person reads | when | what Outbox does next | what a person can do |\n"
          "|---|---|---|---|---|\n");
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      const OutboxStateInfo *info = outbox_state_get_info (i);
      g_autofree char *label = outbox_status_label (i, OUTBOX_REASON_NONE, 0, 0, 42, 100, OUTBOX_LABEL_TERMINAL);

      printf ("| `%s` | %s | %s | %s | %s |\n", info->name, label, info->meaning, info->next, info->person);
    }

  printf ("\n## Reasons\n\n"
          "Several can hold at once; the list is in the order in which they are told.\n\n"
          "| reason | holds a | a person reads | needs a person | what Outbox does next | what a person can do |\n"
          "|---|---|---|---|---|---|\n");
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    {
      const OutboxReasonInfo *info = outbox_reason_get_info (i);

      printf ("| `%s` | ", info->name);
      print_scopes (info->scopes);
      printf (" | %s | %s | %s | %s |\n", info->label, info->needs_user ? "yes" : "no", info->next, info->person);
    }

  return 0;
}
