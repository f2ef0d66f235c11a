/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Getters and properties over the document. Never changes, or on the thread of its list.
 */
#include "outbox-upload.h"

#include "outbox-client-private.h"
#include "outbox-document.h"

struct _OutboxUpload
{
  GObject parent_instance;

  GVariant *document; /* a{sv} */
};

G_DEFINE_FINAL_TYPE (OutboxUpload, outbox_upload, G_TYPE_OBJECT)

static GParamSpec *specs[OUTBOX_UPLOAD_N_PROPERTIES + 1];

static void
outbox_upload_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id <= OUTBOX_UPLOAD_N_PROPERTIES)
    outbox_property_get (&outbox_upload_list_properties ()[id - 1], object, value);
  else
    g_value_set_variant (value, OUTBOX_UPLOAD (object)->document);
}

/* The document alone can be set, once. */
static void
outbox_upload_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  OUTBOX_UPLOAD (object)->document = outbox_document_or_empty (g_value_get_variant (value));
}

static void
outbox_upload_finalize (GObject *object)
{
  g_clear_pointer (&OUTBOX_UPLOAD (object)->document, g_variant_unref);
  G_OBJECT_CLASS (outbox_upload_parent_class)->finalize (object);
}

static void
outbox_upload_class_init (OutboxUploadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = outbox_upload_get_property;
  object_class->set_property = outbox_upload_set_property;
  object_class->finalize = outbox_upload_finalize;
  outbox_properties_install (object_class, outbox_upload_list_properties (), OUTBOX_UPLOAD_N_PROPERTIES, specs);
}

static void
outbox_upload_init (OutboxUpload *self)
{
}

OutboxUpload *
outbox_upload_new_for_document (GVariant *document)
{
  g_return_val_if_fail (document && g_variant_is_of_type (document, G_VARIANT_TYPE_VARDICT), NULL);

  return g_object_new (OUTBOX_TYPE_UPLOAD, "document", document, NULL);
}

void
outbox_upload_replace (OutboxUpload *self, GVariant *document)
{
  outbox_properties_replace (G_OBJECT (self), specs, G_N_ELEMENTS (specs), &self->document, document);
}

/* Our broker always sends an id and a name; another program might not. */
static const char *
get_text (OutboxUpload *self, const char *name)
{
  const char *value = outbox_document_get_text (self->document, name);

  return value ? value : "";
}

const char *
outbox_upload_get_id (OutboxUpload *self)
{
  return get_text (self, "id");
}

const char *
outbox_upload_get_name (OutboxUpload *self)
{
  return get_text (self, "name");
}

const char *
outbox_upload_get_app (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "app");
}

const char *
outbox_upload_get_media_type (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "media_type");
}

const char *
outbox_upload_get_sha256 (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "sha256");
}

const char *
outbox_upload_get_group (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "group");
}

const char *
outbox_upload_get_group_title (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "group_title");
}

gboolean
outbox_upload_get_is_form (OutboxUpload *self)
{
  return outbox_document_get_flag (self->document, "form");
}

const char *
outbox_upload_get_destination (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "destination");
}

int
outbox_upload_get_priority (OutboxUpload *self)
{
  int priority = 0;

  (void) g_variant_lookup (self->document, "priority", "i", &priority);

  return priority;
}

OutboxState
outbox_upload_get_state (OutboxUpload *self)
{
  OutboxState state = OUTBOX_STATE_UNKNOWN;

  (void) outbox_state_from_name (outbox_document_get_text (self->document, "state"), &state);

  return state;
}

OutboxReason
outbox_upload_get_reason (OutboxUpload *self)
{
  g_autofree const char **reasons = NULL;
  OutboxReason reason;

  (void) g_variant_lookup (self->document, "reasons", "^a&s", &reasons);
  if (!reasons || !reasons[0])
    return OUTBOX_REASON_NONE;
  reason = outbox_reason_from_name (reasons[0]);

  return reason != OUTBOX_REASON_NONE ? reason : OUTBOX_REASON_UNKNOWN;
}

char **
outbox_upload_dup_reasons (OutboxUpload *self)
{
  char **reasons = NULL;

  (void) g_variant_lookup (self->document, "reasons", "^as", &reasons);

  return reasons ? reasons : g_new0 (char *, 1);
}

gboolean
outbox_upload_get_needs_user (OutboxUpload *self)
{
  return outbox_document_get_flag (self->document, "needs_user");
}

guint64
outbox_upload_get_size (OutboxUpload *self)
{
  return outbox_document_get_number (self->document, "size");
}

guint64
outbox_upload_get_offset (OutboxUpload *self)
{
  return outbox_document_get_number (self->document, "offset");
}

guint64
outbox_upload_get_sent (OutboxUpload *self)
{
  guint64 offset = outbox_upload_get_offset (self);

  return MAX (outbox_document_get_number (self->document, "sent_bytes"), offset);
}

guint64
outbox_upload_get_on_the_way (OutboxUpload *self)
{
  return outbox_upload_get_sent (self) - outbox_upload_get_offset (self);
}

guint64
outbox_upload_get_saved (OutboxUpload *self)
{
  return outbox_upload_get_state (self) == OUTBOX_STATE_SAVING
             ? outbox_document_get_number (self->document, "saved_bytes")
             : outbox_upload_get_size (self);
}

double
outbox_upload_get_progress (OutboxUpload *self)
{
  guint64 size = outbox_upload_get_size (self);

  if (outbox_upload_get_state (self) == OUTBOX_STATE_DONE)
    return 1;

  return size > 0 ? (double) MIN (outbox_upload_get_offset (self), size) / (double) size : 0;
}

OutboxRung
outbox_upload_get_rung (OutboxUpload *self)
{
  g_autoptr (GVariant) receipt = g_variant_lookup_value (self->document, "receipt", G_VARIANT_TYPE_VARDICT);
  const char *name = receipt ? outbox_document_get_text (receipt, "rung") : NULL;
  OutboxRung rung = outbox_rung_from_name (name);

  return rung == OUTBOX_RUNG_NONE && name && *name ? OUTBOX_RUNG_UNKNOWN : rung;
}

const char *
outbox_upload_get_rule (OutboxUpload *self)
{
  return outbox_document_get_text (self->document, "rule");
}

int
outbox_upload_get_attempts (OutboxUpload *self)
{
  guint attempts = 0;

  (void) g_variant_lookup (self->document, "attempts", "u", &attempts);

  return (int) MIN (attempts, G_MAXINT);
}

gboolean
outbox_upload_get_has_copy (OutboxUpload *self)
{
  return outbox_document_get_flag (self->document, "local_copy");
}

gint64
outbox_upload_get_created_at (OutboxUpload *self)
{
  return outbox_document_get_time (self->document, "created_at");
}

gint64
outbox_upload_get_saved_at (OutboxUpload *self)
{
  return outbox_document_get_time (self->document, "saved_at");
}

gint64
outbox_upload_get_updated_at (OutboxUpload *self)
{
  return outbox_document_get_time (self->document, "updated_at");
}

gint64
outbox_upload_get_done_at (OutboxUpload *self)
{
  return outbox_document_get_time (self->document, "done_at");
}

gint64
outbox_upload_get_until (OutboxUpload *self)
{
  return outbox_document_get_time (self->document, "until");
}

char *
outbox_upload_dup_label (OutboxUpload *self)
{
  return outbox_upload_dup_label_at (self, OUTBOX_LABEL_TERMINAL);
}

char *
outbox_upload_dup_label_at (OutboxUpload *self, OutboxLabelLength length)
{
  if (outbox_upload_get_state (self) == OUTBOX_STATE_DONE)
    return outbox_rung_label (outbox_upload_get_rung (self), length);

  return outbox_status_label (outbox_upload_get_state (self), outbox_upload_get_reason (self),
                              outbox_upload_get_until (self), g_get_real_time () / 1000,
                              outbox_upload_get_offset (self), outbox_upload_get_size (self), length);
}

char *
outbox_upload_dup_error (OutboxUpload *self)
{
  g_autoptr (GVariant) error = g_variant_lookup_value (self->document, "last_error", G_VARIANT_TYPE_VARDICT);

  return error ? outbox_sentence_translate (outbox_document_get_text (error, "message")) : NULL;
}

GVariant *
outbox_upload_get_document (OutboxUpload *self)
{
  return self->document;
}
