/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A real tus server that works on a whole file for longer than the nginx before it waits: its work is waited for, never begun
 * a second time, and holds up nothing. The test says when it ends, so that no clock decides but nginx's own two seconds.
 */
#include "at-server.h"
#include "support/document.h"

#define SIZE_BYTES 300000

/* Who can be asked what has become of it. */
typedef enum
{
  ASK_NOBODY,
  ASK_ALWAYS, /* a confirm URL that knows what is stored */
  ASK_LATE,   /* one that has heard of an upload only when it is attached */
} Ask;

typedef struct
{
  AtServer at;
  Ask ask;
  const TestFile *slow; /* whose finish is held */
  guint32 n_attempts;   /* of it that have ended */
} Scene;

static void
scene_clear (Scene *scene)
{
  at_server_clear (&scene->at);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* FALSE: something of it is not installed. */
static gboolean
scene_set_up (Scene *scene, Ask ask)
{
  g_autofree char *pass = NULL;
  g_autofree char *directives = NULL;
  g_autofree char *confirm_url = NULL;

  scene->ask = ask;
  if (!at_server_set_up (&scene->at, test_tus_server_find_kind ("tus-server")))
    return FALSE;
  pass = test_nginx_pass_to (test_peer_get_url (scene->at.server->peer), FALSE);
  directives = g_strconcat ("proxy_read_timeout 2s; ", pass, NULL);
  scene->at.nginx = test_nginx_start (scene->at.broker->folder, directives);
  if (!scene->at.nginx)
    return FALSE;
  confirm_url = g_strconcat (test_nginx_get_url (scene->at.nginx), "../confirm?id={id}", NULL);
  test_broker_set_destination (scene->at.broker, test_nginx_get_url (scene->at.nginx), ask ? confirm_url : NULL);
  if (ask == ASK_LATE)
    test_peer_control (scene->at.server->peer, "{\"is_late\":true}");

  return TRUE;
}

static const TestFile *
submit (Scene *scene, const char *name)
{
  TestFile *file = at_server_make (&scene->at, name, SIZE_BYTES);

  test_file_submit (file, scene->at.broker);

  return file;
}

/* --- What the server has seen --- */

static void
assert_finish (Scene *scene, const TestFile *file, gboolean is_attached)
{
  g_autoptr (JsonNode) node = test_peer_describe (scene->at.server->peer);
  JsonObject *finishes = json_object_get_object_member (json_node_get_object (node), "finishes");
  JsonObject *finish = json_object_get_object_member (finishes, file->id);

  g_assert_nonnull (finish);
  g_assert_cmpint (json_object_get_int_member (finish, "started"), ==, 1);
  g_assert_cmpint (json_object_get_boolean_member (finish, "attached"), ==, is_attached);
}

static void
assert_sent_once (Scene *scene)
{
  g_assert_cmpint (test_peer_get_number (scene->at.server->peer, "patched_bytes"), ==,
                   scene->at.files->len * SIZE_BYTES);
  g_assert_cmpint (test_peer_count_requests (scene->at.server->peer, "POST"), ==, scene->at.files->len);
  g_assert_cmpuint (test_tus_server_assert_has (scene->at.server, scene->at.files), ==, 0);
}

/* --- What a person sees --- */

static const char *const order[] = { "saving", "queued", "uploading", "confirming", "done" };

/* Returns: the place of a state on the way; none of them says that it failed, waits for its next try or is held. */
static guint
find_place (const char *state)
{
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (g_str_equal (order[i], state))
      return i;
  g_test_message ("%s", state);
  g_assert_not_reached ();
}

static gboolean
is_done (Scene *scene, const TestFile *file)
{
  g_autoptr (GVariant) document = test_broker_get (scene->at.broker, file->id);

  return find_place (test_document_get_text (document, "state")) == G_N_ELEMENTS (order) - 1;
}

static gboolean
is_slow_done (gpointer data)
{
  Scene *scene = data;

  return is_done (scene, scene->slow);
}

static gboolean
is_last_done (gpointer data)
{
  Scene *scene = data;

  return is_done (scene, scene->at.files->pdata[scene->at.files->len - 1]);
}

/* Another attempt has ended, and the broker waits for a time to look again. */
static gboolean
is_waited_for (gpointer data)
{
  Scene *scene = data;
  g_autoptr (GVariant) document = test_broker_get (scene->at.broker, scene->slow->id);
  guint32 n_attempts = 0;
  gint64 until_ms = 0;
  const char *state = test_document_get_text (document, "state");

  g_assert_cmpuint (find_place (state), <, G_N_ELEMENTS (order) - 1);
  (void) g_variant_lookup (document, "attempts", "u", &n_attempts);
  if (n_attempts <= scene->n_attempts || !g_variant_lookup (document, "until", "x", &until_ms) || until_ms <= 0)
    return FALSE;
  g_assert_cmpstr (state, ==, "confirming");
  scene->n_attempts = n_attempts;

  return TRUE;
}

/* No row of its journal, so nothing that anybody was shown, says that it failed or that it went back. */
static void
assert_went_forward (Scene *scene, const TestFile *file)
{
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;
  guint reached = 0;

  outbox_dbus_uploads_call_history_sync (scene->at.broker->uploads, file->id, &entries, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (entries), >, 0);
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      const char *state;

      if (!g_variant_lookup (entry, "state", "&s", &state))
        continue;
      g_assert_cmpuint (find_place (state), >=, reached);
      reached = find_place (state);
    }
  g_assert_cmpuint (reached, ==, G_N_ELEMENTS (order) - 1);
}

/* Whose word it is that it has arrived. */
static void
assert_confirmed_by (Scene *scene, const TestFile *file)
{
  g_autoptr (GVariant) document = test_broker_get (scene->at.broker, file->id);
  g_autoptr (GVariant) receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);

  g_assert_nonnull (receipt);
  g_assert_cmpstr (test_document_get_text (receipt, "confirmed_by"), ==, scene->ask ? "confirm-url" : "tus");
}

/* --- The scenes --- */

/* A person does not want to wait for the minute. */
static void
tap (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  const char *ids[] = { scene->slow->id, NULL };

  outbox_dbus_uploads_call_retry_sync (scene->at.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
}

/* The server works on one file, nginx has given up, and another arrives meanwhile. */
static void
reach_the_wait (Scene *scene)
{
  const TestFile *other;

  test_peer_control (scene->at.server->peer, "{\"hold\":1}");
  scene->slow = submit (scene, "IMG_0001.jpg");
  test_wait_until (is_waited_for, scene, 60);
  assert_finish (scene, scene->slow, FALSE);
  other = submit (scene, "IMG_0002.jpg");
  test_wait_until (is_last_done, scene, 60);
  assert_finish (scene, other, TRUE);
  assert_finish (scene, scene->slow, FALSE);
}

static void
assert_all_is_well (Scene *scene, gboolean is_attached)
{
  assert_finish (scene, scene->slow, is_attached);
  assert_sent_once (scene);
  for (guint i = 0; i < scene->at.files->len; i++)
    {
      assert_went_forward (scene, scene->at.files->pdata[i]);
      assert_confirmed_by (scene, scene->at.files->pdata[i]);
    }
}

/* What the server and a person do, once nginx has given up. */
typedef struct
{
  const char *path;
  Ask ask;
  gboolean taps_before;  /* while the server is at work: nothing begins anew */
  const char *end;       /* how the work ends */
  const char *mend;      /* what somebody does at the server after the next look; NULL: nothing */
  gboolean taps_at_last; /* the minute of the back-off is not waited for */
  gboolean is_attached;
} Story;

static const Story stories[] = {
  /* When it is over, nobody has to tap. */
  { "/slow-finish/ends-and-nobody-taps", ASK_ALWAYS, TRUE, "{\"end\":true}", NULL, FALSE, TRUE },
  /* The confirm URL never heard of it so far: that is no reason to begin with it again, and a look when it is over is enough. */
  { "/slow-finish/ends-and-is-heard-of-late", ASK_LATE, TRUE, "{\"end\":true}", NULL, TRUE, TRUE },
  { "/slow-finish/ends-and-nobody-can-be-asked", ASK_NOBODY, FALSE, "{\"end\":true}", NULL, TRUE, TRUE },
  /* It is not done before the server says that it is attached: when somebody has mended that there. */
  { "/slow-finish/fails-and-is-mended", ASK_ALWAYS, FALSE, "{\"fail\":true}", "{\"mend\":true}", TRUE, TRUE },
  { "/slow-finish/fails-and-is-heard-of-late", ASK_LATE, FALSE, "{\"fail\":true}", "{\"mend\":true}", TRUE, TRUE },
  /* The answer that told of it found nginx gone, and the server has every byte: without a confirm URL nothing else can be known,
   * as docs/durability.md says. */
  { "/slow-finish/fails-and-nobody-can-be-asked", ASK_NOBODY, FALSE, "{\"fail\":true}", NULL, TRUE, FALSE },
};

static void
tap_in_vain (Scene *scene)
{
  tap (scene);
  test_wait_until (is_waited_for, scene, 60);
  assert_finish (scene, scene->slow, FALSE);
}

static void
test_a_story (gconstpointer data)
{
  const Story *story = data;
  g_auto (Scene) scene = { 0 };
  gint64 n_looks;

  if (!scene_set_up (&scene, story->ask))
    return;
  reach_the_wait (&scene);
  if (story->taps_before)
    tap_in_vain (&scene);
  test_peer_control (scene.at.server->peer, story->end);
  if (story->mend)
    {
      tap_in_vain (&scene);
      test_peer_control (scene.at.server->peer, story->mend);
    }
  n_looks = test_peer_count_requests (scene.at.server->peer, "HEAD");
  /* Where nobody can be asked, only a fresh word of the server for every byte makes it done. */
  if (story->ask == ASK_NOBODY)
    g_assert_false (is_slow_done (&scene));
  if (story->taps_at_last)
    tap (&scene);
  test_wait_until (is_slow_done, &scene, 120);
  if (story->ask == ASK_NOBODY)
    g_assert_cmpint (test_peer_count_requests (scene.at.server->peer, "HEAD"), >, n_looks);
  assert_all_is_well (&scene, story->is_attached);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    g_test_add_data_func (stories[i].path, &stories[i], test_a_story);

  return g_test_run ();
}
