/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes heads for libsoup. Pure.
 */
#include "ipc/rest/visit-head.h"

#include <string.h>

/* libsoup asks nobody before it reads a body, and answers a request that was refused by its head when all of that has come. Where a
 * client waits for leave to send, it answers at once: so it is told that each does. */
#define ASKING "Expect: 100-continue\r\n\r\n"

GBytes *
ob_visit_head_make (const guint8 *bytes, gsize head_bytes, gsize come_bytes, const ObGuardVerdict *verdict)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();

  if (verdict->body_bytes == 0 || verdict->is_asking)
    return g_bytes_new (bytes, head_bytes + come_bytes);
  g_byte_array_append (head, bytes, (guint) (head_bytes - strlen ("\r\n")));
  g_byte_array_append (head, (const guint8 *) ASKING, strlen (ASKING));
  g_byte_array_append (head, bytes + head_bytes, (guint) come_bytes);

  return g_byte_array_free_to_bytes (g_steal_pointer (&head));
}

GBytes *
ob_visit_head_make_stand_in (const GByteArray *bytes)
{
  gboolean has_no_body = bytes->len >= 5 && memcmp (bytes->data, "HEAD ", 5) == 0;
  g_autofree char *head
      = g_strdup_printf ("%s / HTTP/1.1\r\nHost: outbox\r\nConnection: close\r\n\r\n", has_no_body ? "HEAD" : "GET");
  gsize size_bytes = strlen (head);

  return g_bytes_new_take (g_steal_pointer (&head), size_bytes);
}
