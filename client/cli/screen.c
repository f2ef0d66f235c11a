/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Drawing. Owns the count of lines on the terminal, and samples of the bytes that servers confirmed.
 */
#include "screen.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_COLUMNS 20
#define NAME_MAX_COLUMNS 40
#define RATE_WINDOW_US (30 * G_USEC_PER_SEC)

typedef struct
{
  gint64 at_us;
  guint64 bytes;
} Sample;

struct _CliScreen
{
  guint n_lines;   /* drawn, above the cursor */
  GArray *samples; /* of Sample: the last half minute */
};

CliScreen *
cli_screen_new (void)
{
  CliScreen *screen = g_new0 (CliScreen, 1);

  screen->samples = g_array_new (FALSE, FALSE, sizeof (Sample));

  return screen;
}

void
cli_screen_free (CliScreen *screen)
{
  g_array_unref (screen->samples);
  g_free (screen);
}

static void
get_size (guint *columns, guint *lines)
{
  struct winsize size = { 0 };

  (void) ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
  *columns = size.ws_col > 0 ? size.ws_col : 80;
  *lines = size.ws_row > 0 ? size.ws_row : 24;
}

static guint64
confirmed_bytes (OutboxUpload *upload)
{
  guint64 size = outbox_upload_get_size (upload);

  return outbox_upload_get_state (upload) == OUTBOX_STATE_DONE ? size : MIN (outbox_upload_get_offset (upload), size);
}

/* --- What all of them sum up to --- */

/* Bytes a second over the last half minute; 0 where that is not known yet. */
static double
measure_rate (CliScreen *screen, guint64 bytes)
{
  const Sample now = { g_get_monotonic_time (), bytes };
  const Sample *first;
  guint n_old = 0;

  while (n_old < screen->samples->len
         && g_array_index (screen->samples, Sample, n_old).at_us < now.at_us - RATE_WINDOW_US)
    n_old++;
  if (n_old > 0)
    g_array_remove_range (screen->samples, 0, n_old);
  g_array_append_val (screen->samples, now);
  first = &g_array_index (screen->samples, Sample, 0);
  if (now.at_us - first->at_us < G_USEC_PER_SEC || now.bytes <= first->bytes)
    return 0;

  return (double) (now.bytes - first->bytes) * G_USEC_PER_SEC / (double) (now.at_us - first->at_us);
}

static void
append_rate (GString *line, double rate, guint64 left_bytes)
{
  g_autofree char *text = g_format_size ((guint64) rate);
  guint64 seconds = (guint64) ((double) left_bytes / rate) + 1;

  g_string_append_printf (line, " · %s/s", text);
  if (seconds < 90)
    g_string_append_printf (line, ngettext (" · about %u second left", " · about %u seconds left", (gulong) seconds),
                            (guint) seconds);
  else if (seconds < 90 * 60)
    g_string_append_printf (line,
                            ngettext (" · about %u minute left", " · about %u minutes left", (gulong) (seconds / 60)),
                            (guint) (seconds / 60));
  else
    g_string_append_printf (line,
                            ngettext (" · about %u hour left", " · about %u hours left", (gulong) (seconds / 3600)),
                            (guint) (seconds / 3600));
}

static char *
sum_up (CliScreen *screen, GPtrArray *uploads)
{
  GString *line = g_string_new (NULL);
  g_autofree char *confirmed_text = NULL;
  g_autofree char *all_text = NULL;
  guint64 confirmed = 0, all = 0;
  guint n_done = 0;
  double rate;

  for (guint i = 0; i < uploads->len; i++)
    {
      confirmed += confirmed_bytes (uploads->pdata[i]);
      all += outbox_upload_get_size (uploads->pdata[i]);
      n_done += outbox_upload_get_state (uploads->pdata[i]) == OUTBOX_STATE_DONE;
    }
  rate = measure_rate (screen, confirmed);
  confirmed_text = g_format_size (confirmed);
  all_text = g_format_size (all);
  g_string_append_printf (line, ngettext ("%u of %u arrived", "%u of %u arrived", uploads->len), n_done, uploads->len);
  g_string_append_printf (line, _ (" · %s of %s"), confirmed_text, all_text);
  if (rate > 0 && confirmed < all)
    append_rate (line, rate, all - confirmed);

  return g_string_free (line, FALSE);
}

/* --- Lines --- */

/* Ends a line whose rest may hold what was drawn before. */
static void
end_line (CliScreen *screen)
{
  g_print ("\033[K\n");
  screen->n_lines++;
}

static void
draw_text (CliScreen *screen, const char *text, CliStyle style, guint columns)
{
  g_autofree char *fit = cli_text_dup_fit (text, columns);

  g_strchomp (fit);
  g_print ("%s%s%s", cli_style_begin (style), fit, cli_style_end (style));
  end_line (screen);
}

static char *
dup_bar (OutboxUpload *upload)
{
  guint64 size = outbox_upload_get_size (upload);
  gboolean is_saving = outbox_upload_get_state (upload) == OUTBOX_STATE_SAVING;
  guint64 bytes = is_saving ? MIN (outbox_upload_get_saved (upload), size) : confirmed_bytes (upload);
  double share
      = size > 0 ? (double) bytes / (double) size : (outbox_upload_get_state (upload) == OUTBOX_STATE_DONE ? 1.0 : 0.0);
  guint full = (guint) (share * BAR_COLUMNS);
  GString *bar = g_string_new (NULL);

  for (guint i = 0; i < BAR_COLUMNS; i++)
    g_string_append (bar, i < full ? "█" : "░");

  return g_string_free (bar, FALSE);
}

static void
draw_upload (CliScreen *screen, OutboxUpload *upload, guint name_columns, guint columns)
{
  CliStyle style = cli_style_of (outbox_upload_get_state (upload), outbox_upload_get_needs_user (upload));
  g_autofree char *name = cli_text_dup_fit (outbox_upload_get_name (upload), name_columns);
  g_autofree char *bar = dup_bar (upload);
  g_autofree char *label = outbox_upload_dup_label (upload);
  g_autofree char *fit = NULL;
  guint taken = name_columns + BAR_COLUMNS + 4;

  fit = cli_text_dup_fit (label, columns > taken + 8 ? columns - taken : 8);
  g_strchomp (fit);
  g_print ("%s  %s%s%s  %s%s%s", name, cli_style_begin (style), bar, cli_style_end (style), cli_style_begin (style),
           fit, cli_style_end (style));
  end_line (screen);
}

/* --- What is drawn where not all of it fits --- */

static guint
urgency (OutboxUpload *upload)
{
  static const guint order[OUTBOX_N_STATES] = {
    [OUTBOX_STATE_UPLOADING] = 0, [OUTBOX_STATE_SAVING] = 1, [OUTBOX_STATE_CONFIRMING] = 2, [OUTBOX_STATE_FAILED] = 3,
    [OUTBOX_STATE_RETRYING] = 4,  [OUTBOX_STATE_PAUSED] = 5, [OUTBOX_STATE_QUEUED] = 6,     [OUTBOX_STATE_DONE] = 7,
  };

  return order[outbox_upload_get_state (upload)];
}

/* Those that matter most, in the order in which they are followed. */
static GPtrArray *
choose (GPtrArray *uploads, guint most)
{
  GPtrArray *chosen = g_ptr_array_new ();
  guint counts[OUTBOX_N_STATES] = { 0 };
  guint level = 0, room = most;

  for (guint i = 0; i < uploads->len; i++)
    counts[urgency (uploads->pdata[i])]++;
  while (level < OUTBOX_N_STATES && counts[level] <= room)
    room -= counts[level++];
  for (guint i = 0; i < uploads->len; i++)
    {
      guint its = urgency (uploads->pdata[i]);

      if (its < level || (its == level && room > 0))
        g_ptr_array_add (chosen, uploads->pdata[i]);
      if (its == level && room > 0)
        room--;
    }

  return chosen;
}

void
cli_screen_draw (CliScreen *screen, GPtrArray *uploads, const char *notice)
{
  g_autofree char *sum = sum_up (screen, uploads);
  g_autoptr (GPtrArray) chosen = NULL;
  guint columns, lines, name_columns = 12;

  get_size (&columns, &lines);
  chosen = choose (uploads, lines > 6 ? lines - 4 : 2);
  for (guint i = 0; i < chosen->len; i++)
    name_columns = MAX (name_columns, cli_text_width (outbox_upload_get_name (chosen->pdata[i])));
  name_columns = MIN (name_columns, MIN (NAME_MAX_COLUMNS, columns / 3));

  if (screen->n_lines > 0)
    g_print ("\033[%uA\r", screen->n_lines);
  screen->n_lines = 0;
  draw_text (screen, sum, CLI_STYLE_BOLD, columns - 1);
  for (guint i = 0; i < chosen->len; i++)
    draw_upload (screen, chosen->pdata[i], name_columns, columns - 1);
  if (chosen->len < uploads->len)
    {
      g_autofree char *more = g_strdup_printf (ngettext ("… and %u more", "… and %u more", uploads->len - chosen->len),
                                               uploads->len - chosen->len);

      draw_text (screen, more, CLI_STYLE_DIM, columns - 1);
    }
  if (notice)
    draw_text (screen, notice, CLI_STYLE_WAITS, columns - 1);
  g_print ("\033[J");
  (void) fflush (stdout);
}
