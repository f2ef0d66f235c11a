/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules in force, by real files that come, change and go.
 */
#include "policy/configuration.h"

#include "dbus/error.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *folder;
  char *last_file;
  ObConfiguration *configuration;
  guint n_changes;
  guint n_expected;
} Fixture;

static void
on_changed (ObConfiguration *configuration, gpointer user_data)
{
  ((Fixture *) user_data)->n_changes++;
}

static char *
path_of (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* As an editor that saves: a new file takes the place of the old one. */
static void
put (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = path_of (fixture, name);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_assert_no_error (error);
}

/* As `echo >>`: the file stays the same one. */
static void
append (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = path_of (fixture, name);
  FILE *file = g_fopen (path, "a");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
take_away (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_of (fixture, name);

  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
move (const Fixture *fixture, const char *from, const char *to)
{
  g_autofree char *old_path = path_of (fixture, from);
  g_autofree char *new_path = path_of (fixture, to);

  g_assert_cmpint (g_rename (old_path, new_path), ==, 0);
}

/* Returns: whether there are rules to begin with. */
static gboolean
try_to_begin (Fixture *fixture, GError **error)
{
  g_autofree char *vendor = path_of (fixture, "usr/share/outbox");
  g_autofree char *admin = path_of (fixture, "etc/outbox");
  g_autofree char *own = path_of (fixture, "home/config/outbox");
  const char *const folders[] = { vendor, admin, own, NULL };

  g_clear_object (&fixture->configuration);
  fixture->configuration = ob_configuration_new (folders, fixture->last_file, error);
  if (fixture->configuration)
    g_signal_connect (fixture->configuration, "changed", G_CALLBACK (on_changed), fixture);

  return fixture->configuration != NULL;
}

static void
begin (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_to_begin (fixture, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->last_file = path_of (fixture, "last-rules");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  g_clear_object (&fixture->configuration);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
  g_free (fixture->last_file);
}

static gboolean
has_changed (gpointer data)
{
  Fixture *fixture = data;

  return fixture->n_changes >= fixture->n_expected;
}

static void
wait_for_change (Fixture *fixture)
{
  fixture->n_expected = fixture->n_changes + 1;
  test_wait_until (has_changed, fixture, 20);
}

/* "default:0 video:-10": the rules, with their priorities. */
static char *
dup_rules (const Fixture *fixture)
{
  const ObRules *rules = ob_configuration_get_rules (fixture->configuration);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rules->rules->len; i++)
    {
      const ObRule *rule = rules->rules->pdata[i];

      g_string_append_printf (text, "%s%s:%d", i > 0 ? " " : "", rule->name, rule->priority);
    }

  return g_string_free (text, FALSE);
}

static gboolean
is_rules (const Fixture *fixture, const char *expected)
{
  g_autofree char *rules = dup_rules (fixture);

  return g_str_equal (rules, expected);
}

static void
assert_rules (const Fixture *fixture, const char *expected)
{
  g_autofree char *rules = dup_rules (fixture);

  g_assert_cmpstr (rules, ==, expected);
}

/* What several changes lead to: one may be seen before the next. */
static void
wait_for_rules (Fixture *fixture, const char *expected)
{
  while (!is_rules (fixture, expected))
    wait_for_change (fixture);
}

static void
assert_problem (const Fixture *fixture, const char *file, const char *rest)
{
  g_autofree char *problem = ob_configuration_dup_problem (fixture->configuration);
  g_autofree char *path = file ? path_of (fixture, file) : NULL;
  g_autofree char *expected = file ? g_strconcat (path, rest, NULL) : NULL;

  g_assert_cmpstr (problem, ==, expected);
}

#define VENDOR "usr/share/outbox/outbox.conf"
#define ADMIN "etc/outbox/outbox.conf"
#define OWN "home/config/outbox/outbox.conf"

static void
test_without_files_all_is_allowed (Fixture *fixture, gconstpointer data)
{
  begin (fixture);
  assert_rules (fixture, "default:0");
  assert_problem (fixture, NULL, NULL);
  g_assert_null (ob_configuration_get_files (fixture->configuration)[0]);
  g_assert_true (g_str_has_suffix (ob_configuration_get_own_file (fixture->configuration), "/" OWN));
}

static void
test_later_files_win (Fixture *fixture, gconstpointer data)
{
  const char *const order[]
      = { VENDOR, VENDOR ".d/50.conf", ADMIN, ADMIN ".d/10.conf", ADMIN ".d/20.conf", OWN, OWN ".d/a.conf" };
  const char *const *files;

  for (guint i = G_N_ELEMENTS (order); i > 0; i--)
    {
      g_autofree char *text = g_strdup_printf ("[Rule r%u]\npriority=1\n[Rule last]\npriority=%u\n", i - 1, i - 1);

      put (fixture, order[i - 1], text);
    }
  put (fixture, ADMIN ".d/README", "not read");
  put (fixture, ADMIN ".d/.hidden.conf", "not read");
  begin (fixture);
  assert_rules (fixture, "default:0 r0:1 last:6 r1:1 r2:1 r3:1 r4:1 r5:1 r6:1");
  assert_problem (fixture, NULL, NULL);
  files = ob_configuration_get_files (fixture->configuration);
  g_assert_cmpuint (g_strv_length ((char **) files), ==, G_N_ELEMENTS (order));
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    g_assert_true (g_str_has_suffix (files[i], order[i]));
}

static void
test_a_file_is_in_force_when_it_comes_changes_and_goes (Fixture *fixture, gconstpointer data)
{
  begin (fixture);
  /* Not even the folders above it are there. */
  put (fixture, OWN, "[Rule a]\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 a:0");
  append (fixture, OWN, "priority=3\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 a:3");
  put (fixture, OWN, "[Rule b]\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 b:0");
  put (fixture, OWN ".d/more.conf", "[Rule c]\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 b:0 c:0");
  take_away (fixture, OWN ".d/more.conf");
  take_away (fixture, OWN ".d");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 b:0");
  put (fixture, OWN ".d/more.conf", "[Rule d]\n");
  wait_for_rules (fixture, "default:0 b:0 d:0");
  put (fixture, ADMIN, "[Rule admin]\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 admin:0 b:0 d:0");
  take_away (fixture, OWN);
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 admin:0 d:0");
}

static void
test_a_folder_is_followed_when_another_takes_its_place (Fixture *fixture, gconstpointer data)
{
  put (fixture, OWN, "[Rule old]\n");
  put (fixture, "home/other/outbox.conf", "[Rule new]\n");
  begin (fixture);
  assert_rules (fixture, "default:0 old:0");
  move (fixture, "home/config/outbox", "home/away");
  wait_for_rules (fixture, "default:0");
  move (fixture, "home/other", "home/config/outbox");
  wait_for_rules (fixture, "default:0 new:0");
  append (fixture, OWN, "priority=7\n");
  wait_for_rules (fixture, "default:0 new:7");
}

static void
test_the_last_good_rules_stay_in_force (Fixture *fixture, gconstpointer data)
{
  put (fixture, VENDOR, "[Rule a]\n");
  put (fixture, OWN, "[Rule b]\npriority=1\n");
  begin (fixture);
  put (fixture, OWN, "[Rule b]\npriority=high\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 a:0 b:1");
  assert_problem (fixture, OWN, ": [Rule b] priority: from -1000 to 1000");
  put (fixture, VENDOR, "[Rule z]\n");
  put (fixture, OWN, "[Rule b]\npriority\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 a:0 b:1");
  put (fixture, OWN, "[Rule b]\npriority=2\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 z:0 b:2");
  assert_problem (fixture, NULL, NULL);
}

static void
test_a_change_that_is_taken_back_is_no_problem_any_more (Fixture *fixture, gconstpointer data)
{
  put (fixture, OWN, "[Rule a]\n");
  begin (fixture);
  put (fixture, OWN, "[Rule a]\nnonsense\n");
  wait_for_change (fixture);
  put (fixture, OWN, "[Rule a]\n");
  wait_for_change (fixture);
  assert_problem (fixture, NULL, NULL);
  assert_rules (fixture, "default:0 a:0");
}

static void
test_at_the_start_good_files_count_beside_bad_ones (Fixture *fixture, gconstpointer data)
{
  put (fixture, VENDOR, "[Rule a]\npriority=1\n");
  put (fixture, ADMIN, "[Rule a]\npriority=2\n[Rule b]\nnonsense=1\n");
  put (fixture, OWN ".d/1.conf", "[Rule c]\n");
  put (fixture, OWN ".d/2.conf", "[What]\n");
  begin (fixture);
  assert_rules (fixture, "default:0 a:1 c:0");
  assert_problem (fixture, ADMIN, ": [Rule b] nonsense: there is no such key");
}

static void
test_what_says_the_same_is_no_change (Fixture *fixture, gconstpointer data)
{
  put (fixture, OWN, "[Rule a]\n");
  begin (fixture);
  put (fixture, OWN, "[Rule a]\n");
  put (fixture, OWN "~", "[Rule backup]\n");
  put (fixture, ADMIN ".d/1.conf", "[Rule b]\n");
  wait_for_change (fixture);
  assert_rules (fixture, "default:0 b:0 a:0");
  g_assert_cmpuint (fixture->n_changes, ==, 1);
}

static void
test_what_is_no_usual_file_is_a_problem (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "etc/outbox/pipe");
  g_autofree char *large = g_strnfill ((1 << 20) + 1, '#');

  put (fixture, ADMIN, "");
  begin (fixture);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  move (fixture, "etc/outbox/pipe", ADMIN);
  wait_for_change (fixture);
  assert_problem (fixture, ADMIN, ": not a file of at most 1 MiB");
  take_away (fixture, ADMIN);
  wait_for_change (fixture);
  assert_problem (fixture, NULL, NULL);
  put (fixture, ADMIN, large);
  wait_for_change (fixture);
  assert_problem (fixture, ADMIN, ": not a file of at most 1 MiB");
}

typedef struct
{
  gboolean is_done;
  GError *error;
} Write;

static void
on_written (const GError *error, gpointer user_data)
{
  Write *write = user_data;

  write->is_done = TRUE;
  write->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_done (gpointer data)
{
  return ((const Write *) data)->is_done;
}

/* Returns: whether the text is in force. */
static gboolean
write_own (Fixture *fixture, const char *text, GError **error)
{
  Write write = { 0 };

  ob_configuration_write_own (fixture->configuration, text, on_written, &write);
  test_wait_until (is_done, &write, 20);
  if (write.error)
    g_propagate_error (error, write.error);

  return !write.error;
}

static void
test_the_own_file_is_written_when_the_whole_is_good (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, OWN);
  g_autofree char *leftover = g_strconcat (path, ".new", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  begin (fixture);
  g_assert_true (write_own (fixture, "[Rule mine]\npriority=4\n", &error));
  g_assert_no_error (error);
  assert_rules (fixture, "default:0 mine:4");
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "[Rule mine]\npriority=4\n");
  g_assert_false (g_file_test (leftover, G_FILE_TEST_EXISTS));
}

/* As those who keep such files under version control have it. */
static void
test_an_own_file_that_is_a_link_stays_one (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, OWN);
  g_autofree char *target = path_of (fixture, "home/dotfiles/outbox.conf");
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  put (fixture, "home/dotfiles/outbox.conf", "[Rule a]\n");
  put (fixture, OWN, "");
  take_away (fixture, OWN);
  g_assert_cmpint (symlink (target, path), ==, 0);
  begin (fixture);
  assert_rules (fixture, "default:0 a:0");
  g_assert_true (write_own (fixture, "[Rule b]\n", &error));
  g_assert_no_error (error);
  assert_rules (fixture, "default:0 b:0");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "[Rule b]\n");
}

static void
test_a_bad_own_text_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, OWN);
  g_autofree char *large = g_strnfill ((1 << 20) + 1, '#');
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  put (fixture, OWN, "[Rule mine]\n");
  put (fixture, OWN ".d/x.conf", "[Rule mine]\nmax-size=1M\n");
  begin (fixture);
  g_assert_false (write_own (fixture, "[Rule mine]\nmetered=perhaps\n", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (g_str_has_suffix (error->message, ": [Rule mine] metered: allow, ask or deny"));
  g_clear_error (&error);
  /* Good by itself, and not with what comes after it. */
  g_assert_false (write_own (fixture, "[Rule mine]\nmin-size=2M\n", &error));
  g_assert_true (g_str_has_suffix (error->message, "x.conf: [Rule mine] max-size: less than min-size"));
  g_clear_error (&error);
  g_assert_false (ob_configuration_check (fixture->configuration, large, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "[Rule mine]\n");
  g_assert_cmpuint (fixture->n_changes, ==, 0);
}

#define ADD(name, function) g_test_add ("/configuration/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Problems are told in the log too, as warnings. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  ADD ("without-files-all-is-allowed", test_without_files_all_is_allowed);
  ADD ("later-files-win", test_later_files_win);
  ADD ("a-file-is-in-force-when-it-comes-changes-and-goes", test_a_file_is_in_force_when_it_comes_changes_and_goes);
  ADD ("a-folder-is-followed-when-another-takes-its-place", test_a_folder_is_followed_when_another_takes_its_place);
  ADD ("the-last-good-rules-stay-in-force", test_the_last_good_rules_stay_in_force);
  ADD ("a-change-that-is-taken-back-is-no-problem-any-more", test_a_change_that_is_taken_back_is_no_problem_any_more);
  ADD ("at-the-start-good-files-count-beside-bad-ones", test_at_the_start_good_files_count_beside_bad_ones);
  ADD ("what-says-the-same-is-no-change", test_what_says_the_same_is_no_change);
  ADD ("what-is-no-usual-file-is-a-problem", test_what_is_no_usual_file_is_a_problem);
  ADD ("the-own-file-is-written-when-the-whole-is-good", test_the_own_file_is_written_when_the_whole_is_good);
  ADD ("an-own-file-that-is-a-link-stays-one", test_an_own_file_that_is_a_link_stays_one);
  ADD ("a-bad-own-text-is-refused", test_a_bad_own_text_is_refused);

  return g_test_run ();
}
