/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Members of documents. Main thread.
 */
#include "support/document.h"

static GVariant *
lookup (GVariant *document, const char *key, const char *type)
{
  g_autoptr (GVariant) value = NULL;

  /* In one piece its members share its bytes, and text lives as long as the document. */
  (void) g_variant_get_data (document);
  value = g_variant_lookup_value (document, key, NULL);
  if (!value || !g_variant_is_of_type (value, G_VARIANT_TYPE (type)))
    {
      g_autofree char *text = g_variant_print (document, TRUE);

      g_error ("no %s of type %s in %s", key, type, text);
    }

  return g_steal_pointer (&value);
}

const char *
test_document_get_text (GVariant *document, const char *key)
{
  g_autoptr (GVariant) value = lookup (document, key, "s");

  return g_variant_get_string (value, NULL);
}

gint64
test_document_get_number (GVariant *document, char type, const char *key)
{
  const char name[] = { type, '\0' };
  g_autoptr (GVariant) value = lookup (document, key, name);

  switch (type)
    {
    case 'u':
      return g_variant_get_uint32 (value);
    case 'i':
      return g_variant_get_int32 (value);
    case 'x':
      return g_variant_get_int64 (value);
    case 't':
      g_assert_cmpuint (g_variant_get_uint64 (value), <=, G_MAXINT64);
      return (gint64) g_variant_get_uint64 (value);
    default:
      g_assert_not_reached ();
    }
}

gboolean
test_document_has_state (GVariant *document, const char *state)
{
  return g_str_equal (test_document_get_text (document, "state"), state);
}

char *
test_document_dup_status (GVariant *document)
{
  g_autoptr (GVariant) reasons = lookup (document, "reasons", "as");
  g_autofree const char **names = g_variant_get_strv (reasons, NULL);
  g_autofree char *joined = g_strjoinv (" ", (char **) names);
  const char *state = test_document_get_text (document, "state");

  return *joined ? g_strconcat (state, " ", joined, NULL) : g_strdup (state);
}

char *
test_document_dup_id_in (GVariant *list, gsize i)
{
  g_autoptr (GVariant) document = g_variant_get_child_value (list, i);

  return g_strdup (test_document_get_text (document, "id"));
}
