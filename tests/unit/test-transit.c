/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is on the way: never more than the peer can have, and never less than before.
 */
#include "model/upload.h"
#include "transfer/transit.h"

#include <sys/socket.h>
#include <unistd.h>

#define KIB 1024

typedef struct
{
  const char *name;
  guint64 reached_bytes;
  guint64 taken_bytes;
  guint64 held_bytes;
  guint64 queued_bytes;
  guint64 expected_bytes;
} ReachRow;

static const ReachRow reach_rows[] = {
  { "/transit/nothing-taken", 0, 0, 0, 0, 0 },
  { "/transit/the-head-alone-is-queued", 0, 0, 0, 700, 0 },
  { "/transit/the-first-piece-is-in-hand", 0, 64 * KIB, 64 * KIB, 700, 0 },
  { "/transit/the-first-piece-is-written", 0, 64 * KIB, 0, 64 * KIB, 0 },
  { "/transit/half-of-it-is-acknowledged", 0, 64 * KIB, 0, 32 * KIB, 32 * KIB },
  { "/transit/the-second-in-hand-may-be-queued-too", 32 * KIB, 128 * KIB, 64 * KIB, 64 * KIB, 32 * KIB },
  { "/transit/all-is-acknowledged", 32 * KIB, 128 * KIB, 0, 0, 128 * KIB },
  { "/transit/tls-makes-more-bytes-of-it", 0, 16 * KIB, 0, 16 * KIB + 29, 0 },
  { "/transit/what-was-reached-stays-so", 100 * KIB, 128 * KIB, 64 * KIB, 64 * KIB, 100 * KIB },
  { "/transit/more-held-than-taken-is-nothing", 0, 10, 64 * KIB, 0, 0 },
  { "/transit/the-largest-file", 0, G_MAXUINT64, 1, G_MAXUINT64, 0 },
};

static void
test_a_row_of_reach (gconstpointer data)
{
  const ReachRow *row = data;

  g_assert_cmpuint (ob_transit_reach (row->reached_bytes, row->taken_bytes, row->held_bytes, row->queued_bytes), ==,
                    row->expected_bytes);
}

/* Without a socket nothing is known, and after an answer nothing is on the way. */
static void
test_only_what_a_socket_says_counts (void)
{
  g_autoptr (ObTransit) transit = ob_transit_new ();

  ob_transit_begin (transit, 4096);
  ob_transit_note_taken (transit, 1000, 0);
  ob_transit_look (transit, -1, 1);
  g_assert_cmpuint (ob_transit_get_sent_bytes (transit), ==, 0);
  ob_transit_end (transit);
  g_assert_cmpuint (ob_transit_get_sent_bytes (transit), ==, 0);
}

/* Left alone is who was given every byte of a whole upload, a while ago; whoever still takes bytes is not. To ask changes
 * nothing: it counts from when the last byte was seen acknowledged. */
static void
test_when_a_server_is_left_alone (void)
{
  const gint64 while_us = OB_TRANSIT_ORDINARY_MS * G_GINT64_CONSTANT (1000);
  g_autoptr (ObTransit) transit = ob_transit_new ();
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_false (ob_transit_is_left (transit, 1 + while_us));
  ob_transit_begin (transit, 0);
  g_assert_false (ob_transit_is_left (transit, 1 + 2 * while_us));
  ob_transit_expect_end (transit, 1000, 1 + 2 * while_us);
  ob_transit_note_taken (transit, 999, 0);
  ob_transit_look (transit, fds[0], 3 * while_us);
  g_assert_false (ob_transit_is_left (transit, 9 * while_us));
  ob_transit_note_taken (transit, 1000, 0);
  g_assert_false (ob_transit_is_left (transit, 9 * while_us));
  ob_transit_look (transit, fds[0], 4 * while_us);
  ob_transit_look (transit, fds[0], 5 * while_us);
  g_assert_false (ob_transit_is_left (transit, 5 * while_us - 1));
  g_assert_true (ob_transit_is_left (transit, 5 * while_us));
  /* An empty chunk, which asks for the end. */
  ob_transit_begin (transit, 1000);
  g_assert_false (ob_transit_is_left (transit, 9 * while_us));
  ob_transit_expect_end (transit, 0, 10 * while_us);
  g_assert_false (ob_transit_is_left (transit, 11 * while_us - 1));
  g_assert_true (ob_transit_is_left (transit, 11 * while_us));
  ob_transit_end (transit);
  g_assert_false (ob_transit_is_left (transit, 12 * while_us));
  ob_transit_begin (transit, 0);
  g_assert_false (ob_transit_is_left (transit, 20 * while_us));
  (void) close (fds[0]);
  (void) close (fds[1]);
}

/* A process that was killed counted nothing of what the server says it has; what was sent twice was counted twice. */
static void
test_what_a_server_has_went_out (void)
{
  g_autoptr (ObUpload) upload = ob_upload_new ();

  ob_upload_set_offset (upload, 4000);
  g_assert_cmpuint (upload->wire_bytes, ==, 4000);
  upload->wire_bytes += 4500;
  ob_upload_set_offset (upload, 8000);
  g_assert_cmpuint (upload->wire_bytes, ==, 8500);
  ob_upload_set_offset (upload, 0);
  g_assert_cmpuint (upload->wire_bytes, ==, 8500);
  ob_upload_set_offset (upload, 9000);
  g_assert_cmpuint (upload->wire_bytes, ==, 9000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (reach_rows); i++)
    g_test_add_data_func (reach_rows[i].name, &reach_rows[i], test_a_row_of_reach);
  g_test_add_func ("/transit/only-what-a-socket-says-counts", test_only_what_a_socket_says_counts);
  g_test_add_func ("/transit/when-a-server-is-left-alone", test_when_a_server_is_left_alone);
  g_test_add_func ("/transit/what-a-server-has-went-out", test_what_a_server_has_went_out);

  return g_test_run ();
}
