/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain HTTP by its decisions: which templates are taken and what they become, what each answer means, and what is believed to
 * be stored.
 */
#include "dbus/label.h"
#include "transfer/put-trial.h"
#include "transfer/put-url.h"
#include "transfer/put-verdict.h"

#include "model/destination.h"

#include <string.h>

#define ID "018fd1a0-0000-7000-8000-000000000001"

/* --- Templates --- */

static void
test_which_templates_are_taken (void)
{
  static const struct
  {
    const char *template;
    const char *wrong; /* a part of the words; NULL: it is good */
  } rows[] = {
    { "http://depot.example/inbox/{id}", NULL },
    { "https://depot.example:8443/dav/{group}/{id}-{name}?token=x", NULL },
    { "http://[::1]:81/{id}/{name}", NULL },
    { "http://depot.example/{id}{id}", NULL },
    { "http://depot.example/{id}/", "ends with a slash" },
    { "http://depot.example/{id}/?a=b/c", "ends with a slash" },
    { "http://depot.example/{id}?a=b/", NULL },
    { "http://depot.example/inbox/", "it needs {id}" },
    { "http://depot.example", "it needs {id}" },
    { "http://depot.example/inbox/{name}", "it needs {id}" },
    { "http://depot.example/{group}/{name}", "it needs {id}" },
    { "http://depot.example/inbox/id", "it needs {id}" },
    { "http://depot.example/inbox/%7Bid%7D", "it needs {id}" },
    { "http://depot.example/inbox/{ID}", "the places" },
    { "http://depot.example/inbox/{id", "the places" },
    { "http://depot.example/inbox/id}/{id}", "the places" },
    { "http://depot.example/inbox/{{id}}", "the places" },
    { "http://depot.example/inbox/{id}/{sha256}", "the places" },
    { "http://depot.example/inbox/{+name}/{id}", "the places" },
    { "http://depot.example/inbox?name={id}", "in its path alone" },
    { "http://depot.example/{id}?name={name}", "in its path alone" },
    { "http://depot.example/{id}#{name}", "in its path alone" },
    { "http://{group}.example/{id}", "http or https" },
    { "http://{id}@depot.example/{id}", "in its path alone" },
    { "http://depot.example:{id}/", "http or https" },
    { "ftp://depot.example/{id}", "http or https" },
    { "/inbox/{id}", "http or https" },
    { "{id}", "http or https" },
    { "", "http or https" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *wrong = ob_put_url_check (rows[i].template);

      g_test_message ("%s", rows[i].template);
      if (rows[i].wrong)
        g_assert_true (wrong && strstr (wrong, rows[i].wrong));
      else
        g_assert_cmpstr (wrong, ==, NULL);
    }
}

static void
test_what_becomes_of_a_template (void)
{
  static const struct
  {
    const char *template, *name, *group, *expected;
  } rows[] = {
    { "http://a.test/in/{id}", "x", NULL, "http://a.test/in/" ID },
    { "http://a.test/{group}/{id}-{name}?k=v#f", "IMG 1.jpg", "job 17",
      "http://a.test/job%2017/" ID "-IMG%201.jpg?k=v#f" },
    { "http://a.test/{id}/{name}", "Brücke.jpg", NULL, "http://a.test/" ID "/Br%C3%BCcke.jpg" },
    { "http://a.test/{id}/{name}", "写.jpg", NULL, "http://a.test/" ID "/%E5%86%99.jpg" },
    { "http://a.test/{id}/{name}", "a-b.c_d~e", NULL, "http://a.test/" ID "/a-b.c_d~e" },
    /* Every reserved character is escaped (RFC 3986 section 2.2), and so is what is in no URL. */
    { "http://a.test/{id}/{name}", ":?#[]@!$&'()*+,;=", NULL,
      "http://a.test/" ID "/%3A%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D" },
    { "http://a.test/{id}/{name}", "a%2Fb \"<>^`{|}", NULL, "http://a.test/" ID "/a%252Fb%20%22%3C%3E%5E%60%7B%7C%7D" },
    { "http://a.test/{id}/{name}", "{id}", NULL, "http://a.test/" ID "/%7Bid%7D" },
    { "http://a.test/{id}/{name}", "\x7f\n", NULL, "http://a.test/" ID "/%7F%0A" },
    /* No value leads out of its folder, nor makes a part of the path empty. */
    { "http://a.test/{group}/{id}", "x", NULL, "http://a.test/_/" ID },
    { "http://a.test/{group}/{id}", "x", "", "http://a.test/_/" ID },
    { "http://a.test/{group}/{id}", "x", ".", "http://a.test/_./" ID },
    { "http://a.test/{group}/{id}", "x", "..", "http://a.test/_../" ID },
    { "http://a.test/{group}/{id}", "x", "...", "http://a.test/.../" ID },
    { "http://a.test/{group}/{id}", "x", "../../etc", "http://a.test/.._.._etc/" ID },
    { "http://a.test/{group}/{id}", "x", "a/../b", "http://a.test/a_.._b/" ID },
    { "http://a.test/{group}/{id}", "x", "..\\x", "http://a.test/.._x/" ID },
    { "http://a.test/{group}/{id}", "x", "a/.", "http://a.test/a_./" ID },
    { "http://a.test/.{group}/{id}", "x", "", "http://a.test/_./" ID },
    { "http://a.test/{group}{name}/{id}", "", "", "http://a.test/_/" ID },
    { "http://a.test/{id}/{name}", "..", NULL, "http://a.test/" ID "/_.." },
    { "http://a.test/{id}/{name}.{group}", "a/", "/b", "http://a.test/" ID "/a_._b" },
    { "http://a.test/{id}/{name}.{group}", "a\\.", "/b", "http://a.test/" ID "/a_.._b" },
    { "http://a.test/{id}/{name}{group}", "a/", "..", "http://a.test/" ID "/a_.." },
    { "http://a.test/a//b/./{id}", "x", NULL, "http://a.test/a//b/./" ID },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = ob_put_url_fill (rows[i].template, ID, rows[i].name, rows[i].group);

      g_assert_cmpstr (url, ==, rows[i].expected);
      g_assert_true (ob_destination_is_url (url));
    }
}

static void
test_which_folders_are_its_own (void)
{
  static const struct
  {
    const char *template, *group, *expected; /* with blanks between */
  } rows[] = {
    { "http://a.test/in/{id}", "g", "" },
    { "http://a.test/in/{group}-{id}", "g", "" },
    { "http://a.test/in/{group}/{id}", "g", "http://a.test/in/g/" },
    { "http://a.test/in/{group}/{id}", "a/b", "http://a.test/in/a_b/" },
    { "http://a.test/{group}/x/{id}/y?a=b/c#d/e", "..",
      "http://a.test/_../ http://a.test/_../x/ http://a.test/_../x/" ID "/" },
    { "http://a.test/{group}/{id}/", NULL, "http://a.test/_/ http://a.test/_/" ID "/" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = ob_put_url_fill (rows[i].template, ID, "n", rows[i].group);
      g_auto (GStrv) folders = ob_put_url_list_folders (rows[i].template, url);
      g_autofree char *all = g_strjoinv (" ", folders);

      g_assert_cmpstr (all, ==, rows[i].expected);
    }
}

/* As the server's file system has it: without escapes. */
static void
assert_parts_fit (const char *url)
{
  g_auto (GStrv) parts = g_strsplit (url, "/", -1);

  for (guint i = 3; parts[i]; i++)
    {
      g_autofree char *plain = g_uri_unescape_string (parts[i], NULL);

      g_assert_nonnull (plain);
      g_assert_cmpuint (strlen (plain), <=, 255);
      g_assert_true (g_utf8_validate (plain, -1, NULL));
    }
}

/* As a server has it that decodes every escape. */
static void
assert_stays (const char *url)
{
  g_autofree char *plain = g_uri_unescape_string (url, NULL);
  g_auto (GStrv) parts = g_strsplit_set (plain, "/\\", -1);

  for (guint i = 0; parts[i]; i++)
    g_assert_false (g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."));
}

/* What is cut leads out of its folder no more than what is whole: before an ending, or within dots. */
static void
test_what_is_cut_stays_in_its_folder (void)
{
  static const char *const endings[] = { "/../b", "/./b", "/..b", "\\..\\b", "/....." };

  for (guint e = 0; e < G_N_ELEMENTS (endings); e++)
    for (guint length = 0; length < 300; length++)
      {
        g_autofree char *stem = g_strnfill (length, 'x');
        g_autofree char *name = g_strconcat (stem, endings[e], stem, NULL);
        g_autofree char *other = g_strconcat (stem, stem, endings[e], NULL);
        g_autofree char *url = ob_put_url_fill ("http://a.test/{group}/{id}/{name}", ID, name, other);
        g_autofree char *back = ob_put_url_fill ("http://a.test/{group}/{id}/{name}", ID, other, name);

        assert_stays (url);
        assert_stays (back);
      }
}

static void
test_a_part_fits_into_a_file_system (void)
{
  static const char *const templates[]
      = { "http://a.test/{id}-{name}", "http://a.test/{group}/{id}/{name}", "http://a.test/{group}-{id}-{name}",
          "http://a.test/{name}{name}{id}", "http://a.test/{id}{id}{id}{id}{id}{id}/{name}" };
  static const char *const units[] = { "x", "ü", "写", "😀" };
  static const char *const endings[] = { "", ".jpg", ".", ".this-is-no-ending-at-all" };

  for (guint t = 0; t < G_N_ELEMENTS (templates); t++)
    for (guint u = 0; u < G_N_ELEMENTS (units); u++)
      for (guint e = 0; e < G_N_ELEMENTS (endings); e++)
        {
          g_autoptr (GString) name = g_string_new (NULL);
          g_autofree char *url = NULL;

          while (name->len < 300)
            g_string_append (name, units[u]);
          g_string_append (name, endings[e]);
          url = ob_put_url_fill (templates[t], ID, name->str, name->str);
          assert_parts_fit (url);
          g_assert_nonnull (strstr (url, ID));
          if (e == 1 && t < 3)
            g_assert_true (g_str_has_suffix (url, ".jpg"));
        }
}

/* --- Verdicts --- */

typedef struct
{
  guint status;
  gboolean is_page;
  gboolean has_challenge;
  gboolean has_credentials;
  const char *looking, *sending; /* as describe() writes them */
} Row;

#define NEXT "undecided"
#define STRANGER "hold either wrong-address"
#define EITHER "retry either"
#define RETRY "retry destination"
#define SIGN_IN "sign-in destination sign-in"

static const Row rows[] = {
  { 200, FALSE, FALSE, FALSE, NEXT, NEXT },
  { 200, TRUE, FALSE, FALSE, NEXT, NEXT },
  { 201, FALSE, FALSE, FALSE, NEXT, NEXT },
  { 201, TRUE, FALSE, FALSE, NEXT, NEXT },
  { 202, FALSE, FALSE, FALSE, NEXT, NEXT },
  { 204, FALSE, FALSE, FALSE, NEXT, NEXT },
  { 207, FALSE, FALSE, FALSE, NEXT, NEXT },
  { 301, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 302, TRUE, FALSE, FALSE, STRANGER, STRANGER },
  { 304, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 307, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 400, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 401, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 401, FALSE, TRUE, FALSE, SIGN_IN, SIGN_IN },
  { 401, TRUE, TRUE, TRUE, SIGN_IN, SIGN_IN },
  { 403, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 403, TRUE, FALSE, TRUE, STRANGER, STRANGER },
  { 403, FALSE, FALSE, TRUE, STRANGER, "forbidden destination sign-in" },
  { 404, FALSE, FALSE, FALSE, "gone upload", STRANGER },
  { 404, TRUE, FALSE, FALSE, "gone upload", STRANGER },
  { 405, FALSE, FALSE, FALSE, "look upload", STRANGER },
  { 407, FALSE, FALSE, FALSE, "hold destination proxy", "hold destination proxy" },
  { 408, FALSE, FALSE, FALSE, EITHER, EITHER },
  { 409, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 410, FALSE, FALSE, FALSE, "gone upload", STRANGER },
  { 411, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 412, FALSE, FALSE, FALSE, STRANGER, "look upload" },
  { 412, TRUE, FALSE, FALSE, STRANGER, "look upload" },
  { 413, TRUE, FALSE, FALSE, STRANGER, "fail upload too-large" },
  { 414, TRUE, FALSE, FALSE, STRANGER, "retry-upload upload" },
  { 415, FALSE, FALSE, FALSE, STRANGER, "retry-upload upload" },
  { 415, TRUE, FALSE, FALSE, STRANGER, STRANGER },
  { 422, FALSE, FALSE, FALSE, STRANGER, "retry-upload upload" },
  { 422, TRUE, FALSE, FALSE, STRANGER, STRANGER },
  { 423, FALSE, FALSE, FALSE, EITHER, EITHER },
  { 425, FALSE, FALSE, FALSE, RETRY, RETRY },
  { 429, FALSE, FALSE, FALSE, RETRY, RETRY },
  { 451, FALSE, FALSE, FALSE, STRANGER, STRANGER },
  { 500, FALSE, FALSE, FALSE, EITHER, EITHER },
  { 501, FALSE, FALSE, FALSE, "look upload", EITHER },
  { 502, TRUE, FALSE, FALSE, EITHER, EITHER },
  { 503, FALSE, FALSE, FALSE, EITHER, EITHER },
  { 504, TRUE, FALSE, FALSE, EITHER, EITHER },
  { 507, FALSE, FALSE, FALSE, "full destination destination-full", "full destination destination-full" },
  { 511, TRUE, FALSE, FALSE, "hold destination captive-portal", "hold destination captive-portal" },
};

static char *
describe (const ObOutcome *outcome)
{
  static const char *const verdicts[OB_N_VERDICTS]
      = { "undecided", "retry",     "retry-upload", "hold",    "look",    "resend", "gone",
          "sign-in",   "forbidden", "full",         "not-yet", "working", "fail" };
  static const char *const scopes[] = { [OUTBOX_SCOPE_NONE] = "",
                                        [OUTBOX_SCOPE_UPLOAD] = " upload",
                                        [OUTBOX_SCOPE_DESTINATION] = " destination",
                                        [OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION] = " either" };

  return g_strdup_printf ("%s%s%s%s", verdicts[outcome->verdict], scopes[outcome->scope], outcome->reason ? " " : "",
                          outbox_reason_get_info (outcome->reason)->name);
}

static void
check (const Row *row, ObStage stage, const char *expected)
{
  const ObReply reply = { .stage = stage,
                          .status = row->status,
                          .is_page = row->is_page,
                          .has_challenge = row->has_challenge,
                          .has_credentials = row->has_credentials };
  ObOutcome outcome = ob_outcome_from_reply (&reply, ob_put_verdict, 0);
  g_autofree char *text = describe (&outcome);

  g_test_message ("%u at stage %d", row->status, stage);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_what_an_answer_means (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      check (&rows[i], OB_STAGE_LOOK, rows[i].looking);
      check (&rows[i], OB_STAGE_SEND, rows[i].sending);
    }
}

/* --- What is believed --- */

static void
test_a_page_of_the_right_size (void)
{
  static const struct
  {
    const char *found_type, *own_type;
    gboolean is_page;
  } pages[] = {
    { "text/html", "image/jpeg", TRUE },
    { "text/html; charset=utf-8", "video/mp4", TRUE },
    { "TEXT/HTML", "audio/ogg", TRUE },
    { "text/html", "application/pdf", TRUE },
    { "text/html", "text/html", FALSE },
    { "text/html", "text/plain", FALSE },
    { "text/html", "application/xhtml+xml", FALSE },
    { "text/html", "application/octet-stream", FALSE },
    { "text/html", "", FALSE },
    { "text/html", NULL, FALSE },
    { "application/octet-stream", "image/jpeg", FALSE },
    { "image/png", "image/jpeg", FALSE },
    { "", "image/jpeg", FALSE },
    { NULL, "image/jpeg", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    g_assert_cmpint (ob_put_is_page_instead (pages[i].found_type, pages[i].own_type), ==, pages[i].is_page);
}

static void
test_what_is_found (void)
{
  static const struct
  {
    guint status;
    gint64 length_bytes;
    ObFound found;
  } found_rows[] = {
    { 200, 10, OB_FOUND_WHOLE },   { 200, 9, OB_FOUND_OTHER },    { 200, 0, OB_FOUND_OTHER },
    { 200, -1, OB_FOUND_UNCLEAR }, { 201, 10, OB_FOUND_UNCLEAR }, { 204, -1, OB_FOUND_UNCLEAR },
    { 206, 10, OB_FOUND_UNCLEAR }, { 302, 10, OB_FOUND_UNCLEAR }, { 400, 10, OB_FOUND_UNCLEAR },
    { 401, 10, OB_FOUND_UNCLEAR }, { 403, 10, OB_FOUND_REFUSED }, { 404, 10, OB_FOUND_NOTHING },
    { 405, -1, OB_FOUND_REFUSED }, { 410, -1, OB_FOUND_NOTHING }, { 500, 10, OB_FOUND_UNCLEAR },
    { 501, -1, OB_FOUND_REFUSED }, { 503, 10, OB_FOUND_UNCLEAR }, { 0, -1, OB_FOUND_UNCLEAR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (found_rows); i++)
    g_assert_cmpint (ob_put_find (found_rows[i].status, found_rows[i].length_bytes, 10), ==, found_rows[i].found);
  g_assert_cmpint (ob_put_find (200, 0, 0), ==, OB_FOUND_WHOLE);
  g_assert_cmpint (ob_put_find (200, -1, 0), ==, OB_FOUND_UNCLEAR);
}

static void
test_what_is_believed (void)
{
  for (guint status = 200; status < 300; status++)
    {
      gboolean is_made = status == 201;
      gboolean is_plain = status == 201 || status == 204;

      g_assert_cmpint (ob_put_believe (status, OB_FOUND_WHOLE), ==, OB_PUT_STORED);
      g_assert_cmpint (ob_put_believe (status, OB_FOUND_OTHER), ==, OB_PUT_DOUBTED);
      g_assert_cmpint (ob_put_believe (status, OB_FOUND_UNCLEAR), ==, OB_PUT_DOUBTED);
      g_assert_cmpint (ob_put_believe (status, OB_FOUND_REFUSED), ==, is_plain ? OB_PUT_STORED : OB_PUT_DOUBTED);
      g_assert_cmpint (ob_put_believe (status, OB_FOUND_NOTHING), ==,
                       is_made         ? OB_PUT_STORED
                       : status == 202 ? OB_PUT_ACCEPTED
                                       : OB_PUT_DOUBTED);
    }
}

/* The file has the ten bytes 0123456789, of which the last four are asked for. */
static void
test_the_end_is_compared (void)
{
  static const struct
  {
    guint status;
    const char *range;
    gint64 length_bytes;
    const char *body;
    ObFound found;
  } tails[] = {
    { 206, "bytes 6-9/10", 4, "6789", OB_FOUND_WHOLE },
    { 206, "Bytes 6-9/10", -1, "6789", OB_FOUND_WHOLE },
    { 206, "bytes 6-9/10", 4, "678x", OB_FOUND_OTHER },
    { 206, "bytes 6-9/10", 4, "678", OB_FOUND_UNCLEAR },
    { 206, "bytes 6-9/*", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes 6-9/11", 4, "6789", OB_FOUND_OTHER },
    { 206, "bytes 6-7/8", 2, "67", OB_FOUND_OTHER },
    { 206, "bytes 0-3/10", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes 6-9/10x", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes -6-9/10", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes 6-9", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes 99999999999999999999-9/10", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "bytes ", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, "items 6-9/10", 4, "6789", OB_FOUND_UNCLEAR },
    { 206, NULL, 4, "6789", OB_FOUND_UNCLEAR },
    { 200, NULL, 10, "0123456789", OB_FOUND_WHOLE },
    { 200, NULL, 9, "012345678", OB_FOUND_OTHER },
    { 200, NULL, 0, "", OB_FOUND_OTHER },
    { 200, NULL, -1, "0123456789", OB_FOUND_UNCLEAR },
    { 416, "bytes */4", 0, "", OB_FOUND_OTHER },
    { 416, "bytes */10", 0, "", OB_FOUND_UNCLEAR },
    { 416, NULL, 0, "", OB_FOUND_UNCLEAR },
    { 403, "bytes 6-9/10", 4, "6789", OB_FOUND_UNCLEAR },
    { 0, NULL, -1, "", OB_FOUND_UNCLEAR },
  };
  const ObPutTail small = { 200, NULL, -1, "0123", 4, "0123", 4, 4 };
  const ObPutTail small_and_other = { 200, NULL, 4, "012x", 4, "0123", 4, 4 };
  const ObPutTail empty = { 200, NULL, 0, "", 0, "", 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      const ObPutTail tail = { .status = tails[i].status,
                               .range = tails[i].range,
                               .length_bytes = tails[i].length_bytes,
                               .body = tails[i].body,
                               .body_bytes = strlen (tails[i].body),
                               .own = "6789",
                               .own_bytes = 4,
                               .size_bytes = 10 };

      g_test_message ("%u %s %s", tail.status, tail.range, tail.body);
      g_assert_cmpint (ob_put_compare (&tail), ==, tails[i].found);
    }
  g_assert_cmpint (ob_put_compare (&small), ==, OB_FOUND_WHOLE);
  g_assert_cmpint (ob_put_compare (&small_and_other), ==, OB_FOUND_OTHER);
  g_assert_cmpint (ob_put_compare (&empty), ==, OB_FOUND_WHOLE);
}

static void
test_what_a_server_says_of_itself (void)
{
  g_assert_false (ob_put_is_left_out (NULL));
  g_assert_false (ob_put_is_left_out ("GET, HEAD, PUT"));
  g_assert_false (ob_put_is_left_out ("OPTIONS,PUT,DELETE"));
  g_assert_true (ob_put_is_left_out ("GET, HEAD"));
  g_assert_true (ob_put_is_left_out (""));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/put/which-templates-are-taken", test_which_templates_are_taken);
  g_test_add_func ("/put/what-becomes-of-a-template", test_what_becomes_of_a_template);
  g_test_add_func ("/put/which-folders-are-its-own", test_which_folders_are_its_own);
  g_test_add_func ("/put/a-part-fits-into-a-file-system", test_a_part_fits_into_a_file_system);
  g_test_add_func ("/put/what-is-cut-stays-in-its-folder", test_what_is_cut_stays_in_its_folder);
  g_test_add_func ("/put/what-an-answer-means", test_what_an_answer_means);
  g_test_add_func ("/put/a-page-of-the-right-size", test_a_page_of_the_right_size);
  g_test_add_func ("/put/what-is-found", test_what_is_found);
  g_test_add_func ("/put/what-is-believed", test_what_is_believed);
  g_test_add_func ("/put/the-end-is-compared", test_the_end_is_compared);
  g_test_add_func ("/put/what-a-server-says-of-itself", test_what_a_server_says_of_itself);

  return g_test_run ();
}
