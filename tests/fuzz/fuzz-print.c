/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command prints of any bytes: nothing that a terminal obeys, a cell of just its columns, and JSON that says the
 * same.
 */
#include "fuzz.h"

#include "client/cli/print.h"

#include <json-glib/json-glib.h>

/* Written down once more: what moves the cursor, begins a sequence, or turns the direction of what follows. */
static void
assert_harmless (const char *text, gboolean may_have_lines)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (; *text; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      g_assert_true (c >= 0x20 || (may_have_lines && c == '\n'));
      g_assert_false (c >= 0x7f && c < 0xa0);
      g_assert_false (c == 0x61c || c == 0x200e || c == 0x200f || c == 0xfeff);
      g_assert_false ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
    }
}

static void
check_json (const char *text)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed ("{'name': %s}", text));
  g_autoptr (JsonNode) node = json_gvariant_serialize (value);
  g_autofree char *raw = json_to_string (node, TRUE);
  g_autofree char *json = cli_text_dup_json (raw);
  g_autoptr (JsonNode) again = json_from_string (json, NULL);

  assert_harmless (json, TRUE);
  g_assert_nonnull (again);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (again), "name"), ==, text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint columns = size > 0 ? data[0] % 100 + 1 : 1;
  g_autofree char *text = fuzz_dup_text (data, size);
  g_autofree char *safe = cli_text_dup_safe (text);
  g_autofree char *cell = cli_text_dup_fit (text, columns);

  assert_harmless (safe, FALSE);
  assert_harmless (cell, FALSE);
  g_assert_cmpuint (cli_text_width (cell), ==, columns);
  if (g_utf8_validate (text, -1, NULL))
    check_json (text);

  return 0;
}
