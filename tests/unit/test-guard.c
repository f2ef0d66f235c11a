/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a head ends, whatever its lines end with, and what of it is told on. The shapes that are refused are tried at the running
 * daemon, by tests/integration/test-rest.c.
 */
#include "ipc/rest/guard.h"

#include <string.h>

static void
test_where_a_head_ends (void)
{
  const struct
  {
    const char *bytes;
    gsize end;
  } rows[] = {
    { "", 0 },        { "GET", 0 },       { "a\r\n", 0 },
    { "a\r\n\r", 0 }, { "a\r\n\r\n", 5 }, { "a\r\n\r\nbody\r\n\r\n", 5 },
    { "a\n\nb", 3 },  { "a\n\r\nb", 4 },  { "a\r\n\nb", 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize length = strlen (rows[i].bytes);

      g_assert_cmpuint (ob_guard_find_end (rows[i].bytes, length), ==, rows[i].end);
      /* No part of it ends earlier. */
      for (gsize j = 0; j < rows[i].end; j++)
        g_assert_cmpuint (ob_guard_find_end (rows[i].bytes, j), ==, 0);
    }
}

static void
test_how_long_a_body_is (void)
{
  const struct
  {
    const char *field;
    guint64 body_bytes;
  } rows[] = {
    { "", 0 },
    { "Content-Length: 0\r\n", 0 },
    { "content-length:7\r\n", 7 },
    { "Content-Length: 000000000000000007\r\n", 7 },
    { "Content-Length: 999999999999999999\r\n", G_GUINT64_CONSTANT (999999999999999999) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *head = g_strconcat ("POST / HTTP/1.1\r\nHost: a\r\n", rows[i].field, "\r\n", NULL);
      const ObGuardVerdict verdict = ob_guard_check (OB_GUARD_SOCKET, head, strlen (head));

      g_assert_cmpuint (verdict.status, ==, 0);
      g_assert_cmpuint (verdict.body_bytes, ==, rows[i].body_bytes);
    }
}

/* A head that is cut anywhere is refused, and nothing is read beyond it. */
static void
test_every_part_of_a_head (void)
{
  const char head[] = "POST /v1/uploads?name=%41 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nX: y\r\n\r\n";

  for (gsize length = 0; length < strlen (head); length++)
    {
      g_autofree char *part = g_memdup2 (head, length);
      const ObGuardVerdict verdict = ob_guard_check (OB_GUARD_SOCKET, part ? part : "", length);

      if (length < strlen ("POST /v1/uploads?name=%41 HTTP/1.1\r\nHost: localhost\r\n"))
        g_assert_cmpuint (verdict.status, !=, 0);
    }
  g_assert_cmpuint (ob_guard_check (OB_GUARD_SOCKET, head, strlen (head)).status, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guard/where-a-head-ends", test_where_a_head_ends);
  g_test_add_func ("/guard/how-long-a-body-is", test_how_long_a_body_is);
  g_test_add_func ("/guard/every-part-of-a-head", test_every_part_of_a_head);

  return g_test_run ();
}
