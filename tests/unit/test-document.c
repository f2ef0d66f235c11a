/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public form of the conditions.
 */
#include "ipc/document.h"

static void
check (const ObConditions *conditions, const char *const *sources, const char *expected_text)
{
  const char *const unclaimed[] = { "/spool/1", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) expected = g_variant_parse (G_VARIANT_TYPE_VARDICT, expected_text, NULL, NULL, &error);
  const ObDocumentDevice device = {
    .sources = sources,
    .unclaimed = unclaimed,
    .metered_bytes = 5,
    .free_bytes = 7,
    .size_bytes = 9,
    .has_media_types = TRUE,
  };
  g_autoptr (GVariant) document
      = g_variant_ref_sink (ob_document_conditions (conditions, &device, G_GINT64_CONSTANT (1750000000000)));
  g_autofree char *text = g_variant_print (document, TRUE);

  g_assert_no_error (error);
  g_test_message ("%s", text);
  g_assert_true (g_variant_equal (document, expected));
}

static void
test_conditions_that_nobody_tells (void)
{
  const char *const sources[] = { NULL };
  ObConditions conditions;

  ob_conditions_init (&conditions);
  check (&conditions, sources,
         "{'available': <true>, 'connectivity': <'unknown'>, 'metered': <'unknown'>, 'metered_effective': <false>,"
         " 'link': <'unknown'>, 'roaming': <false>, 'metered_bytes': <uint64 5>, 'on_battery': <false>, 'power_saver': "
         "<false>, 'sleeping': <false>,"
         " 'shutting_down': <false>, 'in_memory': <false>, 'media_types': <true>, 'unclaimed': <['/spool/1']>, "
         "'sources': <@as []>, 'disk_free': <uint64 7>, 'disk_size': <uint64 9>, 'now': <int64 1750000000000>}");
}

static void
test_conditions_on_the_train (void)
{
  const char *const sources[] = { "NetworkManager", "UPower", NULL };
  const ObConditions conditions = {
    .is_network_available = TRUE,
    .connectivity = OB_CONNECTIVITY_LIMITED,
    .metered = OB_METERED_GUESS_YES,
    .link = OB_LINK_CELLULAR,
    .is_roaming = TRUE,
    .network_id = "Mobile",
    .network_uuid = "3",
    .is_on_battery = TRUE,
    .battery_percent = 12,
    .is_power_saver = TRUE,
    .is_sleeping = TRUE,
    .is_shutting_down = TRUE,
  };

  check (&conditions, sources,
         "{'available': <true>, 'connectivity': <'limited'>, 'metered': <'guess-yes'>, 'metered_effective': <true>,"
         " 'link': <'cellular'>, 'roaming': <true>, 'network': <'Mobile'>, 'network_uuid': <'3'>, 'metered_bytes': "
         "<uint64 5>, 'on_battery': <true>,"
         " 'battery': <uint32 12>, 'power_saver': <true>, 'sleeping': <true>, 'shutting_down': <true>,"
         " 'in_memory': <false>, 'media_types': <true>, 'unclaimed': <['/spool/1']>, 'sources': <['NetworkManager', "
         "'UPower']>, 'disk_free': <uint64 7>, 'disk_size': <uint64 9>, 'now': <int64 1750000000000>}");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditions/that-nobody-tells", test_conditions_that_nobody_tells);
  g_test_add_func ("/conditions/on-the-train", test_conditions_on_the_train);

  return g_test_run ();
}
