/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks options. Pure.
 */
#include "ipc/options.h"

#include "base/text.h"
#include "dbus/error.h"

gboolean
ob_options_check (GVariant *options, const ObOption *table, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) owned = value;
      const ObOption *option = table;

      while (option->name && !g_str_equal (option->name, name))
        option++;
      if (!option->name)
        {
          g_autofree char *shown = ob_text_dup_clean (name, -1, OB_TEXT_SHOWN_CHARS);

          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "There is no option %s", shown);
          return FALSE;
        }
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE (option->type)))
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: has type %s, not %s", name,
                       g_variant_get_type_string (value), option->type);
          return FALSE;
        }
    }

  return TRUE;
}
