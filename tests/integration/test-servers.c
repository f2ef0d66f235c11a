/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon against tus servers that other people made, over a link that is cut at exact bytes, with a server or a
 * broker that is killed, and through nginx. What the daemon believes is compared with what lies in the server's folder.
 */
#include "at-server.h"
#include "support/cases.h"
#include "support/document.h"

#define CHUNK_BYTES (4 * 1024 * 1024)
#define SIZE_BYTES (6 * 1024 * 1024 + 11)

/* @url: what stands behind the link. */
static void
connect_by_link (AtServer *scene, const char *url)
{
  scene->link = test_link_new (url);
  test_broker_set_destination (scene->broker, test_link_get_url (scene->link), NULL);
}

static TestFile *
submit_one (AtServer *scene)
{
  TestFile *file = at_server_make (scene, "IMG_0001.jpg", SIZE_BYTES);

  test_file_submit (file, scene->broker);

  return file;
}

static gboolean
is_cleared (gpointer data)
{
  return test_broker_count_files (data, "spool") == 0;
}

/* A server that is not yet done with a request that was cut (seen at tusd) tells an offset that is past a moment later, and
 * refuses the chunk that begins there. */
static guint64
count_refused_bytes (const char *log)
{
  g_auto (GStrv) parts = g_strsplit (log, "HTTP/1.1 409 ", -1);

  return (guint64) (g_strv_length (parts) - 1) * CHUNK_BYTES;
}

/* Everything is where it belongs. Returns: bytes that were sent twice, whole chunks that the server refused left out. */
static guint64
assert_arrived (AtServer *scene, guint most_orphans)
{
  guint64 again_bytes = test_link_get_body_bytes (scene->link) - SIZE_BYTES;
  g_autofree char *log = test_link_dup_log (scene->link);

  g_assert_cmpuint (test_broker_count (scene->broker, "done"), ==, 1);
  g_assert_cmpuint (test_tus_server_assert_has (scene->server, scene->files), <=, most_orphans);
  test_wait_until (is_cleared, scene->broker, 10);
  g_test_message ("%s%" G_GUINT64_FORMAT " bytes were sent twice, over %u connections in all", log, again_bytes,
                  test_link_count_connections (scene->link));

  return again_bytes - MIN (again_bytes, count_refused_bytes (log));
}

/* --- A link that fails --- */

typedef struct
{
  const char *name;
  TestLinkPlan plan;
  guint64 most_again_bytes; /* what was on the way and not yet confirmed, never more */
  guint most_taps;          /* retries that a person must ask for, or wait for */
  guint most_orphans;
} Scenario;

#define CUT(at)                               \
  {                                           \
    TEST_LINK_RESET, "PATCH", FALSE, at, 0, 1 \
  }
#define HANG_UP(at)                           \
  {                                           \
    TEST_LINK_CLOSE, "PATCH", FALSE, at, 0, 1 \
  }
#define CUT_IN_HEAD(method, at)             \
  {                                         \
    TEST_LINK_RESET, method, TRUE, at, 0, 1 \
  }
#define LOSE(method, skip)                           \
  {                                                  \
    TEST_LINK_LOSE_ANSWER, method, FALSE, 0, skip, 1 \
  }

static const Scenario scenarios[] = {
  { "it-arrives", { 0 }, 0, 0, 0 },
  { "a-cut-in-the-first-request", CUT_IN_HEAD (NULL, 9), 0, 1, 0 },
  { "a-cut-in-the-creation", CUT_IN_HEAD ("POST", 60), 0, 1, 0 },
  { "a-cut-in-the-head-of-a-chunk", CUT_IN_HEAD ("PATCH", 70), 0, 0, 0 },
  { "a-cut-before-the-first-byte", CUT (0), 0, 0, 0 },
  { "a-cut-after-the-first-byte", CUT (1), 1, 0, 0 },
  { "a-cut-at-byte-65536", CUT (65536), 65536, 0, 0 },
  { "a-cut-at-byte-3000001", CUT (3000001), 3000001, 0, 0 },
  { "a-cut-before-the-last-byte-of-a-chunk", CUT (CHUNK_BYTES - 1), CHUNK_BYTES - 1, 0, 0 },
  { "a-cut-after-the-last-byte-of-a-chunk", CUT (CHUNK_BYTES), CHUNK_BYTES, 0, 0 },
  { "a-cut-after-the-first-byte-of-the-next-chunk", CUT (CHUNK_BYTES + 1), 1, 0, 0 },
  { "a-cut-before-the-last-byte", CUT (SIZE_BYTES - 1), SIZE_BYTES - 1 - CHUNK_BYTES, 0, 0 },
  { "a-cut-after-the-last-byte", CUT (SIZE_BYTES), SIZE_BYTES - CHUNK_BYTES, 0, 0 },
  { "a-hang-up-before-the-first-byte", HANG_UP (0), 0, 0, 0 },
  { "a-hang-up-at-byte-3000001", HANG_UP (3000001), 3000001, 0, 0 },
  { "a-hang-up-after-the-last-byte", HANG_UP (SIZE_BYTES), SIZE_BYTES - CHUNK_BYTES, 0, 0 },
  { "a-cut-every-700001-bytes", { TEST_LINK_RESET, "PATCH", FALSE, 700001, 0, 8 }, 8 * 700001, 0, 0 },
  { "a-hang-up-every-1000001-bytes", { TEST_LINK_CLOSE, "PATCH", FALSE, 1000001, 0, 5 }, 5 * 1000001, 0, 0 },
  { "the-answer-to-the-discovery-is-lost", LOSE ("OPTIONS", 0), 0, 1, 0 },
  { "the-answer-to-the-creation-is-lost", LOSE ("POST", 0), 0, 1, 1 },
  { "the-answer-to-a-chunk-is-lost", LOSE ("PATCH", 0), 0, 0, 0 },
  { "the-answer-to-the-last-chunk-is-lost", LOSE ("PATCH", 1), 0, 0, 0 },
};

static void
test_a_link_that_fails (gconstpointer kind, gconstpointer data)
{
  const Scenario *scenario = data;
  g_auto (AtServer) scene = { 0 };

  if (!at_server_set_up (&scene, kind))
    return;
  connect_by_link (&scene, test_peer_get_url (scene.server->peer));
  test_link_plan (scene.link, &scenario->plan);
  (void) submit_one (&scene);
  (void) test_broker_deliver (scene.broker, scenario->most_taps, 30);
  g_assert_cmpuint (test_link_count_acts (scene.link), ==, scenario->plan.count);
  g_assert_cmpuint (assert_arrived (&scene, scenario->most_orphans), <=, scenario->most_again_bytes);
}

/* --- A server that is killed --- */

static gboolean
has_acted (gpointer data)
{
  return test_link_count_acts (data) > 0;
}

/* Up to that byte the server has had everything, and it works on it. */
static void
wait_at_byte (AtServer *scene, guint64 at_bytes)
{
  const TestLinkPlan plan = { TEST_LINK_STALL, "PATCH", FALSE, at_bytes, 0, 1 };

  test_link_plan (scene->link, &plan);
  (void) submit_one (scene);
  test_wait_until (has_acted, scene->link, 20);
}

static gboolean
is_retrying (gpointer data)
{
  return test_broker_count (data, "retrying") == 1;
}

static const struct
{
  const char *name;
  guint64 at_bytes;
} deaths[] = {
  { "at-byte-0-and-comes-back", 0 },
  { "at-byte-1000001-and-comes-back", 1000001 },
  { "in-the-last-chunk-and-comes-back", CHUNK_BYTES + 1000001 },
  { "with-the-last-byte-and-comes-back", SIZE_BYTES },
};

static void
test_a_server_that_dies (gconstpointer kind, gconstpointer data)
{
  guint64 at_bytes = *(const guint64 *) data;
  g_auto (AtServer) scene = { 0 };

  if (!at_server_set_up (&scene, kind))
    return;
  connect_by_link (&scene, test_peer_get_url (scene.server->peer));
  wait_at_byte (&scene, at_bytes);
  test_peer_kill (scene.server->peer);
  test_wait_until (is_retrying, scene.broker, 20);
  test_peer_restart (scene.server->peer);
  (void) test_broker_deliver (scene.broker, 1, 30);
  g_assert_cmpuint (assert_arrived (&scene, 0), <=, at_bytes % CHUNK_BYTES);
}

/* --- A broker that is killed, and what a person does meanwhile --- */

static void
test_a_broker_that_dies (gconstpointer kind, gconstpointer data)
{
  guint64 at_bytes = *(const guint64 *) data;
  g_auto (AtServer) scene = { 0 };

  if (!at_server_set_up (&scene, kind))
    return;
  connect_by_link (&scene, test_peer_get_url (scene.server->peer));
  wait_at_byte (&scene, at_bytes);
  test_broker_kill (scene.broker);
  test_broker_start (scene.broker, NULL);
  (void) test_broker_deliver (scene.broker, 1, 30);
  g_assert_cmpuint (assert_arrived (&scene, 0), <=, at_bytes % CHUNK_BYTES);
}

static gboolean
is_paused (gpointer data)
{
  return test_broker_count (data, "paused") == 1;
}

static void
test_a_pause (gconstpointer kind, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (AtServer) scene = { 0 };
  const char *ids[] = { NULL, NULL };

  if (!at_server_set_up (&scene, kind))
    return;
  connect_by_link (&scene, test_peer_get_url (scene.server->peer));
  wait_at_byte (&scene, CHUNK_BYTES + 1000001);
  ids[0] = ((TestFile *) scene.files->pdata[0])->id;
  outbox_dbus_uploads_call_pause_sync (scene.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_paused, scene.broker, 20);
  outbox_dbus_uploads_call_resume_sync (scene.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  (void) test_broker_deliver (scene.broker, 1, 30);
  g_assert_cmpuint (assert_arrived (&scene, 0), <=, 1000001);
}

static gboolean
is_gone (gpointer data)
{
  AtServer *scene = data;

  return test_tus_server_count (scene->server) == 0;
}

static void
test_a_removal (gconstpointer kind, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (AtServer) scene = { 0 };
  const char *ids[] = { NULL, NULL };

  if (!at_server_set_up (&scene, kind))
    return;
  connect_by_link (&scene, test_peer_get_url (scene.server->peer));
  wait_at_byte (&scene, CHUNK_BYTES + 1000001);
  g_assert_cmpuint (test_tus_server_count (scene.server), ==, 1);
  ids[0] = ((TestFile *) scene.files->pdata[0])->id;
  outbox_dbus_uploads_call_remove_sync (scene.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_gone, &scene, 20);
  test_wait_until (is_cleared, scene.broker, 10);
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 0);
}

/* --- Through nginx --- */

static void
test_a_proxy_that_buffers (gconstpointer kind, gconstpointer data)
{
  const TestLinkPlan plan = { TEST_LINK_RESET, "PATCH", FALSE, 1500000, 0, 2 };
  g_autofree char *directives = NULL;
  g_auto (AtServer) scene = { 0 };

  if (!at_server_set_up (&scene, kind))
    return;
  directives = test_nginx_pass_to (test_peer_get_url (scene.server->peer), TRUE);
  scene.nginx = test_nginx_start (scene.broker->folder, directives);
  if (!scene.nginx)
    return;
  connect_by_link (&scene, test_nginx_get_url (scene.nginx));
  test_link_plan (scene.link, &plan);
  (void) submit_one (&scene);
  g_assert_cmpuint (test_broker_deliver (scene.broker, 0, 30), ==, 0);
  /* A cut loses all that was sent: the proxy had it, the server never saw it. */
  g_assert_cmpuint (assert_arrived (&scene, 0), ==, plan.count * plan.at_bytes);
}

/* A person has mended it and says so. */
static void
say_mended (AtServer *scene)
{
  g_autoptr (GError) error = NULL;

  outbox_dbus_destinations_call_resume_sync (scene->broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
}

/* Whoever answers is no server of this protocol: the destination waits, and is asked again from time to time. */
static void
wait_and_see_no_success (AtServer *scene)
{
  g_autoptr (GVariant) document = NULL;
  const TestFile *file = scene->files->pdata[0];
  guint64 offset_bytes;

  test_wait_until (is_paused, scene->broker, 20);
  document = test_broker_get (scene->broker, file->id);
  offset_bytes = (guint64) test_document_get_number (document, 't', "offset");
  g_assert_cmpuint (offset_bytes, <=, test_tus_server_get_stored_bytes (scene->server, file->id));
}

/* Nothing of what the page answers counts as success, neither at the start nor in the middle of a file. */
static void
test_a_portal (gconstpointer kind, gconstpointer data)
{
  const char *page = *(const char *const *) data;
  const TestLinkPlan plan = { TEST_LINK_STALL, "PATCH", FALSE, 3000001, 0, 1 };
  g_autofree char *directives = NULL;
  g_auto (AtServer) scene = { 0 };

  if (!at_server_set_up (&scene, kind))
    return;
  scene.nginx = test_nginx_start (scene.broker->folder, page);
  if (!scene.nginx)
    return;
  directives = test_nginx_pass_to (test_peer_get_url (scene.server->peer), FALSE);
  connect_by_link (&scene, test_nginx_get_url (scene.nginx));
  (void) submit_one (&scene);
  wait_and_see_no_success (&scene);
  g_assert_cmpuint (test_link_get_body_bytes (scene.link), ==, 0);

  test_nginx_change (scene.nginx, directives);
  test_link_plan (scene.link, &plan);
  say_mended (&scene);
  test_wait_until (has_acted, scene.link, 20);
  test_nginx_change (scene.nginx, page);
  wait_and_see_no_success (&scene);

  test_nginx_change (scene.nginx, directives);
  say_mended (&scene);
  (void) test_broker_deliver (scene.broker, 1, 30);
  g_assert_cmpuint (assert_arrived (&scene, 0), <=, plan.at_bytes);
}

/* --- The table --- */

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < test_tus_server_n_kinds; k++)
    {
      const TestTusServerKind *kind = &test_tus_server_kinds[k];

      for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
        test_add_case ("/servers", kind->name, scenarios[i].name, test_a_link_that_fails, kind, &scenarios[i]);
      for (guint i = 0; i < G_N_ELEMENTS (deaths); i++)
        {
          g_autofree char *server = g_strconcat ("the-server-is-killed-", deaths[i].name, NULL);
          g_autofree char *broker = g_strconcat ("the-broker-is-killed-", deaths[i].name, NULL);

          test_add_case ("/servers", kind->name, server, test_a_server_that_dies, kind, &deaths[i].at_bytes);
          test_add_case ("/servers", kind->name, broker, test_a_broker_that_dies, kind, &deaths[i].at_bytes);
        }
      test_add_case ("/servers", kind->name, "a-pause-in-a-chunk", test_a_pause, kind, NULL);
      test_add_case ("/servers", kind->name, "a-removal-in-a-chunk-leaves-nothing-there", test_a_removal, kind, NULL);
      test_add_case ("/servers", kind->name, "a-proxy-that-buffers", test_a_proxy_that_buffers, kind, NULL);
      for (guint i = 0; i < test_n_portals; i++)
        test_add_case ("/servers", kind->name, test_portals[i].name, test_a_portal, kind, &test_portals[i].directives);
    }

  return g_test_run ();
}
