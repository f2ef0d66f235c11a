/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * broker/settings: of a file of any bytes come destinations that are good, and what is written of them is read as the same.
 */
#include "fuzz.h"

#include "base/text.h"
#include "broker/settings.h"

static GHashTable *
index_destinations (const ObSettings *settings)
{
  GHashTable *destinations = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < settings->destinations->len; i++)
    {
      ObDestination *destination = settings->destinations->pdata[i];

      g_hash_table_replace (destinations, destination->name, destination);
    }

  return destinations;
}

static void
check (const ObSettings *settings)
{
  for (guint i = 0; i < settings->destinations->len; i++)
    {
      const ObDestination *destination = settings->destinations->pdata[i];

      g_assert_true (ob_destination_is_name (destination->name));
      g_assert_true (ob_destination_is_url (destination->url));
      g_assert_true (ob_text_is_clean (destination->protocol));
      g_assert_true (!destination->confirm_url || ob_text_is_clean (destination->confirm_url));
      g_assert_true (!destination->amend_url || ob_text_is_clean (destination->amend_url));
      g_assert_true (ob_settings_are_headers (destination->headers));
    }
  for (guint i = 0; i < settings->paused_groups->len; i++)
    {
      const ObGroup *group = settings->paused_groups->pdata[i];

      g_assert_true (ob_text_is_clean (group->app) && ob_text_is_clean (group->key));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (ObSettings) settings = ob_settings_read ((const char *) data, size, NULL);
  g_autoptr (ObSettings) again = NULL;
  g_autoptr (GHashTable) destinations = NULL;
  g_autofree char *text = NULL;

  if (!settings)
    return 0;
  check (settings);
  destinations = index_destinations (settings);
  text = ob_settings_write (destinations, settings->paused_groups, settings->is_paused);
  again = ob_settings_read (text, strlen (text), NULL);
  g_assert_nonnull (again);
  g_assert_cmpuint (again->destinations->len, ==, g_hash_table_size (destinations));
  g_assert_cmpuint (again->paused_groups->len, ==, settings->paused_groups->len);
  g_assert_cmpint (again->is_paused, ==, settings->is_paused);
  for (guint i = 0; i < again->destinations->len; i++)
    {
      const ObDestination *destination = again->destinations->pdata[i];
      const ObDestination *first = g_hash_table_lookup (destinations, destination->name);

      g_assert_cmpstr (destination->url, ==, first->url);
      g_assert_cmpstr (destination->confirm_url, ==, first->confirm_url);
      g_assert_cmpstr (destination->amend_url, ==, first->amend_url);
      g_assert_cmpuint (g_variant_n_children (destination->headers), ==, g_variant_n_children (first->headers));
    }

  return 0;
}
