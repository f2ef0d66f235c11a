/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Draws the live picture. Owns the number of lines on the terminal, and samples of confirmed bytes.
 */
#include "screen.h"

#include "print.h"
#include "progress.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

/* Shorter names do not move the bars. */
#define NAME_LEAST_COLUMNS 12
#define RATE_WINDOW_US (30 * G_USEC_PER_SEC)

typedef struct
{
  gint64 at_us;
  guint64 bytes;
} Sample;

struct _CliScreen
{
  guint n_lines;   /* lines above the cursor */
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

/* --- What all of them sum up to --- */

/* Returns: confirmed bytes a second over the last half minute; 0 if not known yet */
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

static char *
dup_rate (double rate, guint64 left_bytes)
{
  g_autofree char *text = g_format_size ((guint64) rate);
  guint64 seconds = (guint64) ((double) left_bytes / rate) + 1;
  GString *part = g_string_new (NULL);

  g_string_append_printf (part, " · %s/s", text);
  if (seconds < 90)
    g_string_append_printf (part, ngettext (" · about %u second left", " · about %u seconds left", (gulong) seconds),
                            (guint) seconds);
  else if (seconds < 90 * 60)
    g_string_append_printf (part,
                            ngettext (" · about %u minute left", " · about %u minutes left", (gulong) (seconds / 60)),
                            (guint) (seconds / 60));
  else
    g_string_append_printf (part,
                            ngettext (" · about %u hour left", " · about %u hours left", (gulong) (seconds / 3600)),
                            (guint) (seconds / 3600));

  return g_string_free (part, FALSE);
}

/* Returns: the first of @lines that fits, the most telling coming first; if none fits, the last one cut */
static char *
dup_first_that_fits (const char *const *lines, guint columns)
{
  while (lines[1] && cli_text_width (*lines) > columns)
    lines++;

  return g_strdup (*lines);
}

/* The sums over all uploads. */
typedef struct
{
  guint64 confirmed;
  guint64 on_the_way;
  guint64 all;
  guint n_done;
} Sum;

static Sum
add_up (GPtrArray *uploads)
{
  Sum sum = { 0 };

  for (guint i = 0; i < uploads->len; i++)
    {
      sum.confirmed += cli_progress_get_confirmed (uploads->pdata[i]);
      sum.on_the_way += cli_progress_get_on_the_way (uploads->pdata[i]);
      sum.all += outbox_upload_get_size (uploads->pdata[i]);
      sum.n_done += outbox_upload_get_state (uploads->pdata[i]) == OUTBOX_STATE_DONE;
    }

  return sum;
}

static char *
sum_up (CliScreen *screen, GPtrArray *uploads, guint columns)
{
  const Sum sum = add_up (uploads);
  double rate = measure_rate (screen, sum.confirmed);
  g_autofree char *confirmed = g_format_size (sum.confirmed);
  g_autofree char *all = g_format_size (sum.all);
  g_autofree char *arrived
      = g_strdup_printf (ngettext ("%u of %u arrived", "%u of %u arrived", uploads->len), sum.n_done, uploads->len);
  g_autofree char *share = g_strdup_printf (_ (" · %s of %s"), confirmed, all);
  g_autofree char *bytes = g_strconcat (arrived, share, NULL);
  g_autofree char *moving = cli_progress_dup_words (bytes, sum.on_the_way);
  g_autofree char *short_moving = cli_progress_dup_words (arrived, sum.on_the_way);
  g_autofree char *left = rate > 0 && sum.confirmed < sum.all ? dup_rate (rate, sum.all - sum.confirmed) : NULL;
  g_autofree char *whole = g_strconcat (moving, left, NULL);
  const char *const lines[] = { whole, moving, sum.on_the_way > 0 ? short_moving : bytes, bytes, arrived, NULL };

  return dup_first_that_fits (lines, columns);
}

/* --- Lines --- */

/* Ends a line, and clears the rest of what was drawn there before. */
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

/* Prints a part of a line and the gap after it. */
static void
print_part (const char *text, CliStyle style)
{
  g_print ("%s%s%s%*s", cli_style_begin (style), text, cli_style_end (style), CLI_GAP_COLUMNS, "");
}

static void
draw_upload (CliScreen *screen, OutboxUpload *upload, const CliLayout *layout)
{
  CliStyle style = cli_style_of (outbox_upload_get_state (upload), outbox_upload_get_needs_user (upload));
  g_autofree char *label = cli_progress_dup_label (upload, layout->label);
  g_autofree char *fit = cli_text_dup_fit (label, layout->label);

  if (layout->name > 0)
    {
      g_autofree char *name = cli_text_dup_fit (outbox_upload_get_name (upload), layout->name);

      print_part (name, CLI_STYLE_PLAIN);
    }
  if (layout->bar > 0)
    {
      g_autofree char *bar = cli_bar_dup_upload (upload, layout->bar);

      print_part (bar, style);
    }
  g_strchomp (fit);
  g_print ("%s%s%s", cli_style_begin (style), fit, cli_style_end (style));
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

/* Returns: the uploads that matter most, in the order in which they are followed */
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

static CliLayout
lay_out (GPtrArray *chosen, guint columns)
{
  guint widest_name = NAME_LEAST_COLUMNS;

  for (guint i = 0; i < chosen->len; i++)
    widest_name = MAX (widest_name, cli_text_width (outbox_upload_get_name (chosen->pdata[i])));

  return cli_layout (columns, widest_name);
}

void
cli_screen_draw (CliScreen *screen, GPtrArray *uploads, const char *notice)
{
  guint lines;
  guint columns = cli_terminal_get_line_columns (STDOUT_FILENO, &lines);
  g_autofree char *sum = sum_up (screen, uploads, columns);
  g_autoptr (GPtrArray) chosen = choose (uploads, lines > 6 ? lines - 4 : 2);
  const CliLayout layout = lay_out (chosen, columns);

  if (screen->n_lines > 0)
    g_print ("\033[%uA\r", screen->n_lines);
  screen->n_lines = 0;
  draw_text (screen, sum, CLI_STYLE_BOLD, columns);
  for (guint i = 0; i < chosen->len; i++)
    draw_upload (screen, chosen->pdata[i], &layout);
  if (chosen->len < uploads->len)
    {
      g_autofree char *more = g_strdup_printf (ngettext ("… and %u more", "… and %u more", uploads->len - chosen->len),
                                               uploads->len - chosen->len);

      draw_text (screen, more, CLI_STYLE_DIM, columns);
    }
  if (notice)
    draw_text (screen, notice, CLI_STYLE_WAITS, columns);
  g_print ("\033[J");
  (void) fflush (stdout);
}
