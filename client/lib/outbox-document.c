/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads documents, and makes properties of getters by a table. Owns nothing. The thread of the object.
 */
#include "outbox-document.h"

const char *
outbox_document_get_text (GVariant *document, const char *name)
{
  const char *value = NULL;

  (void) g_variant_lookup (document, name, "&s", &value);

  return value;
}

guint64
outbox_document_get_number (GVariant *document, const char *name)
{
  guint64 value = 0;

  (void) g_variant_lookup (document, name, "t", &value);

  return value;
}

gint64
outbox_document_get_time (GVariant *document, const char *name)
{
  gint64 value = 0;

  (void) g_variant_lookup (document, name, "x", &value);

  return value;
}

gboolean
outbox_document_get_flag (GVariant *document, const char *name)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (document, name, "b", &value);

  return value;
}

GVariant *
outbox_document_or_empty (GVariant *document)
{
  return g_variant_ref_sink (document ? document : g_variant_new ("a{sv}", NULL));
}

gboolean
outbox_document_is_of (GVariant *document, GVariant *filter)
{
  static const char *const names[] = { "group", "group_app", "app", "destination", "state" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *wanted = NULL, *value = NULL;

      if (!g_variant_lookup (filter, names[i], "&s", &wanted))
        continue;
      (void) g_variant_lookup (document, names[i], "&s", &value);
      if (!g_str_equal (wanted, value ? value : ""))
        return FALSE;
    }

  return TRUE;
}

static GParamSpec *
new_spec (const OutboxProperty *property)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const char *name = property->name;

  switch (property->gives)
    {
    case OUTBOX_GIVES_TEXTS:
      return g_param_spec_boxed (name, NULL, NULL, G_TYPE_STRV, flags);
    case OUTBOX_GIVES_NUMBER:
      return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0, flags);
    case OUTBOX_GIVES_TIME:
      return g_param_spec_int64 (name, NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
    case OUTBOX_GIVES_INT:
      return g_param_spec_int (name, NULL, NULL, G_MININT, G_MAXINT, 0, flags);
    case OUTBOX_GIVES_FLAG:
      return g_param_spec_boolean (name, NULL, NULL, FALSE, flags);
    case OUTBOX_GIVES_SHARE:
      return g_param_spec_double (name, NULL, NULL, 0, 1, 0, flags);
    case OUTBOX_GIVES_ENUM:
      return g_param_spec_enum (name, NULL, NULL, property->get_type (), 0, flags);
    case OUTBOX_GIVES_TEXT:
    case OUTBOX_GIVES_OWN_TEXT:
    default:
      return g_param_spec_string (name, NULL, NULL, NULL, flags);
    }
}

void
outbox_properties_install (GObjectClass *klass, const OutboxProperty *table, guint n_properties, GParamSpec **specs)
{
  for (guint i = 0; i < n_properties; i++)
    specs[i] = new_spec (&table[i]);
  specs[n_properties] = g_param_spec_variant ("document", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL,
                                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_EXPLICIT_NOTIFY
                                                  | G_PARAM_STATIC_STRINGS);
  /* The first id is 1. */
  for (guint i = 0; i <= n_properties; i++)
    g_object_class_install_property (klass, i + 1, specs[i]);
}

#define CALL(Type) ((Type (*) (gpointer)) property->getter) (object)

void
outbox_property_get (const OutboxProperty *property, gpointer object, GValue *value)
{
  switch (property->gives)
    {
    case OUTBOX_GIVES_OWN_TEXT:
      g_value_take_string (value, CALL (char *));
      break;
    case OUTBOX_GIVES_TEXTS:
      g_value_take_boxed (value, CALL (char **));
      break;
    case OUTBOX_GIVES_NUMBER:
      g_value_set_uint64 (value, CALL (guint64));
      break;
    case OUTBOX_GIVES_TIME:
      g_value_set_int64 (value, CALL (gint64));
      break;
    case OUTBOX_GIVES_INT:
      g_value_set_int (value, CALL (int));
      break;
    case OUTBOX_GIVES_FLAG:
      g_value_set_boolean (value, CALL (gboolean));
      break;
    case OUTBOX_GIVES_SHARE:
      g_value_set_double (value, CALL (double));
      break;
    case OUTBOX_GIVES_ENUM:
      g_value_set_enum (value, (int) CALL (guint));
      break;
    case OUTBOX_GIVES_TEXT:
    default:
      g_value_set_string (value, CALL (const char *));
      break;
    }
}

static gboolean
are_equal (GParamSpec *spec, const GValue *one, const GValue *other)
{
  const char *const *texts = G_VALUE_HOLDS (one, G_TYPE_STRV) ? g_value_get_boxed (one) : NULL;

  return texts ? g_strv_equal (texts, g_value_get_boxed (other)) : g_param_values_cmp (spec, one, other) == 0;
}

static void
read_all (GObject *object, GParamSpec **specs, guint n_specs, GValue *values)
{
  for (guint i = 0; i < n_specs; i++)
    {
      g_value_init (&values[i], specs[i]->value_type);
      g_object_get_property (object, specs[i]->name, &values[i]);
    }
}

void
outbox_properties_replace (GObject *object, GParamSpec **specs, guint n_specs, GVariant **place, GVariant *document)
{
  g_autofree GValue *before = g_new0 (GValue, n_specs);
  g_autofree GValue *after = g_new0 (GValue, n_specs);

  if (g_variant_equal (*place, document))
    return;
  read_all (object, specs, n_specs, before);
  g_variant_unref (*place);
  *place = g_variant_ref (document);
  read_all (object, specs, n_specs, after);
  g_object_freeze_notify (object);
  for (guint i = 0; i < n_specs; i++)
    {
      if (!are_equal (specs[i], &before[i], &after[i]))
        g_object_notify_by_pspec (object, specs[i]);
      g_value_unset (&before[i]);
      g_value_unset (&after[i]);
    }
  g_object_thaw_notify (object);
}
