/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes the socket under another name, and moves it to its own when it listens: nobody finds one that does not. A lock says which
 * daemon the name belongs to, and ends with it, however that ends. Main thread.
 */
#include "ipc/rest/listener.h"

#include "base/files.h"
#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

struct _ObListener
{
  char *folder;
  char *path;
  int lock;
  GSocket *socket;
  struct stat made; /* what the socket's file was when it was made */
  ObAcceptor *acceptor;
};

static gboolean
fail (GError **error, const char *path, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "%s: %s", path, why);

  return FALSE;
}

/* --- The place --- */

static gboolean
ensure_folder (const char *folder, GError **error)
{
  struct stat status;

  if (!ob_folder_ensure (folder, error))
    return FALSE;
  if (lstat (folder, &status) != 0 || !S_ISDIR (status.st_mode) || status.st_uid != geteuid ())
    return fail (error, folder, "is no folder of this user");
  if ((status.st_mode & 0077) != 0 && chmod (folder, 0700) != 0)
    return fail (error, folder, g_strerror (errno));

  return TRUE;
}

static gboolean
take_lock (ObListener *listener, GError **error)
{
  g_autofree char *path = g_build_filename (listener->folder, "rest.lock", NULL);

  listener->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (listener->lock < 0)
    return fail (error, path, g_strerror (errno));
  if (flock (listener->lock, LOCK_EX | LOCK_NB) != 0)
    return fail (error, path, "another Outbox has this folder");

  return TRUE;
}

/* Who is full of callers listens too. */
static gboolean
has_listener (GSocketAddress *address)
{
  g_autoptr (GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GError) error = NULL;

  if (!socket)
    return TRUE;
  g_socket_set_blocking (socket, FALSE);

  return g_socket_connect (socket, address, NULL, &error)
         || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static gboolean
check_place (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  struct stat status;

  if (lstat (path, &status) != 0)
    return errno == ENOENT || fail (error, path, g_strerror (errno));
  if (!S_ISSOCK (status.st_mode) || status.st_uid != geteuid ())
    return fail (error, path, "is no socket of this user");
  if (has_listener (address))
    return fail (error, path, "another program listens there");

  return TRUE;
}

/* --- The socket --- */

static gboolean
listen_at (ObListener *listener, const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  listener->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (!listener->socket)
    return FALSE;
  g_socket_set_blocking (listener->socket, FALSE);
  g_socket_set_listen_backlog (listener->socket, BACKLOG);
  (void) g_unlink (path);
  if (!g_socket_bind (listener->socket, address, FALSE, error))
    return FALSE;
  if (chmod (path, 0600) != 0)
    return fail (error, path, g_strerror (errno));

  return g_socket_listen (listener->socket, error);
}

static gboolean
make_socket (ObListener *listener, GError **error)
{
  g_autofree char *new_path = g_strconcat (listener->path, ".new", NULL);

  if (strlen (new_path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return fail (error, listener->path, "the path is too long for a socket");
  if (!check_place (listener->path, error) || !listen_at (listener, new_path, error))
    return FALSE;
  if (lstat (new_path, &listener->made) != 0 || g_rename (new_path, listener->path) != 0)
    return fail (error, listener->path, g_strerror (errno));

  return TRUE;
}

/* --- Life --- */

ObListener *
ob_listener_open (ObAccepted accepted, gpointer user_data, GError **error)
{
  g_autoptr (ObListener) listener = g_new0 (ObListener, 1);

  listener->lock = -1;
  listener->folder = g_build_filename (g_get_user_runtime_dir (), "outbox", NULL);
  listener->path = g_build_filename (listener->folder, "rest.sock", NULL);
  if (!ensure_folder (listener->folder, error) || !take_lock (listener, error) || !make_socket (listener, error))
    return NULL;
  listener->acceptor = ob_acceptor_new (listener->socket, accepted, user_data);

  return g_steal_pointer (&listener);
}

const char *
ob_listener_get_path (ObListener *listener)
{
  return listener->path;
}

static gboolean
is_still_ours (const ObListener *listener)
{
  struct stat status;

  return listener->made.st_ino != 0 && lstat (listener->path, &status) == 0 && status.st_ino == listener->made.st_ino
         && status.st_dev == listener->made.st_dev;
}

void
ob_listener_free (ObListener *listener)
{
  g_clear_pointer (&listener->acceptor, ob_acceptor_free);
  if (is_still_ours (listener))
    (void) g_unlink (listener->path);
  g_clear_object (&listener->socket);
  if (listener->lock >= 0)
    (void) close (listener->lock);
  g_free (listener->folder);
  g_free (listener->path);
  g_free (listener);
}
