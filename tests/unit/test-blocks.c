/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What leaves a copy is what was handed over: damage of every kind, read from every kind of offset, by the real copy, the
 * real record and the real body of an attempt.
 */
#include "base/blocks.h"
#include "store/spool.h"
#include "transfer/body.h"
#include "transfer/copy.h"
#include "transfer/digests.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BLOCK OB_BLOCK_BYTES
#define SIZE_BYTES (3 * BLOCK + 5000)

typedef struct
{
  char *folder;
  char *path; /* of the copy */
  guint8 *bytes;
  GBytes *digests;
  ObDeadline *deadline;
} Fixture;

static const char id[] = "018fd1a0-0000-7000-8000-000000000001";

static GBytes *
copy_in (Fixture *fixture, gsize size_bytes)
{
  g_autoptr (ObSpool) spool = ob_spool_open (fixture->folder, NULL);
  g_autofree char *from = g_build_filename (fixture->folder, "from", NULL);
  g_autofree char *text = NULL;
  g_autofree char *record = NULL;
  g_autoptr (ObSource) source = NULL;
  GBytes *blocks = NULL;
  ObSpoolCopy copy;
  int fd;

  g_assert_true (g_file_set_contents (from, (const char *) fixture->bytes, (gssize) size_bytes, NULL));
  fd = open (from, O_RDONLY | O_CLOEXEC);
  source = ob_source_open (fd, NULL, NULL);
  g_assert_true (ob_spool_copy_source (spool, id, source, NULL, NULL, &copy, &blocks, NULL));
  text = blocks ? ob_blocks_dup_text (blocks) : g_strdup ("");
  record = g_strdup_printf ("{ \"%s\": \"%s\" }", OB_BLOCKS_MEMBER, text);
  g_assert_true (ob_spool_commit (spool, id, record, NULL));
  g_clear_pointer (&source, ob_source_close);
  (void) close (fd);
  (void) g_unlink (from);
  fixture->path = ob_spool_get_path (spool, id);

  return blocks;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->bytes = g_malloc (SIZE_BYTES);
  for (guint i = 0; i < SIZE_BYTES; i++)
    fixture->bytes[i] = (guint8) g_random_int_range (0, 256);
  /* One block is a hole. */
  memset (fixture->bytes + BLOCK, 0, BLOCK);
  fixture->deadline = ob_deadline_new ();
  fixture->digests = copy_in (fixture, SIZE_BYTES);
}

static void
remove_tree (const char *folder)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_tree (path);
      else
        (void) g_unlink (path);
    }
  (void) g_rmdir (folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_tree (fixture->folder);
  g_clear_pointer (&fixture->digests, g_bytes_unref);
  ob_deadline_unref (fixture->deadline);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->bytes);
}

/* Returns: how many bytes came out, each of them as it was handed over. */
static guint64
read_out (Fixture *fixture, guint64 from, char **fault)
{
  int fd = open (fixture->path, O_RDONLY | O_CLOEXEC);
  g_autoptr (GInputStream) body = ob_body_new (fd, from, SIZE_BYTES - from, NULL, fixture->deadline);
  guint8 piece[60000];
  guint64 done = 0;
  gssize got;

  ob_body_set_digests (OB_BODY (body), fixture->digests, SIZE_BYTES);
  while ((got = g_input_stream_read (body, piece, sizeof piece, NULL, NULL)) > 0)
    {
      g_assert_cmpmem (piece, (gsize) got, fixture->bytes + from + done, (gsize) got);
      done += (guint64) got;
    }
  *fault = g_strdup (ob_body_get_fault (OB_BODY (body), NULL));
  (void) close (fd);

  return done;
}

typedef enum
{
  DAMAGE_NONE,
  DAMAGE_BIT,
  DAMAGE_ZEROS,
  DAMAGE_HOLE,
  DAMAGE_SWAPPED,
  DAMAGE_CUT,
} Damage;

static void
write_at (int fd, const void *bytes, gsize size_bytes, guint64 at)
{
  g_assert_cmpint (pwrite (fd, bytes, size_bytes, (off_t) at), ==, (gssize) size_bytes);
}

static void
do_damage (Fixture *fixture, Damage damage, guint64 at)
{
  int fd = open (fixture->path, O_RDWR | O_CLOEXEC);
  g_autofree guint8 *zeros = g_malloc0 (4096);
  guint8 flipped = fixture->bytes[at] ^ 4;

  if (damage == DAMAGE_BIT)
    write_at (fd, &flipped, 1, at);
  else if (damage == DAMAGE_ZEROS)
    write_at (fd, zeros, 4096, at);
  else if (damage == DAMAGE_HOLE)
    g_assert_cmpint (fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) at, 4096), ==, 0);
  else if (damage == DAMAGE_SWAPPED)
    {
      write_at (fd, fixture->bytes + 2 * BLOCK, BLOCK, 0);
      write_at (fd, fixture->bytes, BLOCK, 2 * BLOCK);
    }
  else if (damage == DAMAGE_CUT)
    g_assert_cmpint (ftruncate (fd, (off_t) at), ==, 0);
  (void) close (fd);
}

static void
test_no_wrong_block_leaves (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    Damage damage;
    guint64 at;
    guint64 from;   /* where the attempt goes on */
    guint64 leaves; /* bytes */
    gboolean is_fault;
  } rows[] = {
    { DAMAGE_NONE, 0, 0, SIZE_BYTES, FALSE },
    { DAMAGE_NONE, 0, 12345, SIZE_BYTES - 12345, FALSE },
    { DAMAGE_NONE, 0, BLOCK, SIZE_BYTES - BLOCK, FALSE },
    { DAMAGE_NONE, 0, SIZE_BYTES - 1, 1, FALSE },
    { DAMAGE_NONE, 0, SIZE_BYTES, 0, FALSE },
    { DAMAGE_BIT, 0, 0, 0, TRUE },
    { DAMAGE_BIT, BLOCK - 1, 0, 0, TRUE },
    { DAMAGE_BIT, BLOCK, 0, BLOCK, TRUE },
    { DAMAGE_BIT, 2 * BLOCK + 77, 0, 2 * BLOCK, TRUE },
    { DAMAGE_BIT, SIZE_BYTES - 1, 0, 3 * BLOCK, TRUE },
    /* In the block that it goes on in, before and after that place. */
    { DAMAGE_BIT, 100, 50000, 0, TRUE },
    { DAMAGE_BIT, 90000, 50000, 0, TRUE },
    { DAMAGE_BIT, 3 * BLOCK, SIZE_BYTES - 1, 0, TRUE },
    /* In what the server has already. */
    { DAMAGE_BIT, 100, BLOCK, SIZE_BYTES - BLOCK, FALSE },
    { DAMAGE_ZEROS, 2 * BLOCK, 0, 2 * BLOCK, TRUE },
    { DAMAGE_HOLE, 2 * BLOCK + 8192, BLOCK + 1, BLOCK - 1, TRUE },
    { DAMAGE_SWAPPED, 0, 0, 0, TRUE },
    { DAMAGE_CUT, 2 * BLOCK + 10, 0, 2 * BLOCK, TRUE },
    { DAMAGE_CUT, 0, 0, 0, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *fault = NULL;

      do_damage (fixture, rows[i].damage, rows[i].at);
      g_test_message ("row %u", i);
      g_assert_cmpuint (read_out (fixture, rows[i].from, &fault), ==, rows[i].leaves);
      g_assert_cmpint (fault != NULL, ==, rows[i].is_fault);
      g_assert_true (g_file_set_contents (fixture->path, (const char *) fixture->bytes, SIZE_BYTES, NULL));
    }
}

/* --- Where the digests come from --- */

static ObJob *
job_of (Fixture *fixture, gsize size_bytes)
{
  ObJob *job = g_new0 (ObJob, 1);

  job->path = g_strdup (fixture->path);
  job->size_bytes = size_bytes;
  job->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, fixture->bytes, size_bytes);

  return job;
}

static gboolean
find (Fixture *fixture, const ObJob *job, GBytes **digests, ObAttemptResult *result)
{
  int fd = open (fixture->path, O_RDONLY | O_CLOEXEC);
  gboolean is_found = ob_digests_find (fd, job, fixture->deadline, NULL, digests, result);

  (void) close (fd);

  return is_found;
}

static void
test_they_stand_in_the_record (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObJob) job = job_of (fixture, SIZE_BYTES);
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
  g_autoptr (GBytes) digests = NULL;

  /* Of a damaged copy too. */
  do_damage (fixture, DAMAGE_BIT, 5);
  g_assert_true (find (fixture, job, &digests, result));
  g_assert_true (g_bytes_equal (digests, fixture->digests));
  g_assert_cmpuint (g_bytes_get_size (digests), ==, 4 * OB_BLOCK_DIGEST_BYTES);
}

/* Records of version 0.1.0, damaged ones, and those of another file. */
static void
test_without_a_record_the_copy_is_read (Fixture *fixture, gconstpointer data)
{
  static const char *const records[]
      = { NULL, "", "{}", "[]", "not JSON", "{ \"blocks_xxh3\": 7 }", "{ \"blocks_xxh3\": \"\" }",
          "{ \"blocks_xxh3\": \"AAAAAAAAAAA=\" }", "{ \"blocks_xxh3\": \"?!\" }",
          /* Digests of another kind, which a record once had. */
          "{ \"blocks\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" }" };
  g_autofree char *record_path = g_strconcat (fixture->path, ".json", NULL);
  g_autoptr (ObJob) job = job_of (fixture, SIZE_BYTES);

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    for (guint is_damaged = 0; is_damaged < 2; is_damaged++)
      {
        g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
        g_autoptr (GBytes) digests = NULL;

        (void) g_unlink (record_path);
        if (records[i])
          g_assert_true (g_file_set_contents (record_path, records[i], -1, NULL));
        g_assert_true (g_file_set_contents (fixture->path, (const char *) fixture->bytes, SIZE_BYTES, NULL));
        if (is_damaged)
          do_damage (fixture, DAMAGE_BIT, SIZE_BYTES - 1);
        g_assert_cmpint (find (fixture, job, &digests, result), ==, !is_damaged);
        if (is_damaged)
          g_assert_cmpint (result->outcome.reason, ==, OUTBOX_REASON_FILE_CHANGED);
        else
          g_assert_true (g_bytes_equal (digests, fixture->digests));
      }
}

static void
test_one_block_needs_no_more_than_its_digest (Fixture *fixture, gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 4096, BLOCK - 1, BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (ObJob) job = job_of (fixture, sizes[i]);
      g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
      g_autoptr (GBytes) digests = NULL;
      g_autoptr (GBytes) blocks = NULL;

      g_clear_pointer (&fixture->path, g_free);
      blocks = copy_in (fixture, sizes[i]);
      g_assert_null (blocks);
      g_assert_true (find (fixture, job, &digests, result));
      g_assert_true (ob_blocks_fit (digests, sizes[i]));
      if (sizes[i] == 0)
        continue;
      g_assert_true (ob_blocks_match (digests, sizes[i], 0, fixture->bytes, sizes[i]));
      fixture->bytes[sizes[i] / 2] ^= 1;
      g_assert_false (ob_blocks_match (digests, sizes[i], 0, fixture->bytes, sizes[i]));
    }
}

/* Memory that is not mapped stands for a card whose blocks are worn: its reading ends with EIO. */
static void
test_what_cannot_be_read_is_said (Fixture *fixture, gconstpointer data)
{
  int fd = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC), fault_errno = 0;
  g_autoptr (GInputStream) body = ob_body_new (fd, 0, SIZE_BYTES, NULL, fixture->deadline);
  char piece[100];

  g_assert_cmpint (g_input_stream_read (body, piece, sizeof piece, NULL, NULL), ==, -1);
  g_assert_nonnull (strstr (ob_body_get_fault (OB_BODY (body), &fault_errno), g_strerror (EIO)));
  g_assert_cmpint (fault_errno, ==, EIO);
  (void) close (fd);
}

/* What a medium has lost is for a person; what may come back is tried again. */
static void
test_what_becomes_of_it (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    int fault_errno;
    ObVerdict verdict;
  } rows[] = {
    { EBADMSG, OB_VERDICT_FAIL },          { EIO, OB_VERDICT_FAIL },
    { ENODATA, OB_VERDICT_FAIL },          { EUCLEAN, OB_VERDICT_FAIL },
    { EILSEQ, OB_VERDICT_FAIL },           { ESTALE, OB_VERDICT_RETRY_UPLOAD },
    { ENOTCONN, OB_VERDICT_RETRY_UPLOAD }, { ETIMEDOUT, OB_VERDICT_RETRY_UPLOAD },
    { ENOMEM, OB_VERDICT_RETRY_UPLOAD },   { EHOSTDOWN, OB_VERDICT_RETRY_UPLOAD },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();

      ob_copy_set_fault (result, rows[i].fault_errno, "words");
      g_assert_cmpint (result->outcome.verdict, ==, rows[i].verdict);
      g_assert_cmpint (result->outcome.reason == OUTBOX_REASON_FILE_CHANGED, ==, rows[i].verdict == OB_VERDICT_FAIL);
    }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/blocks/no-wrong-block-leaves", test_no_wrong_block_leaves },
    { "/blocks/they-stand-in-the-record", test_they_stand_in_the_record },
    { "/blocks/without-a-record-the-copy-is-read", test_without_a_record_the_copy_is_read },
    { "/blocks/what-cannot-be-read-is-said", test_what_cannot_be_read_is_said },
    { "/blocks/what-becomes-of-it", test_what_becomes_of_it },
    { "/blocks/one-block-needs-no-more-than-its-digest", test_one_block_needs_no_more_than_its_digest },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
