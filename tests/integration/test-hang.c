/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers that hang at every point of an exchange, and workers that hang whatever they are told, and what a person, the system and
 * the network do meanwhile: it is obeyed, the server hears of it, and other uploads arrive. The daemon is in one network namespace, the servers that hang in
 * another, with a link in between; the one that works is on loopback.
 */
#include "support/broker.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/radio.h"
#include "support/trap.h"

#include <unistd.h>

#define SERVER "10.99.0.1"
#define MOST_S 40
#define FILE_BYTES (3 * 1000 * 1000)

typedef struct
{
  const char *name;
  TestTrapPoint point;
  const char *method;
  const char *scheme;
  const char *host;
} Row;

static const Row rows[] = {
  { "in-the-look-up-of-its-name", TEST_TRAP_UNACCEPTED, "", "http", "hang.example" },
  { "before-it-accepts", TEST_TRAP_UNACCEPTED, "", "http", SERVER },
  { "when-it-has-accepted", TEST_TRAP_ACCEPTED, "", "http", SERVER },
  { "in-the-handshake-of-tls", TEST_TRAP_ACCEPTED, "", "https", SERVER },
  { "asked-to-create", TEST_TRAP_ASKED, "POST", "http", SERVER },
  { "in-the-head-of-an-answer", TEST_TRAP_HALF_HEAD, "POST", "http", SERVER },
  { "in-a-head-without-end", TEST_TRAP_DRIPPING, "POST", "http", SERVER },
  { "in-not-yet-and-not-yet", TEST_TRAP_NOT_YET, "POST", "http", SERVER },
  { "before-the-body-of-an-answer", TEST_TRAP_NO_BODY, "POST", "http", SERVER },
  { "before-the-first-byte", TEST_TRAP_UNREAD, "PATCH", "http", SERVER },
  { "in-the-middle", TEST_TRAP_HALF_READ, "PATCH", "http", SERVER },
  { "after-the-last-byte", TEST_TRAP_LAST_BYTE, "PATCH", "http", SERVER },
  { "in-the-head-of-the-last-answer", TEST_TRAP_HALF_HEAD, "PATCH", "http", SERVER },
  { "in-not-yet-after-the-last-byte", TEST_TRAP_NOT_YET, "PATCH", "http", SERVER },
};

typedef struct
{
  int far;
  TestRadio *radio;
  TestBroker *broker;
  TestTrap *trap;
  const Row *row;
  char *id;
  const char *status; /* that is waited for */
  guint n_reached;
  guint n_ended;
  guint n_photos;
} Scene;

static void
set_up (Scene *scene)
{
  const TestRadioPlan plan = { "wifi", "10.77.1.2/24", "10.77.1.1/24", 400 * 1000 * 1000, 1, 250 };
  int home;

  scene->far = test_namespace_add ();
  scene->radio = test_radio_new (scene->far, &plan);
  test_namespace_run ("ip link set lo up; ip route add default dev wifi");
  home = test_namespace_visit (scene->far);
  test_namespace_run ("ip address add " SERVER "/32 dev lo");
  test_namespace_leave (home);
  scene->broker = test_broker_new ();
}

static void
tear_down (Scene *scene)
{
  test_broker_free (scene->broker);
  test_radio_free (scene->radio);
  (void) close (scene->far);
}

/* Names are asked of an address to which packets go and from which none come. */
static void
ask_nobody_for_names (void)
{
  test_namespace_run ("echo 'nameserver 10.99.0.2\noptions timeout:30 attempts:5' >/dev/shm/$$ && "
                      "mount --bind /dev/shm/$$ $(realpath /etc/resolv.conf); rm /dev/shm/$$");
}

static gboolean
is_status (gpointer data)
{
  Scene *scene = data;
  g_autoptr (GVariant) document = test_broker_get (scene->broker, scene->id);
  g_autofree char *status = test_document_dup_status (document);

  return g_str_equal (status, scene->status);
}

static void
wait_for_status (Scene *scene, const char *status)
{
  scene->status = status;
  g_test_message ("waiting for %s", status);
  test_wait_until (is_status, scene, MOST_S);
}

static gboolean
is_reached (gpointer data)
{
  Scene *scene = data;

  return test_trap_count_reached (scene->trap) >= scene->n_reached;
}

static gboolean
is_ended (gpointer data)
{
  Scene *scene = data;

  return test_trap_count_ended (scene->trap) >= scene->n_ended;
}

static void
wait_for_trap (Scene *scene, guint n_reached)
{
  scene->n_reached = n_reached;
  wait_for_status (scene, "uploading");
  if (scene->row->point != TEST_TRAP_UNACCEPTED)
    test_wait_until (is_reached, scene, MOST_S);
}

/* The server is not left with a connection that it believes in. */
static void
wait_until_heard (Scene *scene)
{
  scene->n_ended = 1;
  if (scene->row->point != TEST_TRAP_UNACCEPTED)
    test_wait_until (is_ended, scene, MOST_S);
}

static void
set_destination (Scene *scene)
{
  g_autofree char *url
      = g_strdup_printf ("%s://%s:%u/files/", scene->row->scheme, scene->row->host, test_trap_get_port (scene->trap));
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (url));
  outbox_dbus_destinations_call_set_sync (scene->broker->destinations, "trap", g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);
}

static void
hand_over (Scene *scene)
{
  int home = test_namespace_visit (scene->far);
  g_autofree char *path = test_broker_make_file (scene->broker, "video.mp4", FILE_BYTES, 1);
  g_autoptr (GError) error = NULL;

  scene->trap = test_trap_new (scene->row->point, scene->row->method);
  test_namespace_leave (home);
  set_destination (scene);
  scene->id = test_broker_submit (scene->broker, path, g_variant_new_parsed ("{'destination': <'trap'>}"), &error);
  g_assert_no_error (error);
  wait_for_trap (scene, 1);
}

static void
send_photo (Scene *scene)
{
  g_autofree char *path = test_broker_make_file (scene->broker, "photo.jpg", 50000, ++scene->n_photos);
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (scene->broker, path, NULL, &error);
  char *hanging = scene->id;

  g_assert_no_error (error);
  scene->id = id;
  wait_for_status (scene, "done");
  scene->id = hanging;
  g_free (id);
}

static void
remove_it (Scene *scene)
{
  const char *ids[] = { scene->id, NULL };
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_remove_sync (scene->broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (outbox_dbus_uploads_call_get_sync (scene->broker->uploads, scene->id, &document, NULL, NULL));
}

/* --- What happens meanwhile --- */

static void
pause_it (Scene *scene)
{
  const char *ids[] = { scene->id, NULL };
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_pause_sync (scene->broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  wait_for_status (scene, "paused user");
  wait_until_heard (scene);
  send_photo (scene);
  remove_it (scene);
}

static void
take_it_away (Scene *scene)
{
  remove_it (scene);
  wait_until_heard (scene);
  send_photo (scene);
}

/* test_broker_stop() wants an end in good order. */
static void
end_the_daemon (Scene *scene)
{
  test_broker_stop (scene->broker);
  wait_until_heard (scene);
  test_broker_start (scene->broker, NULL);
  send_photo (scene);
  remove_it (scene);
}

static void
lose_the_network (Scene *scene)
{
  /* Whether a network reaches a name that nobody knows is not the question here. */
  if (!g_str_equal (scene->row->host, SERVER))
    {
      remove_it (scene);
      return;
    }
  test_radio_set_dark (scene->radio, TRUE);
  test_namespace_run ("ip route del default");
  test_radio_set_carrier (scene->radio, FALSE);
  wait_for_status (scene, "paused no-network");
  send_photo (scene);
  test_radio_set_dark (scene->radio, FALSE);
  test_radio_set_carrier (scene->radio, TRUE);
  test_namespace_run ("ip route add default dev wifi");
  /* It tries again, and with that the first connection ends for the server, too. What an answer says in its head is known
   * without its body: the upload is made, and goes on from there. */
  if (scene->row->point == TEST_TRAP_NO_BODY)
    wait_for_status (scene, "done");
  else
    wait_for_trap (scene, 2);
  wait_until_heard (scene);
  remove_it (scene);
}

static void
test_all_rows (void (*act) (Scene *scene))
{
  Scene scene = { 0 };

  set_up (&scene);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].name);
      scene.row = &rows[i];
      hand_over (&scene);
      send_photo (&scene);
      act (&scene);
      g_clear_pointer (&scene.trap, test_trap_free);
      g_clear_pointer (&scene.id, g_free);
    }
  g_assert_cmpuint (test_broker_count (scene.broker, "done"), ==, scene.n_photos);
  test_broker_stop (scene.broker);
  tear_down (&scene);
}

/* --- Workers that hang --- */

#define WORKERS 4

static void
hand_over_to_hang (Scene *scene, char *ids[WORKERS])
{
  for (guint i = 0; i < WORKERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("video-%u.mp4", i);
      g_autofree char *path = test_broker_make_file (scene->broker, name, FILE_BYTES, i);
      g_autoptr (GError) error = NULL;

      ids[i] = test_broker_submit (scene->broker, path, NULL, &error);
      g_assert_no_error (error);
    }
}

static void
call_on (Scene *scene, char *ids[WORKERS],
         gboolean (*call) (OutboxDBusUploads *, const char *const *, GCancellable *, GError **))
{
  for (guint i = 0; i < WORKERS; i++)
    {
      const char *one[] = { ids[i], NULL };
      g_autoptr (GError) error = NULL;

      (void) call (scene->broker->uploads, one, NULL, &error);
      g_assert_no_error (error);
    }
}

/* In the middle of a file they never come back, whatever they are told, as from a disk that has gone. What is smaller is
 * read at once. */
static void
test_workers_hang (void)
{
  Scene scene = { 0 };
  char *ids[WORKERS];

  test_namespace_run ("ip link set lo up");
  scene.broker = test_broker_new ();
  test_broker_stop (scene.broker);
  g_setenv ("OUTBOX_HANG_AT", "copy-read-on", TRUE);
  test_broker_start (scene.broker, NULL);
  g_unsetenv ("OUTBOX_HANG_AT");
  hand_over_to_hang (&scene, ids);
  scene.id = ids[0];
  wait_for_status (&scene, "uploading");
  call_on (&scene, ids, outbox_dbus_uploads_call_pause_sync);
  for (guint i = 0; i < WORKERS; i++)
    {
      scene.id = ids[i];
      wait_for_status (&scene, "paused user");
    }
  send_photo (&scene);
  call_on (&scene, ids, outbox_dbus_uploads_call_resume_sync);
  scene.id = ids[0];
  wait_for_status (&scene, "uploading");
  call_on (&scene, ids, outbox_dbus_uploads_call_remove_sync);
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 1);
  send_photo (&scene);
  for (guint i = 0; i < WORKERS; i++)
    g_free (ids[i]);
  hand_over_to_hang (&scene, ids);
  scene.id = ids[0];
  wait_for_status (&scene, "uploading");
  test_broker_stop (scene.broker);
  /* Nothing of it is lost, and a daemon that does not hang sends it. */
  test_broker_start (scene.broker, NULL);
  test_broker_wait_for_all (scene.broker, "done", MOST_S);
  test_broker_stop (scene.broker);
  test_broker_free (scene.broker);
  for (guint i = 0; i < WORKERS; i++)
    g_free (ids[i]);
}

/* --- A server that ends connections --- */

#define FORGOTTEN 8

/* Nobody waits for a next try, though every connection ends without a word when it is used a second time. */
static void
test_a_server_that_forgets_connections (void)
{
  static const Row row = { "forgetful", TEST_TRAP_FORGETFUL, "", "http", "127.0.0.1" };
  Scene scene = { .row = &row };

  test_namespace_run ("ip link set lo up");
  scene.broker = test_broker_new_alone ();
  scene.trap = test_trap_new (row.point, row.method);
  set_destination (&scene);
  for (guint i = 0; i < FORGOTTEN; i++)
    {
      g_autofree char *path = test_broker_make_file (scene.broker, "photo.jpg", 60000, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *id
          = test_broker_submit (scene.broker, path, g_variant_new_parsed ("{'destination': <'trap'>}"), &error);

      g_assert_no_error (error);
    }
  test_broker_wait_for_all (scene.broker, "done", MOST_S);
  {
    g_autoptr (GVariant) list = test_broker_list (scene.broker);

    for (guint i = 0; i < FORGOTTEN; i++)
      {
        g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);

        g_assert_cmpint (test_document_get_number (upload, 'u', "attempts"), ==, 1);
      }
  }
  test_broker_free (scene.broker);
  test_trap_free (scene.trap);
}

/* The head has said that the upload is made: it goes on from there, long before a minute is over. */
static void
test_a_body_that_never_comes (void)
{
  static const Row row = { "no-body", TEST_TRAP_NO_BODY, "POST", "http", "127.0.0.1" };
  Scene scene = { .row = &row };
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  test_namespace_run ("ip link set lo up");
  scene.broker = test_broker_new_alone ();
  scene.trap = test_trap_new (row.point, row.method);
  set_destination (&scene);
  path = test_broker_make_file (scene.broker, "photo.jpg", 60000, 1);
  scene.id = test_broker_submit (scene.broker, path, g_variant_new_parsed ("{'destination': <'trap'>}"), &error);
  g_assert_no_error (error);
  wait_for_status (&scene, "done");
  test_broker_free (scene.broker);
  test_trap_free (scene.trap);
  g_free (scene.id);
}

static void
test_pause (void)
{
  test_all_rows (pause_it);
}

static void
test_remove (void)
{
  test_all_rows (take_it_away);
}

static void
test_end (void)
{
  test_all_rows (end_the_daemon);
}

static void
test_network_loss (void)
{
  test_all_rows (lose_the_network);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (void);
  } tests[] = {
    { "/hang/a-body-that-never-comes", test_a_body_that_never_comes },
    { "/hang/paused", test_pause },
    { "/hang/removed", test_remove },
    { "/hang/the-daemon-ends", test_end },
    { "/hang/the-network-goes", test_network_loss },
    { "/hang/workers", test_workers_hang },
    { "/hang/a-server-that-forgets-connections", test_a_server_that_forgets_connections },
  };
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  if (is_inside)
    ask_nobody_for_names ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].name, is_inside ? tests[i].run : test_namespace_skip);

  return g_test_run ();
}
