/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/rest/guard: a head that is let through has one host, at most one length, no coding, and nothing but fields; what comes after
 * it changes nothing.
 */
#include "fuzz.h"
#include "ipc/rest/guard.h"

#include <string.h>

/* Returns: how many fields of that name there are. */
static guint
count_fields (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  guint n = 0;

  for (guint i = 1; lines[i]; i++)
    {
      const char *colon = strchr (lines[i], ':');
      g_autofree char *found = colon ? g_strndup (lines[i], (gsize) (colon - lines[i])) : g_strdup ("");

      g_strstrip (found);
      n += g_ascii_strcasecmp (found, name) == 0;
    }

  return n;
}

static void
check_good (const char *bytes, gsize size, const ObGuardVerdict *verdict)
{
  g_autofree char *head = g_strndup (bytes, size);
  g_auto (GStrv) words = NULL;

  g_assert_cmpuint (strlen (head), ==, size);
  for (gsize i = 0; i < size; i++)
    g_assert_true (head[i] == '\r'   ? head[i + 1] == '\n'
                   : head[i] == '\n' ? i > 0 && head[i - 1] == '\r'
                                     : head[i] != 0x7f);
  g_assert_cmpuint (count_fields (head, "Host"), ==, 1);
  g_assert_cmpuint (count_fields (head, "Content-Length"), <=, 1);
  g_assert_cmpuint (count_fields (head, "Transfer-Encoding"), ==, 0);
  g_assert_cmpuint (count_fields (head, "Origin"), ==, 0);
  g_assert_cmpuint (count_fields (head, "Referer"), ==, 0);
  g_assert_true (verdict->body_bytes == 0 || count_fields (head, "Content-Length") == 1);
  g_assert_cmpuint (verdict->body_bytes, <=, G_MAXINT64);
  words = g_strsplit (head, " ", 3);
  g_assert_cmpuint (g_strv_length (words), ==, 3);
  g_assert_null (strstr (words[1], "%00"));
  words[1][strcspn (words[1], "?")] = '\0';
  g_assert_null (strstr (words[1], "/../"));
}

/* The port takes what the socket takes, and what pages send beside; but no other protocol. */
static void
check_port (const char *bytes, gsize size, const ObGuardVerdict *at_socket)
{
  const ObGuardVerdict at_port = ob_guard_check (OB_GUARD_PORT, bytes, size);

  g_assert_true ((at_port.status == 0) == (at_port.detail == NULL));
  if (at_socket->status == 0 && at_port.status == 0)
    g_assert_cmpuint (at_port.body_bytes, ==, at_socket->body_bytes);
  else if (at_socket->status == 0)
    g_assert_cmpuint (at_port.status, ==, 403);
  else if (at_port.status == 0)
    g_assert_cmpuint (at_socket->status, ==, 403);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *bytes = (const char *) data;
  gsize end = ob_guard_find_end (bytes, size);
  ObGuardVerdict verdict;

  g_assert_cmpuint (end, <=, size);
  verdict = ob_guard_check (OB_GUARD_SOCKET, bytes, end > 0 ? end : size);
  check_port (bytes, end > 0 ? end : size, &verdict);
  g_assert_true ((verdict.status == 0) == (verdict.detail == NULL));
  if (verdict.status != 0)
    {
      g_assert_cmpuint (verdict.status, >=, 400);
      g_assert_cmpuint (verdict.body_bytes, ==, 0);
    }
  else if (end > 0)
    check_good (bytes, end, &verdict);

  return 0;
}
