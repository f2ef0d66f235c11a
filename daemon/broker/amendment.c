/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Judges and applies amendments. Pure.
 */
#include "broker/amendment.h"

#include "broker/submission.h"
#include "dbus/error.h"
#include "dbus/mark.h"

/* An empty file is finished by the answer that begins it, so that after any attempt its server may have it. */
static gboolean
may_be_whole (const ObUpload *upload)
{
  return upload->stored == OB_STORED_CONFIRMING || upload->stored == OB_STORED_DONE
         || (upload->size_bytes == 0 && upload->attempts > 0)
         || (upload->size_bytes > 0 && upload->offset_bytes == upload->size_bytes);
}

/* As long as it is not done there, a URL that is made from its name must not become another. */
static gboolean
hears (const ObUpload *upload, const ObProtocol *protocol, const char *amend_url)
{
  return amend_url && (upload->stored == OB_STORED_DONE || (protocol && protocol->tells_metadata));
}

ObTold
ob_amendment_find_told (const ObUpload *upload, const ObProtocol *protocol, const char *amend_url, gboolean has_place)
{
  if (may_be_whole (upload) || upload->server_url || has_place)
    return hears (upload, protocol, amend_url) ? OB_TOLD_AND_HEARS : OB_TOLD_ALL;

  return protocol && !protocol->tells_metadata && upload->attempts > 0 ? OB_TOLD_NAME : OB_TOLD_NOTHING;
}

gboolean
ob_amendment_check (const ObAmendment *amendment, gint64 now_ms, GError **error)
{
  const ObSubmission said
      = { .name = amendment->name, .metadata = amendment->metadata, .priority = amendment->priority };

  if (amendment->name || amendment->metadata || amendment->has_priority)
    return ob_submission_check (&said, now_ms, error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("There is nothing to change"));

  return FALSE;
}

/* Pairs that are in both are new; an empty value takes its pair away. @keys: gets the names of those that have changed. Returns:
 * (transfer full) */
static GVariant *
merge (GVariant *old, GVariant *changes, GString *keys)
{
  g_auto (GVariantDict) merged = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) all = NULL;
  GVariantBuilder builder;
  const char *key, *value;
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, old);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    g_variant_dict_insert (&merged, key, "s", value);
  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      const char *had = NULL;

      (void) g_variant_dict_lookup (&merged, key, "&s", &had);
      if (g_strcmp0 (had ? had : "", value) == 0)
        continue;
      g_string_append_printf (keys, "%s%s", keys->len > 0 ? ", " : "", key);
      if (*value == '\0')
        (void) g_variant_dict_remove (&merged, key);
      else
        g_variant_dict_insert (&merged, key, "s", value);
    }
  all = g_variant_ref_sink (g_variant_dict_end (&merged));
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, all);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) text = NULL;

      g_variant_get (child, "{&sv}", &key, &text);
      g_variant_builder_add (&builder, "{ss}", key, g_variant_get_string (text, NULL));
      g_variant_unref (child);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
refuse (ObTold told, GError **error)
{
  g_set_error (
      error, OUTBOX_ERROR, OUTBOX_ERROR_ALREADY_SENT,
      told == OB_TOLD_NAME
          ? S_ ("The server may have the file under its name already, which cannot be changed any more")
          : S_ ("The server has been told already, and what it was told cannot be changed from here: its destination "
                "has no amend URL, or can use it only when the file has arrived"));

  return FALSE;
}

static void
take_name (ObUpload *upload, char *name)
{
  g_free (upload->name);
  upload->name = name;
}

gboolean
ob_amendment_apply (const ObAmendment *amendment, ObTold told, ObUpload *upload, char **what, GError **error)
{
  g_autoptr (GString) changes = g_string_new (NULL);
  g_autoptr (GVariant) said = amendment->metadata ? ob_submission_clean_metadata (amendment->metadata) : NULL;
  g_autoptr (GVariant) metadata = said ? merge (upload->metadata, said, changes) : NULL;
  const ObSubmission whole = { .metadata = metadata };
  const gboolean is_new_metadata = changes->len > 0;
  g_autofree char *name = amendment->name ? ob_submission_dup_name (amendment->name) : NULL;
  const gboolean is_new_name = name && g_strcmp0 (name, upload->name) != 0;

  *what = NULL;
  if ((is_new_metadata && told == OB_TOLD_ALL) || (is_new_name && (told == OB_TOLD_NAME || told == OB_TOLD_ALL)))
    return refuse (told, error);
  if (is_new_metadata && !ob_submission_check (&whole, upload->created_at_ms, error))
    return FALSE;
  if (is_new_metadata)
    {
      g_variant_unref (upload->metadata);
      upload->metadata = g_steal_pointer (&metadata);
    }
  if (is_new_name)
    {
      take_name (upload, g_steal_pointer (&name));
      g_string_append_printf (changes, "%sname", changes->len > 0 ? ", " : "");
    }
  upload->amended += is_new_name || is_new_metadata;
  if (amendment->has_priority && amendment->priority != upload->priority)
    {
      upload->priority = amendment->priority;
      g_string_append_printf (changes, "%spriority", changes->len > 0 ? ", " : "");
    }
  *what = changes->len > 0 ? g_strdup (changes->str) : NULL;

  return TRUE;
}
