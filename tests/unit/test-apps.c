/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of paired apps: which token lets whom in, what a revocation ends, and what is left of damaged rows.
 */
#include "base/secret.h"
#include "database.h"
#include "dbus/error.h"
#include "store/apps.h"
#include "store/repair.h"

static const char page[] = "https://capture.example";

static void
save (ObDatabase *database, const char *origin, const char *token, gboolean may_manage, gint64 at_ms)
{
  g_autofree char *digest = ob_secret_dup_digest (token);
  ObPairedApp app = { (char *) origin, digest, may_manage, at_ms };
  g_autoptr (GError) error = NULL;

  (void) ob_apps_save (database, &app, &error);
  g_assert_no_error (error);
}

/* Returns: 0: it is not let in; 1: for its own uploads; 2: for others' too */
static guint
try (ObDatabase *database, const char *origin, const char *token)
{
  g_autofree char *digest = ob_secret_dup_digest (token);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObPairedApp) app = ob_apps_find (database, origin, digest, &error);

  g_assert_no_error (error);

  return !app ? 0 : app->may_manage ? 2 : 1;
}

static void
test_a_token_is_good_for_its_own_origin (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  static const struct
  {
    const char *origin, *token;
    guint expected;
  } rows[] = {
    { page, "one", 1 },
    { page, "two", 2 },
    { page, "three", 0 },
    { page, "", 0 },
    { page, "on", 0 },
    { page, "ONE", 0 },
    { "https://other.example", "three", 1 },
    { "https://other.example", "one", 0 },
    { "https://capture.example:8443", "one", 0 },
    { "http://capture.example", "one", 0 },
    { "https://CAPTURE.example", "one", 0 },
    { "", "one", 0 },
    { "%", "one", 0 },
  };

  save (database, page, "one", FALSE, 5);
  save (database, page, "two", TRUE, 6);
  save (database, "https://other.example", "three", FALSE, 7);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s %s", rows[i].origin, rows[i].token);
      g_assert_cmpuint (try (database, rows[i].origin, rows[i].token), ==, rows[i].expected);
    }
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM apps WHERE digest IN ('one', 'two', 'three')"),
                   ==, 0);
}

static void
test_tokens_outlive_a_restart (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (GPtrArray) apps = NULL;

  save (database, page, "one", TRUE, 5);
  g_clear_pointer (&database, ob_database_free);
  database = test_database_open (fixture, 1000, FALSE);
  g_assert_cmpuint (try (database, page, "one"), ==, 2);
  apps = ob_apps_list (database, NULL);
  g_assert_cmpuint (apps->len, ==, 1);
  g_assert_cmpstr (((const ObPairedApp *) apps->pdata[0])->origin, ==, page);
  g_assert_cmpint (((const ObPairedApp *) apps->pdata[0])->paired_at_ms, ==, 5);
}

static void
test_a_revocation_ends_every_token_of_an_origin (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (GError) error = NULL;

  save (database, page, "one", FALSE, 5);
  save (database, page, "two", FALSE, 6);
  save (database, "https://other.example", "three", FALSE, 7);
  g_assert_true (ob_apps_delete (database, page, NULL));
  g_assert_cmpuint (try (database, page, "one"), ==, 0);
  g_assert_cmpuint (try (database, page, "two"), ==, 0);
  g_assert_cmpuint (try (database, "https://other.example", "three"), ==, 1);
  g_assert_false (ob_apps_delete (database, page, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
}

static void
test_one_token_too_many_ends_the_oldest (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  for (guint i = 0; i < OB_APPS_TOKENS_MOST + 3; i++)
    {
      g_autofree char *token = g_strdup_printf ("token %u", i);

      save (database, page, token, FALSE, 5 + i);
    }
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM apps"), ==, OB_APPS_TOKENS_MOST);
  g_assert_cmpuint (try (database, page, "token 2"), ==, 0);
  g_assert_cmpuint (try (database, page, "token 3"), ==, 1);
}

static void
on_upload (const char *id, gpointer user_data)
{
  g_assert_not_reached ();
}

/* Of a row that nobody wrote so, an app may do the least or nothing, and the others go on. */
static void
test_damaged_rows_let_in_nobody_new (TestDatabase *fixture, gconstpointer data)
{
  static const struct
  {
    const char *change;
    guint expected; /* of a token that could do everything */
  } rows[] = {
    { "may_manage = 2", 1 },
    { "may_manage = -1", 1 },
    { "may_manage = 'yes'", 1 },
    { "may_manage = x'01'", 1 },
    { "may_manage = 0.5", 1 },
    { "paired_at = 'long ago'", 2 },
    { "paired_at = -1", 2 },
    { "digest = 'x'", 0 },
    { "digest = ''", 0 },
    { "digest = x'ff00'", 0 },
    { "digest = 'a' || digest", 0 },
    { "origin = 'https://capture.example/'", 0 },
    { "origin = x'ff'", 0 },
    { "origin = ''", 0 },
    { "origin = upper (origin)", 0 },
  };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *sql = g_strdup_printf ("UPDATE apps SET %s WHERE origin = '%s'", rows[i].change, page);
      g_autoptr (GPtrArray) apps = NULL;

      g_test_message ("%s", rows[i].change);
      test_database_run (database, "DELETE FROM apps");
      save (database, page, "one", TRUE, 5);
      save (database, "https://other.example", "two", TRUE, 5);
      test_database_run (database, sql);
      g_assert_cmpuint (try (database, page, "one"), ==, rows[i].expected);
      test_database_run (database, "BEGIN");
      g_assert_true (ob_repair_rows (database, on_upload, NULL, NULL));
      test_database_run (database, "COMMIT");
      g_assert_cmpuint (try (database, page, "one"), ==, rows[i].expected);
      g_assert_cmpuint (try (database, "https://other.example", "two"), ==, 2);
      apps = ob_apps_list (database, NULL);
      g_assert_cmpuint (apps->len, ==, 2);
      g_assert_false (ob_database_is_damaged (database));
    }
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/apps/a-token-is-good-for-its-own-origin", test_a_token_is_good_for_its_own_origin },
    { "/apps/tokens-outlive-a-restart", test_tokens_outlive_a_restart },
    { "/apps/a-revocation-ends-every-token-of-an-origin", test_a_revocation_ends_every_token_of_an_origin },
    { "/apps/one-token-too-many-ends-the-oldest", test_one_token_too_many_ends_the_oldest },
    { "/apps/damaged-rows-let-in-nobody-new", test_damaged_rows_let_in_nobody_new },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
