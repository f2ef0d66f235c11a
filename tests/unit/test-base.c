/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ids, JSON and text from outside, durable files.
 */
#include "dbus/error.h"
#include "base/files.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <glib/gstdio.h>

static void
test_ids_sort_by_birth (void)
{
  g_autofree char *last = g_strdup ("");

  for (int i = 0; i < 10000; i++)
    {
      /* The clock is set back by a second halfway: ids still grow. */
      g_autofree char *id = ob_id_new (G_GINT64_CONSTANT (1800000000000) + (i < 5000 ? i / 100 : -1000));

      g_assert_true (ob_id_is_valid (id));
      g_assert_cmpstr (id, >, last);
      g_free (last);
      last = g_steal_pointer (&id);
    }
  g_assert_true (g_str_has_prefix (last, "01a3185c"));
}

static void
test_an_id_that_is_no_id (void)
{
  const char *bad[] = { "",
                        "x",
                        "../../../etc/passwd",
                        "018fd1a0-0000-4000-8000-000000000000",
                        "018fd1a0-0000-7000-c000-000000000000",
                        "018FD1A0-0000-7000-8000-000000000000",
                        "018fd1a0-0000-7000-8000-0000000000000",
                        "018fd1a0-0000-7000-8000-00000000000" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ob_id_is_valid (bad[i]));
  g_assert_true (ob_id_is_valid ("018fd1a0-0000-7000-8000-000000000000"));
}

static void
test_json_that_is_json (void)
{
  const char *good[] = { "{}",
                         " [ ] ",
                         "null",
                         "-0",
                         "0.5e-3",
                         "9223372036854775807",
                         "18446744073709551615",
                         "[-9223372036854775809,\n99999999999999999999999999999999999999999999999999 , 1]",
                         "\"\\u00e9\\ud83d\\ude00\"",
                         "{\"stored\":true,\"attached\":true,\"record\":\"r-1\",\"n\":[1,2,{\"a\":null}]}" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) root = ob_json_parse (good[i], strlen (good[i]), &error);

      g_assert_no_error (error);
      g_assert_nonnull (root);
    }
}

/* The numbers that do not fit are others, and what stands beside them is what it was. */
static void
test_json_with_large_numbers (void)
{
  const char text[]
      = "{\"a\": 18446744073709551615, \"stored\": true, \"n\": -9223372036854775808, \"b\": [-9223372036854775809]}";
  g_autoptr (JsonNode) root = ob_json_parse (text, strlen (text), NULL);
  JsonObject *object = json_node_get_object (root);

  g_assert_cmpuint (json_node_get_value_type (json_object_get_member (object, "a")), ==, G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_object_get_double_member (object, "a"), ==, 18446744073709551616.0);
  g_assert_true (json_object_get_boolean_member (object, "stored"));
  g_assert_cmpint (json_object_get_int_member (object, "n"), ==, G_MININT64);
}

static void
test_json_members (void)
{
  static const struct
  {
    const char *value;
    const char *text;
    const char *clean;
    gint64 number; /* of -2 to 2; 9: none */
    gboolean is_true;
  } rows[] = {
    { "\"a\"", "a", "a", 9, FALSE },
    { "\"\"", "", "", 9, FALSE },
    { "\"a\\u0001b\"", "a\001b",
      "a\xef\xbf\xbd"
      "b",
      9, FALSE },
    { "2", NULL, NULL, 2, FALSE },
    { "-2", NULL, NULL, -2, FALSE },
    { "0", NULL, NULL, 0, FALSE },
    { "3", NULL, NULL, 9, FALSE },
    { "-3", NULL, NULL, 9, FALSE },
    { "1.0", NULL, NULL, 9, FALSE },
    { "1e400", NULL, NULL, 9, FALSE },
    { "18446744073709551616", NULL, NULL, 9, FALSE },
    { "true", NULL, NULL, 9, TRUE },
    { "false", NULL, NULL, 9, FALSE },
    { "null", NULL, NULL, 9, FALSE },
    { "{}", NULL, NULL, 9, FALSE },
    { "[true]", NULL, NULL, 9, FALSE },
    { "\"true\"", "true", "true", 9, FALSE },
    { NULL, NULL, NULL, 9, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = rows[i].value ? g_strdup_printf ("{\"a\":%s}", rows[i].value) : g_strdup ("{\"b\":1}");
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) root = ob_json_parse (text, strlen (text), &error);
      JsonObject *object = root ? json_node_get_object (root) : NULL;
      g_autofree char *clean = object ? ob_json_dup_clean_text (object, "a") : NULL;
      gint64 number = 9;

      g_test_message ("%s", text);
      g_assert_no_error (error);
      g_assert_cmpstr (ob_json_get_text (object, "a"), ==, rows[i].text);
      g_assert_cmpstr (clean, ==, rows[i].clean);
      g_assert_cmpint (ob_json_read_number (object, "a", -2, 2, &number), ==, rows[i].number != 9);
      g_assert_cmpint (number, ==, rows[i].number);
      g_assert_cmpint (ob_json_is_true (object, "a"), ==, rows[i].is_true);
    }
}

static void
test_json_that_is_none (void)
{
  const char *bad[] = {
    "",          "{",        "[1,]", "{\"a\":1,}", "012",    "1.",          "+1",          "01",          "// x\n1",
    "/* x */ 1", "nul",      "'a'",  "\"\\x41\"",  "\"\n\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "1 2",
    "{a:1}",     "\"\xff\"", "[",    "\"\\u12\"",  "-"
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (ob_json_check (bad[i], strlen (bad[i]), &error));
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
  g_assert_false (ob_json_check ("1\0", 2, NULL));
}

static void
test_json_with_a_name_that_stands_twice (void)
{
  const struct
  {
    const char *text;
    gboolean is_taken;
  } rows[] = {
    { "{\"a\":1,\"a\":2}", FALSE },
    { "{\"a\":1,\"\\u0061\":1}", FALSE },
    { "[{\"x\":[{\"a\":{},\"b\":{},\"a\":{}}]}]", FALSE },
    { "{\"a\":{\"a\":{\"a\":[]}},\"b\":[{\"a\":1},{\"a\":1}]}", TRUE },
    { "{\"a\":1,\"A\":2}", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) root = ob_json_parse (rows[i].text, strlen (rows[i].text), &error);

      g_assert_true ((root != NULL) == rows[i].is_taken);
      if (!root)
        g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_json_that_is_deep (void)
{
  g_autofree char *deep = g_strnfill (100000, '[');
  const char *allowed = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

  g_assert_false (ob_json_check (deep, 100000, NULL));
  g_assert_cmpuint (strlen (allowed), ==, 2 * OB_JSON_MAX_DEPTH);
  g_assert_true (ob_json_check (allowed, strlen (allowed), NULL));
}

static void
test_a_file_is_written_whole (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "name", NULL);
  g_autofree char *bytes = g_strnfill (3 * 1024 * 1024, 'x');
  g_autofree char *read_back = NULL;
  gsize read_bytes;

  g_assert_true (ob_file_write_durably (path, bytes, 3 * 1024 * 1024, &error));
  g_assert_true (ob_folder_sync (folder, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &read_back, &read_bytes, NULL));
  g_assert_cmpmem (read_back, read_bytes, bytes, 3 * 1024 * 1024);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_disk_errors_have_names (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ob_file_write_durably ("/dev/full", "x", 1, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  g_assert_false (ob_file_write_durably ("/nowhere/at/all", "x", 1, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  g_clear_error (&error);
  g_assert_false (ob_folder_ensure ("/dev/null/folder", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
}

/* Every character of ASCII: the library forgets one that must be escaped. */
static void
test_json_that_we_write (void)
{
  char text[0x80];
  g_autoptr (GVariant) value = NULL;
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 0x7f; i++)
    text[i] = (char) (i + 1);
  text[0x7f] = '\0';
  value = g_variant_ref_sink (g_variant_new_string (text));
  json = ob_json_write (value);
  root = ob_json_parse (json, strlen (json), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_node_get_string (root), ==, text);
}

typedef struct
{
  const char *bytes;
  const char *clean; /* NULL: the same */
  const char *lines; /* as a text of several lines; NULL: the same as clean */
} TextRow;

#define BAD "\357\277\275"

static const TextRow text_rows[] = {
  { "", NULL, NULL },
  { "plain ASCII ~", NULL, NULL },
  { "caf\303\251 \346\251\213 \360\237\214\211", NULL, NULL },
  { "Acc\350s refus\351", "Acc" BAD "s refus" BAD, NULL },
  { "a\tb\nc\rd", "a b c d", "a\tb\nc\rd" },
  { "\001\037\177", BAD BAD BAD, NULL },
  { "x\033[2Jy", "x" BAD "[2Jy", NULL },
  { "\302\200\302\233\302\237", BAD BAD BAD, NULL },
  { "\302\240", NULL, NULL },
  { "\300\257", BAD BAD, NULL },                 /* overlong */
  { "\355\240\200", BAD BAD BAD, NULL },         /* half of a surrogate pair */
  { "\364\220\200\200", BAD BAD BAD BAD, NULL }, /* above U+10FFFF */
  { "\342\200", BAD BAD, NULL },                 /* cut */
  { "\342\200\256txt \330\234 \342\200\217", NULL, NULL },
  { "\342\200\250", NULL, NULL },
};

static void
test_text_of_any_bytes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (text_rows); i++)
    {
      const TextRow *row = &text_rows[i];
      const char *expected = row->clean ? row->clean : row->bytes;
      g_autofree char *clean = ob_text_dup_clean (row->bytes, -1, 0);
      g_autofree char *lines = ob_text_dup_clean_lines (row->bytes);

      g_assert_cmpint (ob_text_is_clean (row->bytes), ==, row->clean == NULL);
      g_assert_cmpstr (clean, ==, expected);
      g_assert_cmpstr (lines, ==, row->lines ? row->lines : expected);
      g_assert_true (ob_text_is_clean (clean));
    }
}

/* Every byte alone, and every two: what comes out is clean, and what is clean comes out as it is. */
static void
test_text_of_every_pair_of_bytes (void)
{
  for (guint i = 1; i < 0x10000; i++)
    {
      char bytes[] = { (char) (i >> 8 ? i >> 8 : i & 0xff), (char) (i >> 8 ? i & 0xff : 0), '\0' };
      g_autofree char *clean = ob_text_dup_clean (bytes, -1, 0);
      g_autofree char *http = ob_text_dup_http (bytes, 0);

      g_assert_true (ob_text_is_clean (clean) && ob_text_is_clean (http));
      g_assert_true (!ob_text_is_clean (bytes) || g_str_equal (bytes, clean));
    }
}

static void
test_text_has_a_bound (void)
{
  g_autofree char *cut = ob_text_dup_clean ("\346\251\213\346\251\213\346\251\213", -1, 2);
  g_autofree char *phrase = ob_text_dup_http ("Acc\350s refus\351", 5);

  g_assert_cmpstr (cut, ==, "\346\251\213\346\251\213");
  g_assert_cmpstr (phrase, ==, "Acc\303\250s");
}

/* What cameras and apps write, and what is no time. */
static void
test_text_that_is_a_time (void)
{
  static const struct
  {
    const char *text;
    gint64 at_ms;
    const char *written; /* by RFC 3339 */
  } rows[] = {
    { "2021-06-15T14:15:00Z", 1623766500000, "2021-06-15T14:15:00Z" },
    { "2021-06-15T16:15:00+02:00", 1623766500000, "2021-06-15T14:15:00Z" },
    { "2021-06-15 14:15:00Z", 1623766500000, "2021-06-15T14:15:00Z" },
    { "20210615T141500Z", 1623766500000, "2021-06-15T14:15:00Z" },
    { "2021-06-15T14:15:00.125Z", 1623766500125, "2021-06-15T14:15:00.125Z" },
    { "2021-06-15T14:15:00", 1623766500000, "2021-06-15T14:15:00Z" }, /* the device is in UTC here */
    { "1623766500125", 1623766500125, "2021-06-15T14:15:00.125Z" },
    { "1623766500", 1623766500000, "2021-06-15T14:15:00Z" },
    { "9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z" },
    { "", 0, NULL },
    { "yesterday", 0, NULL },
    { "2021-02-30T00:00:00Z", 0, NULL },
    { "2021-06-15T25:00:00Z", 0, NULL },
    { "1960-01-01T00:00:00Z", 0, NULL },
    { "-5", 0, NULL },
    { "0", 0, NULL },
    { "1.5", 0, NULL },
    { "9223372036854775807", 0, NULL },
    { "99999999999999999999", 0, NULL },
    { "2021-06-15T14:15:00Z and more", 0, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *written = rows[i].written ? ob_text_dup_time (rows[i].at_ms) : NULL;

      g_assert_cmpint (ob_text_read_time (rows[i].text), ==, rows[i].at_ms);
      g_assert_cmpstr (written, ==, rows[i].written);
    }
  g_assert_null (ob_text_dup_time (G_MAXINT64));
}

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/identity/ids-sort-by-birth", test_ids_sort_by_birth);
  g_test_add_func ("/identity/an-id-that-is-no-id", test_an_id_that_is_no_id);
  g_test_add_func ("/json/that-is-json", test_json_that_is_json);
  g_test_add_func ("/json/members", test_json_members);
  g_test_add_func ("/json/that-is-none", test_json_that_is_none);
  g_test_add_func ("/json/with-a-name-that-stands-twice", test_json_with_a_name_that_stands_twice);
  g_test_add_func ("/json/large-numbers", test_json_with_large_numbers);
  g_test_add_func ("/json/that-is-deep", test_json_that_is_deep);
  g_test_add_func ("/json/that-we-write", test_json_that_we_write);
  g_test_add_func ("/text/of-any-bytes", test_text_of_any_bytes);
  g_test_add_func ("/text/of-every-pair-of-bytes", test_text_of_every_pair_of_bytes);
  g_test_add_func ("/text/has-a-bound", test_text_has_a_bound);
  g_test_add_func ("/text/that-is-a-time", test_text_that_is_a_time);
  g_test_add_func ("/files/a-file-is-written-whole", test_a_file_is_written_whole);
  g_test_add_func ("/files/disk-errors-have-names", test_disk_errors_have_names);

  return g_test_run ();
}
