/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No HTTP library is between, whose own time would be measured. Main thread.
 */
#include "rest-client.h"

#include "dbus/names.h"

#include <json-glib/json-glib.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The door takes no more of one process. */
#define VISITORS_OF_PROCESS 50

/* Returns: -1: nobody listens. */
static int
try_to_connect (const RestDoor *door)
{
  struct sockaddr_un path = { .sun_family = AF_UNIX };
  struct sockaddr_in port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const gboolean is_path = *door->address == '/';
  int fd = socket (is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (g_strlcpy (path.sun_path, door->address, sizeof path.sun_path), <, sizeof path.sun_path);
  port.sin_port = htons ((guint16) atoi (door->address));
  if (connect (fd, is_path ? (const struct sockaddr *) &path : (const struct sockaddr *) &port,
               is_path ? sizeof path : sizeof port)
      == 0)
    return fd;
  (void) close (fd);

  return -1;
}

RestDoor *
rest_door_new (const char *address, const char *url, const char *fields)
{
  RestDoor *door = g_new0 (RestDoor, 1);

  door->address = g_strdup (address);
  door->url = g_strdup (url);
  door->fields = g_strdup (fields);

  return door;
}

RestDoor *
rest_find_socket (Rig *rig)
{
  g_autofree char *path = g_build_filename (rig->folder, "outbox", "rest.sock", NULL);
  RestDoor *door = rest_door_new (path, "http://localhost", "Host: localhost\r\n");
  int fd;

  while ((fd = try_to_connect (door)) < 0)
    g_usleep (10000);
  (void) close (fd);

  return door;
}

/* Returns: (transfer full): what a member of a JSON object says. @text: the object, perhaps behind a head */
static char *
dup_member (const char *text, const char *name)
{
  g_autoptr (JsonNode) root = json_from_string (strchr (text, '{'), NULL);

  g_assert_nonnull (root);

  return g_strdup (json_object_get_string_member (json_node_get_object (root), name));
}

static char *
dup_url_of_port (Rig *rig)
{
  g_autofree char *path = g_build_filename (rig->folder, "outbox", "rest.json", NULL);
  g_autofree char *text = NULL;

  /* It is written when both doors are open. */
  while (!g_file_get_contents (path, &text, NULL, NULL))
    g_usleep (10000);

  return dup_member (text, "url");
}

static void
approve (Rig *rig, const char *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxDBusAccess) access
      = outbox_dbus_access_proxy_new_sync (rig->connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, OUTBOX_BUS_NAME,
                                           OUTBOX_OBJECT_PATH, NULL, &error);

  g_assert_no_error (error);
  outbox_dbus_access_call_approve_sync (access, code, NULL, &error);
  g_assert_no_error (error);
}

/* Returns: (transfer full): the answer to a page that asks for JSON with JSON */
static char *
post_json (const RestDoor *door, const char *target, const char *json)
{
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));
  char *answer = NULL;

  g_assert_cmpuint (rest_ask (door, "POST", target, "Content-Type: application/json\r\n", body, &answer), ==, 200);

  return answer;
}

RestDoor *
rest_find_port (Rig *rig)
{
  g_autofree char *url = dup_url_of_port (rig);
  const char *host = url + strlen ("http://");
  g_autofree char *stranger = g_strdup_printf ("Host: %s\r\nOrigin: https://bench.example\r\n", host);
  RestDoor *door = rest_door_new (strrchr (url, ':') + 1, url, stranger);
  g_autofree char *asked = post_json (door, "/v1/pair", "{\"manage\":true}");
  g_autofree char *user_code = dup_member (asked, "user_code");
  g_autofree char *device_code = dup_member (asked, "device_code");
  g_autofree char *poll = g_strdup_printf ("{\"device_code\":\"%s\"}", device_code);
  g_autofree char *answer = NULL;
  g_autofree char *token = NULL;

  approve (rig, user_code);
  answer = post_json (door, "/v1/pair/token", poll);
  token = dup_member (answer, "token");
  g_free (door->fields);
  door->fields = g_strdup_printf ("%sAuthorization: Bearer %s\r\n", stranger, token);

  return door;
}

void
rest_door_free (RestDoor *door)
{
  g_free (door->address);
  g_free (door->url);
  g_free (door->fields);
  g_free (door);
}

/* Whoever is refused may be told so before it has sent everything. */
static void
send_all (int fd, const char *bytes, gsize size_bytes)
{
  gssize sent = 0;

  for (gsize done = 0; done < size_bytes && sent >= 0; done += (gsize) sent)
    sent = send (fd, bytes + done, size_bytes - done, MSG_NOSIGNAL);
}

static char *
read_all (int fd)
{
  GString *answer = g_string_new (NULL);
  char buffer[4096];
  gssize got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (answer, buffer, got);

  return g_string_free (answer, FALSE);
}

guint
rest_ask (const RestDoor *door, const char *method, const char *target, const char *fields, GBytes *body, char **answer)
{
  gsize body_bytes = body ? g_bytes_get_size (body) : 0;
  g_autofree char *length = body ? g_strdup_printf ("Content-Length: %zu\r\n", body_bytes) : g_strdup ("");
  g_autofree char *head
      = g_strdup_printf ("%s %s HTTP/1.1\r\n%s%s%s\r\n", method, target, door->fields, fields, length);
  g_autofree char *all = NULL;
  int fd = try_to_connect (door);
  guint status = 0;

  g_assert_cmpint (fd, >=, 0);
  send_all (fd, head, strlen (head));
  if (body)
    send_all (fd, g_bytes_get_data (body, NULL), body_bytes);
  all = read_all (fd);
  (void) close (fd);
  if (g_str_has_prefix (all, "HTTP/1.1 "))
    status = (guint) atoi (all + strlen ("HTTP/1.1 "));
  if (answer)
    *answer = g_steal_pointer (&all);

  return status;
}

char *
rest_dup_field (const char *answer, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (answer, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] && *lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  g_assert_not_reached ();
}

/* --- Peers --- */

GSubprocess *
rest_start_peer (const char *const *argv, char **line)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *first = NULL;
  GSubprocess *peer = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_autoptr (GDataInputStream) lines = NULL;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  first = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_nonnull (first);
  if (line)
    *line = g_steal_pointer (&first);

  return peer;
}

GPtrArray *
rest_send_visitors (const RestDoor *door, const char *kind, guint n_visitors)
{
  GPtrArray *crowd = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint n = 0; n < n_visitors; n += VISITORS_OF_PROCESS)
    {
      g_autofree char *number = g_strdup_printf ("%u", MIN (VISITORS_OF_PROCESS, n_visitors - n));
      const char *const argv[] = { VISITORS_PEER, door->address, kind, number, door->fields, NULL };

      g_ptr_array_add (crowd, rest_start_peer (argv, NULL));
    }

  return crowd;
}

double
rest_end_visitors (GPtrArray *crowd)
{
  g_autoptr (GPtrArray) owned = crowd;
  double n_changes = 0;

  for (guint i = 0; i < owned->len; i++)
    {
      g_autofree char *number = NULL;

      g_assert_true (g_subprocess_communicate_utf8 (owned->pdata[i], NULL, NULL, &number, NULL, NULL));
      g_assert_true (g_subprocess_get_successful (owned->pdata[i]));
      n_changes += g_ascii_strtod (number, NULL);
    }

  return n_changes;
}
