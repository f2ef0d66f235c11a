/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The descriptor is of memory, which nobody else has and which goes with it. Main thread.
 */
#include "ipc/rest/sign-in.h"

#include "base/files.h"
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

static int
take_file (gpointer user_data, GError **error)
{
  SoupMessageBody *body = soup_server_message_get_request_body (ob_exchange_get_message (user_data));
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  int fd = memfd_create ("sign-in", MFD_CLOEXEC);
  gsize size_bytes;
  const void *data = g_bytes_get_data (bytes, &size_bytes);

  if (fd < 0)
    ob_file_set_error (error, errno, "Cannot keep", "the secret in memory");
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
