/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options of Submit. Pure.
 */
#include "ipc/submit-options.h"

#include "ipc/options.h"

static const ObOption table[] = {
  { "name", "s" },       { "media_type", "s" },   { "destination", "s" }, { "group", "s" }, { "group_title", "s" },
  { "form", "b" },       { "metadata", "a{ss}" }, { "priority", "i" },    { "key", "s" },   { "sha256", "s" },
  { "not_before", "x" }, { "app", "s" },          { "move", "b" },        { NULL, NULL },
};

gboolean
ob_submit_options_read (GVariant *options, ObSubmission *submission, GVariant **metadata, GError **error)
{
  *metadata = NULL;
  if (!ob_options_check (options, table, error))
    return FALSE;
  *metadata = g_variant_lookup_value (options, "metadata", G_VARIANT_TYPE ("a{ss}"));
  submission->metadata = *metadata;
  (void) g_variant_lookup (options, "app", "&s", &submission->app);
  (void) g_variant_lookup (options, "key", "&s", &submission->key);
  (void) g_variant_lookup (options, "name", "&s", &submission->name);
  (void) g_variant_lookup (options, "media_type", "&s", &submission->media_type);
  (void) g_variant_lookup (options, "sha256", "&s", &submission->sha256);
  (void) g_variant_lookup (options, "group", "&s", &submission->group);
  (void) g_variant_lookup (options, "group_title", "&s", &submission->group_title);
  (void) g_variant_lookup (options, "destination", "&s", &submission->destination);
  (void) g_variant_lookup (options, "form", "b", &submission->is_form);
  (void) g_variant_lookup (options, "move", "b", &submission->is_moved);
  (void) g_variant_lookup (options, "priority", "i", &submission->priority);
  (void) g_variant_lookup (options, "not_before", "x", &submission->not_before_ms);

  return TRUE;
}
