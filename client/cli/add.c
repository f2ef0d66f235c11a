/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox add: hands over several files at once, and prints their ids in the order of the files.
 */
#include "add-options.h"
#include "cli.h"
#include "expand.h"
#include "print.h"
#include "record.h"
#include "take-back.h"
#include "tally.h"
#include "terminal.h"
#include "view.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_AT_ONCE 16

/* One file of the command line. */
typedef struct
{
  const char *path;
  int fd;
  struct stat info; /* when it was opened */
  char *key;        /* the submit key */
  char *id;         /* NULL: it was not accepted */
  gboolean is_answered;
} File;

typedef struct
{
  OutboxClient *client;
  CliView *view; /* NULL: not told to wait */
  const CliAddOptions *options;
  GVariant *common; /* a{sv}: options that all files share */
  GArray *files;    /* of File */
  guint next;       /* index of the next file to hand over */
  guint n_waiting;  /* files that wait for an answer */
  guint n_printed;
  CliTally tally;
  int exit_code;
  gboolean is_pipe; /* the one file comes by standard input */
  CliTakeBack *take_back;
} Add;

static void
file_clear (gpointer data)
{
  File *file = data;

  g_free (file->key);
  g_free (file->id);
  if (file->fd >= 0)
    (void) close (file->fd);
}

static void
fail_file (Add *add, const File *file, const char *message, int exit_code)
{
  g_autofree char *path = g_filename_display_name (file->path);
  g_autofree char *safe = cli_text_dup_safe (path);

  cli_tally_clear (&add->tally);
  g_printerr ("outbox: %s: %s\n", safe, message);
  add->exit_code = MAX (add->exit_code, exit_code);
}

static gboolean
is_same_time (const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Compares ctime too, since a program may set back the mtime after writing. */
static gboolean
is_same_file (const struct stat *before, const struct stat *now)
{
  return now->st_dev == before->st_dev && now->st_ino == before->st_ino && now->st_size == before->st_size
         && is_same_time (&now->st_mtim, &before->st_mtim) && is_same_time (&now->st_ctim, &before->st_ctim);
}

/* --move removes only the file that was handed over: another one may have taken its path since. */
static void
unlink_file (Add *add, const File *file)
{
  struct stat now;

  if (g_lstat (file->path, &now) != 0)
    {
      /* The same file may be named twice, and is removed already. */
      if (errno != ENOENT)
        fail_file (add, file, g_strerror (errno), CLI_FAILED);
      return;
    }
  if (S_ISLNK (now.st_mode))
    fail_file (add, file, _ ("added, but left in place: it is a link"), CLI_FAILED);
  else if (!is_same_file (&file->info, &now))
    fail_file (add, file, _ ("added, but left in place: it has changed since"), CLI_FAILED);
  else if (g_unlink (file->path) != 0)
    fail_file (add, file, g_strerror (errno), CLI_FAILED);
}

/* Prints in the order of the files, in whatever order they were answered. */
static void
print_ids (Add *add)
{
  for (; add->n_printed < add->files->len && g_array_index (add->files, File, add->n_printed).is_answered;
       add->n_printed++)
    {
      const File *file = &g_array_index (add->files, File, add->n_printed);

      if (!file->id || add->options->is_json || add->options->is_wait)
        continue;
      /* They are meant for a file or another program. */
      if (cli_terminal_is_on (STDOUT_FILENO))
        cli_tally_clear (&add->tally);
      g_print ("%s\n", file->id);
    }
}

static gboolean
is_stopped (const Add *add)
{
  return add->take_back && cli_take_back_is_on (add->take_back);
}

static void hand_over (Add *add);

/* Which file an answer belongs to. */
typedef struct
{
  Add *add;
  guint index;
} Pending;

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  Add *add = pending->add;
  File *file = &g_array_index (add->files, File, pending->index);
  g_autoptr (GError) error = NULL;

  g_free (pending);
  file->id = outbox_client_submit_finish (OUTBOX_CLIENT (source), result, &error);
  file->is_answered = TRUE;
  add->n_waiting--;
  if (file->id)
    {
      add->tally.n_added++;
      add->tally.added_bytes += (guint64) file->info.st_size;
    }
  else
    {
      add->tally.n_refused++;
      fail_file (add, file, is_stopped (add) ? _ ("stopped, and not added") : error->message,
                 g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER) ? CLI_NO_BROKER : CLI_FAILED);
      /* What has arrived may be in the way. */
      if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL))
        g_printerr ("  outbox free\n");
    }
  if (file->id && add->options->is_move)
    unlink_file (add, file);
  if (file->id && add->view)
    cli_view_expect (add->view, file->id);
  (void) close (file->fd);
  file->fd = -1;
  print_ids (add);
  cli_tally_draw (&add->tally);
  hand_over (add);
}

/* A name that is not UTF-8 is made readable: refusing the file for its name would be worse. */
static GVariant *
options_for (Add *add, const File *file)
{
  g_autofree char *base = g_path_get_basename (file->path);
  g_autofree char *name = g_filename_display_name (base);
  GVariantDict options;

  g_variant_dict_init (&options, add->common);
  g_variant_dict_insert (&options, "name", "s", name);
  g_variant_dict_insert (&options, "key", "s", file->key);

  return g_variant_dict_end (&options);
}

static void
hand_over (Add *add)
{
  while (!is_stopped (add) && add->next < add->files->len && add->n_waiting < MOST_AT_ONCE)
    {
      File *file = &g_array_index (add->files, File, add->next);
      Pending *pending;

      file->fd = g_open (file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
      if (file->fd < 0 || fstat (file->fd, &file->info) != 0)
        {
          fail_file (add, file, g_strerror (errno), CLI_FAILED);
          add->tally.n_refused++;
          file->is_answered = TRUE;
          add->next++;
          continue;
        }
      file->key = add->options->key ? g_strdup (add->options->key) : g_uuid_string_random ();
      if (add->view)
        cli_view_expect_key (add->view, file->key);
      pending = g_new0 (Pending, 1);
      pending->add = add;
      pending->index = add->next++;
      add->n_waiting++;
      outbox_client_submit_async (add->client, file->fd, options_for (add, file), NULL, on_submitted, pending);
    }
  print_ids (add);
}

static gboolean
is_answered (gpointer user_data)
{
  Add *add = user_data;

  if (is_stopped (add) && (add->n_waiting == 0 || cli_take_back_is_given_up (add->take_back)))
    return TRUE;

  return add->next == add->files->len && add->n_waiting == 0;
}

static gboolean
is_under_way (const char *key, gpointer user_data)
{
  const Add *add = user_data;

  for (guint i = 0; i < add->next; i++)
    {
      const File *file = &g_array_index (add->files, File, i);

      if (!file->is_answered && g_strcmp0 (file->key, key) == 0)
        return TRUE;
    }

  return FALSE;
}

static void
tell_what_was_stopped (Add *add)
{
  for (guint i = 0; i < add->next; i++)
    {
      const File *file = &g_array_index (add->files, File, i);

      if (!file->is_answered)
        fail_file (add, file, _ ("stopped; \"outbox list\" shows whether it was added"), CLI_FAILED);
    }
  cli_tally_clear (&add->tally);
  g_printerr (ngettext ("Stopped: %u of %u file was added.", "Stopped: %u of %u files were added.", add->files->len),
              add->tally.n_added, add->files->len);
  g_printerr ("\n");
  add->exit_code = CLI_STOPPED;
}

/* A key of a person's own finds the same upload when the file is added once more: nothing of it is taken back. */
static void
hand_all_over (Add *add)
{
  if (!add->options->key)
    add->take_back = cli_take_back_new (add->client, is_under_way, add);
  hand_over (add);
  cli_wait (is_answered, add);
  if (is_stopped (add))
    tell_what_was_stopped (add);
  else
    cli_tally_end (&add->tally);
  g_clear_pointer (&add->take_back, cli_take_back_free);
}

/* --- After handing over --- */

static gboolean
is_over (gpointer user_data)
{
  return cli_view_is_over (user_data);
}

/* Returns: the documents of the accepted uploads */
static GPtrArray *
get_uploads (Add *add, GError **error)
{
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < add->files->len; i++)
    {
      const char *id = g_array_index (add->files, File, i).id;
      g_autoptr (GVariant) results
          = id ? cli_call (add->client, "Uploads", "Get", g_variant_new ("(s)", id), error) : NULL;
      g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

      if (document)
        g_ptr_array_add (uploads, outbox_upload_new_for_document (document));
      else if (id)
        return NULL;
    }

  return g_steal_pointer (&uploads);
}

/* Returns: whether the input is safe; if not, the reason has been printed */
static gboolean
take_pipe (Add *add)
{
  File *file = &g_array_index (add->files, File, 0);
  g_autoptr (GError) error = NULL;

  add->next = 1;
  file->is_answered = TRUE;
  file->id = cli_record (add->client, add->common, add->options->name, add->options->key, &error);
  if (!file->id)
    add->exit_code = cli_fail (error);
  else if (add->view)
    cli_view_expect (add->view, file->id);

  return file->id != NULL;
}

static int
run (Add *add)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) uploads = NULL;

  add->client = cli_open (&error);
  if (add->client && add->options->is_wait)
    add->view = cli_view_new (add->client, add->options->is_json, NULL, &error);
  if (error)
    return cli_fail (error);
  if (add->is_pipe && !take_pipe (add))
    return add->exit_code;
  hand_all_over (add);
  if (add->options->is_wait && add->exit_code != CLI_STOPPED)
    {
      cli_view_refresh (add->view);
      cli_wait (is_over, add->view);
      if (add->exit_code == CLI_DONE && cli_view_count_unfinished (add->view) > 0)
        add->exit_code = CLI_FAILED;
      return add->exit_code;
    }
  if (add->options->is_json)
    {
      uploads = get_uploads (add, &error);
      if (!uploads)
        return cli_fail (error);
      cli_print_json_uploads (uploads);
    }

  return add->exit_code;
}

/* An empty folder is no failure, but a person should know. */
static int
nothing_to_add (gboolean is_whole)
{
  if (is_whole)
    g_printerr ("%s\n", _ ("There is no file to add."));

  return is_whole ? CLI_DONE : CLI_FAILED;
}

int
cli_add (int argc, char *argv[])
{
  g_auto (CliAddOptions) options = { 0 };
  const GOptionEntry entries[] = {
    { "destination", 'd', 0, G_OPTION_ARG_STRING, &options.destination, N_ ("Where to send them"), N_ ("NAME") },
    { "group", 'g', 0, G_OPTION_ARG_STRING, &options.group, N_ ("They belong together under this key"), N_ ("KEY") },
    { "title", 't', 0, G_OPTION_ARG_STRING, &options.title, N_ ("The group's title"), N_ ("TITLE") },
    { "metadata", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &options.metadata, N_ ("Goes to the server with each file"),
      N_ ("KEY=VALUE") },
    { "type", 0, 0, G_OPTION_ARG_STRING, &options.media_type, N_ ("Their media type; detected if absent"),
      N_ ("TYPE") },
    { "form", 0, 0, G_OPTION_ARG_NONE, &options.is_form, N_ ("It is the form of its group"), NULL },
    { "priority", 'p', 0, G_OPTION_ARG_INT, &options.priority, N_ ("-1000 to 1000; a higher one goes first"),
      N_ ("N") },
    { "not-before", 'b', 0, G_OPTION_ARG_STRING, &options.not_before,
      N_ ("They wait until then: 22:00, or 2026-01-31T22:00"), N_ ("TIME") },
    { "key", 0, 0, G_OPTION_ARG_STRING, &options.key,
      N_ ("Key of the one file: a file with the same key is added only once"), N_ ("KEY") },
    { "app", 0, 0, G_OPTION_ARG_STRING, &options.app, N_ ("The app they belong to; detected if absent"), N_ ("APP") },
    { "name", 0, 0, G_OPTION_ARG_STRING, &options.name, N_ ("The name of what comes from standard input (-)"),
      N_ ("NAME") },
    { "recursive", 'r', 0, G_OPTION_ARG_NONE, &options.is_recursive, N_ ("A folder stands for everything in it"),
      NULL },
    { "move", 0, 0, G_OPTION_ARG_NONE, &options.is_move,
      N_ ("Remove each file once it is safe; its copy is removed only after the server was asked once more"), NULL },
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &options.is_wait, N_ ("Exit when the server has confirmed all of them"),
      NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options.is_quiet, N_ ("Print only the IDs"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, N_ ("Print the documents as JSON"), NULL },
    { NULL },
  };
  Add add = { .options = &options };
  g_autoptr (GPtrArray) paths = NULL;
  gboolean is_whole;
  int exit_code = CLI_USAGE;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Prints the IDs. The files are safe even if this device is switched off now."), 1, G_MAXINT - 1))
    return CLI_USAGE;
  if (options.key && (argc > 2 || options.is_recursive))
    return cli_usage (argv[0], _ ("--key goes with one file"));
  add.is_pipe = argc == 2 && g_str_equal (argv[1], "-");
  if ((options.name && !add.is_pipe) || (add.is_pipe && options.is_move))
    return cli_usage (argv[0], _ ("--name goes with standard input (-), and --move with files"));
  paths = add.is_pipe ? g_ptr_array_new_with_free_func (g_free)
                      : cli_expand_files (argv + 1, options.is_recursive, &is_whole);
  if (add.is_pipe)
    {
      g_ptr_array_add (paths, g_strdup ("-"));
      is_whole = TRUE;
    }
  add.exit_code = is_whole ? CLI_DONE : CLI_FAILED;
  if (paths->len == 0)
    return nothing_to_add (is_whole);
  add.common = cli_add_options_make_common (&options);
  add.files = g_array_new (FALSE, TRUE, sizeof (File));
  g_array_set_clear_func (add.files, file_clear);
  for (guint i = 0; i < paths->len; i++)
    {
      const File file = { .path = paths->pdata[i], .fd = -1 };

      g_array_append_val (add.files, file);
    }
  /* With --wait a person sees a bar for each upload instead of the one line. */
  add.tally
      = (CliTally){ .n_files = add.files->len, .is_silent = options.is_quiet || options.is_json || options.is_wait };
  if (add.common)
    exit_code = run (&add);
  g_clear_pointer (&add.view, cli_view_free);
  g_array_unref (add.files);
  g_clear_pointer (&add.common, g_variant_unref);
  g_clear_object (&add.client);

  return exit_code;
}
