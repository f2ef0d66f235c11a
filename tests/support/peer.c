/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers of the tests. Owns the process. Main thread.
 */
#include "support/peer.h"

#include "support/child.h"

#include <libsoup/soup.h>
#include <signal.h>

struct _TestPeer
{
  GStrv argv;
  char *ready;      /* what its line has before the URL */
  GSocket *reserve; /* bound to its port and never listening, from before its first start to the end */
  GSubprocess *process;
  char *url;
  SoupSession *session;
};

/* Nobody else on the machine is given the port while the server is dead: the kernel gives away none that is bound. The
 * server itself may listen there, since it sets SO_REUSEADDR as well. */
static void
reserve_port (TestPeer *peer)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = NULL, address = NULL;
  g_autoptr (GError) error = NULL;
  guint i = 0;

  while (peer->argv[i] && !g_str_equal (peer->argv[i], "--port"))
    i++;
  if (!peer->argv[i++])
    return; /* it has an address of another kind */
  peer->reserve = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  wanted = g_inet_socket_address_new (loopback, (guint16) g_ascii_strtoull (peer->argv[i], NULL, 10));
  (void) g_socket_bind (peer->reserve, wanted, TRUE, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (peer->reserve, &error);
  g_assert_no_error (error);
  g_free (peer->argv[i]);
  peer->argv[i] = g_strdup_printf ("%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

static void
start (TestPeer *peer)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  const char *mark;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  peer->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) peer->argv, &error);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer->process));
  do
    {
      g_free (line);
      line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
      g_assert_no_error (error);
      if (!line)
        g_error ("%s ended before it was ready", peer->argv[0]);
    }
  while (!(mark = strstr (line, peer->ready)));
  g_free (peer->url);
  peer->url = g_strdup (mark + strlen (peer->ready));
  /* What it prints later is of no interest, and must not block it. */
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
}

TestPeer *
test_peer_start (const char *const *argv)
{
  return test_peer_start_saying (argv, "listening on ");
}

TestPeer *
test_peer_start_saying (const char *const *argv, const char *ready)
{
  TestPeer *peer = g_new0 (TestPeer, 1);

  peer->argv = g_strdupv ((GStrv) argv);
  peer->ready = g_strdup (ready);
  peer->session = soup_session_new ();
  reserve_port (peer);
  start (peer);

  return peer;
}

TestPeer *
test_peer_start_receiver (const char *word, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  va_list words;

  g_ptr_array_add (argv, (gpointer) g_getenv ("RECEIVER"));
  g_ptr_array_add (argv, (gpointer) "--port");
  g_ptr_array_add (argv, (gpointer) "0");
  va_start (words, word);
  for (; word; word = va_arg (words, const char *))
    g_ptr_array_add (argv, (gpointer) word);
  va_end (words);
  g_ptr_array_add (argv, NULL);

  return test_peer_start ((const char *const *) argv->pdata);
}

TestPeer *
test_peer_start_far_receiver (const char *fault)
{
  return test_peer_start_receiver ("--any-address", "--discard", "--order",
                                   "{\"fault\":\"location\",\"mode\":\"path\"}", fault ? "--order" : NULL, fault, NULL);
}

void
test_peer_kill (TestPeer *peer)
{
  if (!peer->process)
    return;
  g_subprocess_force_exit (peer->process);
  (void) g_subprocess_wait (peer->process, NULL, NULL);
  /* A server that was gone before has failed the test. */
  g_assert_true (g_subprocess_get_if_signaled (peer->process));
  g_assert_cmpint (g_subprocess_get_term_sig (peer->process), ==, SIGKILL);
  g_clear_object (&peer->process);
}

void
test_peer_restart (TestPeer *peer)
{
  test_peer_kill (peer);
  start (peer);
}

void
test_peer_free (TestPeer *peer)
{
  test_peer_kill (peer);
  g_strfreev (peer->argv);
  g_free (peer->ready);
  g_free (peer->url);
  g_clear_object (&peer->reserve);
  g_object_unref (peer->session);
  g_free (peer);
}

const char *
test_peer_get_url (TestPeer *peer)
{
  return peer->url;
}

char *
test_peer_dup_url (TestPeer *peer, const char *route)
{
  /* Put together by hand: {id} is no part of a URL that a library would keep. */
  const char *path = strchr (strstr (peer->url, "//") + 2, '/');

  return g_strdup_printf ("%.*s%s", (int) (path - peer->url), peer->url, route);
}

static GBytes *
ask (TestPeer *peer, const char *method, const char *body)
{
  g_autofree char *url = test_peer_dup_url (peer, "/control");
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  g_autoptr (GBytes) bytes = body ? g_bytes_new (body, strlen (body)) : NULL;
  g_autoptr (GError) error = NULL;
  GBytes *answer;

  if (bytes)
    soup_message_set_request_body_from_bytes (message, "application/json", bytes);
  answer = soup_session_send_and_read (peer->session, message, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (soup_message_get_status (message), ==, 200);

  return answer;
}

void
test_peer_control (TestPeer *peer, const char *json)
{
  g_autoptr (GBytes) answer = ask (peer, "POST", json);
}

JsonNode *
test_peer_describe (TestPeer *peer)
{
  g_autoptr (GBytes) answer = ask (peer, "GET", NULL);
  g_autofree char *text = g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);

  return node;
}

gint64
test_peer_get_number (TestPeer *peer, const char *name)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);

  return json_object_get_int_member (json_node_get_object (facts), name);
}

gint64
test_peer_count_requests (TestPeer *peer, const char *method)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);
  JsonObject *requests = json_object_get_object_member (json_node_get_object (facts), "requests");

  return json_object_get_int_member_with_default (requests, method, 0);
}

guint
test_peer_count_uploads (TestPeer *peer)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);

  return json_array_get_length (json_object_get_array_member (json_node_get_object (facts), "uploads"));
}
