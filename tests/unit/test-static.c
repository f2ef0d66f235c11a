/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of the dashboard that are in the program: each file that another one names is there, and the words of each language.
 */
#include "ipc/rest/static.h"

#include <json-glib/json-glib.h>

static char *
load (const char *path)
{
  g_autoptr (GBytes) file = ob_static_load (path);
  gsize size_bytes;
  const char *bytes;

  g_test_message ("%s", path);
  g_assert_nonnull (file);
  bytes = g_bytes_get_data (file, &size_bytes);
  g_assert_true (g_utf8_validate (bytes, (gssize) size_bytes, NULL));

  return g_strndup (bytes, size_bytes);
}

/* Returns: (transfer full): what the only group of the pattern matches in the text */
static GPtrArray *
find_names (const char *text, const char *pattern)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    g_ptr_array_add (names, g_match_info_fetch (match, 1));

  return names;
}

/* Follows the imports of a module, and of those modules. */
static void
check_module (const char *name, GHashTable *seen)
{
  g_autofree char *path = g_strconcat ("/dashboard/", name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) imported = NULL;

  if (!g_hash_table_add (seen, g_strdup (name)))
    return;
  text = load (path);
  imported = find_names (text, "from '\\./([^']+)'");
  for (guint i = 0; i < imported->len; i++)
    check_module (imported->pdata[i], seen);
}

static void
test_the_page_is_whole (void)
{
  g_autofree char *page = load ("/index.html");
  g_autoptr (GPtrArray) names = find_names (page, "(?:href|src)=\"([^\"]+)\"");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpuint (names->len, ==, 3);
  for (guint i = 0; i < names->len; i++)
    g_free (load (names->pdata[i]));
  check_module ("main.js", seen);
  g_assert_true (g_hash_table_contains (seen, "labels.js"));
}

/* What the policy of the page forbids. */
static void
test_the_page_has_nothing_of_its_own (void)
{
  g_autofree char *page = load ("/index.html");

  g_assert_false (
      g_regex_match_simple ("<script[^>]*>[^<]|<style| style=| on[a-z]+=|javascript:|https?://", page, 0, 0));
}

static void
test_each_language_has_its_words (void)
{
  g_autofree char *module = load ("/dashboard/words.js");
  g_autoptr (GPtrArray) lists = find_names (module, "LANGUAGES = \\[([^\\]]+)\\]");
  g_autoptr (GPtrArray) languages = NULL;
  g_autofree char *linguas = NULL;

  g_assert_cmpuint (lists->len, ==, 1);
  languages = find_names (lists->pdata[0], "'([^']+)'");
  for (guint i = 0; i < languages->len; i++)
    {
      g_autofree char *labels_path = g_strdup_printf ("/dashboard/labels-%s.json", (char *) languages->pdata[i]);
      g_autofree char *words_path = g_strdup_printf ("/dashboard/words-%s.json", (char *) languages->pdata[i]);
      g_autofree char *labels = load (labels_path);
      g_autofree char *words = load (words_path);
      g_autoptr (JsonNode) labels_node = json_from_string (labels, NULL);
      g_autoptr (JsonNode) words_node = json_from_string (words, NULL);

      g_assert_true (json_object_has_member (json_node_get_object (labels_node), "states"));
      g_assert_true ((json_object_get_size (json_node_get_object (words_node)) > 40)
                     == !g_str_equal (languages->pdata[i], "en"));
    }
  g_assert_true (g_file_get_contents (g_getenv ("LINGUAS"), &linguas, NULL, NULL));
  g_strchomp (linguas);
  {
    g_auto (GStrv) lines = g_strsplit (linguas, "\n", -1);
    guint n_languages = 1;

    for (guint i = 0; lines[i]; i++)
      if (*lines[i] != '#')
        {
          g_assert_true (g_ptr_array_find_with_equal_func (languages, lines[i], g_str_equal, NULL));
          n_languages++;
        }
    g_assert_cmpuint (n_languages, ==, languages->len);
  }
}

static void
test_nothing_else_is_served (void)
{
  static const char *const paths[]
      = { "/dashboard/", "/dashboard/nothing.js", "/dashboard/../v1/openapi.json", "/v1", "" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_null (ob_static_load (paths[i]));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/static/the-page-is-whole", test_the_page_is_whole);
  g_test_add_func ("/static/the-page-has-nothing-of-its-own", test_the_page_has_nothing_of_its_own);
  g_test_add_func ("/static/each-language-has-its-words", test_each_language_has_its_words);
  g_test_add_func ("/static/nothing-else-is-served", test_nothing_else_is_served);

  return g_test_run ();
}
