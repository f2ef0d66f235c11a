/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A form that is handed over while videos of 300 MB have a slow link to themselves, against the receiver.
 */
#include "support/broker.h"
#include "support/document.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define VIDEO_BYTES (G_GINT64_CONSTANT (300) * 1000 * 1000)
#define FORM_BYTES 20000
/* 10 Mbit/s. */
#define SLOW "{\"fault\":\"rate\",\"bytes\":1250000}"
#define FAST "{\"fault\":\"rate\",\"bytes\":0}"
#define MOST_MS 1000

/* Nearly all of it is a hole. Returns: (transfer full): its id. */
static char *
submit_video (TestBroker *broker, guint number)
{
  g_autofree char *name = g_strdup_printf ("video-%u.mp4", number);
  g_autofree char *path = g_build_filename (broker->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  char *id;

  g_assert_cmpint (ftruncate (fd, VIDEO_BYTES), ==, 0);
  g_assert_cmpint (pwrite (fd, name, strlen (name), VIDEO_BYTES / 2), ==, (gssize) strlen (name));
  (void) close (fd);
  id = test_broker_submit (broker, path, g_variant_new_parsed ("{'priority': <-10>}"), &error);
  g_assert_no_error (error);

  return id;
}

typedef struct
{
  TestBroker *broker;
  const char *id;
  gint64 at_least_bytes;
  const char *state;
} Expected;

static gboolean
has_come_so_far (gpointer data)
{
  const Expected *expected = data;
  g_autoptr (GVariant) document = test_broker_get (expected->broker, expected->id);

  return test_document_has_state (document, expected->state)
         && test_document_get_number (document, 't', "offset") >= expected->at_least_bytes;
}

static void
wait_for (TestBroker *broker, const char *id, const char *state, gint64 at_least_bytes)
{
  Expected expected = { broker, id, at_least_bytes, state };

  test_wait_until (has_come_so_far, &expected, 30);
}

/* Returns: when an upload was in that state first, by the journal, in Unix milliseconds. */
static gint64
find_time (TestBroker *broker, const char *id, const char *state)
{
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_history_sync (broker->uploads, id, &entries, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      const char *found;
      gint64 at_ms;

      if (g_variant_lookup (entry, "state", "&s", &found) && g_str_equal (found, state)
          && g_variant_lookup (entry, "at", "x", &at_ms))
        return at_ms;
    }
  g_assert_not_reached ();
}

/* What was sent of the videos goes on where it was: no byte arrives twice. */
static void
test_a_form_among_videos (gconstpointer data)
{
  const guint n_videos = GPOINTER_TO_UINT (data);
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autofree char *path = test_broker_make_file (broker, "form.json", FORM_BYTES, 1);
  g_autoptr (GPtrArray) videos = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *confirm_url = NULL, *form = NULL;
  g_autoptr (GError) error = NULL;
  gint64 delay_ms;

  broker->peer = test_peer_start_receiver ("--discard", NULL);
  test_peer_control (broker->peer, "{\"fault\":\"checksum\",\"on\":false}");
  test_peer_control (broker->peer, SLOW);
  confirm_url = test_peer_dup_url (broker->peer, "/confirm?id={id}");
  test_broker_set_destination (broker, test_peer_get_url (broker->peer), confirm_url);
  for (guint i = 0; i < n_videos; i++)
    g_ptr_array_add (videos, submit_video (broker, i));
  for (guint i = 0; i < n_videos; i++)
    wait_for (broker, videos->pdata[i], "uploading", 1);

  form = test_broker_submit (broker, path, g_variant_new_parsed ("{'priority': <20>, 'form': <true>}"), &error);
  g_assert_no_error (error);
  wait_for (broker, form, "done", FORM_BYTES);
  delay_ms = find_time (broker, form, "uploading") - find_time (broker, form, "queued");
  g_test_message ("%u videos: the form starts after %d ms and has arrived after %d ms", n_videos, (int) delay_ms,
                  (int) (find_time (broker, form, "done") - find_time (broker, form, "queued")));
  g_assert_cmpint (delay_ms, <=, MOST_MS);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 1);

  test_peer_control (broker->peer, FAST);
  test_broker_wait_for_all (broker, "done", 60);
  g_assert_cmpint (test_peer_get_number (broker->peer, "body_bytes"), ==, n_videos * VIDEO_BYTES + FORM_BYTES);
  g_assert_cmpint (test_peer_get_number (broker->peer, "duplicate_finishes"), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/priority/a-form-starts-beside-a-video", GUINT_TO_POINTER (1), test_a_form_among_videos);
  g_test_add_data_func ("/priority/a-form-takes-the-place-of-a-video", GUINT_TO_POINTER (2), test_a_form_among_videos);

  return g_test_run ();
}
