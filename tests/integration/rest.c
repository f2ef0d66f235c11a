/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client that checks nothing of what it sends. Main thread.
 */
#include "rest.h"

#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>

void
rest_answer_clear (RestAnswer *answer)
{
  g_clear_pointer (&answer->head, g_free);
  g_clear_pointer (&answer->body, g_free);
}

char *
rest_dup_socket (TestBroker *broker)
{
  return g_build_filename (broker->folder, "run", "outbox", "rest.sock", NULL);
}

GSocketConnection *
rest_connect (TestBroker *broker)
{
  g_autofree char *path = rest_dup_socket (broker);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  return g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
}

static gboolean
is_there (gpointer data)
{
  g_autoptr (GSocketConnection) connection = rest_connect (data);

  return connection != NULL;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
rest_wait (TestBroker *broker)
{
  /* The file system tells nobody: wake the loop to look. */
  guint timer = g_timeout_add (20, on_look_again, NULL);

  test_wait_until (is_there, broker, 20);
  g_source_remove (timer);
}

RestAnswer
rest_read (GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GByteArray) all = g_byte_array_new ();
  RestAnswer answer = { .status = 0 };
  guint8 buffer[4096];
  const char *end;
  gssize got;

  while ((got = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_byte_array_append (all, buffer, (guint) got);
  g_byte_array_append (all, (const guint8 *) "", 1);
  end = strstr ((const char *) all->data, "\r\n\r\n");
  if (!end || !g_str_has_prefix ((const char *) all->data, "HTTP/1."))
    return answer;
  answer.status = (guint) atoi ((const char *) all->data + strlen ("HTTP/1.1 "));
  answer.head = g_strndup ((const char *) all->data, (gsize) (end + 4 - (const char *) all->data));
  answer.body_bytes = all->len - 1 - strlen (answer.head);
  /* With the NUL behind it. */
  answer.body = g_memdup2 (end + 4, answer.body_bytes + 1);

  return answer;
}

void
rest_read_until (GSocketConnection *connection, const char *text)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GString) all = g_string_new (NULL);
  char buffer[1024];

  while (!strstr (all->str, text))
    {
      gssize got = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL);

      if (got <= 0)
        g_error ("It ended before %s: %s", text, all->str);
      g_string_append_len (all, buffer, got);
    }
}

RestAnswer
rest_send_on (GSocketConnection *connection, const char *bytes, gssize size_bytes)
{
  (void) g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), bytes,
                                    size_bytes >= 0 ? (gsize) size_bytes : strlen (bytes), NULL, NULL, NULL);

  return rest_read (connection);
}

RestAnswer
rest_send (TestBroker *broker, const char *bytes, gssize size_bytes)
{
  g_autoptr (GSocketConnection) connection = rest_connect (broker);

  g_assert_nonnull (connection);

  return rest_send_on (connection, bytes, size_bytes);
}

RestAnswer
rest_ask (TestBroker *broker, const char *method, const char *target)
{
  g_autofree char *head = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, target);

  return rest_send (broker, head, -1);
}

RestAnswer
rest_ask_with (TestBroker *broker, const char *method, const char *target, const char *json)
{
  g_autofree char *whole
      = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu"
                         "\r\n\r\n%s",
                         method, target, strlen (json), json);

  return rest_send (broker, whole, -1);
}

char *
rest_answer_dup_field (const RestAnswer *answer, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (answer->head ? answer->head : "", "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));

  return NULL;
}

TestBroker *
rest_start (void)
{
  TestBroker *broker = test_broker_new ();

  rest_wait (broker);

  return broker;
}

char *
rest_make_submit (const char *target, const char *fields, const char *body, gsize size_bytes, gsize *whole_bytes)
{
  g_autofree char *head = g_strdup_printf ("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n",
                                           target, size_bytes, fields);
  gsize head_bytes = strlen (head);
  char *whole = g_malloc (head_bytes + size_bytes);

  memcpy (whole, head, head_bytes);
  memcpy (whole + head_bytes, body, size_bytes);
  *whole_bytes = head_bytes + size_bytes;

  return whole;
}

RestAnswer
rest_submit (TestBroker *broker, const char *target, const char *fields, const char *body, gsize size_bytes)
{
  gsize whole_bytes;
  g_autofree char *whole = rest_make_submit (target, fields, body, size_bytes, &whole_bytes);

  return rest_send (broker, whole, (gssize) whole_bytes);
}

char *
rest_answer_dup_member (const RestAnswer *answer, const char *name)
{
  g_autoptr (JsonNode) root = json_from_string (answer->body, NULL);
  JsonNode *member = root ? json_object_get_member (json_node_get_object (root), name) : NULL;

  return !member ? NULL
         : JSON_NODE_HOLDS_VALUE (member) && json_node_get_value_type (member) == G_TYPE_STRING
             ? json_node_dup_string (member)
             : json_to_string (member, FALSE);
}

char *
rest_submit_small (TestBroker *broker, const char *target)
{
  g_auto (RestAnswer) answer = rest_submit (broker, target, "", "bytes", 5);

  g_assert_cmpuint (answer.status, ==, 201);

  return rest_answer_dup_member (&answer, "id");
}
