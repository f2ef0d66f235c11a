/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ledger: appends whole lines, each with one write(), so that a SIGKILL loses none that was written. Main thread.
 */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

struct Ledger
{
  int fd; /* -1: keeps nothing */
};

Ledger *
ledger_open (const char *path, GError **error)
{
  Ledger *ledger;
  int fd = -1;

  if (path != NULL)
    {
      fd = g_open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
      if (fd < 0)
        {
          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
          return NULL;
        }
    }

  ledger = g_new0 (Ledger, 1);
  ledger->fd = fd;
  return ledger;
}

void
ledger_close (Ledger *ledger)
{
  if (ledger->fd >= 0)
    close (ledger->fd);
  g_free (ledger);
}

void
ledger_write (Ledger *ledger, const char *event, JsonObject *facts)
{
  g_autoptr (JsonObject) object = facts != NULL ? facts : json_object_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  const gint64 now_us = g_get_real_time ();
  gsize length;

  if (ledger->fd < 0)
    return;

  json_object_set_string_member (object, "event", event);
  json_object_set_int_member (object, "time_ms", now_us / 1000);
  json_object_set_int_member (object, "time_us", now_us);
  node = json_node_init_object (json_node_alloc (), object);
  text = json_to_string (node, FALSE);
  line = g_strconcat (text, "\n", NULL);
  length = strlen (line);

  if (write (ledger->fd, line, length) != (gssize) length)
    g_warning ("Ledger: %s", g_strerror (errno));
}
