/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A database that is set aside and whose rows can still be read: what arrived before is known after it.
 */
#include "recovered.h"
#include "support/document.h"

#include <sqlite3.h>

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  (void) sqlite3_close (database);
}

typedef struct
{
  const char *name;
  const char *sql; /* what another program does with the database */
  gboolean is_after_kill;
} Row;

/* SQLite takes the log into the database and removes it when the last program that has it open closes it. */
static const Row rows[] = {
  { "/set-aside/looked-at-after-a-kill", "SELECT count(*) FROM uploads", TRUE },
  { "/set-aside/without-its-journal", "DROP TABLE journal", FALSE },
};

/* What arrived has no file in the spool. Its row is kept all the same: with its receipt, and with its key, by which the app
 * that hands the same file over once more does not have it sent once more. */
static void
test_what_arrived_stays (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *database = recovered_data_path (broker, "queue.db");
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 5000, 1);
  g_autoptr (GVariant) options = g_variant_ref_sink (g_variant_new_parsed ("{'key': <'photo'>}"));
  g_autofree char *id = test_broker_submit (broker, path, options, NULL);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GVariant) receipt = NULL;
  g_autofree char *again = NULL;

  g_hash_table_add (ids, id);
  test_broker_wait_for_all (broker, "done", 20);
  if (row->is_after_kill)
    test_broker_kill (broker);
  else
    test_broker_stop (broker);
  run_sql (database, row->sql);
  test_broker_start (broker, NULL);
  recovered_wait_until_listed (broker, ids, "done");
  document = test_broker_get (broker, id);
  receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);
  g_assert_cmpint (test_document_get_number (receipt, 'x', "confirmed_at"), >, 0);
  again = test_broker_submit (broker, path, options, NULL);
  g_assert_cmpstr (again, ==, id);
  recovered_assert_each_arrived_once (broker, ids);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add_data_func (rows[i].name, &rows[i], test_what_arrived_stays);

  return g_test_run ();
}
