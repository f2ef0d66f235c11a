/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pages that ask a person to be let in, and then use their token. Main thread.
 */
#include "pages.h"

#include "dbus/names.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>

void
page_clear (Page *page)
{
  g_clear_pointer (&page->token, g_free);
}

guint16
page_find_port (TestBroker *broker)
{
  g_autofree char *uri = NULL;
  g_autofree char *socket = NULL;
  g_autoptr (GError) error = NULL;

  rest_wait (broker);
  g_assert_true (outbox_dbus_queue_call_rest_address_sync (broker->queue, &uri, &socket, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (uri, "http://127.0.0.1:"));

  return (guint16) atoi (uri + strlen ("http://127.0.0.1:"));
}

GSocketConnection *
page_connect (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  return g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
}

RestAnswer
page_send (guint16 port, const char *bytes, gssize size_bytes)
{
  g_autoptr (GSocketConnection) connection = page_connect (port);

  g_assert_nonnull (connection);

  return rest_send_on (connection, bytes, size_bytes);
}

/* Returns: (transfer full): the head without its end. */
static GString *
make_head (const Page *page, guint16 port, const char *method, const char *target, const char *fields)
{
  GString *head = g_string_new (NULL);

  g_string_printf (head,
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: %s\r\nSec-Fetch-Site: cross-site\r\n"
                   "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
                   method, target, port, page->origin);
  if (page->token)
    g_string_append_printf (head, "Authorization: Bearer %s\r\n", page->token);
  if (fields)
    g_string_append (head, fields);

  return head;
}

RestAnswer
page_fetch (const Page *page, const char *method, const char *target, const char *fields, const char *body)
{
  const guint16 port = page_find_port (page->broker);
  g_autoptr (GString) bytes = make_head (page, port, method, target, fields);

  if (body)
    g_string_append_printf (bytes, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen (body));
  g_string_append_printf (bytes, "\r\n%s", body ? body : "");

  return page_send (port, bytes->str, -1);
}

GSocketConnection *
page_begin (const Page *page, const char *method, const char *target, const char *fields)
{
  const guint16 port = page_find_port (page->broker);
  g_autoptr (GString) head = make_head (page, port, method, target, fields);
  GSocketConnection *connection = page_connect (port);

  g_assert_nonnull (connection);
  g_string_append (head, "\r\n");
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), head->str,
                                            head->len, NULL, NULL, NULL));

  return connection;
}

char *
page_dup_proof (const char *token, const char *origin, const char *host, const char *nonce)
{
  g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *text = g_strdup_printf ("outbox-hello\n%s\n%s\n%s", origin, host, nonce);
  guint8 key[32];
  gsize size_bytes = sizeof key;

  g_checksum_update (digest, (const guchar *) token, -1);
  g_checksum_get_digest (digest, key, &size_bytes);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, key, size_bytes, text, -1);
}

char *
page_dup_member (const RestAnswer *answer, const char *name)
{
  g_autoptr (JsonNode) root = json_from_string (answer->body ? answer->body : "", NULL);
  JsonNode *member = root ? json_object_get_member (json_node_get_object (root), name) : NULL;

  return member ? json_node_dup_string (member) : NULL;
}

char *
page_decide (TestBroker *broker, const char *method, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer
      = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, OUTBOX_BUS_NAME ".Access",
                                     method, g_variant_new ("(s)", text), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                                     &error);
  g_autofree char *name = error ? g_dbus_error_get_remote_error (error) : NULL;

  return g_strdup (name ? strrchr (name, '.') + 1 : "");
}

Page
page_pair (TestBroker *broker, const char *origin, gboolean may_manage)
{
  Page page = { .broker = broker, .origin = origin };
  g_auto (RestAnswer) asked
      = page_fetch (&page, "POST", "/v1/pair", NULL, may_manage ? "{\"manage\":true}" : "{\"manage\":false}");
  g_autofree char *code = page_dup_member (&asked, "user_code");
  g_autofree char *device_code = page_dup_member (&asked, "device_code");
  g_autofree char *body = g_strdup_printf ("{\"device_code\":\"%s\"}", device_code);
  g_autofree char *error = NULL;
  g_auto (RestAnswer) polled = { 0 };

  g_assert_cmpuint (asked.status, ==, 200);
  error = page_decide (broker, "Approve", code);
  g_assert_cmpstr (error, ==, "");
  polled = page_fetch (&page, "POST", "/v1/pair/token", NULL, body);
  g_assert_cmpuint (polled.status, ==, 200);
  page.token = page_dup_member (&polled, "token");
  g_assert_nonnull (page.token);

  return page;
}
