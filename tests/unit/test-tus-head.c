/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of tus-head.h.
 */
#include "ipc/rest/tus-head.h"

#define PIECE "application/offset+octet-stream"
#define SHA1 "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="

static const struct
{
  const char *what;
  const char *method;
  ObTusFields fields;
  guint status;
} cases[] = {
  { "creation", "POST", { .version = "1.0.0", .length = "5" }, 0 },
  { "nothing to come", "POST", { .version = "1.0.0", .length = "0" }, 0 },
  { "deferred", "POST", { .version = "1.0.0", .defer = "1" }, 0 },
  { "with a piece", "POST", { .version = "1.0.0", .length = "5", .type = PIECE, .body_bytes = 5 }, 0 },
  { "a type without a body", "POST", { .version = "1.0.0", .length = "5", .type = "text/plain" }, 0 },
  { "no version", "POST", { .length = "5" }, 412 },
  { "another version", "PATCH", { .version = "0.2.2", .offset = "0", .type = PIECE }, 412 },
  { "no version at HEAD", "HEAD", { .version = NULL }, 412 },
  { "neither length nor deferral", "POST", { .version = "1.0.0" }, 400 },
  { "both", "POST", { .version = "1.0.0", .length = "5", .defer = "1" }, 400 },
  { "deferral of 0", "POST", { .version = "1.0.0", .defer = "0" }, 400 },
  { "negative length", "POST", { .version = "1.0.0", .length = "-1" }, 400 },
  { "length with a sign", "POST", { .version = "1.0.0", .length = "+5" }, 400 },
  { "length with a blank", "POST", { .version = "1.0.0", .length = "5 5" }, 400 },
  { "empty length", "POST", { .version = "1.0.0", .length = "" }, 400 },
  { "hexadecimal length", "POST", { .version = "1.0.0", .length = "0x5" }, 400 },
  { "length of 2^63", "POST", { .version = "1.0.0", .length = "9223372036854775808" }, 400 },
  { "length beyond 2^64", "POST", { .version = "1.0.0", .length = "18446744073709551621" }, 400 },
  { "length of 2^53", "POST", { .version = "1.0.0", .length = "9007199254740992" }, 413 },
  { "a body beyond the length", "POST", { .version = "1.0.0", .length = "5", .type = PIECE, .body_bytes = 6 }, 413 },
  { "a body of no type", "POST", { .version = "1.0.0", .length = "5", .body_bytes = 5 }, 415 },
  { "concatenation", "POST", { .version = "1.0.0", .length = "5", .concat = "partial" }, 400 },
  { "a piece", "PATCH", { .version = "1.0.0", .offset = "0", .type = PIECE }, 0 },
  { "a piece without an offset", "PATCH", { .version = "1.0.0", .type = PIECE }, 400 },
  { "negative offset", "PATCH", { .version = "1.0.0", .offset = "-1", .type = PIECE }, 400 },
  { "offset of 2^63", "PATCH", { .version = "1.0.0", .offset = "9223372036854775808", .type = PIECE }, 400 },
  { "a piece without a type", "PATCH", { .version = "1.0.0", .offset = "0" }, 415 },
  { "a piece of another type", "PATCH", { .version = "1.0.0", .offset = "0", .type = "video/mp4" }, 415 },
  { "checksum", "PATCH", { .version = "1.0.0", .offset = "0", .type = PIECE, .checksum = SHA1 }, 0 },
  { "unknown algorithm", "PATCH", { .version = "1.0.0", .offset = "0", .type = PIECE, .checksum = "crc32 AAAA" }, 400 },
  { "checksum of another length",
    "PATCH",
    { .version = "1.0.0", .offset = "0", .type = PIECE, .checksum = "sha1 AAAA" },
    400 },
  { "no base64", "PATCH", { .version = "1.0.0", .offset = "0", .type = PIECE, .checksum = "sha1 !" SHA1 }, 400 },
  { "an algorithm alone", "PATCH", { .version = "1.0.0", .offset = "0", .type = PIECE, .checksum = "sha1" }, 400 },
  { "metadata", "POST", { .version = "1.0.0", .length = "5", .metadata = "filename YS5qcGc=,job NDcxMQ==, flag" }, 0 },
  { "empty metadata", "POST", { .version = "1.0.0", .length = "5", .metadata = "" }, 0 },
  { "an empty key", "POST", { .version = "1.0.0", .length = "5", .metadata = "a YQ==,,b YQ==" }, 400 },
  { "a key in UTF-8", "POST", { .version = "1.0.0", .length = "5", .metadata = "caf\xc3\xa9 YQ==" }, 400 },
  { "a key in Latin-1", "POST", { .version = "1.0.0", .length = "5", .metadata = "caf\xe9 YQ==" }, 400 },
  { "a key with a control character", "POST", { .version = "1.0.0", .length = "5", .metadata = "a\tb YQ==" }, 400 },
  { "a key twice", "POST", { .version = "1.0.0", .length = "5", .metadata = "a YQ==,a Yg==" }, 400 },
  { "two blanks", "POST", { .version = "1.0.0", .length = "5", .metadata = "a YQ== YQ==" }, 400 },
  { "a value that is no base64", "POST", { .version = "1.0.0", .length = "5", .metadata = "a Y*Q==" }, 400 },
  { "a value with a NUL", "POST", { .version = "1.0.0", .length = "5", .metadata = "a YQBi" }, 400 },
  { "a value that is no UTF-8", "POST", { .version = "1.0.0", .length = "5", .metadata = "a //79" }, 400 },
};

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (ObTusHead) head = ob_tus_head_read (cases[i].method, &cases[i].fields);

      g_test_message ("%s", cases[i].what);
      g_assert_cmpuint (head.status, ==, cases[i].status);
      g_assert_true ((head.detail != NULL) == (head.status != 0));
    }
}

/* Names that clients give under either key; what is left is metadata. */
static void
test_metadata (void)
{
  const ObTusFields fields
      = { .version = "1.0.0",
          .length = "5",
          .metadata = "filename YS5qcGc=,name Yi5qcGc=,type aW1hZ2UvanBlZw==,filetype,job NDcxMQ==" };
  g_auto (ObTusHead) head = ob_tus_head_read ("POST", &fields);
  g_autoptr (GVariant) metadata = NULL;
  const char *name = NULL;
  const char *type = NULL;

  g_assert_cmpuint (head.status, ==, 0);
  g_assert_true (g_variant_lookup (head.options, "name", "&s", &name));
  g_assert_cmpstr (name, ==, "a.jpg");
  g_assert_true (g_variant_lookup (head.options, "media_type", "&s", &type));
  g_assert_cmpstr (type, ==, "image/jpeg");
  metadata = g_variant_lookup_value (head.options, "metadata", G_VARIANT_TYPE ("a{ss}"));
  g_assert_cmpuint (g_variant_n_children (metadata), ==, 1);
  g_assert_cmpstr (head.metadata, ==, fields.metadata);
}

static void
test_pieces (void)
{
  static const struct
  {
    const char *what;
    guint64 head_offset;
    gint64 head_length;
    guint64 body_bytes;
    gint64 size_bytes;
    guint64 offset;
    guint status;
  } pieces[] = {
    { "the next bytes", 5, -1, 3, 10, 5, 0 },
    { "the last bytes", 5, 10, 5, 10, 5, 0 },
    { "none", 5, -1, 0, 10, 5, 0 },
    { "bytes of a size that is not known", 5, -1, 1 << 30, -1, 5, 0 },
    { "the size, and the last bytes", 5, 8, 3, -1, 5, 0 },
    { "bytes that are here", 4, -1, 3, 10, 5, 409 },
    { "bytes behind a gap", 6, -1, 3, 10, 5, 409 },
    { "one too many", 5, -1, 6, 10, 5, 413 },
    { "one too many for the size that it tells", 5, 8, 4, -1, 5, 413 },
    { "another size", 5, 11, 3, 10, 5, 400 },
    { "a size that is less than what is here", 5, 4, 0, -1, 5, 400 },
    { "a size of nothing", 5, 0, 0, -1, 5, 400 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      const ObTusHead head = { .length = pieces[i].head_length, .offset = pieces[i].head_offset };
      const char *detail = NULL;

      g_test_message ("%s", pieces[i].what);
      g_assert_cmpuint (ob_tus_head_judge_piece (&head, pieces[i].body_bytes, pieces[i].size_bytes, pieces[i].offset,
                                                 &detail),
                        ==, pieces[i].status);
      g_assert_true ((detail != NULL) == (pieces[i].status != 0));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tus-head/table", test_table);
  g_test_add_func ("/tus-head/metadata", test_metadata);
  g_test_add_func ("/tus-head/pieces", test_pieces);

  return g_test_run ();
}
