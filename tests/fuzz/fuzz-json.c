/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * base/json: what is let through is JSON for json-glib too, and comes back as it was.
 */
#include "base/json.h"
#include "fuzz.h"

/* What we write, we can read: any text. */
static void
write_and_read (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_take_text (&data, &size);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) node = NULL;
  const char *strings[] = { valid, NULL };
  g_autoptr (GError) error = NULL;

  value = g_variant_ref_sink (g_variant_new_strv (strings, -1));
  json = ob_json_write (value);
  node = ob_json_parse (json, strlen (json), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_array_get_string_element (json_node_get_array (node), 0), ==, valid);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good = ob_json_check ((const char *) data, size, &error);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (JsonNode) again = NULL;
  g_autofree char *text = NULL;

  write_and_read (data, size);
  g_assert_true (is_good == !error);
  g_clear_error (&error);
  node = ob_json_parse ((const char *) data, size, &error);
  g_assert_true ((node != NULL) == !error);
  if (!node)
    return 0;
  g_assert_true (is_good);
  text = json_to_string (node, FALSE);
  again = json_from_string (text, NULL);
  g_assert_true (!again || json_node_equal (node, again) || strchr (text, '.') || strchr (text, 'e'));

  return 0;
}
