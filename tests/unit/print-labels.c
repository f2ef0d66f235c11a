/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints the labels of uploads and groups in the language that LANGUAGE names, as JSON, for whoever makes them by other code:
 * {"kind", "length", "now", "asked": …, "label"} in each line. Of uploads each state with each reason; of groups each pair of states.
 */
#include "dbus/label.h"

#include <locale.h>

#define NOW_MS G_GINT64_CONSTANT (1795874400000)
#define HOUR_MS (3600 * G_GINT64_CONSTANT (1000))

static const char *const lengths[] = { "terminal", "notification", "web" };

/* The words have neither quotes nor backslashes to escape, which whoever reads them would notice. */
static void
print_upload (OutboxState state, OutboxReason reason, gint64 until_ms, guint64 offset, OutboxLabelLength length)
{
  g_autofree char *label = outbox_status_label (state, reason, until_ms, NOW_MS, offset, 1000, length);

  g_print ("{\"kind\":\"upload\",\"length\":\"%s\",\"now\":%" G_GINT64_FORMAT
           ",\"asked\":{\"state\":\"%s\",\"reason\":\"%s\","
           "\"until\":%" G_GINT64_FORMAT ",\"offset\":%" G_GUINT64_FORMAT ",\"size\":1000},\"label\":\"%s\"}\n",
           lengths[length], NOW_MS, outbox_state_get_info (state)->name, outbox_reason_get_info (reason)->name,
           until_ms, offset, label);
}

static void
print_rung (OutboxRung rung, OutboxLabelLength length)
{
  g_autofree char *label = outbox_rung_label (rung, length);

  g_print ("{\"kind\":\"upload\",\"length\":\"%s\",\"now\":%" G_GINT64_FORMAT
           ",\"asked\":{\"state\":\"done\",\"rung\":\"%s\"},\"label\":\"%s\"}\n",
           lengths[length], NOW_MS, outbox_rung_get_info (rung)->name, label);
}

static void
print_uploads (OutboxLabelLength length)
{
  static const gint64 delays_ms[] = { -1,
                                      0,
                                      1,
                                      999,
                                      1000,
                                      59 * 1000,
                                      59001,
                                      89 * 1000,
                                      90 * 1000,
                                      HOUR_MS - 1000,
                                      HOUR_MS,
                                      HOUR_MS * 3 / 2,
                                      23 * HOUR_MS,
                                      24 * HOUR_MS,
                                      36 * HOUR_MS,
                                      6 * 24 * HOUR_MS,
                                      7 * 24 * HOUR_MS,
                                      400 * 24 * HOUR_MS };

  for (guint state = 0; state < OUTBOX_N_STATES; state++)
    for (guint reason = 0; reason < OUTBOX_N_REASONS; reason++)
      print_upload (state, reason, 0, 429, length);
  for (guint rung = 0; rung < OUTBOX_N_RUNGS; rung++)
    print_rung (rung, length);
  for (guint i = 0; i < G_N_ELEMENTS (delays_ms); i++)
    {
      print_upload (OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, NOW_MS + delays_ms[i], 0, length);
      print_upload (OUTBOX_STATE_PAUSED, OUTBOX_REASON_SCHEDULE, NOW_MS + delays_ms[i], 0, length);
      print_upload (OUTBOX_STATE_PAUSED, OUTBOX_REASON_USER, NOW_MS + delays_ms[i], 0, length);
    }
  for (guint offset = 0; offset <= 1000; offset += 333)
    print_upload (OUTBOX_STATE_UPLOADING, OUTBOX_REASON_NONE, 0, offset, length);
}

static void
add_counts (GString *json, const char *name, const char *first, guint n_first, const char *second, guint n_second)
{
  g_string_append_printf (json, ",\"%s\":{", name);
  if (n_first > 0)
    g_string_append_printf (json, "\"%s\":%u", first, n_first);
  if (n_second > 0)
    g_string_append_printf (json, "%s\"%s\":%u", n_first > 0 ? "," : "", second, n_second);
  g_string_append_c (json, '}');
}

/* Paused ones wait for these reasons. */
static void
print_group (OutboxState first, guint n_first, OutboxState second, guint n_second, OutboxReason reason,
             OutboxLabelLength length)
{
  OutboxGroupCounts counts = { .until_ms = NOW_MS + 90 * 1000 };
  const guint n_paused = (first == OUTBOX_STATE_PAUSED ? n_first : 0) + (second == OUTBOX_STATE_PAUSED ? n_second : 0);
  const guint n_other = n_paused > 1 ? 1 : 0;
  g_autoptr (GString) json = g_string_new (NULL);
  g_autofree char *label = NULL;

  counts.states[first] += n_first;
  counts.states[second] += n_second;
  counts.reasons[reason] = n_paused - n_other;
  counts.reasons[OUTBOX_REASON_WAIT_WIFI] += n_other;
  add_counts (json, "states", outbox_state_get_info (first)->name, n_first, outbox_state_get_info (second)->name,
              n_second);
  add_counts (json, "reasons", outbox_reason_get_info (reason)->name, counts.reasons[reason], "wait-wifi",
              reason == OUTBOX_REASON_WAIT_WIFI ? 0 : n_other);
  label = outbox_group_label (&counts, NOW_MS, length);
  g_print ("{\"kind\":\"group\",\"length\":\"%s\",\"now\":%" G_GINT64_FORMAT ",\"asked\":{\"until\":%" G_GINT64_FORMAT
           "%s},\"label\":\"%s\"}\n",
           lengths[length], NOW_MS, counts.until_ms, json->str, label);
}

static void
print_groups (OutboxLabelLength length)
{
  static const guint numbers[] = { 0, 1, 2, 22 };

  for (guint first = 0; first < OUTBOX_N_STATES; first++)
    for (guint second = first + 1; second < OUTBOX_N_STATES; second++)
      for (guint i = 0; i < G_N_ELEMENTS (numbers) * G_N_ELEMENTS (numbers); i++)
        print_group (first, numbers[i / G_N_ELEMENTS (numbers)], second, numbers[i % G_N_ELEMENTS (numbers)],
                     OUTBOX_REASON_SIGN_IN, length);
  for (guint reason = OUTBOX_REASON_QUEUE; reason < OUTBOX_REASON_RETRYING; reason++)
    {
      print_group (OUTBOX_STATE_PAUSED, 1, OUTBOX_STATE_DONE, 3, reason, length);
      print_group (OUTBOX_STATE_PAUSED, 3, OUTBOX_STATE_UPLOADING, 1, reason, length);
    }
}

int
main (void)
{
  (void) setlocale (LC_ALL, "C.UTF-8");
  for (guint length = 0; length < G_N_ELEMENTS (lengths); length++)
    {
      print_uploads (length);
      print_groups (length);
    }

  return 0;
}
