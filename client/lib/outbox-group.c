/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Getters and properties over the document. Immutable; any thread.
 */
#include "outbox-group.h"

#include "outbox-document.h"
#include "outbox-enum-types.h"

struct _OutboxGroup
{
  GObject parent_instance;

  GVariant *document; /* a{sv} */
};

G_DEFINE_FINAL_TYPE (OutboxGroup, outbox_group, G_TYPE_OBJECT)

/**
 * OutboxGroup:document: (getter get_document)
 *
 * Everything that the broker said, of type a{sv}.
 */
static const OutboxProperty properties[] = {
  /**
   * OutboxGroup:key: (getter get_key)
   *
   * The key that its app gave it.
   */
  { "key", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_group_get_key), NULL },
  /**
   * OutboxGroup:app: (getter get_app)
   *
   * The sandboxed app whose group it is.
   */
  { "app", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_group_get_app), NULL },
  /**
   * OutboxGroup:title: (getter get_title)
   *
   * What a person reads for it.
   */
  { "title", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_group_get_title), NULL },
  /**
   * OutboxGroup:name: (getter dup_name)
   *
   * What calls take for it.
   */
  { "name", OUTBOX_GIVES_OWN_TEXT, G_CALLBACK (outbox_group_dup_name), NULL },
  /**
   * OutboxGroup:state: (getter get_state)
   *
   * The public state.
   */
  { "state", OUTBOX_GIVES_ENUM, G_CALLBACK (outbox_group_get_state), outbox_state_get_type },
  /**
   * OutboxGroup:label: (getter dup_label)
   *
   * The one line for a person.
   */
  { "label", OUTBOX_GIVES_OWN_TEXT, G_CALLBACK (outbox_group_dup_label), NULL },
  /**
   * OutboxGroup:needs-user: (getter get_needs_user)
   *
   * Whether for some of it nothing happens until a person acts.
   */
  { "needs-user", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_group_get_needs_user), NULL },
  /**
   * OutboxGroup:is-paused: (getter get_is_paused)
   *
   * Whether a person has paused it.
   */
  { "is-paused", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_group_get_is_paused), NULL },
  /**
   * OutboxGroup:uploads: (getter get_uploads)
   *
   * How many uploads it has.
   */
  { "uploads", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_group_get_uploads), NULL },
  /**
   * OutboxGroup:size: (getter get_size)
   *
   * The size of all, in bytes.
   */
  { "size", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_group_get_size), NULL },
  /**
   * OutboxGroup:offset: (getter get_offset)
   *
   * Bytes that the servers confirmed.
   */
  { "offset", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_group_get_offset), NULL },
  /**
   * OutboxGroup:sent: (getter get_sent)
   *
   * Bytes that have been sent.
   */
  { "sent", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_group_get_sent), NULL },
  /**
   * OutboxGroup:on-the-way: (getter get_on_the_way)
   *
   * Bytes that were sent and that the servers have not confirmed.
   */
  { "on-the-way", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_group_get_on_the_way), NULL },
  /**
   * OutboxGroup:progress: (getter get_progress)
   *
   * The share that the servers have confirmed.
   */
  { "progress", OUTBOX_GIVES_SHARE, G_CALLBACK (outbox_group_get_progress), NULL },
  /**
   * OutboxGroup:has-form: (getter get_has_form)
   *
   * Whether it has a form.
   */
  { "has-form", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_group_get_has_form), NULL },
  /**
   * OutboxGroup:updated-at: (getter get_updated_at)
   *
   * When it changed last, in Unix milliseconds.
   */
  { "updated-at", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_group_get_updated_at), NULL },
  /**
   * OutboxGroup:until: (getter get_until)
   *
   * When the first of it that retries goes on, in Unix milliseconds.
   */
  { "until", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_group_get_until), NULL },
};

#define N_PROPERTIES G_N_ELEMENTS (properties)

static GParamSpec *specs[N_PROPERTIES + 1];

static void
outbox_group_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id <= N_PROPERTIES)
    outbox_property_get (&properties[id - 1], object, value);
  else
    g_value_set_variant (value, OUTBOX_GROUP (object)->document);
}

/* The document alone can be set, once. */
static void
outbox_group_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  OUTBOX_GROUP (object)->document = outbox_document_or_empty (g_value_get_variant (value));
}

static void
outbox_group_finalize (GObject *object)
{
  g_clear_pointer (&OUTBOX_GROUP (object)->document, g_variant_unref);
  G_OBJECT_CLASS (outbox_group_parent_class)->finalize (object);
}

static void
outbox_group_class_init (OutboxGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = outbox_group_get_property;
  object_class->set_property = outbox_group_set_property;
  object_class->finalize = outbox_group_finalize;
  outbox_properties_install (object_class, properties, N_PROPERTIES, specs);
}

static void
outbox_group_init (OutboxGroup *self)
{
}

OutboxGroup *
outbox_group_new_for_document (GVariant *document)
{
  g_return_val_if_fail (document && g_variant_is_of_type (document, G_VARIANT_TYPE_VARDICT), NULL);

  return g_object_new (OUTBOX_TYPE_GROUP, "document", document, NULL);
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
  const char *key = outbox_document_get_text (self->document, "key");

  /* Our broker always sends a key; another program might not. */
  return key ? key : "";
}

const char *
outbox_group_get_title (OutboxGroup *self)
{
  const char *title = outbox_document_get_text (self->document, "title");

  return title && *title ? title : outbox_group_get_key (self);
}

const char *
outbox_group_get_app (OutboxGroup *self)
{
  return outbox_document_get_text (self->document, "app");
}

char *
outbox_group_dup_name (OutboxGroup *self)
{
  const char *app = outbox_group_get_app (self);
  const char *key = outbox_group_get_key (self);

  return app ? g_strconcat (app, "/", key, NULL) : g_strdup (key);
}

OutboxState
outbox_group_get_state (OutboxGroup *self)
{
  OutboxState state = OUTBOX_STATE_UNKNOWN;

  (void) outbox_state_from_name (outbox_document_get_text (self->document, "state"), &state);

  return state;
}

guint64
outbox_group_count (OutboxGroup *self, OutboxState state)
{
  return (guint) state < OUTBOX_N_STATES ? get_count (self, "states", outbox_state_get_info (state)->name) : 0;
}

guint64
outbox_group_get_uploads (OutboxGroup *self)
{
  return outbox_document_get_number (self->document, "uploads");
}

guint64
outbox_group_get_size (OutboxGroup *self)
{
  return outbox_document_get_number (self->document, "bytes");
}

guint64
outbox_group_get_offset (OutboxGroup *self)
{
  return outbox_document_get_number (self->document, "offset");
}

guint64
outbox_group_get_sent (OutboxGroup *self)
{
  guint64 offset = outbox_group_get_offset (self);

  return MAX (outbox_document_get_number (self->document, "sent_bytes"), offset);
}

guint64
outbox_group_get_on_the_way (OutboxGroup *self)
{
  return outbox_group_get_sent (self) - outbox_group_get_offset (self);
}

double
outbox_group_get_progress (OutboxGroup *self)
{
  guint64 size = outbox_group_get_size (self);

  if (outbox_group_get_state (self) == OUTBOX_STATE_DONE)
    return 1;

  return size > 0 ? (double) MIN (outbox_group_get_offset (self), size) / (double) size : 0;
}

gboolean
outbox_group_get_needs_user (OutboxGroup *self)
{
  return outbox_document_get_flag (self->document, "needs_user");
}

gboolean
outbox_group_get_is_paused (OutboxGroup *self)
{
  return outbox_document_get_flag (self->document, "paused");
}

gboolean
outbox_group_get_has_form (OutboxGroup *self)
{
  return outbox_document_get_flag (self->document, "has_form");
}

gint64
outbox_group_get_updated_at (OutboxGroup *self)
{
  return outbox_document_get_time (self->document, "updated_at");
}

gint64
outbox_group_get_until (OutboxGroup *self)
{
  return outbox_document_get_time (self->document, "until");
}

gboolean
outbox_group_get_form_state (OutboxGroup *self, OutboxState *state)
{
  *state = OUTBOX_STATE_UNKNOWN;

  return outbox_state_from_name (outbox_document_get_text (self->document, "form_state"), state);
}

char *
outbox_group_dup_label (OutboxGroup *self)
{
  OutboxGroupCounts counts = { 0 };

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    counts.states[i] = (guint) MIN (outbox_group_count (self, i), G_MAXINT);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    counts.reasons[i] = (guint) MIN (get_count (self, "reasons", outbox_reason_get_info (i)->name), G_MAXINT);
  counts.until_ms = outbox_group_get_until (self);

  return outbox_group_label (&counts, g_get_real_time () / 1000, OUTBOX_LABEL_TERMINAL);
}

GVariant *
outbox_group_get_document (OutboxGroup *self)
{
  return self->document;
}
