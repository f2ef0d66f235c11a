/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Getters over the document. Immutable; any thread.
 */
#include "outbox-upload.h"

struct _OutboxUpload
{
  GObject parent_instance;

  GVariant *document; /* a{sv} */
};

G_DEFINE_FINAL_TYPE (OutboxUpload, outbox_upload, G_TYPE_OBJECT)

static void
outbox_upload_finalize (GObject *object)
{
  g_clear_pointer (&OUTBOX_UPLOAD (object)->document, g_variant_unref);
  G_OBJECT_CLASS (outbox_upload_parent_class)->finalize (object);
}

static void
outbox_upload_class_init (OutboxUploadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = outbox_upload_finalize;
}

static void
outbox_upload_init (OutboxUpload *self)
{
}

OutboxUpload *
outbox_upload_new_for_document (GVariant *document)
{
  OutboxUpload *self;

  g_return_val_if_fail (g_variant_is_of_type (document, G_VARIANT_TYPE_VARDICT), NULL);
  self = g_object_new (OUTBOX_TYPE_UPLOAD, NULL);
  self->document = g_variant_ref_sink (document);

  return self;
}

static const char *
get_string (OutboxUpload *self, const char *name)
{
  const char *value = NULL;

  (void) g_variant_lookup (self->document, name, "&s", &value);

  return value;
}

static guint64
get_number (OutboxUpload *self, const char *name)
{
  guint64 value = 0;

  (void) g_variant_lookup (self->document, name, "t", &value);

  return value;
}

/* Our broker always sends these; another program might not. */
static const char *
get_text (OutboxUpload *self, const char *name)
{
  const char *value = get_string (self, name);

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
outbox_upload_get_group (OutboxUpload *self)
{
  return get_string (self, "group");
}

OutboxState
outbox_upload_get_state (OutboxUpload *self)
{
  OutboxState state = OUTBOX_STATE_QUEUED;

  (void) outbox_state_from_name (get_string (self, "state"), &state);

  return state;
}

OutboxReason
outbox_upload_get_reason (OutboxUpload *self)
{
  g_autofree const char **reasons = NULL;

  (void) g_variant_lookup (self->document, "reasons", "^a&s", &reasons);

  return reasons && reasons[0] ? outbox_reason_from_name (reasons[0]) : OUTBOX_REASON_NONE;
}

gboolean
outbox_upload_get_needs_user (OutboxUpload *self)
{
  gboolean needs_user = FALSE;

  (void) g_variant_lookup (self->document, "needs_user", "b", &needs_user);

  return needs_user;
}

guint64
outbox_upload_get_size (OutboxUpload *self)
{
  return get_number (self, "size");
}

guint64
outbox_upload_get_offset (OutboxUpload *self)
{
  return get_number (self, "offset");
}

guint64
outbox_upload_get_sent (OutboxUpload *self)
{
  guint64 offset = outbox_upload_get_offset (self);

  return MAX (get_number (self, "sent_bytes"), offset);
}

guint64
outbox_upload_get_saved (OutboxUpload *self)
{
  return outbox_upload_get_state (self) == OUTBOX_STATE_SAVING ? get_number (self, "saved_bytes")
                                                               : outbox_upload_get_size (self);
}

OutboxRung
outbox_upload_get_rung (OutboxUpload *self)
{
  g_autoptr (GVariant) receipt = g_variant_lookup_value (self->document, "receipt", G_VARIANT_TYPE_VARDICT);
  const char *rung = NULL;

  if (receipt)
    (void) g_variant_lookup (receipt, "rung", "&s", &rung);

  return outbox_rung_from_name (rung);
}

char *
outbox_upload_dup_label (OutboxUpload *self)
{
  return outbox_upload_dup_label_at (self, OUTBOX_LABEL_TERMINAL);
}

char *
outbox_upload_dup_label_at (OutboxUpload *self, OutboxLabelLength length)
{
  gint64 until_ms = 0;

  (void) g_variant_lookup (self->document, "until", "x", &until_ms);
  if (outbox_upload_get_state (self) == OUTBOX_STATE_DONE)
    return outbox_rung_label (outbox_upload_get_rung (self), length);

  return outbox_status_label (outbox_upload_get_state (self), outbox_upload_get_reason (self), until_ms,
                              g_get_real_time () / 1000, outbox_upload_get_offset (self), outbox_upload_get_size (self),
                              length);
}

char *
outbox_upload_dup_error (OutboxUpload *self)
{
  g_autoptr (GVariant) error = g_variant_lookup_value (self->document, "last_error", G_VARIANT_TYPE_VARDICT);
  char *message = NULL;

  if (error)
    (void) g_variant_lookup (error, "message", "s", &message);

  return message;
}

GVariant *
outbox_upload_get_document (OutboxUpload *self)
{
  return self->document;
}
