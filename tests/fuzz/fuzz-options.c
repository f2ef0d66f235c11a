/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/options: any a{sv} that a caller can put into a message is refused by name, or holds what the table says.
 */
#include "fuzz.h"
#include "ipc/options.h"

static const ObOption table[] = {
  { "name", "s" }, { "form", "b" }, { "metadata", "a{ss}" }, { "priority", "i" }, { "not_before", "x" }, { NULL, NULL },
};

static const char *
find_type (const char *name)
{
  for (const ObOption *option = table; option->name; option++)
    if (g_str_equal (option->name, name))
      return option->type;

  return NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) options
      = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (!ob_options_check (options, table, &error))
    {
      g_assert_nonnull (error);
      return 0;
    }
  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      const char *type = find_type (name);

      g_assert_nonnull (type);
      g_assert_true (g_variant_is_of_type (value, G_VARIANT_TYPE (type)));
      g_variant_unref (value);
    }

  return 0;
}
