/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit keys that are used twice. Whoever is answered may delete the file: then its bytes must have arrived, or be here.
 */
#include "broker/keys.h"
#include "dbus/error.h"
#include "support/rig.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define SIZE 1000
#define SLOW_BYTES (300 * 1000)

/* --- The table --- */

static void
assert_sound (ObStored stored, ObKept kept, ObBytes bytes)
{
  gboolean has_arrived = stored == OB_STORED_DONE;
  gboolean may_be_elsewhere = has_arrived || stored == OB_STORED_CONFIRMING || stored == OB_STORED_UPLOADING;

  switch (ob_key_judge (stored, kept, bytes))
    {
    case OB_KEY_ANSWER:
      g_assert_cmpint (bytes, ==, OB_BYTES_EQUAL);
      g_assert_true (has_arrived || kept == OB_KEPT_GOOD);
      break;
    case OB_KEY_RESTORE:
      g_assert_cmpint (bytes, ==, OB_BYTES_EQUAL);
      g_assert_false (has_arrived);
      break;
    case OB_KEY_REPLACE:
      g_assert_cmpint (kept, ==, OB_KEPT_MISSING);
      g_assert_false (may_be_elsewhere);
      break;
    case OB_KEY_REFUSE:
      /* Who tries again with its own bytes is never refused. */
      g_assert_cmpint (bytes, !=, OB_BYTES_EQUAL);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_every_row_is_sound (void)
{
  for (guint stored = 0; stored < OB_N_STORED; stored++)
    for (guint kept = 0; kept < OB_N_KEPT; kept++)
      for (guint bytes = 0; bytes < OB_N_BYTES; bytes++)
        assert_sound (stored, kept, bytes);
}

/* --- A real queue in each of these states --- */

typedef struct
{
  char *id;
  GError *error;
} Submit;

static void
submit_clear (Submit *submit)
{
  g_clear_pointer (&submit->id, g_free);
  g_clear_error (&submit->error);
}

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  Submit *submit = user_data;

  g_assert_true (!submit->id && !submit->error);
  submit->id = g_strdup (id);
  submit->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_submitted (gpointer data)
{
  const Submit *submit = data;

  return submit->id || submit->error;
}

/* Returns: a descriptor of a new file. */
static int
open_file (TestRig *rig, gsize size, char filler)
{
  g_autofree char *path = g_strdup_printf ("%s/file-%u", rig->folder, rig->n_files++);
  g_autofree char *bytes = g_strnfill (size, filler);
  int fd;

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  g_assert_cmpint (fd, >=, 0);

  return fd;
}

static void
hand_over (TestRig *rig, gsize size, char filler, const char *sha256, Submit *submit)
{
  const ObSubmission submission = { .app = "test", .name = "report.json", .key = "key", .sha256 = sha256 };

  ob_broker_submit (rig->broker, &submission, open_file (rig, size, filler), on_submitted, submit);
}

static void
hand_over_and_wait (TestRig *rig, char filler, Submit *submit)
{
  hand_over (rig, SIZE, filler, NULL, submit);
  test_wait_until (is_submitted, submit, 10);
}

static void
set_state (TestRig *rig, ObStored stored)
{
  g_autofree char *sql = g_strdup_printf ("UPDATE uploads SET state = %d%s", stored,
                                          stored == OB_STORED_SAVING   ? ", sha256 = NULL, has_local_copy = 0"
                                          : stored == OB_STORED_FAILED ? ", reason = 'file-missing'"
                                                                       : "");

  g_assert_true (ob_database_run (rig->database, sql, NULL));
}

static void
set_kept (TestRig *rig, const char *id, ObKept kept)
{
  g_autofree char *path = ob_spool_get_path (rig->spool, id);
  g_autofree char *zeros = g_malloc0 (SIZE);

  if (kept == OB_KEPT_MISSING)
    g_assert_cmpint (g_unlink (path), ==, 0);
  else if (kept == OB_KEPT_DAMAGED)
    g_assert_true (g_file_set_contents (path, zeros, SIZE, NULL));
}

static char
read_first_byte (TestRig *rig, const char *id)
{
  g_autofree char *path = ob_spool_get_path (rig->spool, id);
  g_autofree char *bytes = NULL;
  gsize size;
  char first;

  if (!g_file_get_contents (path, &bytes, &size, NULL))
    return '-';
  g_assert_cmpuint (size, ==, SIZE);
  first = *bytes;
  for (gsize i = 0; i < size; i++)
    g_assert_cmpint (bytes[i], ==, first);

  return first;
}

static void
assert_answered_rightly (TestRig *rig, ObStored stored, ObKept kept, const char *old_id, const Submit *second,
                         char filler)
{
  const ObBytes bytes = filler == 'a' ? OB_BYTES_EQUAL : stored == OB_STORED_SAVING ? OB_BYTES_UNKNOWN : OB_BYTES_OTHER;
  const ObKeyVerdict verdict = ob_key_judge (stored, kept, bytes);
  gboolean has_arrived = stored == OB_STORED_DONE && filler == 'a';

  if (verdict == OB_KEY_REFUSE)
    {
      g_assert_error (second->error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
      return;
    }
  g_assert_no_error (second->error);
  g_assert_true ((g_strcmp0 (second->id, old_id) == 0) == (verdict != OB_KEY_REPLACE));
  g_assert_true (has_arrived || (read_first_byte (rig, second->id) == filler && ob_spool_has (rig->spool, second->id)));
  if (verdict == OB_KEY_RESTORE && (stored == OB_STORED_SAVING || stored == OB_STORED_FAILED))
    test_rig_assert_status (rig, second->id, "paused queue");
}

/* Of an interrupted upload the digest was never written; its good copy tells it, a missing one means that it has none. */
static gboolean
has_such_bytes (ObStored stored, ObKept kept)
{
  return stored != OB_STORED_SAVING || kept != OB_KEPT_DAMAGED;
}

static void
test_one (ObStored stored, ObKept kept, char filler)
{
  TestRig rig = { 0 };
  Submit first = { 0 }, second = { 0 };

  test_rig_set_up (&rig, NULL);
  g_assert_true (test_rig_pause_queue (&rig, TRUE, NULL));
  hand_over_and_wait (&rig, 'a', &first);
  g_assert_no_error (first.error);
  test_rig_settle (&rig);
  set_state (&rig, stored);
  set_kept (&rig, first.id, kept);
  hand_over_and_wait (&rig, filler, &second);
  g_test_message ("%s, copy %d, bytes %c: %s", ob_stored_get_name (stored), kept, filler,
                  second.id ? second.id : second.error->message);
  assert_answered_rightly (&rig, stored, kept, first.id, &second, filler);
  g_assert_cmpint (test_rig_ask (&rig, "SELECT count(*) FROM uploads WHERE key = 'key'"), ==, 1);
  submit_clear (&first);
  submit_clear (&second);
  test_rig_tear_down (&rig, NULL);
}

static void
test_no_answer_without_its_bytes (void)
{
  for (guint stored = 0; stored < OB_N_STORED; stored++)
    for (guint kept = 0; kept < OB_N_KEPT; kept++)
      if (has_such_bytes (stored, kept))
        {
          test_one (stored, kept, 'a');
          test_one (stored, kept, 'b');
        }
}

/* Both the same person's, with names as they come: the bytes count, not the name. */
static void
test_the_name_does_not_count (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .name = "other.json", .key = "key" };
  const ObSubmission other_app = { .app = "other", .name = "report.json", .key = "key" };
  Submit submits[3] = { { 0 } };

  hand_over_and_wait (rig, 'a', &submits[0]);
  ob_broker_submit (rig->broker, &submission, open_file (rig, SIZE, 'a'), on_submitted, &submits[1]);
  ob_broker_submit (rig->broker, &other_app, open_file (rig, SIZE, 'b'), on_submitted, &submits[2]);
  test_wait_until (is_submitted, &submits[1], 10);
  test_wait_until (is_submitted, &submits[2], 10);
  g_assert_cmpstr (submits[1].id, ==, submits[0].id);
  g_assert_nonnull (submits[2].id);
  g_assert_cmpstr (submits[2].id, !=, submits[0].id);
  for (guint i = 0; i < G_N_ELEMENTS (submits); i++)
    submit_clear (&submits[i]);
}

/* --- While the first is still being saved --- */

#define WRONG_SHA256 "0000000000000000000000000000000000000000000000000000000000000000"

/* Fillers of files that are handed over at once with one key; a capital is one that fails, since its digest is not what its
 * app says. What becomes of each: the number of the one whose upload is the answer, or x: KeyReused, or f: its own failure. */
static const struct
{
  const char *fillers, *expected;
} races[] = {
  { "aa", "00" },   { "ab", "0x" },   { "aba", "0x0" },     { "aaaa", "0000" }, { "Aa", "f1" },
  { "Ab", "f1" },   { "Aab", "f1x" }, { "AAb", "ff2" },     { "AAA", "fff" },   { "aA", "0f" },
  { "aAb", "0fx" }, { "Aba", "f1x" }, { "abAba", "0xfx0" },
};

static void
test_one_race (const char *fillers, const char *expected, gsize size)
{
  TestRig rig = { 0 };
  Submit submits[8] = { { 0 } };

  test_rig_set_up (&rig, NULL);
  g_assert_true (test_rig_pause_queue (&rig, TRUE, NULL));
  for (guint i = 0; fillers[i]; i++)
    hand_over (&rig, size, g_ascii_tolower (fillers[i]), g_ascii_isupper (fillers[i]) ? WRONG_SHA256 : NULL,
               &submits[i]);
  for (guint i = 0; fillers[i]; i++)
    {
      test_wait_until (is_submitted, &submits[i], 10);
      if (expected[i] == 'x')
        g_assert_error (submits[i].error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
      else if (expected[i] == 'f')
        g_assert_error (submits[i].error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH);
      else
        g_assert_cmpstr (submits[i].id, ==, submits[expected[i] - '0'].id);
    }
  test_rig_settle (&rig);
  g_assert_cmpint (test_rig_ask (&rig, "SELECT count(*) FROM uploads"), ==, strpbrk (expected, "01234") ? 1 : 0);
  for (guint i = 0; fillers[i]; i++)
    submit_clear (&submits[i]);
  test_rig_tear_down (&rig, NULL);
}

static void
test_the_second_waits_for_the_first (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (races); i++)
    {
      test_one_race (races[i].fillers, races[i].expected, SIZE);
      test_one_race (races[i].fillers, races[i].expected, SLOW_BYTES);
    }
}

/* The upload that has the key is removed while the second is compared, or waits: then its bytes are new. */
static void
test_a_removal_meanwhile (TestRig *rig, gconstpointer data)
{
  Submit first = { 0 }, second = { 0 };

  hand_over_and_wait (rig, 'a', &first);
  hand_over (rig, SIZE, 'b', NULL, &second);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, first.id, 0, NULL));
  test_wait_until (is_submitted, &second, 10);
  if (second.error)
    g_assert_error (second.error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
  else
    g_assert_cmpint (read_first_byte (rig, second.id), ==, 'b');
  submit_clear (&second);
  hand_over_and_wait (rig, 'b', &second);
  g_assert_no_error (second.error);
  g_assert_cmpint (read_first_byte (rig, second.id), ==, 'b');
  submit_clear (&first);
  submit_clear (&second);
}

/* Who waits when the broker ends is told so, and tries again. */
static void
test_an_end_meanwhile (TestRig *rig, gconstpointer data)
{
  Submit first = { 0 }, second = { 0 }, third = { 0 };

  hand_over (rig, SLOW_BYTES, 'a', NULL, &first);
  hand_over (rig, SLOW_BYTES, 'a', NULL, &second);
  test_rig_stop (rig);
  g_assert_true (is_submitted (&first));
  g_assert_error (second.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  test_rig_start (rig);
  hand_over (rig, SLOW_BYTES, 'a', NULL, &third);
  test_wait_until (is_submitted, &third, 10);
  g_assert_no_error (third.error);
  g_assert_true (!first.id || g_str_equal (first.id, third.id));
  submit_clear (&first);
  submit_clear (&second);
  submit_clear (&third);
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/keys/the-name-does-not-count", test_the_name_does_not_count },
    { "/keys/a-removal-meanwhile", test_a_removal_meanwhile },
    { "/keys/an-end-meanwhile", test_an_end_meanwhile },
  };

  g_test_init (&argc, &argv, NULL);
  /* Every state with everything that may be left of the bytes, a queue each. */
  if (g_test_slow ())
    {
      g_test_add_func ("/keys/no-answer-without-its-bytes", test_no_answer_without_its_bytes);
      return g_test_run ();
    }
  g_test_add_func ("/keys/every-row-is-sound", test_every_row_is_sound);
  g_test_add_func ("/keys/the-second-waits-for-the-first", test_the_second_waits_for_the_first);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
