/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: the person's keyring, where secrets of sign-ins go. What waits for it is told with the other holds.
 */
#include "doctor.h"
#include "keyring.h"

#include "config.h"

#include <glib/gi18n.h>

/* Returns: whether a secret is in there */
static gboolean
is_needed (CliDoctor *doctor)
{
  for (gsize i = 0; doctor->destinations && i < g_variant_n_children (doctor->destinations); i++)
    {
      g_autoptr (GVariant) destination = g_variant_get_child_value (doctor->destinations, i);

      if (g_str_equal (cli_get_string (destination, "secret_place"), "keyring"))
        return TRUE;
    }

  return FALSE;
}

void
cli_doctor_ask_keyring (CliDoctor *doctor)
{
  CliLevel level;

  if (!doctor->bus)
    return;
  level = is_needed (doctor) ? CLI_LEVEL_PERSON : CLI_LEVEL_NOTE;
  switch (cli_keyring_ask (doctor->bus, NULL))
    {
    case CLI_KEYRING_OPEN:
      cli_doctor_add (doctor, "keyring", "keyring-good", CLI_LEVEL_GOOD, g_strdup (_ ("Your keyring is unlocked.")));
      break;
    case CLI_KEYRING_LOCKED:
      cli_doctor_add (doctor, "keyring", "keyring-locked", level,
                      g_strdup (_ ("Your keyring is locked. Uploads that need it wait; a new sign-in is kept in a file "
                                   "that only you can read until it is unlocked.")))
          ->command
          = g_strdup ("outbox destination unlock");
      break;
    case CLI_KEYRING_SILENT:
      cli_doctor_add (doctor, "keyring", "keyring-silent", level,
                      g_strdup (
                          _ ("Your keyring does not answer. This shows which program it is; end it, or log in again.")))
          ->command
          = g_strdup ("busctl --user status org.freedesktop.secrets");
      break;
    case CLI_KEYRING_ABSENT:
    default:
      cli_doctor_add (doctor, "keyring", "no-keyring", level,
                      level == CLI_LEVEL_NOTE
                          ? g_strdup (_ ("There is no keyring in this session: sign-ins are kept in files that only "
                                         "you can read."))
                          : g_strdup (_ ("There is no keyring in this session, and the secret of a sign-in is in it. "
                                         "Start the keyring, or sign in again.")))
          ->command
          = level == CLI_LEVEL_PERSON ? g_strdup ("outbox destination sign-in NAME") : NULL;
      break;
    }
}
