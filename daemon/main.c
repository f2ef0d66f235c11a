/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outboxd: options, signals, exit codes (0 ended as asked, 1 failed, 2 usage). Main thread.
 */
#include "instance.h"

#include "base/debug.h"
#include "base/json.h"
#include "base/strays.h"
#include "base/witness.h"
#include "config.h"
#include "examination.h"
#include "removal.h"
#include "store/reader.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than wait in a flood of submits; 8 bytes each. */
#define TABLE_OF_DESCRIPTORS 4096

typedef struct
{
  GMainLoop *loop;
  int exit_code;
} Run;

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (((Run *) user_data)->loop);

  return G_SOURCE_CONTINUE;
}

static void
on_end (gpointer user_data)
{
  Run *run = user_data;

  run->exit_code = 1;
  g_main_loop_quit (run->loop);
}

static void
on_removed (gpointer user_data)
{
  g_message ("The program was removed from this device: it ends. What has not arrived is kept in %s/outbox",
             g_get_user_data_dir ());
  g_main_loop_quit (((Run *) user_data)->loop);
}

/* What the process is to do. */
typedef enum
{
  DO_SERVE,
  DO_TELL_VERSION,
  DO_EXAMINE,
  DO_MEND,
} Work;

static Work
parse_options (int *argc, char ***argv)
{
  gboolean wants_version = FALSE, wants_examination = FALSE, wants_mending = FALSE;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, "Print the version", NULL },
    { "examine", 0, 0, G_OPTION_ARG_NONE, &wants_examination,
      "Print as JSON how the data folder is, and change nothing", NULL },
    { "mend", 0, 0, G_OPTION_ARG_NONE, &wants_mending, "Mend what is safe to mend in the data folder", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, "Keeps files that apps hand over safe on this device, and uploads them.\n"
                                         "The session bus starts it; its data is in $XDG_DATA_HOME/outbox.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error) || *argc > 1)
    {
      g_printerr ("outboxd: %s\n", error ? error->message : "takes no arguments");
      exit (2);
    }

  return wants_version ? DO_TELL_VERSION : wants_examination ? DO_EXAMINE : wants_mending ? DO_MEND : DO_SERVE;
}

static void
print_facts (GVariant *facts)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (facts);
  g_autofree char *text = ob_json_write (owned);

  g_print ("%s\n", text);
}

/* Each waiting Submit holds a descriptor. The soft limit protects programs that use select(), which we do not. Call it before
 * there is a thread: once there are several, each growth of the table waits for a grace period of the kernel, 10 ms or more, so
 * it gets its size here. */
static void
allow_descriptors (void)
{
  struct rlimit limit;
  int highest;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit);
  highest = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, (int) MIN (limit.rlim_cur, TABLE_OF_DESCRIPTORS) - 1);
  if (highest >= 0)
    (void) close (highest);
}

/* A core would have secrets in it. A limit alone does not count for a program that the kernel pipes cores to, such as systemd's. The kernel
 * then also keeps others of this user from looking into the process, which leak detection of sanitizers has to. */
static void
forbid_cores (void)
{
  const struct rlimit none = { 0, 0 };

  (void) setrlimit (RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree char *data_folder = g_build_filename (g_get_user_data_dir (), "outbox", NULL);
  g_autofree char *program = ob_removal_dup_program ();
  g_autoptr (ObInstance) instance = NULL;
  g_autoptr (ObRemoval) removal = NULL;
  Run run = { .loop = loop };
  Work work;

  /* Bytes are told as they are, and words in English: what is written down has no language (base/language.h). */
  (void) setlocale (LC_CTYPE, "");
  ob_debug_begin (g_getenv ("OUTBOX_DEBUG"));
  ob_witness_set_socket (g_getenv ("OUTBOX_WITNESS"));
  /* GLib's number parser creates a locale on first use. If two threads wait for that, one gets a stray errno and takes a
   * good number for a bad one: create it now. */
  (void) g_ascii_strtoll ("0", NULL, 10);
  /* The database has secrets, and the spool private files. */
  (void) umask (077);
  work = parse_options (&argc, &argv);
  if (work == DO_TELL_VERSION)
    g_print ("outboxd %s\n", OB_VERSION);
  else if (work != DO_SERVE)
    print_facts (work == DO_EXAMINE ? ob_examine (data_folder) : ob_mend (data_folder));
  if (work != DO_SERVE)
    return 0;
  allow_descriptors ();
  forbid_cores ();
  /* SIGIO goes to the holder of a lease when another process opens the file. */
  (void) signal (SIGIO, SIG_IGN);
  g_unix_signal_add (SIGTERM, on_signal, &run);
  g_unix_signal_add (SIGINT, on_signal, &run);
  instance = ob_instance_new (data_folder, on_end, &run);
  removal = ob_removal_watch (program, OB_REMOVAL_AFTER_S, on_removed, &run);
  g_main_loop_run (loop);
  g_clear_pointer (&instance, ob_instance_free);
  ob_reader_leave_files ();
  (void) fflush (NULL);
  /* exit() would take down libraries that a thread is still in: a stray, or one of GLib's own. Leaks are looked for in it. */
#ifdef __SANITIZE_ADDRESS__
  if (ob_strays_count () == 0)
    return run.exit_code;
#endif
  _exit (run.exit_code);
}
