/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-bench: measures Outbox against peers on this machine, in one run, and prints ratios. It fails where something
 * does not work, never because it is slow. Main thread.
 */
#include "authority.h"
#include "parts.h"
#include "report.h"

#include <locale.h>
#include <stdlib.h>

typedef struct
{
  const char *name;
  void (*run) (const Bench *bench);
} Part;

static const Part parts[] = {
  { "send", bench_send },   { "submit", bench_submit }, { "library", bench_library }, { "queue", bench_queue },
  { "flips", bench_flips }, { "crowd", bench_crowd },   { "wear", bench_wear },
  { "turn", bench_turn },   { "rest", bench_rest },     { "watch", bench_watch },
  { "idle", bench_idle },
};

static gboolean
is_part (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (g_str_equal (name, parts[i].name))
      return TRUE;

  return FALSE;
}

/* Whether the words of the command line are good: "quick" and names of parts. */
static gboolean
read_words (Bench *bench, char **words)
{
  for (; *words; words++)
    if (g_str_equal (*words, "quick"))
      bench->is_quick = TRUE;
    else if (!is_part (*words))
      return FALSE;

  return TRUE;
}

static gboolean
is_wanted (const Part *part, char **words)
{
  gboolean is_any_named = FALSE;

  for (; *words; words++)
    {
      if (g_str_equal (*words, part->name))
        return TRUE;
      is_any_named |= !g_str_equal (*words, "quick");
    }

  return !is_any_named;
}

int
main (int argc, char *argv[])
{
  g_autofree char *folder = g_canonicalize_filename ("bench-data", NULL);
  Bench bench = { .folder = folder };
  const char *const sweep[] = { "rm", "-rf", folder, NULL };
  double begin_ms = bench_now_ms ();

  setlocale (LC_ALL, "C");
  if (!read_words (&bench, argv + 1))
    {
      g_printerr ("usage: outbox-bench [quick] [send] [submit] [queue] [flips] [crowd] [wear] [turn] [rest] [watch] [idle]\n");
      return 2;
    }
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_printerr ("outbox-bench: cannot make %s\n", folder);
      return 1;
    }
  bench_trust_own_certificate (&bench, argv);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (is_wanted (&parts[i], argv + 1))
      parts[i].run (&bench);
  bench_print_report ();
  g_print ("%.0f s in all\n", (bench_now_ms () - begin_ms) / 1000);
  (void) bench_run (sweep);
  g_free (bench.certificate);
  g_free (bench.key);

  return 0;
}
