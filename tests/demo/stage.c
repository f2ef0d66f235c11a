/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-stage: a terminal shared by a story and by a command that draws over what it drew before, as "outbox watch"
 * does. The command runs on a small terminal of its own, and its last picture is kept below the story, which comes on
 * standard input: "say TEXT" is a line that stays, "live TEXT" the line below the picture, "end" leaves the story alone.
 * Owns the command. Main thread.
 */
#include <glib-unix.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PICTURE_ROWS 10
#define OTHER_ROWS 3 /* around the picture, and the cursor's */
#define FRAME_END "\033[J"

typedef struct
{
  GMainLoop *loop;
  pid_t command;
  int terminal;     /* its side of ours; -1: it has ended */
  GString *output;  /* of the command, up to the next whole picture */
  GString *input;   /* up to the next whole line */
  char *picture;    /* lines with their ends, or NULL */
  char *live;       /* or NULL */
  guint drawn_rows; /* below the story, above the cursor */
} Stage;

static struct winsize
get_size (void)
{
  struct winsize size = { .ws_row = 24, .ws_col = 80 };

  (void) ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
  size.ws_row = size.ws_row > OTHER_ROWS ? MIN (size.ws_row - OTHER_ROWS, PICTURE_ROWS) : 1;

  return size;
}

/* --- Drawing --- */

static void
go_to_top (Stage *stage)
{
  if (stage->drawn_rows > 0)
    printf ("\033[%uA", stage->drawn_rows);
  printf ("\r");
  stage->drawn_rows = 0;
}

static void
draw_text (Stage *stage, const char *text)
{
  fputs (text, stdout);
  for (const char *c = text; *c; c++)
    stage->drawn_rows += *c == '\n';
}

/* Without wrapping: what does not fit is cut, so that rows can be counted. */
static void
draw (Stage *stage)
{
  printf ("\033[?7l");
  if (stage->picture)
    {
      draw_text (stage, "\033[K\n");
      draw_text (stage, stage->picture);
    }
  if (stage->live)
    {
      draw_text (stage, stage->live);
      draw_text (stage, "\033[K\n");
    }
  printf ("\033[?7h\033[J");
  (void) fflush (stdout);
}

static void
redraw (Stage *stage)
{
  go_to_top (stage);
  draw (stage);
}

/* --- The command --- */

/* Without the way back to the top of the last picture, nor anything before it. */
static char *
dup_picture (const char *frame, gsize length)
{
  const char *way_back = g_strrstr_len (frame, (gssize) length, "A\r");
  const char *begin = way_back ? way_back + 2 : frame;

  return g_strndup (begin, length - (gsize) (begin - frame));
}

static void
take_pictures (Stage *stage)
{
  const char *end;

  while ((end = strstr (stage->output->str, FRAME_END)))
    {
      gsize length = (gsize) (end - stage->output->str);

      g_free (stage->picture);
      stage->picture = dup_picture (stage->output->str, length);
      g_string_erase (stage->output, 0, (gssize) (length + strlen (FRAME_END)));
      redraw (stage);
    }
}

static gboolean
on_command_wrote (int fd, GIOCondition condition, gpointer user_data)
{
  Stage *stage = user_data;
  char buffer[4096];
  gssize got = read (fd, buffer, sizeof buffer);

  if (got > 0)
    {
      g_string_append_len (stage->output, buffer, got);
      take_pictures (stage);
      return G_SOURCE_CONTINUE;
    }
  /* A terminal whose other side is closed fails with EIO. */
  (void) close (fd);
  stage->terminal = -1;
  g_clear_pointer (&stage->picture, g_free);
  redraw (stage);

  return G_SOURCE_REMOVE;
}

static gboolean
on_resized (gpointer user_data)
{
  Stage *stage = user_data;
  const struct winsize size = get_size ();

  if (stage->terminal >= 0)
    (void) ioctl (stage->terminal, TIOCSWINSZ, &size);

  return G_SOURCE_CONTINUE;
}

static gboolean
start_command (Stage *stage, char **argv)
{
  const struct winsize size = get_size ();

  stage->command = forkpty (&stage->terminal, NULL, NULL, &size);
  if (stage->command == 0)
    {
      execvp (argv[0], argv);
      _exit (127);
    }
  if (stage->command < 0)
    return FALSE;
  g_unix_fd_add (stage->terminal, G_IO_IN | G_IO_HUP | G_IO_ERR, on_command_wrote, stage);

  return TRUE;
}

static void
end_command (Stage *stage)
{
  (void) kill (stage->command, SIGTERM);
  (void) waitpid (stage->command, NULL, 0);
}

/* --- The story --- */

static void
obey (Stage *stage, const char *line)
{
  if (g_str_has_prefix (line, "live "))
    {
      g_free (stage->live);
      stage->live = g_strdup (line + strlen ("live "));
      redraw (stage);
    }
  else if (g_str_has_prefix (line, "say "))
    {
      go_to_top (stage);
      printf ("%s\033[K\n\033[J", line + strlen ("say "));
      draw (stage);
    }
  else if (g_str_equal (line, "end"))
    g_main_loop_quit (stage->loop);
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  Stage *stage = user_data;
  char buffer[4096];
  gssize got = read (fd, buffer, sizeof buffer);
  const char *end;

  if (got <= 0)
    {
      g_main_loop_quit (stage->loop);
      return G_SOURCE_REMOVE;
    }
  g_string_append_len (stage->input, buffer, got);
  while ((end = strchr (stage->input->str, '\n')))
    {
      gsize length = (gsize) (end - stage->input->str);
      g_autofree char *line = g_strndup (stage->input->str, length);

      g_string_erase (stage->input, 0, (gssize) length + 1);
      obey (stage, line);
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
on_stop (gpointer user_data)
{
  g_main_loop_quit (((Stage *) user_data)->loop);

  return G_SOURCE_CONTINUE;
}

int
main (int argc, char *argv[])
{
  Stage stage = { .terminal = -1 };

  if (argc < 2)
    {
      g_printerr ("usage: outbox-stage COMMAND [ARGUMENT…]\n");
      return 2;
    }
  if (!start_command (&stage, argv + 1))
    {
      perror ("outbox-stage");
      return 1;
    }
  stage.loop = g_main_loop_new (NULL, FALSE);
  stage.output = g_string_new (NULL);
  stage.input = g_string_new (NULL);
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, &stage);
  g_unix_signal_add (SIGWINCH, on_resized, &stage);
  g_unix_signal_add (SIGTERM, on_stop, &stage);
  g_main_loop_run (stage.loop);

  end_command (&stage);
  go_to_top (&stage);
  printf ("\033[J");
  (void) fflush (stdout);
  g_main_loop_unref (stage.loop);
  (void) g_string_free (stage.output, TRUE);
  (void) g_string_free (stage.input, TRUE);
  g_free (stage.picture);
  g_free (stage.live);

  return 0;
}
