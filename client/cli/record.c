/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox add -: the broker need not run while the bytes come in.
 */
#include "record.h"

#include "print.h"

#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#define BLOCK_BYTES (256 * 1024)

static char *
create (OutboxClient *client, GVariant *common, const char *name, const char *key, int *fd, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GVariantDict options;

  g_variant_dict_init (&options, common);
  if (name)
    g_variant_dict_insert (&options, "name", "s", name);
  if (key)
    g_variant_dict_insert (&options, "key", "s", key);
  outbox_client_create_async (client, g_variant_dict_end (&options), NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_create_finish (client, result, fd, error);
}

gboolean
cli_record_commit (OutboxClient *client, const char *id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  outbox_client_commit_async (client, id, NULL, NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_commit_finish (client, result, error);
}

static gboolean
write_all (int fd, const char *bytes, gsize size_bytes)
{
  while (size_bytes > 0)
    {
      gssize written = write (fd, bytes, size_bytes);

      if (written < 0 && errno != EINTR)
        return FALSE;
      if (written > 0)
        {
          bytes += written;
          size_bytes -= (gsize) written;
        }
    }

  return TRUE;
}

/* Returns: FALSE with errno set */
static gboolean
take_input (int fd)
{
  g_autofree char *block = g_malloc (BLOCK_BYTES);
  gssize got;

  while ((got = read (STDIN_FILENO, block, BLOCK_BYTES)) != 0)
    {
      if (got < 0 && errno != EINTR)
        return FALSE;
      if (got > 0 && !write_all (fd, block, (gsize) got))
        return FALSE;
    }

  return TRUE;
}

/* If the key is of a recording that died, append to what it has. */
static gboolean
record (int fd, const char *id, GError **error)
{
  gboolean is_whole = lseek (fd, 0, SEEK_END) >= 0 && take_input (fd);
  int saved_errno = errno;

  (void) close (fd);
  if (!is_whole)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED,
                 _ ("%s; what has come is kept: \"outbox commit %s\" sends it, \"outbox remove %s\" discards it"),
                 g_strerror (saved_errno), cli_text_short_id (id), cli_text_short_id (id));

  return is_whole;
}

char *
cli_record (OutboxClient *client, GVariant *common, const char *name, const char *key, GError **error)
{
  int fd;
  g_autofree char *id = create (client, common, name, key, &fd, error);

  return id && record (fd, id, error) && cli_record_commit (client, id, error) ? g_steal_pointer (&id) : NULL;
}
