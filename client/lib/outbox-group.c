/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Getters over the document. Immutable; any thread.
 */
#include "outbox-group.h"

struct _OutboxGroup
{
  GObject parent_instance;

  GVariant *document; /* a{sv} */
};

G_DEFINE_FINAL_TYPE (OutboxGroup, outbox_group, G_TYPE_OBJECT)

static void
outbox_group_finalize (GObject *object)
{
  g_clear_pointer (&OUTBOX_GROUP (object)->document, g_variant_unref);
  G_OBJECT_CLASS (outbox_group_parent_class)->finalize (object);
}

static void
outbox_group_class_init (OutboxGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = outbox_group_finalize;
}

static void
outbox_group_init (OutboxGroup *self)
{
}

OutboxGroup *
outbox_group_new_for_document (GVariant *document)
{
  OutboxGroup *self;

  g_return_val_if_fail (g_variant_is_of_type (document, G_VARIANT_TYPE_VARDICT), NULL);
  self = g_object_new (OUTBOX_TYPE_GROUP, NULL);
  self->document = g_variant_ref_sink (document);

  return self;
}

static const char *
get_string (OutboxGroup *self, const char *name)
{
  const char *value = NULL;

  (void) g_variant_lookup (self->document, name, "&s", &value);

  return value;
}

static guint64
get_number (OutboxGroup *self, const char *name)
{
  guint64 value = 0;

  (void) g_variant_lookup (self->document, name, "t", &value);

  return value;
}

static gboolean
get_flag (OutboxGroup *self, const char *name)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (self->document, name, "b", &value);

  return value;
}

/* Returns: a number in a table (a{st}) of the document */
static guint64
get_count (OutboxGroup *self, const char *table, const char *name)
{
  g_autoptr (GVariant) counts = g_variant_lookup_value (self->document, table, G_VARIANT_TYPE ("a{st}"));
  guint64 count = 0;

  if (counts)
    (void) g_variant_lookup (counts, name, "t", &count);

  return count;
}

const char *
outbox_group_get_key (OutboxGroup *self)
{
  const char *key = get_string (self, "key");

  /* Our broker always sends a key; another program might not. */
  return key ? key : "";
}

const char *
outbox_group_get_title (OutboxGroup *self)
{
  const char *title = get_string (self, "title");

  return title && *title ? title : outbox_group_get_key (self);
}

char *
outbox_group_dup_name (OutboxGroup *self)
{
  const char *app = get_string (self, "app");
  const char *key = outbox_group_get_key (self);

  return app ? g_strconcat (app, "/", key, NULL) : g_strdup (key);
}

OutboxState
outbox_group_get_state (OutboxGroup *self)
{
  OutboxState state = OUTBOX_STATE_QUEUED;

  (void) outbox_state_from_name (get_string (self, "state"), &state);

  return state;
}

guint64
outbox_group_count (OutboxGroup *self, OutboxState state)
{
  g_return_val_if_fail (state < OUTBOX_N_STATES, 0);

  return get_count (self, "states", outbox_state_get_info (state)->name);
}

guint64
outbox_group_get_uploads (OutboxGroup *self)
{
  return get_number (self, "uploads");
}

guint64
outbox_group_get_size (OutboxGroup *self)
{
  return get_number (self, "bytes");
}

guint64
outbox_group_get_offset (OutboxGroup *self)
{
  return get_number (self, "offset");
}

guint64
outbox_group_get_sent (OutboxGroup *self)
{
  guint64 offset = outbox_group_get_offset (self);

  return MAX (get_number (self, "sent_bytes"), offset);
}

gboolean
outbox_group_get_needs_user (OutboxGroup *self)
{
  return get_flag (self, "needs_user");
}

gboolean
outbox_group_get_is_paused (OutboxGroup *self)
{
  return get_flag (self, "paused");
}

gboolean
outbox_group_get_form_state (OutboxGroup *self, OutboxState *state)
{
  return outbox_state_from_name (get_string (self, "form_state"), state);
}

char *
outbox_group_dup_label (OutboxGroup *self)
{
  OutboxGroupCounts counts = { 0 };

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    counts.states[i] = (guint) MIN (outbox_group_count (self, i), G_MAXINT);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    counts.reasons[i] = (guint) MIN (get_count (self, "reasons", outbox_reason_get_info (i)->name), G_MAXINT);
  (void) g_variant_lookup (self->document, "until", "x", &counts.until_ms);

  return outbox_group_label (&counts, g_get_real_time () / 1000, OUTBOX_LABEL_TERMINAL);
}

GVariant *
outbox_group_get_document (OutboxGroup *self)
{
  return self->document;
}
