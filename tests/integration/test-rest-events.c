/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The event stream: a client's copy is the queue, whatever breaks off in between.
 */
#include "rest.h"

#include <json-glib/json-glib.h>

/* What a client has of an upload. */
typedef struct
{
  char *state;
  gint64 number; /* of its sequence */
  char *text;    /* the whole document */
} Known;

/* A client with a copy of the queue. */
typedef struct
{
  TestBroker *broker;
  GSocketConnection *connection; /* NULL: it is not connected */
  GString *read;
  char *last_id;    /* NULL: it has none */
  GHashTable *copy; /* id → Known */
  GHashTable *gone; /* ids that it was told are removed */
  char *name;       /* of the last event */
  JsonNode *data;   /* of it */
  guint n_changes;
  gboolean has_reset;
} Client;

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->state);
  g_free (known->text);
  g_free (known);
}

static Client *
client_new (TestBroker *broker)
{
  Client *client = g_new0 (Client, 1);

  client->broker = broker;
  client->read = g_string_new (NULL);
  client->copy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, known_free);
  client->gone = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return client;
}

static void
client_free (Client *client)
{
  g_clear_object (&client->connection);
  g_string_free (client->read, TRUE);
  g_hash_table_unref (client->copy);
  g_hash_table_unref (client->gone);
  g_clear_pointer (&client->data, json_node_unref);
  g_free (client->last_id);
  g_free (client->name);
  g_free (client);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

static void
cut (Client *client)
{
  g_clear_object (&client->connection);
  g_string_truncate (client->read, 0);
}

static gboolean
read_more (Client *client)
{
  char buffer[1024];
  gssize got = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (client->connection)), buffer,
                                    sizeof buffer, NULL, NULL);

  if (got > 0)
    g_string_append_len (client->read, buffer, got);

  return got > 0;
}

/* Returns: (transfer full): what ends with that. */
static char *
take_up_to (Client *client, const char *end)
{
  const char *found;
  char *taken;
  gsize length;

  while (!(found = strstr (client->read->str, end)))
    g_assert_true (read_more (client));
  length = (gsize) (found - client->read->str) + strlen (end);
  taken = g_strndup (client->read->str, length);
  g_string_erase (client->read, 0, (gssize) length);

  return taken;
}

static void
connect_with (Client *client, const char *last_id)
{
  g_autofree char *field = last_id ? g_strdup_printf ("Last-Event-ID: %s\r\n", last_id) : g_strdup ("");
  g_autofree char *request = g_strdup_printf ("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n%s\r\n", field);
  g_autofree char *head = NULL;

  client->connection = rest_connect (client->broker);
  g_assert_nonnull (client->connection);
  g_socket_set_timeout (g_socket_connection_get_socket (client->connection), 20);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (client->connection)), request,
                                            strlen (request), NULL, NULL, NULL));
  head = take_up_to (client, "\r\n\r\n");
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
  g_assert_nonnull (strstr (head, "text/event-stream"));
}

static gint64
get_number (const char *sequence)
{
  return g_ascii_strtoll (strchr (sequence, '-') + 1, NULL, 10);
}

/* Nothing comes twice, and nothing goes back. While an upload is on its way it comes again and again, for its progress. */
static void
check_order (const Known *before, const Known *now)
{
  g_assert_cmpint (now->number, >=, before->number);
  if (!g_str_equal (now->state, "uploading") && !g_str_equal (now->state, "confirming"))
    g_assert_false (g_str_equal (now->text, before->text));
}

static void
apply_upload (Client *client, JsonNode *upload)
{
  JsonObject *document = json_node_get_object (upload);
  const char *id = json_object_get_string_member (document, "id");
  const Known *before = g_hash_table_lookup (client->copy, id);
  Known *known = g_new0 (Known, 1);

  known->state = g_strdup (json_object_get_string_member (document, "state"));
  known->number = get_number (json_object_get_string_member (document, "sequence"));
  known->text = json_to_string (upload, FALSE);
  g_assert_false (g_hash_table_contains (client->gone, id));
  if (before)
    check_order (before, known);
  (void) g_hash_table_replace (client->copy, g_strdup (id), known);
}

static void
apply_changes (Client *client, const char *id)
{
  JsonObject *data = json_node_get_object (client->data);
  JsonArray *uploads = json_object_get_array_member (data, "uploads");
  JsonArray *removed = json_object_get_array_member (data, "removed");

  client->n_changes++;
  if (client->last_id)
    g_assert_cmpint (get_number (id), >=, get_number (client->last_id));
  for (guint i = 0; i < json_array_get_length (uploads); i++)
    apply_upload (client, json_array_get_element (uploads, i));
  for (guint i = 0; i < json_array_get_length (removed); i++)
    {
      (void) g_hash_table_remove (client->copy, json_array_get_string_element (removed, i));
      g_assert_true (g_hash_table_add (client->gone, g_strdup (json_array_get_string_element (removed, i))));
    }
}

static const char *
get_state (Client *client, const char *id)
{
  const Known *known = g_hash_table_lookup (client->copy, id);

  return known ? known->state : NULL;
}

/* Takes the next event up, as a client does. */
static void
take_event (Client *client)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  const char *id = NULL;

  do
    {
      g_free (text);
      text = take_up_to (client, "\n\n");
    }
  while (g_str_has_prefix (text, ":"));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (g_str_has_prefix (lines[i], "id: "))
      id = lines[i] + strlen ("id: ");
    else if (g_str_has_prefix (lines[i], "event: "))
      {
        g_free (client->name);
        client->name = g_strdup (lines[i] + strlen ("event: "));
      }
    else if (g_str_has_prefix (lines[i], "data: "))
      {
        g_clear_pointer (&client->data, json_node_unref);
        client->data = json_from_string (lines[i] + strlen ("data: "), NULL);
      }
  g_assert_nonnull (client->data);
  g_assert_nonnull (id);
  if (g_str_equal (client->name, "changes"))
    apply_changes (client, id);
  client->has_reset |= g_str_equal (client->name, "reset");
  g_free (client->last_id);
  client->last_id = g_strdup (id);
}

static void
wait_for (Client *client, const char *name)
{
  do
    take_event (client);
  while (!g_str_equal (client->name, name));
}

static TestBroker *
start (void)
{
  TestBroker *broker = test_broker_new ();

  rest_wait (broker);

  return broker;
}

static char *
submit (TestBroker *broker)
{
  g_auto (RestAnswer) answer
      = rest_send (broker, "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nbytes", -1);
  g_autoptr (JsonNode) root = NULL;

  g_assert_cmpuint (answer.status, ==, 201);
  root = json_from_string (answer.body, NULL);

  return g_strdup (json_object_get_string_member (json_node_get_object (root), "id"));
}

static void
command (TestBroker *broker, const char *method, const char *id, const char *verb)
{
  g_autofree char *target = g_strdup_printf ("/v1/uploads/%s%s", id, verb);
  g_auto (RestAnswer) answer = rest_ask (broker, method, target);

  g_assert_cmpuint (answer.status, ==, 204);
}

/* Returns: whether the copy is what the broker has. */
static gboolean
is_queue (Client *client)
{
  g_autoptr (GVariant) list = test_broker_list (client->broker);
  gboolean is_same = g_variant_n_children (list) == g_hash_table_size (client->copy);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *id, *state;

      g_assert_true (g_variant_lookup (document, "id", "&s", &id));
      g_assert_true (g_variant_lookup (document, "state", "&s", &state));
      is_same &= g_strcmp0 (get_state (client, id), state) == 0;
    }

  return is_same;
}

/* --- Tests --- */

static void
test_what_changes_is_told (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (Client) client = client_new (broker);
  g_autofree char *id = NULL;

  connect_with (client, NULL);
  take_event (client);
  g_assert_cmpstr (client->name, ==, "ready");
  id = submit (broker);
  while (g_strcmp0 (get_state (client, id), "done") != 0)
    take_event (client);
  command (broker, "DELETE", id, "");
  while (g_hash_table_size (client->copy) > 0)
    take_event (client);
  g_assert_false (client->has_reset);
}

static void
test_holds_are_told (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (Client) client = client_new (broker);
  JsonArray *holds = NULL;

  connect_with (client, NULL);
  wait_for (client, "ready");
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  while (!holds)
    {
      take_event (client);
      if (json_object_has_member (json_node_get_object (client->data), "holds"))
        holds = json_object_get_array_member (json_node_get_object (client->data), "holds");
    }
  g_assert_cmpuint (json_array_get_length (holds), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (holds, 0), "reason"), ==, "queue");
  /* Whoever comes back is told those of now. */
  cut (client);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  connect_with (client, client->last_id);
  wait_for (client, "changes");
  holds = json_object_get_array_member (json_node_get_object (client->data), "holds");
  g_assert_cmpuint (json_array_get_length (holds), ==, 0);
}

static void
test_a_past_that_is_gone (void)
{
  const char *const gone[] = { "12-3", "9223372036854775807-9223372036854775807" };
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) no_sequence
      = rest_send (broker, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: yesterday\r\n\r\n", -1);
  g_auto (RestAnswer) no_option = rest_ask (broker, "GET", "/v1/events?state=done");
  g_auto (RestAnswer) head = rest_ask (broker, "HEAD", "/v1/events");

  for (guint i = 0; i < G_N_ELEMENTS (gone); i++)
    {
      g_autoptr (Client) client = client_new (broker);

      connect_with (client, gone[i]);
      take_event (client);
      g_assert_cmpstr (client->name, ==, "reset");
      take_event (client);
      g_assert_cmpstr (client->name, ==, "ready");
    }
  g_assert_cmpuint (no_sequence.status, ==, 400);
  g_assert_cmpuint (no_option.status, ==, 400);
  g_assert_cmpuint (head.status, ==, 200);
  g_assert_cmpuint (head.body_bytes, ==, 0);
}

/* What the queue had when the client's last event was made: the client has all of it. What came later it will be told. */
static void
check_copy (Client *client, GVariant *list)
{
  const gint64 told = get_number (client->last_id);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *id, *sequence;
      const Known *known;

      g_assert_true (g_variant_lookup (document, "id", "&s", &id));
      g_assert_true (g_variant_lookup (document, "sequence", "&s", &sequence));
      known = g_hash_table_lookup (client->copy, id);
      if (get_number (sequence) <= told)
        g_assert_true (known && known->number == get_number (sequence));
    }
}

/* Commands may come too late for an upload that is on its way. */
static void
try (TestBroker *broker, const char *method, const char *id, const char *verb)
{
  g_autofree char *target = g_strdup_printf ("/v1/uploads/%s%s", id, verb);
  g_auto (RestAnswer) answer = rest_ask (broker, method, target);

  g_assert_true (answer.status == 204 || answer.status == 409);
}

/* New ones come, some are paused or resumed, some that have arrived are removed. */
static void
keep_busy (Client *client, GVariant *list)
{
  g_autofree char *first = submit (client->broker);
  g_autofree char *second = submit (client->broker);

  if (g_test_rand_bit ())
    try (client->broker, "POST", g_test_rand_bit () ? first : second, "/pause");
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *id, *state;

      g_assert_true (g_variant_lookup (document, "id", "&s", &id));
      g_assert_true (g_variant_lookup (document, "state", "&s", &state));
      if (g_test_rand_int_range (0, 4) != 0)
        continue;
      if (g_str_equal (state, "done"))
        try (client->broker, "DELETE", id, "");
      else if (g_str_equal (state, "paused"))
        try (client->broker, "POST", id, "/resume");
    }
}

static void
resume_all (TestBroker *broker)
{
  g_autoptr (GVariant) list = test_broker_list (broker);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *id, *state;

      g_assert_true (g_variant_lookup (document, "id", "&s", &id));
      g_assert_true (g_variant_lookup (document, "state", "&s", &state));
      if (g_str_equal (state, "paused") || g_str_equal (state, "confirming"))
        try (broker, "POST", id, "/resume");
    }
}

static guint
get_number_of_cuts (void)
{
  const char *text = g_getenv ("OUTBOX_CUTS");

  return text && *text ? (guint) g_ascii_strtoull (text, NULL, 10) : 24;
}

/* Connections break off anywhere, also in the middle of an event, while the queue works. */
static void
test_random_cuts (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (Client) client = client_new (broker);
  const guint n_cuts = get_number_of_cuts ();

  connect_with (client, NULL);
  wait_for (client, "ready");
  for (guint i = 0; i < n_cuts; i++)
    {
      g_autoptr (GVariant) list = test_broker_list (broker);

      check_copy (client, list);
      keep_busy (client, list);
      /* There is one: two uploads are new. */
      if (g_test_rand_bit ())
        take_event (client);
      /* What has come may be a part of an event. */
      if (g_test_rand_bit ()
          && g_socket_condition_check (g_socket_connection_get_socket (client->connection), G_IO_IN) != 0)
        (void) read_more (client);
      cut (client);
      connect_with (client, client->last_id);
      if (g_test_rand_bit ())
        wait_for (client, "ready");
    }
  while (!is_queue (client) || test_broker_count (broker, "done") != test_broker_count (broker, "all"))
    {
      /* One that was paused on its way waits when its attempt has ended. */
      resume_all (broker);
      take_event (client);
    }
  g_assert_false (client->has_reset);
  g_print ("# %u cuts, %u events of changes, %u uploads were removed\n", n_cuts, client->n_changes,
           g_hash_table_size (client->gone));
}

/* A client that does not read is told later what is so by then: its copy is the queue, and little was kept for it. */
static void
test_a_slow_reader (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (Client) slow = client_new (broker);
  g_autoptr (Client) quick = client_new (broker);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  connect_with (slow, NULL);
  connect_with (quick, NULL);
  wait_for (slow, "ready");
  wait_for (quick, "ready");
  for (guint i = 0; i < 400; i++)
    g_ptr_array_add (ids, submit (broker));
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < ids->len; i++)
      command (broker, "POST", ids->pdata[i], round % 2 == 0 ? "/pause" : "/resume");
  while (!is_queue (quick))
    take_event (quick);
  while (!is_queue (slow))
    take_event (slow);
  g_test_message ("events: slow %u, quick %u", slow->n_changes, quick->n_changes);
  g_assert_false (slow->has_reset);
  /* 1,600 changes, most of which nobody needs any more. */
  g_assert_cmpuint (slow->n_changes, <, ids->len);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest/what-changes-is-told", test_what_changes_is_told);
  g_test_add_func ("/rest/holds-are-told", test_holds_are_told);
  g_test_add_func ("/rest/a-past-that-is-gone", test_a_past_that_is_gone);
  g_test_add_func ("/rest/random-cuts", test_random_cuts);
  g_test_add_func ("/rest/a-slow-reader", test_a_slow_reader);

  return g_test_run ();
}
