/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks a message of libsoup for its path and its method. Main thread.
 */
#include "ipc/rest/tus-method.h"

#include "ipc/rest/tus-head.h"

static gboolean
is_tus (SoupServerMessage *message)
{
  return g_str_has_prefix (g_uri_get_path (soup_server_message_get_uri (message)), OB_TUS_PATH);
}

const char *
ob_tus_find_method (SoupServerMessage *message)
{
  const char *instead
      = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "X-HTTP-Method-Override");

  return instead && is_tus (message) ? instead : soup_server_message_get_method (message);
}

guint
ob_tus_find_refusal (SoupServerMessage *message, guint status)
{
  static const guint for_good[] = { 400, 404, 405, 410, 412, 414, 417, 431, 505 };

  if (!is_tus (message) || !g_str_equal (ob_tus_find_method (message), "HEAD"))
    return status;
  for (guint i = 0; i < G_N_ELEMENTS (for_good); i++)
    if (for_good[i] == status)
      return status;

  return 423;
}

void
ob_tus_set_version (SoupServerMessage *message)
{
  if (is_tus (message))
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Tus-Resumable", OB_TUS_VERSION);
}
