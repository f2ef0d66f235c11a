/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person sees while a chunk is under way, which may be the whole of a photo: bytes on the way, which are no progress,
 * and are never more than there are, less than the server has, or left over when the connection is gone.
 */
#include "support/broker.h"
#include "support/document.h"
#include "support/link.h"

#define PHOTO_BYTES 1500000
#define SLOW_BYTES_PER_S 150000
/* So little fits into the link that the photo is under way for seconds. */
#define LINK_BUFFER_BYTES 32768

typedef struct
{
  TestBroker *broker;
  TestLink *link;
  char *id;
  guint n_changes;      /* heard of it */
  guint n_between;      /* waiting its turn, though it has begun and a place is free */
  guint n_on_the_way;   /* with bytes on the way, and none confirmed */
  char *first_sequence; /* of the first such change, */
  char *last_sequence;  /* and of the last */
  guint64 last_offset;  /* of the last change, as all below */
  guint64 last_sent;
  char *last_state;
} Watch;

static guint64
get_number (GVariant *document, const char *key)
{
  return (guint64) test_document_get_number (document, 't', key);
}

static void
check_document (Watch *watch, GVariant *document)
{
  guint64 offset = get_number (document, "offset"), sent = get_number (document, "sent_bytes");
  guint64 wire = get_number (document, "wire_bytes");
  const char *sequence = test_document_get_text (document, "sequence");
  const char *state = test_document_get_text (document, "state");
  gint64 attempts = test_document_get_number (document, 'u', "attempts");

  g_assert_cmpuint (offset, <=, sent);
  g_assert_cmpuint (sent, <=, PHOTO_BYTES);
  g_assert_cmpuint (sent, <=, wire);
  g_assert_cmpuint (wire, ==, get_number (document, "bytes_sent"));
  if (g_str_equal (state, "retrying") || g_str_equal (state, "done"))
    g_assert_cmpuint (sent, ==, offset);
  if (offset == 0 && sent > 0)
    {
      watch->n_on_the_way++;
      if (!watch->first_sequence)
        watch->first_sequence = g_strdup (sequence);
      g_free (watch->last_sequence);
      watch->last_sequence = g_strdup (sequence);
    }
  g_test_message ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s", state, offset, sent, wire,
                  sequence);
  watch->n_between += g_str_equal (state, "queued") && attempts > 0;
  watch->n_changes++;
  watch->last_offset = offset;
  watch->last_sent = sent;
  g_free (watch->last_state);
  watch->last_state = g_strdup (state);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  Watch *watch = user_data;
  g_autoptr (GVariant) document = g_variant_get_child_value (parameters, 0);

  if (g_str_equal (test_document_get_text (document, "id"), watch->id))
    check_document (watch, document);
}

static gboolean
is_on_the_way (gpointer user_data)
{
  const Watch *watch = user_data;

  return watch->last_sent > watch->last_offset;
}

static gboolean
has_stopped (gpointer user_data)
{
  const Watch *watch = user_data;

  return g_str_equal (watch->last_state, "paused") && watch->last_sent == watch->last_offset;
}

static gboolean
goes_on (gpointer user_data)
{
  const Watch *watch = user_data;

  return g_str_equal (watch->last_state, "uploading") && watch->last_sent > watch->last_offset
         && watch->last_offset > 0;
}

static gboolean
has_moved_on (gpointer user_data)
{
  return ((const Watch *) user_data)->n_on_the_way >= 3;
}

static gboolean
is_retrying (gpointer user_data)
{
  return g_strcmp0 (((const Watch *) user_data)->last_state, "retrying") == 0;
}

static void
listen (Watch *watch)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sequence = NULL;

  (void) outbox_dbus_uploads_call_watch_sync (watch->broker->uploads, g_variant_new ("a{sv}", NULL), "", &sequence,
                                              NULL, &error);
  g_assert_no_error (error);
}

static void
hurry (Watch *watch)
{
  test_peer_control (watch->broker->peer, "{\"fault\":\"rate\",\"bytes\":0}");
}

static void
set_up (Watch *watch, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *confirm_url = NULL;
  g_autoptr (GError) error = NULL;

  watch->broker = test_broker_new ();
  watch->link = test_link_new (test_peer_get_url (watch->broker->peer));
  test_link_set_buffer (watch->link, LINK_BUFFER_BYTES);
  confirm_url = test_peer_dup_url (watch->broker->peer, "/confirm?id={id}");
  test_broker_set_destination (watch->broker, test_link_get_url (watch->link), confirm_url);
  test_peer_control (watch->broker->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  test_peer_control (watch->broker->peer, "{\"fault\":\"rate\",\"bytes\":" G_STRINGIFY (SLOW_BYTES_PER_S) "}");
  (void) g_dbus_connection_signal_subscribe (watch->broker->connection, NULL, "org.outbox.Outbox1.Uploads", "Changed",
                                             NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, watch, NULL);
  listen (watch);
  path = test_broker_make_file (watch->broker, "photo.jpg", PHOTO_BYTES, 1);
  watch->id = test_broker_submit (watch->broker, path, g_variant_new_parsed ("{'group': <'case-7'>}"), &error);
  g_assert_no_error (error);
}

static void
tear_down (Watch *watch, gconstpointer data)
{
  g_assert_cmpuint (watch->n_between, ==, 0);
  test_link_free (watch->link);
  test_broker_free (watch->broker);
  g_free (watch->id);
  g_free (watch->first_sequence);
  g_free (watch->last_sequence);
  g_free (watch->last_state);
}

/* Its group has no less on the way than it had a moment ago. */
static void
assert_group_moves (Watch *watch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results
      = g_dbus_connection_call_sync (watch->broker->connection, "org.outbox.Outbox1", "/org/outbox/Outbox1",
                                     "org.outbox.Outbox1.Groups", "Get", g_variant_new ("(s)", "case-7"), NULL,
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_autoptr (GVariant) document = NULL;

  g_assert_no_error (error);
  document = g_variant_get_child_value (results, 0);
  g_assert_cmpuint (get_number (document, "offset"), ==, 0);
  g_assert_cmpuint (get_number (document, "sent_bytes"), >=, watch->last_sent);
}

/* One chunk from the first byte to the last: it is seen to move, and nothing of that is written. */
static void
test_a_photo_is_seen_to_move (Watch *watch, gconstpointer data)
{
  g_autoptr (GVariant) document = NULL;

  test_wait_until (has_moved_on, watch, 60);
  assert_group_moves (watch);
  hurry (watch);
  test_broker_wait_for_all (watch->broker, "done", 60);
  document = test_broker_get (watch->broker, watch->id);
  check_document (watch, document);
  g_assert_cmpuint (watch->last_sent, ==, PHOTO_BYTES);
  g_test_message ("%u of %u changes had bytes on the way", watch->n_on_the_way, watch->n_changes);
  g_assert_cmpstr (watch->first_sequence, ==, watch->last_sequence);
}

/* What was on the way when the connection went is not on the way any more. */
static void
test_what_is_lost_is_not_on_the_way (Watch *watch, gconstpointer data)
{
  test_wait_until (is_on_the_way, watch, 30);
  test_link_set_down (watch->link, TRUE);
  test_wait_until (is_retrying, watch, 30);
  g_assert_cmpuint (watch->last_sent, ==, watch->last_offset);
  test_link_set_down (watch->link, FALSE);
  hurry (watch);
  (void) test_broker_deliver (watch->broker, 20, 30);
}

/* A process that is killed tells nobody what it sent: the server has more than was counted. */
static void
test_a_kill_leaves_nothing_uncounted (Watch *watch, gconstpointer data)
{
  g_autoptr (GVariant) document = NULL;

  test_wait_until (is_on_the_way, watch, 30);
  test_broker_kill (watch->broker);
  test_broker_start (watch->broker, NULL);
  listen (watch);
  hurry (watch);
  (void) test_broker_deliver (watch->broker, 20, 30);
  document = test_broker_get (watch->broker, watch->id);
  check_document (watch, document);
  g_assert_cmpuint (get_number (document, "wire_bytes"), >=, PHOTO_BYTES);
}

static void
command (Watch *watch, gboolean is_pause)
{
  const char *const ids[] = { watch->id, NULL };
  g_autoptr (GError) error = NULL;

  if (is_pause)
    (void) outbox_dbus_uploads_call_pause_sync (watch->broker->uploads, ids, NULL, &error);
  else
    (void) outbox_dbus_uploads_call_resume_sync (watch->broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_state (Watch *watch, const char *expected)
{
  g_autoptr (GVariant) document = test_broker_get (watch->broker, watch->id);

  g_assert_cmpstr (test_document_get_text (document, "state"), ==, expected);
}

/* Pause is told with its answer, while the chunk still has a moment. Who resumes in that moment, or later, is never told that
 * it waits its turn: it only goes over to the next attempt. */
static void
test_a_pause_is_seen_at_once (Watch *watch, gconstpointer data)
{
  test_wait_until (is_on_the_way, watch, 30);
  command (watch, TRUE);
  assert_state (watch, "paused");
  test_wait_until (has_stopped, watch, 30);
  command (watch, FALSE);
  test_wait_until (goes_on, watch, 30);
  command (watch, TRUE);
  assert_state (watch, "paused");
  command (watch, FALSE);
  assert_state (watch, "uploading");
  hurry (watch);
  test_broker_wait_for_all (watch->broker, "done", 60);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/on-the-way/a-photo-is-seen-to-move", Watch, NULL, set_up, test_a_photo_is_seen_to_move, tear_down);
  g_test_add ("/on-the-way/a-pause-is-seen-at-once", Watch, NULL, set_up, test_a_pause_is_seen_at_once, tear_down);
  g_test_add ("/on-the-way/what-is-lost-is-not", Watch, NULL, set_up, test_what_is_lost_is_not_on_the_way, tear_down);
  g_test_add ("/on-the-way/a-kill-leaves-nothing-uncounted", Watch, NULL, set_up, test_a_kill_leaves_nothing_uncounted,
              tear_down);

  return g_test_run ();
}
