/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The descriptor is of memory, which nobody else has and which goes with it. Main thread.
 */
#include "ipc/rest/sign-in.h"

#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/rest/arguments.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
on_signed_in (GVariant *results, const GError *error, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;

  if (error)
    ob_exchange_fail (exchange, error);
  else
    ob_exchange_answer (exchange, 204, NULL);
}

/* A pipe may bring a bare token, too; a body is JSON, and a bare token in it may be somebody's mistake. An empty one begins a sign-in at
 * the server's own page. */
static gboolean
check_body (const char *body, gsize size_bytes, GError **error)
{
  gsize begin = 0;

  while (begin < size_bytes && strchr (" \t\r\n", body[begin]) && body[begin] != '\0')
    begin++;
  if (begin == size_bytes || body[begin] == '{')
    return TRUE;
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The body is no JSON object");

  return FALSE;
}

static int
take_file (gpointer user_data, GError **error)
{
  SoupMessageBody *body = soup_server_message_get_request_body (ob_exchange_get_message (user_data));
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  gsize size_bytes;
  const char *data = g_bytes_get_data (bytes, &size_bytes);
  int fd = -1;

  if (!check_body (data, size_bytes, error))
    return -1;
  fd = memfd_create ("sign-in", MFD_CLOEXEC);
  if (fd < 0)
    ob_file_set_error (error, errno, S_ ("Cannot keep %s: %s"), "the secret in memory");
  else if (!ob_fd_write_all (fd, data, size_bytes, "memory", error) || lseek (fd, 0, SEEK_SET) != 0)
    {
      (void) close (fd);
      fd = -1;
    }
  soup_message_body_truncate (body);

  return fd;
}

void
ob_sign_in_take_body (ObExchange *exchange)
{
  g_autoptr (GVariant) arguments
      = ob_arguments_make_one ("name", g_variant_new_string (ob_exchange_get_parameter (exchange)));

  ob_exchange_ask (exchange, ob_exchange_get_route (exchange)->request, arguments, take_file, on_signed_in);
}
