/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * MKCOL, from the outermost folder on. Worker thread.
 */
#include "transfer/put-folders.h"

#include "base/debug.h"
#include "transfer/put-url.h"

/* 405 is the answer where one is there already, as another upload of the group may have made it (RFC 4918 section 9.3.1). */
static gboolean
make (const ObPutPlace *place, const char *folder)
{
  const ObPutPlace there = { place->connection, place->job, folder, place->stop };
  SoupMessage *message = ob_put_message_new (&there, "MKCOL");
  g_autoptr (ObAnswer) answer = NULL;
  guint status;

  if (!message)
    return FALSE;
  answer = ob_http_send (place->connection, message, OB_ANSWER_MS, G_CANCELLABLE (place->stop));
  status = ob_answer_get_status (answer);
  ob_debug (OB_DEBUG_TRANSFER, place->job->id, "makes a folder at the server: status %u", status);

  return status == SOUP_STATUS_CREATED || status == SOUP_STATUS_METHOD_NOT_ALLOWED;
}

gboolean
ob_put_make_folders (const ObPutPlace *place)
{
  g_auto (GStrv) folders = ob_put_url_list_folders (place->job->url, place->url);

  for (char **folder = folders; *folder; folder++)
    if (!make (place, *folder) || ob_stop_is_asked (place->stop))
      return FALSE;

  return *folders != NULL;
}
