/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps the body too, so that no other can have its address. Main thread.
 */
#include "ipc/rest/last-text.h"

#include "base/json.h"

struct _ObLastText
{
  GVariant *body; /* NULL: there was none */
  GRefString *text;
};

ObLastText *
ob_last_text_new (void)
{
  return g_new0 (ObLastText, 1);
}

void
ob_last_text_free (ObLastText *last)
{
  g_clear_pointer (&last->body, g_variant_unref);
  g_clear_pointer (&last->text, g_ref_string_release);
  g_free (last);
}

GRefString *
ob_last_text_write (ObLastText *last, GVariant *body)
{
  if (last->body != body)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (body, 0);
      g_autofree char *json = ob_json_write (document);

      g_clear_pointer (&last->body, g_variant_unref);
      g_clear_pointer (&last->text, g_ref_string_release);
      last->body = g_variant_ref (body);
      last->text = g_ref_string_new (json);
    }

  return g_ref_string_acquire (last->text);
}
