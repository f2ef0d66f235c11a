/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Relies on one request a connection, as REST has it.
 */
#include "ledger.h"

#include "support/threaded-server.h"
#include "support/wait.h"

#include <gio/gunixsocketaddress.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD_BYTES 16384
#define PIECE_BYTES 65536

/* How often somebody who may not send looks whether it may. */
#define LOOK_MS 5

typedef struct
{
  char *method;
  gint64 offset; /* that it begins at; -1: it says none */
  guint64 body_bytes;
  guint status;    /* 0: no answer came */
  gint64 answered; /* the offset of the answer; -1: it says none */
} Entry;

struct _Ledger
{
  TestThreadedServer *server;
  GSocketAddress *upstream;
  GMutex lock;
  GPtrArray *entries; /* in the order in which they came */
  guint64 allowed;
  guint64 passed;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->method);
  g_free (entry);
}

/* Returns: what a head says; -1: it does not */
static gint64
read_number (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_ascii_strtoll (lines[i] + length + 1, NULL, 10);

  return -1;
}

/* --- A connection, on a thread of its own --- */

typedef struct
{
  Ledger *ledger;
  Entry *entry; /* the ledger's */
  GSocket *client;
  GSocket *server;
  GString *answer; /* its beginning */
} Visit;

static gboolean
send_all (GSocket *socket, const char *bytes, gsize size_bytes)
{
  while (size_bytes > 0)
    {
      gssize sent = g_socket_send (socket, bytes, size_bytes, NULL, NULL);

      if (sent <= 0)
        return FALSE;
      bytes += sent;
      size_bytes -= (gsize) sent;
    }

  return TRUE;
}

/* Returns: how many of @wanted may be passed on now; they are counted */
static gsize
take_leave (Visit *visit, gsize wanted)
{
  Ledger *ledger = visit->ledger;
  gsize taken;

  g_mutex_lock (&ledger->lock);
  taken = (gsize) MIN ((guint64) wanted, ledger->allowed - MIN (ledger->passed, ledger->allowed));
  ledger->passed += taken;
  visit->entry->body_bytes += taken;
  g_mutex_unlock (&ledger->lock);
  g_main_context_wakeup (NULL);

  return taken;
}

static gboolean
may_send (Ledger *ledger)
{
  gboolean may;

  g_mutex_lock (&ledger->lock);
  may = ledger->passed < ledger->allowed;
  g_mutex_unlock (&ledger->lock);

  return may;
}

/* Waits for leave, where it must. Returns: whether both were there meanwhile */
static gboolean
pass_body (Visit *visit, const char *bytes, gsize size_bytes)
{
  while (size_bytes > 0)
    {
      struct pollfd both[] = { { .fd = g_socket_get_fd (visit->client), .events = POLLRDHUP },
                               { .fd = g_socket_get_fd (visit->server), .events = POLLRDHUP } };
      gsize taken = take_leave (visit, size_bytes);

      if (taken > 0 && !send_all (visit->server, bytes, taken))
        return FALSE;
      bytes += taken;
      size_bytes -= taken;
      if (taken == 0 && poll (both, 2, LOOK_MS) > 0)
        return FALSE;
    }

  return TRUE;
}

static void
note_answer (Visit *visit, const char *bytes, gsize size_bytes)
{
  Entry *entry = visit->entry;

  if (visit->answer->len < HEAD_BYTES)
    g_string_append_len (visit->answer, bytes, (gssize) size_bytes);
  if (entry->status != 0 || !strstr (visit->answer->str, "\r\n\r\n"))
    return;
  g_mutex_lock (&visit->ledger->lock);
  entry->status = (guint) atoi (visit->answer->str + strlen ("HTTP/1.1 "));
  entry->answered = read_number (visit->answer->str, "Upload-Offset");
  g_mutex_unlock (&visit->ledger->lock);
}

static void
relay (Visit *visit)
{
  g_autofree char *buffer = g_malloc (PIECE_BYTES);
  gboolean is_open = TRUE;

  while (is_open)
    {
      const gboolean may = may_send (visit->ledger);
      struct pollfd both[] = { { .fd = g_socket_get_fd (visit->client), .events = may ? POLLIN : POLLRDHUP },
                               { .fd = g_socket_get_fd (visit->server), .events = POLLIN } };
      gssize got = 0;

      (void) poll (both, 2, may ? -1 : LOOK_MS);
      if (both[1].revents)
        {
          got = g_socket_receive (visit->server, buffer, PIECE_BYTES, NULL, NULL);
          if (got > 0)
            note_answer (visit, buffer, (gsize) got);
          is_open = got > 0 && send_all (visit->client, buffer, (gsize) got);
        }
      else if (both[0].revents)
        {
          got = may ? g_socket_receive (visit->client, buffer, PIECE_BYTES, NULL, NULL) : 0;
          is_open = got > 0 && pass_body (visit, buffer, (gsize) got);
        }
    }
}

/* Returns: (transfer full) (nullable): what came up to the end of the head, and behind it */
static GString *
read_head (GSocket *client)
{
  g_autoptr (GString) head = g_string_new (NULL);

  while (!strstr (head->str, "\r\n\r\n"))
    {
      char buffer[HEAD_BYTES];
      gssize got = head->len < HEAD_BYTES ? g_socket_receive (client, buffer, sizeof buffer, NULL, NULL) : 0;

      if (got <= 0)
        return NULL;
      g_string_append_len (head, buffer, got);
    }

  return g_steal_pointer (&head);
}

static Entry *
begin_entry (Ledger *ledger, const char *head)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->method = g_strndup (head, strcspn (head, " "));
  entry->offset = read_number (head, "Upload-Offset");
  entry->answered = -1;
  g_mutex_lock (&ledger->lock);
  g_ptr_array_add (ledger->entries, entry);
  g_mutex_unlock (&ledger->lock);

  return entry;
}

static void
talk (GSocketConnection *connection, gpointer user_data)
{
  Ledger *ledger = user_data;
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) onward
      = g_socket_client_connect (connector, G_SOCKET_CONNECTABLE (ledger->upstream), NULL, NULL);
  GSocket *client = g_socket_connection_get_socket (connection);
  g_autoptr (GString) head = onward ? read_head (client) : NULL;
  g_autoptr (GString) answer = g_string_new (NULL);
  Visit visit = { .ledger = ledger, .client = client, .answer = answer };
  gsize head_bytes;

  if (!head)
    return;
  head_bytes = (gsize) (strstr (head->str, "\r\n\r\n") + 4 - head->str);
  visit.server = g_socket_connection_get_socket (onward);
  visit.entry = begin_entry (ledger, head->str);
  if (send_all (visit.server, head->str, head_bytes)
      && pass_body (&visit, head->str + head_bytes, head->len - head_bytes))
    relay (&visit);
}

/* --- The test's side --- */

Ledger *
ledger_new (const char *path, const char *upstream)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  Ledger *ledger = g_new0 (Ledger, 1);

  g_mutex_init (&ledger->lock);
  ledger->entries = g_ptr_array_new_with_free_func (entry_free);
  ledger->upstream = g_unix_socket_address_new (upstream);
  ledger->server = test_threaded_server_new (talk, ledger);
  (void) g_socket_listener_add_address (test_threaded_server_get_listener (ledger->server), address,
                                        G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);

  return ledger;
}

void
ledger_free (Ledger *ledger)
{
  test_threaded_server_free (ledger->server);
  g_object_unref (ledger->upstream);
  g_ptr_array_unref (ledger->entries);
  g_mutex_clear (&ledger->lock);
  g_free (ledger);
}

void
ledger_allow (Ledger *ledger, guint64 most_bytes)
{
  g_mutex_lock (&ledger->lock);
  ledger->allowed = most_bytes;
  g_mutex_unlock (&ledger->lock);
}

guint64
ledger_get_bytes (Ledger *ledger)
{
  guint64 passed;

  g_mutex_lock (&ledger->lock);
  passed = ledger->passed;
  g_mutex_unlock (&ledger->lock);

  return passed;
}

typedef struct
{
  Ledger *ledger;
  guint64 bytes;
} Wait;

static gboolean
has_passed (gpointer data)
{
  const Wait *wait = data;

  return ledger_get_bytes (wait->ledger) >= wait->bytes;
}

void
ledger_wait_for (Ledger *ledger, guint64 bytes)
{
  Wait wait = { ledger, bytes };

  test_wait_until (has_passed, &wait, 60);
}

guint
ledger_count_creations (Ledger *ledger)
{
  guint n = 0;

  g_mutex_lock (&ledger->lock);
  for (guint i = 0; i < ledger->entries->len; i++)
    n += ((const Entry *) ledger->entries->pdata[i])->status == 201;
  g_mutex_unlock (&ledger->lock);

  return n;
}

guint
ledger_count (Ledger *ledger, const char *method)
{
  guint n = 0;

  g_mutex_lock (&ledger->lock);
  for (guint i = 0; i < ledger->entries->len; i++)
    n += g_str_equal (((const Entry *) ledger->entries->pdata[i])->method, method);
  g_mutex_unlock (&ledger->lock);

  return n;
}

guint64
ledger_assert_nothing_confirmed_came_twice (Ledger *ledger)
{
  gint64 confirmed = 0, furthest = 0;
  guint64 n_again = 0;

  g_mutex_lock (&ledger->lock);
  for (guint i = 0; i < ledger->entries->len; i++)
    {
      const Entry *entry = ledger->entries->pdata[i];

      if (entry->body_bytes > 0)
        {
          g_assert_cmpint (entry->offset, >=, confirmed);
          n_again += (guint64) MAX (0, MIN (furthest, entry->offset + (gint64) entry->body_bytes) - entry->offset);
          furthest = MAX (furthest, entry->offset + (gint64) entry->body_bytes);
        }
      if (entry->status / 100 == 2)
        confirmed = MAX (confirmed, entry->answered);
    }
  g_mutex_unlock (&ledger->lock);

  return n_again;
}
