/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of an upload: each is what a getter says. Constant data, any thread.
 */
#include "outbox-client-private.h"
#include "outbox-enum-types.h"

/**
 * OutboxUpload:document: (getter get_document)
 *
 * Everything that the broker said, of type a{sv}.
 */
static const OutboxProperty properties[] = {
  /**
   * OutboxUpload:id: (getter get_id)
   *
   * What names it in every call.
   */
  { "id", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_id), NULL },
  /**
   * OutboxUpload:name: (getter get_name)
   *
   * The file's name.
   */
  { "name", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_name), NULL },
  /**
   * OutboxUpload:app: (getter get_app)
   *
   * The app that handed it over.
   */
  { "app", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_app), NULL },
  /**
   * OutboxUpload:media-type: (getter get_media_type)
   *
   * The kind of file.
   */
  { "media-type", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_media_type), NULL },
  /**
   * OutboxUpload:sha256: (getter get_sha256)
   *
   * The digest of the file, hexadecimal.
   */
  { "sha256", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_sha256), NULL },
  /**
   * OutboxUpload:group: (getter get_group)
   *
   * The key of its group.
   */
  { "group", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_group), NULL },
  /**
   * OutboxUpload:group-title: (getter get_group_title)
   *
   * What a person reads for its group.
   */
  { "group-title", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_group_title), NULL },
  /**
   * OutboxUpload:is-form: (getter get_is_form)
   *
   * Whether its bytes are the form of its group.
   */
  { "is-form", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_upload_get_is_form), NULL },
  /**
   * OutboxUpload:destination: (getter get_destination)
   *
   * The name of the destination that it goes to.
   */
  { "destination", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_destination), NULL },
  /**
   * OutboxUpload:priority: (getter get_priority)
   *
   * A higher one goes first.
   */
  { "priority", OUTBOX_GIVES_INT, G_CALLBACK (outbox_upload_get_priority), NULL },
  /**
   * OutboxUpload:state: (getter get_state)
   *
   * The public state.
   */
  { "state", OUTBOX_GIVES_ENUM, G_CALLBACK (outbox_upload_get_state), outbox_state_get_type },
  /**
   * OutboxUpload:reason: (getter get_reason)
   *
   * The reason to tell first.
   */
  { "reason", OUTBOX_GIVES_ENUM, G_CALLBACK (outbox_upload_get_reason), outbox_reason_get_type },
  /**
   * OutboxUpload:reasons: (getter dup_reasons)
   *
   * The names of all that makes it wait.
   */
  { "reasons", OUTBOX_GIVES_TEXTS, G_CALLBACK (outbox_upload_dup_reasons), NULL },
  /**
   * OutboxUpload:needs-user: (getter get_needs_user)
   *
   * Whether nothing happens until a person acts.
   */
  { "needs-user", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_upload_get_needs_user), NULL },
  /**
   * OutboxUpload:label: (getter dup_label)
   *
   * The one line for a person. What changes in it by the clock alone is not notified.
   */
  { "label", OUTBOX_GIVES_OWN_TEXT, G_CALLBACK (outbox_upload_dup_label), NULL },
  /**
   * OutboxUpload:error: (getter dup_error)
   *
   * Why the last attempt ended: the server's words.
   */
  { "error", OUTBOX_GIVES_OWN_TEXT, G_CALLBACK (outbox_upload_dup_error), NULL },
  /**
   * OutboxUpload:size: (getter get_size)
   *
   * The file's size in bytes.
   */
  { "size", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_upload_get_size), NULL },
  /**
   * OutboxUpload:offset: (getter get_offset)
   *
   * Bytes that the server confirmed.
   */
  { "offset", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_upload_get_offset), NULL },
  /**
   * OutboxUpload:sent: (getter get_sent)
   *
   * Up to where the bytes have been sent.
   */
  { "sent", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_upload_get_sent), NULL },
  /**
   * OutboxUpload:on-the-way: (getter get_on_the_way)
   *
   * Bytes that were sent and that the server has not confirmed.
   */
  { "on-the-way", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_upload_get_on_the_way), NULL },
  /**
   * OutboxUpload:saved: (getter get_saved)
   *
   * Bytes that are on this device.
   */
  { "saved", OUTBOX_GIVES_NUMBER, G_CALLBACK (outbox_upload_get_saved), NULL },
  /**
   * OutboxUpload:progress: (getter get_progress)
   *
   * The share that the server has confirmed.
   */
  { "progress", OUTBOX_GIVES_SHARE, G_CALLBACK (outbox_upload_get_progress), NULL },
  /**
   * OutboxUpload:rung: (getter get_rung)
   *
   * How far the server's receipt goes.
   */
  { "rung", OUTBOX_GIVES_ENUM, G_CALLBACK (outbox_upload_get_rung), outbox_rung_get_type },
  /**
   * OutboxUpload:rule: (getter get_rule)
   *
   * The name of the rule that says where it may travel.
   */
  { "rule", OUTBOX_GIVES_TEXT, G_CALLBACK (outbox_upload_get_rule), NULL },
  /**
   * OutboxUpload:attempts: (getter get_attempts)
   *
   * How many attempts have begun.
   */
  { "attempts", OUTBOX_GIVES_INT, G_CALLBACK (outbox_upload_get_attempts), NULL },
  /**
   * OutboxUpload:has-copy: (getter get_has_copy)
   *
   * Whether the broker has a copy of its own.
   */
  { "has-copy", OUTBOX_GIVES_FLAG, G_CALLBACK (outbox_upload_get_has_copy), NULL },
  /**
   * OutboxUpload:created-at: (getter get_created_at)
   *
   * When it was handed over, in Unix milliseconds.
   */
  { "created-at", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_upload_get_created_at), NULL },
  /**
   * OutboxUpload:saved-at: (getter get_saved_at)
   *
   * When it was safe on this device, in Unix milliseconds.
   */
  { "saved-at", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_upload_get_saved_at), NULL },
  /**
   * OutboxUpload:updated-at: (getter get_updated_at)
   *
   * When it changed last, in Unix milliseconds.
   */
  { "updated-at", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_upload_get_updated_at), NULL },
  /**
   * OutboxUpload:done-at: (getter get_done_at)
   *
   * When the server had confirmed it, in Unix milliseconds.
   */
  { "done-at", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_upload_get_done_at), NULL },
  /**
   * OutboxUpload:until: (getter get_until)
   *
   * When it goes on by itself, in Unix milliseconds.
   */
  { "until", OUTBOX_GIVES_TIME, G_CALLBACK (outbox_upload_get_until), NULL },
};

const OutboxProperty *
outbox_upload_list_properties (void)
{
  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == OUTBOX_UPLOAD_N_PROPERTIES);

  return properties;
}
