/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The power goes, on real file systems: the daemon works on a disk whose writes and flushes are logged; then the disk is made as a
 * cut can have left it, at each flush and with any part of what was written since the last one. Each image is mounted and the queue
 * opened. What was answered is there with its bytes and arrives once, what is gone stays gone, nothing that the server has is sent
 * again, and settings and secrets are the old or the new ones, never half.
 *
 * OUTBOX_POWER_CUTS is how many cuts inside epochs there are, with every boundary too; OUTBOX_SEED repeats a run, and
 * OUTBOX_POWER_CUT=N tries the N-th cut alone.
 */
#include "cuts.h"
#include "dbus/error.h"
#include "story.h"
#include "support/revived.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#define BOUNDARIES_SHORT 15
#define ANY_ORDER_SHORT 10
#define ROUNDS_SHORT 1
#define ROUNDS_LONG 3

typedef struct
{
  const char *name;
  const char *make;   /* the image is its last argument */
  const char *repair; /* the same, where it cannot be mounted */
  const char *size;
} FileSystem;

static const FileSystem file_systems[] = {
  { "ext4", "mkfs.ext4 -q -F", "e2fsck -f -y", "64M" },
  { "xfs", "mkfs.xfs -q", "xfs_repair -L", "320M" },
  { "btrfs", "mkfs.btrfs -q", "btrfs rescue super-recover -y", "256M" },
};

typedef struct
{
  const FileSystem *file_system;
  char *folder; /* in memory */
  char *image;  /* before the story */
  char *log;
  char *mount_point;
  GRand *random;
  guint32 seed;
  Story *story;
  Cuts *cuts;
  guint n_repaired;
  guint n_set_aside;
} Try;

/* --- Mounting --- */

/* Returns: whether it ended well. @said: (out) (optional) (transfer full) */
static gboolean
run (char **said, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;
  int status;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assert_true (g_spawn_sync (NULL, (char *[]){ "sh", "-c", line, NULL }, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, said, &status,
                               &error));

  return g_spawn_check_wait_status (status, NULL);
}

static void
mount_image (Try *try, const char *image)
{
  const FileSystem *fs = try->file_system;
  g_autofree char *said = NULL;
  g_autofree char *repaired = NULL;

  if (run (&said, "mount -t %s -o loop '%s' '%s'", fs->name, image, try->mount_point))
    return;
  g_test_message ("not mounted: %s", said);
  try->n_repaired++;
  (void) run (&repaired, "%s '%s'", fs->repair, image);
  if (!run (NULL, "mount -t %s -o loop '%s' '%s'", fs->name, image, try->mount_point))
    g_error ("%s", repaired);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
is_unmounted (gpointer data)
{
  return umount (((Try *) data)->mount_point) == 0;
}

/* A thread that looks through the spool may still have it open. */
static void
unmount (Try *try)
{
  const guint ticks = g_timeout_add (1, on_tick, NULL);

  test_wait_until (is_unmounted, try, 10);
  (void) g_source_remove (ticks);
}

/* --- The server, as it was at that time --- */

static void
see (TestModel *model, const Story *story, JsonObject *line)
{
  const char *event = json_object_get_string_member (line, "event");
  const char *id = json_object_get_string_member_with_default (line, "outbox_id", NULL);
  g_autofree char *url = NULL;

  if (!id)
    return;
  url = g_strconcat (story->server_url, json_object_get_string_member_with_default (line, "id", ""), NULL);
  if (g_str_equal (event, "create"))
    test_model_add_place (model, url, id);
  if (g_str_equal (event, "finish"))
    test_model_add_finished (model, id);
}

static void
begin_server (TestModel *model, const Story *story, gint64 end_us)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  test_model_begin (model, NULL, TRUE);
  model->digests = story->digests;
  g_assert_true (g_file_get_contents (story->ledger, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && *lines[i]; i++)
    {
      g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);
      JsonObject *line = json_node_get_object (node);

      /* What the server is told in the same millisecond, after a flush, has not happened. */
      if (json_object_get_int_member (line, "time_us") <= end_us)
        see (model, story, line);
    }
}

/* --- What must be true --- */

/* Returns: (transfer full): ids that have to arrive */
static GPtrArray *
list_promised (const Story *story, guint64 end)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < story->uploads->len; i++)
    {
      const StoryEvent *event = story->uploads->pdata[i];

      if (event->answered <= end && event->removing > end)
        g_ptr_array_add (ids, event->id);
    }

  return ids;
}

static void
assert_queue (TestRevived *queue, const Story *story, guint64 end)
{
  gint64 n_known = 0;

  for (guint i = 0; i < story->uploads->len; i++)
    {
      const StoryEvent *event = story->uploads->pdata[i];
      g_autoptr (ObUpload) upload = ob_uploads_get (queue->rig.database, event->id, NULL);

      n_known += upload != NULL;
      if (event->answered <= end && event->removing > end && !upload)
        g_error ("%s was answered, and is gone", event->id);
      if (event->removed <= end && upload)
        g_error ("%s was removed, and is there", event->id);
      if (event->done <= end && event->removing > end && upload->stored != OB_STORED_DONE)
        g_error ("%s was done, and is not", event->id);
    }
  g_assert_cmpint (n_known, ==, test_rig_ask (&queue->rig, "SELECT count(*) FROM uploads"));
}

static void
on_secret (const char *secret, const GError *error, gpointer user_data)
{
  *(char **) user_data = g_strdup (secret);
  g_assert_true (secret || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND));
}

static void
assert_secret (TestRevived *queue, const Story *story, guint64 end)
{
  g_autofree char *secret = NULL;
  g_autofree char *token = NULL;

  ob_secrets_read (queue->rig.secrets, "depot", on_secret, &secret);
  if (secret)
    {
      g_auto (GStrv) lines = g_strsplit (secret, "\n", -1);

      /* Its last line, and the end of that, is there too. */
      g_assert_cmpuint (g_strv_length (lines), ==, 4);
      g_assert_cmpstr (lines[3], ==, "");
      g_assert_true (g_str_has_prefix (story->server_url, strchr (lines[2], '=') + 1));
      token = g_strdup (strchr (lines[1], '=') + 1);
    }
  if (!story_may_be (story->secrets, token, end))
    g_error ("the secret is %s", secret);
}

static void
assert_settings (TestRevived *queue, const Story *story, guint64 end)
{
  ObDestination *yard = g_hash_table_lookup (ob_broker_get_destinations (queue->rig.broker), "yard");
  const gboolean is_paused
      = test_rig_ask (&queue->rig, "SELECT count(*) FROM meta WHERE name = 'paused' AND value <> 0") > 0;

  if (!story_may_be (story->urls, yard ? yard->url : NULL, end))
    g_error ("the destination's URL is %s", yard ? yard->url : "lost");
  if (!story_may_be (story->pauses, is_paused ? "1" : "0", end)
      && (is_paused || !story_may_be (story->pauses, NULL, end)))
    g_error ("the queue is %s", is_paused ? "paused" : "not paused");
}

/* What the server and the log know of an upload that went wrong, beside the time of the cut. */
static void
tell_upload (TestRevived *queue, const Story *story, const char *id, gint64 end_us)
{
  g_autofree char *text = NULL;
  g_autofree char *line = g_strdup_printf (
      "sqlite3 '%s/queue.db' \"SELECT 'size', size, 'attempts', attempts, server_url FROM uploads WHERE "
      "id = '%s'; SELECT * FROM journal WHERE upload = '%s'\" >&2",
      queue->rig.folder, id, id);
  g_auto (GStrv) lines = NULL;

  (void) run (NULL, "%s", line);
  g_test_message ("cut at %" G_GINT64_FORMAT, end_us);
  g_assert_true (g_file_get_contents (story->ledger, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (strstr (lines[i], id))
      g_test_message ("%s", lines[i]);
}

static void
assert_arrived (TestRevived *queue, const Story *story, GPtrArray *ids, gint64 end_us)
{
  for (guint i = 0; i < ids->len; i++)
    {
      const guint n = test_model_count_taken (queue->model, ids->pdata[i]);

      if (n != 1)
        tell_upload (queue, story, ids->pdata[i], end_us);
      if (n != 1)
        g_error ("%s was sent %u times", (char *) ids->pdata[i], n);
    }
}

static gboolean
has_set_aside (const char *folder)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries)))
    if (g_str_has_prefix (name, "queue.db.damaged"))
      return TRUE;

  return FALSE;
}

static void
try_cut (Try *try, const Cut *cut)
{
  const guint64 end = cuts_get_end (try->cuts, cut->epoch);
  g_autoptr (GPtrArray) ids = list_promised (try->story, end);
  g_autofree char *folder = g_build_filename (try->mount_point, "outbox", NULL);
  g_autoptr (GError) error = NULL;
  TestRevived queue;
  TestModel model;

  mount_image (try, cuts_make_image (try->cuts, cut));
  begin_server (&model, try->story, cuts_get_end_us (try->cuts, cut->epoch));
  test_revived_begin (&queue, folder, &model);
  (void) g_mkdir (folder, 0700);
  g_assert_true (test_revived_open (&queue));
  assert_queue (&queue, try->story, end);
  assert_secret (&queue, try->story, end);
  assert_settings (&queue, try->story, end);
  (void) test_rig_pause_queue (&queue.rig, FALSE, &error);
  g_assert_no_error (error);
  test_revived_work (&queue, ids);
  g_assert_false (queue.is_damaged);
  assert_arrived (&queue, try->story, ids, cuts_get_end_us (try->cuts, cut->epoch));
  test_revived_end (&queue);
  test_model_end (&model);
  try->n_set_aside += has_set_aside (folder);
  unmount (try);
}

/* --- Which cuts --- */

static gint
compare_epochs (gconstpointer a, gconstpointer b)
{
  return (gint) ((const Cut *) a)->epoch - (gint) ((const Cut *) b)->epoch;
}

static void
add_cut (GArray *cuts, CutKind kind, guint epoch, guint32 seed)
{
  const Cut cut = { kind, epoch, seed };

  g_array_append_val (cuts, cut);
}

/* @n_boundaries: 0: all of them */
static GArray *
plan_cuts (Try *try, guint n_boundaries, guint n_any_order)
{
  GArray *cuts = g_array_new (FALSE, FALSE, sizeof (Cut));
  const guint n_epochs = cuts_count_epochs (try->cuts);

  for (guint i = 0; n_boundaries == 0 && i < n_epochs; i++)
    {
      add_cut (cuts, CUT_AT_FLUSH, i, 0);
      add_cut (cuts, CUT_BEFORE_FLUSH, i, 0);
    }
  for (guint i = 0; i < n_boundaries; i++)
    add_cut (cuts, i % 2 == 0 ? CUT_AT_FLUSH : CUT_BEFORE_FLUSH,
             (guint) g_rand_int_range (try->random, 0, (gint32) n_epochs), 0);
  for (guint i = 0; i < n_any_order; i++)
    add_cut (cuts, CUT_IN_ANY_ORDER, (guint) g_rand_int_range (try->random, 0, (gint32) n_epochs),
             g_rand_int (try->random));
  g_array_sort (cuts, compare_epochs);

  return cuts;
}

static void
try_cuts (Try *try, guint n_boundaries, guint n_any_order)
{
  g_autoptr (GArray) cuts = plan_cuts (try, n_boundaries, n_any_order);
  const char *only = g_getenv ("OUTBOX_POWER_CUT");

  for (guint i = 0; i < cuts->len; i++)
    {
      const Cut *cut = &g_array_index (cuts, Cut, i);
      g_autofree char *words = cuts_describe (cut);

      if (only && g_ascii_strtoull (only, NULL, 10) != i)
        continue;
      g_test_message ("cut %u: %s (SEED=%u)", i, words, try->seed);
      try_cut (try, cut);
    }
  g_test_message (
      "%u power cuts on %s: %u at flushes and before, of %u, and %u in any order; %u disks had to be repaired, "
      "%u databases were set aside",
      cuts->len, try->file_system->name, cuts->len - n_any_order, 2 * cuts_count_epochs (try->cuts), n_any_order,
      try->n_repaired, try->n_set_aside);
}

/* --- All of it --- */

static void
make_image (Try *try)
{
  g_autofree char *raw = g_build_filename (try->folder, "raw.img", NULL);

  if (!run (NULL,
            "truncate -s %s '%s' && PATH=$PATH:/sbin:/usr/sbin %s '%s' && cp --sparse=always '%s' '%s' && rm '%s'",
            try->file_system->size, raw, try->file_system->make, raw, raw, try->image, raw))
    g_error ("%s does not work here", try->file_system->make);
}

/* The disk as it is before, and its log. */
static void
tell_story (Try *try, guint n_rounds)
{
  g_autofree char *disk_folder = g_build_filename (try->folder, "disk", NULL);
  g_autofree char *worn = g_build_filename (try->folder, "worn.img", NULL);
  g_autofree char *image = g_build_filename (disk_folder, "disk.img", NULL);
  TestLoggedDisk *disk;

  g_assert_cmpint (g_mkdir (disk_folder, 0700), ==, 0);
  g_assert_true (run (NULL, "cp --sparse=always '%s' '%s'", try->image, worn));
  disk = test_logged_disk_new (disk_folder, worn, try->log);
  g_assert_nonnull (disk);
  mount_image (try, image);
  try->story = story_new (disk, try->mount_point);
  story_tell (try->story, n_rounds);
  story_end (try->story);
  unmount (try);
  test_logged_disk_free (disk);
}

static void
test_cuts (gconstpointer data)
{
  const char *wanted = g_getenv ("OUTBOX_POWER_CUTS");
  const guint n_wanted = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : ANY_ORDER_SHORT;
  const char *repeated = g_getenv ("OUTBOX_SEED");
  Try try = { .file_system = data };

  try.seed = repeated ? (guint32) g_ascii_strtoull (repeated, NULL, 10) : (guint32) g_test_rand_int ();
  try.random = g_rand_new_with_seed (try.seed);
  try.folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_assert_cmpint (mount ("tmpfs", try.folder, "tmpfs", 0, "mode=700"), ==, 0);
  try.image = g_build_filename (try.folder, "new.img", NULL);
  try.log = g_build_filename (try.folder, "log", NULL);
  try.mount_point = g_build_filename (try.folder, "mnt", NULL);
  g_assert_cmpint (g_mkdir (try.mount_point, 0700), ==, 0);
  make_image (&try);
  tell_story (&try, wanted ? ROUNDS_LONG : ROUNDS_SHORT);
  try.cuts = cuts_new (try.image, try.log, try.story->n_entries, try.folder);
  try_cuts (&try, wanted ? 0 : BOUNDARIES_SHORT, n_wanted);
  cuts_free (try.cuts);
  story_free (try.story);
  g_assert_cmpint (umount (try.folder), ==, 0);
  g_assert_cmpint (g_rmdir (try.folder), ==, 0);
  g_rand_free (try.random);
  g_free (try.folder);
  g_free (try.image);
  g_free (try.log);
  g_free (try.mount_point);
}

/* Whatever is mounted goes with the last process in the namespace, and each loop device with what is mounted on it. */
static gboolean
enter_namespace (void)
{
  return g_access ("/dev/fuse", R_OK | W_OK) == 0 && g_access ("/dev/loop-control", R_OK | W_OK) == 0
         && unshare (CLONE_NEWNS) == 0 && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void
skip (gconstpointer data)
{
  g_test_skip ("power cuts take root, /dev/fuse and loop devices");
}

int
main (int argc, char *argv[])
{
  const gboolean is_possible = enter_namespace ();

  g_test_init (&argc, &argv, NULL);
  (void) outbox_error_quark ();
  /* Damage is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (file_systems); i++)
    {
      g_autofree char *name = g_strconcat ("/power-cuts/", file_systems[i].name, NULL);

      g_test_add_data_func (name, &file_systems[i], is_possible ? test_cuts : skip);
    }

  return g_test_run ();
}
