/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is handed over arrives as it is: many files at once, names and metadata of every kind, files of no byte and files
 * that are still written, at servers that other people made.
 */
#include "at-server.h"
#include "dbus/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* FALSE: the server is not installed. */
static gboolean
set_up (AtServer *scene, const TestTusServerKind *kind)
{
  if (!at_server_set_up (scene, kind))
    return FALSE;
  test_broker_set_destination (scene->broker, test_peer_get_url (scene->server->peer), NULL);

  return TRUE;
}

static void
submit_all (AtServer *scene)
{
  for (guint i = 0; i < scene->files->len; i++)
    test_file_submit (scene->files->pdata[i], scene->broker);
}

static void
assert_arrived (AtServer *scene)
{
  g_assert_cmpuint (test_broker_deliver (scene->broker, 0, 60), ==, 0);
  g_assert_cmpuint (test_broker_count (scene->broker, "done"), ==, scene->files->len);
  g_assert_cmpuint (test_tus_server_assert_has (scene->server, scene->files), ==, 0);
}

/* --- Many files --- */

static const struct
{
  const char *suffix;
  const char *media_type;
} media_types[] = {
  { ".jpg", "image/jpeg" },
  { ".mp4", "video/mp4" },
  { ".m4a", "audio/mp4" },
  { ".json", "application/json" },
};

static const char *
media_type_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (media_types); i++)
    if (g_str_has_suffix (name, media_types[i].suffix))
      return media_types[i].media_type;
  g_assert_not_reached ();
}

static void
add_folder (AtServer *scene, const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);

      if (g_file_test (entry, G_FILE_TEST_IS_DIR))
        add_folder (scene, entry);
      else
        (void) at_server_add (scene, test_file_new (g_steal_pointer (&entry), media_type_of (name)));
    }
}

static guint
count_type (AtServer *scene, const char *media_type)
{
  guint n_files = 0;

  for (guint i = 0; i < scene->files->len; i++)
    n_files += g_str_equal (((TestFile *) scene->files->pdata[i])->media_type, media_type);

  return n_files;
}

static void
describe (TestFile *file, guint number)
{
  g_autofree char *captured_at = g_strdup_printf ("2026-04-17T09:%02u:00+02:00", number);
  g_autofree char *note = g_strdup_printf ("Nr. %u: „Brücke, links“", number);

  file->group = g_strdup ("Fall 2026/0417");
  file->metadata = g_variant_ref_sink (g_variant_new_parsed (
      "{'captured_by': 'Ανδρέας Νικολάου', 'captured_at': %s, 'job': '42', 'note': %s, 'location': ''}", captured_at,
      note));
}

static void
test_photos_and_videos (const TestTusServerKind *kind)
{
  g_auto (AtServer) scene = { 0 };
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) make = NULL;

  if (!set_up (&scene, kind))
    return;
  folder = g_build_filename (scene.broker->folder, "media", NULL);
  make = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, g_getenv ("MEDIA"), folder, "--photos", "20", "--videos",
                           "2", "--video-mb", "12", NULL);
  g_assert_no_error (error);
  if (!g_subprocess_wait_check (make, NULL, NULL))
    {
      g_test_skip ("no photographs or no ffmpeg; tests/setup/install.sh brings them");
      return;
    }
  add_folder (&scene, folder);
  g_assert_cmpuint (count_type (&scene, "image/jpeg"), ==, 20);
  g_assert_cmpuint (count_type (&scene, "video/mp4"), ==, 2);
  for (guint i = 0; i < scene.files->len; i++)
    describe (scene.files->pdata[i], i);
  submit_all (&scene);
  assert_arrived (&scene);
}

static void
test_two_files_of_one_name (const TestTusServerKind *kind)
{
  const char *const folders[] = { "first-camera", "second-camera" };
  g_auto (AtServer) scene = { 0 };

  if (!set_up (&scene, kind))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder = g_build_filename (scene.broker->folder, folders[i], NULL);
      g_autofree char *name = g_build_filename (folders[i], "IMG_0001.jpg", NULL);

      g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
      /* Not of one size too: uploadx makes its ids of name, size and millisecond. */
      (void) at_server_make (&scene, name, 300000 + i);
    }
  submit_all (&scene);
  assert_arrived (&scene);
}

static void
test_an_empty_file (const TestTusServerKind *kind)
{
  g_auto (AtServer) scene = { 0 };
  TestFile *file;

  if (!set_up (&scene, kind))
    return;
  file = at_server_make (&scene, "empty.jpg", 0);
  g_assert_cmpuint (file->size_bytes, ==, 0);
  submit_all (&scene);
  assert_arrived (&scene);
}

/* --- Names --- */

#define TEN(text) text text text text text text text text text text
#define EIGHTY(text) TEN (text text text text text text text text)
#define BAD "\357\277\275" /* U+FFFD, what stands for a byte that is no text */

/* What a file is called on the disk, and what everybody is told; NULL: the same. */
static const struct
{
  const char *on_disk;
  const char *told;
} names[] = {
  { "Żółta łódka, Größe 1 é.jpg", NULL },
  { "Отчёт о мосте.jpg", NULL },
  { "Γέφυρα στον μύλο.jpg", NULL },
  { "صورة الجسر ١.jpg", NULL },
  { "תמונה של הגשר.jpg", NULL },
  { "पुल का चित्र.jpg", NULL },
  { "ภาพสะพาน.jpg", NULL },
  { "橋の写真「一」.jpg", NULL },
  { "다리 사진.jpg", NULL },
  { "🌉📷👩🏽‍🔧.jpg", NULL },
  { "  two  spaces  .jpg", NULL },
  { "it's \"quoted\" & <tagged>, 100%; a\\b.jpg", NULL },
  { "two\nlines\tand a tab.jpg", "two lines and a tab.jpg" },
  { "an\033[2Jescape\302\233and a bell\007.jpg", "an" BAD "[2Jescape" BAD "and a bell" BAD ".jpg" },
  { ".hidden.jpg", NULL },
  { "-rf.jpg", NULL },
  { "caf\303\251.jpg", NULL },
  { "cafe\314\201.jpg", NULL },           /* the same to the eye, another name all the same */
  { EIGHTY ("橋") "橋橋橋ab.jpg", NULL }, /* 255 bytes */
  { "Stra\337e \374ber M\374hlbach.jpg", "Stra" BAD "e " BAD "ber M" BAD "hlbach.jpg" },
  /* Each of 251 such bytes is shown as three: what fits of them, and the end of the name. */
  { EIGHTY ("\377\377\377") "\377\377\377\377\377\377\377\377\377\377\377.jpg", EIGHTY (BAD) BAD BAD BAD ".jpg" },
};

static void
test_names_in_every_script (const TestTusServerKind *kind)
{
  g_auto (AtServer) scene = { 0 };

  if (!set_up (&scene, kind))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      TestFile *file = at_server_make (&scene, names[i].on_disk, 1000 + i);

      g_assert_cmpuint (strlen (names[i].on_disk), <=, 255);
      if (!names[i].told)
        continue;
      g_free (file->name);
      file->name = g_strdup (names[i].told);
    }
  submit_all (&scene);
  assert_arrived (&scene);
}

/* --- Metadata --- */

/* As much as an app may say arrives at each of them. */
static void
test_metadata_of_8_kilobytes (const TestTusServerKind *kind)
{
  g_auto (AtServer) scene = { 0 };
  g_autofree char *note = g_strnfill (8000, 'x');
  TestFile *file;

  if (!set_up (&scene, kind))
    return;
  file = at_server_make (&scene, "IMG_0001.jpg", 5000);
  file->metadata = g_variant_ref_sink (g_variant_new_parsed ("{'note': %s}", note));
  (void) at_server_make (&scene, "IMG_0002.jpg", 6000);
  submit_all (&scene);
  assert_arrived (&scene);
}

static gboolean
are_three_done (gpointer data)
{
  return test_broker_count (data, "done") == 3;
}

static gboolean
has_event (TestBroker *broker, const char *id, const char *event)
{
  g_autoptr (GVariant) history = NULL;
  g_autofree char *text = NULL;

  g_assert_true (outbox_dbus_uploads_call_history_sync (broker->uploads, id, &history, NULL, NULL));
  text = g_variant_print (history, FALSE);

  return strstr (text, event) != NULL;
}

/* To whatever stands on the way a head of 8 KiB is too much: it resets the connection, and no answer is seen. The file goes
 * without what its app said, its journal tells of that, and it holds up none of the others. */
static void
test_metadata_that_ends_the_connection (const TestTusServerKind *kind)
{
  const TestLinkPlan plan = { TEST_LINK_RESET, "POST", TRUE, 8192, 0, 100 };
  g_auto (AtServer) scene = { 0 };
  g_autofree char *note = g_strnfill (8000, 'x');
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  if (!set_up (&scene, kind))
    return;
  scene.link = test_link_new (test_peer_get_url (scene.server->peer));
  test_link_plan (scene.link, &plan);
  test_broker_set_destination (scene.broker, test_link_get_url (scene.link), NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("IMG_000%u.jpg", i);
      TestFile *file = at_server_make (&scene, name, 5000 + i);

      if (i == 0)
        id = test_broker_submit (scene.broker, file->path, g_variant_new_parsed ("{'metadata': <{'note': %s}>}", note),
                                 &error);
      g_assert_no_error (error);
    }
  (void) g_ptr_array_remove_index (scene.files, 0);
  submit_all (&scene);
  test_wait_until (are_three_done, scene.broker, 30);
  g_assert_true (has_event (scene.broker, id, "'metadata'"));
}

/* --- A file that is still being written --- */

typedef struct
{
  const char *path;
  gint is_over;
  gint n_writes;
} Writer;

static gpointer
keep_writing (gpointer data)
{
  Writer *writer = data;
  int fd = g_open (writer->path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);

  while (!g_atomic_int_get (&writer->is_over))
    {
      g_assert_cmpint (write (fd, "more", 4), ==, 4);
      g_atomic_int_inc (&writer->n_writes);
      g_usleep (100);
    }
  (void) close (fd);

  return NULL;
}

static void
test_a_file_that_is_still_written (const TestTusServerKind *kind)
{
  g_auto (AtServer) scene = { 0 };
  g_autofree char *path = NULL;
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;
  Writer writer = { 0 };
  GThread *thread;

  if (!set_up (&scene, kind))
    return;
  path = test_broker_make_file (scene.broker, "VID_0001.jpg", 4 * 1024 * 1024, 1);
  writer.path = path;
  thread = g_thread_new ("writer", keep_writing, &writer);
  while (g_atomic_int_get (&writer.n_writes) == 0)
    g_thread_yield ();
  id = test_broker_submit (scene.broker, path, NULL, &error);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_assert_null (id);
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 0);
  g_atomic_int_set (&writer.is_over, 1);
  (void) g_thread_join (thread);

  /* What the app does: it tries again when the camera has closed it. */
  (void) at_server_add (&scene, test_file_new (g_steal_pointer (&path), "image/jpeg"));
  submit_all (&scene);
  assert_arrived (&scene);
}

/* --- The table --- */

static const struct
{
  const char *name;
  void (*run) (const TestTusServerKind *kind);
} scenarios[] = {
  { "20-photos-and-2-videos-with-their-metadata", test_photos_and_videos },
  { "two-files-of-one-name", test_two_files_of_one_name },
  { "an-empty-file", test_an_empty_file },
  { "names-in-every-script", test_names_in_every_script },
  { "metadata-of-8-kilobytes", test_metadata_of_8_kilobytes },
  { "metadata-that-ends-the-connection-holds-up-no-other-file", test_metadata_that_ends_the_connection },
  { "a-file-that-is-still-written-is-busy", test_a_file_that_is_still_written },
};

/* One test: which server, and what is handed over. */
typedef struct
{
  const TestTusServerKind *kind;
  void (*run) (const TestTusServerKind *kind);
} Case;

static void
run_case (gconstpointer data)
{
  const Case *one = data;

  one->run (one->kind);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < test_tus_server_n_kinds; k++)
    for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
      {
        g_autofree char *path = g_strdup_printf ("/handover/%s/%s", test_tus_server_kinds[k].name, scenarios[i].name);
        Case *one = g_new0 (Case, 1);

        one->kind = &test_tus_server_kinds[k];
        one->run = scenarios[i].run;
        g_test_add_data_func_full (path, one, run_case, g_free);
      }

  return g_test_run ();
}
