/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By name, value and meaning. Main thread.
 */
#include "add-options.h"

#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

void
cli_add_options_clear (CliAddOptions *options)
{
  g_free (options->destination);
  g_free (options->group);
  g_free (options->title);
  g_free (options->media_type);
  g_free (options->key);
  g_free (options->app);
  g_free (options->name);
  g_free (options->not_before);
  g_strfreev (options->metadata);
}

gboolean
cli_read_pairs (const char *verb, char *const *pairs, GVariantBuilder *metadata)
{
  for (; *pairs; pairs++)
    {
      const char *equals = strchr (*pairs, '=');
      g_autofree char *key = equals ? g_strndup (*pairs, (gsize) (equals - *pairs)) : NULL;

      if (!key || *key == '\0')
        {
          (void) cli_usage (verb, _ ("--metadata takes KEY=VALUE, not %s"), *pairs);
          return FALSE;
        }
      g_variant_builder_add (metadata, "{ss}", key, equals + 1);
    }

  return TRUE;
}

static gboolean
insert_metadata (GVariantDict *common, char *const *pairs)
{
  GVariantBuilder metadata;

  g_variant_builder_init (&metadata, G_VARIANT_TYPE ("a{ss}"));
  if (!cli_read_pairs ("add", pairs, &metadata))
    {
      g_variant_builder_clear (&metadata);
      return FALSE;
    }
  g_variant_dict_insert_value (common, "metadata", g_variant_builder_end (&metadata));

  return TRUE;
}

static gboolean
insert_not_before (GVariantDict *common, const char *text)
{
  gint64 not_before_ms = cli_read_time (text);

  if (not_before_ms <= 0)
    {
      (void) cli_usage ("add", _ ("--not-before is a time like 22:00 or 2026-01-31T22:00"));
      return FALSE;
    }
  g_variant_dict_insert (common, "not_before", "x", not_before_ms);

  return TRUE;
}

static void
insert (GVariantDict *common, const char *name, const char *value)
{
  if (value)
    g_variant_dict_insert (common, name, "s", value);
}

GVariant *
cli_add_options_make_common (const CliAddOptions *options)
{
  g_auto (GVariantDict) common = G_VARIANT_DICT_INIT (NULL);

  if ((options->metadata && !insert_metadata (&common, options->metadata))
      || (options->not_before && !insert_not_before (&common, options->not_before)))
    return NULL;
  insert (&common, "destination", options->destination);
  insert (&common, "group", options->group);
  insert (&common, "group_title", options->title);
  insert (&common, "media_type", options->media_type);
  insert (&common, "app", options->app);
  if (options->priority != 0)
    g_variant_dict_insert (&common, "priority", "i", options->priority);
  if (options->is_move)
    g_variant_dict_insert (&common, "move", "b", TRUE);
  if (options->is_form)
    g_variant_dict_insert (&common, "form", "b", TRUE);

  return g_variant_ref_sink (g_variant_dict_end (&common));
}
