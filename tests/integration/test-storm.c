/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL at random moments over queues of 30 files, in rounds so that every kill finds work under way; then the same
 * with a server that has faults and is killed itself. Everything arrives once and byte-exact.
 *
 * OUTBOX_KILLS says how many kills each storm has, OUTBOX_MINUTES when a storm ends at the latest, OUTBOX_SEED repeats
 * the sizes, moments and faults of a run. (The kernel's scheduling is not repeated with them.)
 */
#include "support/document.h"
#include "support/handover.h"
#include "support/wait.h"

#define N_FILES 30
#define LARGE_BYTES (9 * 1024 * 1024 + 11)
#define SMALL_MAX_BYTES 300000
/* Most lives end while a start is being repaired, some get as far as sending again. */
#define SHORT_LIFE_MS 250
#define LONG_LIFE_MS 1000

/* Without faults, nothing may ever wait for a next try: some two dozen lives are enough. */
#define MOST_KILLS_A_ROUND 150

/* Slow enough that a queue outlives a few dozen kills. */
#define RATE "{\"fault\":\"rate\",\"bytes\":12000000}"

typedef struct
{
  gboolean has_faults;
  GRand *random;
  guint seed;
  guint n_kills;
  guint most_kills;
  gint64 end_us;
  guint n_rounds;
  guint n_files;
  guint n_faults;
  guint n_server_kills;
  guint n_setbacks;
  gint64 twice_bytes;
  gint64 total_bytes;
} Storm;

typedef struct
{
  Storm *storm;
  TestBroker *broker;
  TestHandover *handover;
} Round;

/* What passes by itself, or with a new try. %u is a number of bytes. */
static const char *const faults[] = {
  "{\"fault\":\"cut-after\",\"bytes\":%u}",
  "{\"fault\":\"cut-after\",\"bytes\":%u,\"method\":\"PATCH\",\"count\":3}",
  "{\"fault\":\"lost-answer\",\"method\":\"POST\",\"skip\":%u}",
  "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}",
  "{\"fault\":\"lost-answer\",\"method\":\"HEAD\"}",
  "{\"fault\":\"lost-answer\",\"count\":3}",
  "{\"fault\":\"short-204\",\"bytes\":%u}",
  "{\"fault\":\"status\",\"status\":503}",
  "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"retry_after\":0}",
  "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":500}",
  "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":401}",
  "{\"fault\":\"status\",\"status\":507}",
  "{\"fault\":\"lock\",\"count\":2}",
  "{\"fault\":\"reset\",\"count\":2}",
  "{\"fault\":\"html-200\"}",
  "{\"fault\":\"redirect\"}",
  "{\"fault\":\"garbage\"}",
  "{\"fault\":\"backwards\",\"bytes\":%u}",
  "{\"fault\":\"confirm\",\"mode\":\"not-yet\"}",
  "{\"fault\":\"confirm\",\"mode\":\"garbage\"}",
};

static guint
read_number (const char *variable, guint otherwise)
{
  const char *text = g_getenv (variable);

  return text && *text ? (guint) g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
order_fault (Round *round)
{
  GRand *random = round->storm->random;
  const char *text = faults[g_rand_int_range (random, 0, G_N_ELEMENTS (faults))];
  guint number = strstr (text, "skip") ? 0 : (guint) g_rand_int_range (random, 0, 3000000);
  const char *place = strstr (text, "%u");
  g_autofree char *fault
      = place ? g_strdup_printf ("%.*s%u%s", (int) (place - text), text, number, place + 2) : g_strdup (text);

  test_peer_control (round->broker->peer, fault);
  round->storm->n_faults++;
}

static void
kill_server (Round *round)
{
  test_peer_restart (round->broker->peer);
  test_peer_control (round->broker->peer, RATE);
  round->storm->n_server_kills++;
}

/* What a person does who does not want to wait: no back-off, for the destination or for one upload. */
static void
hurry (Round *round)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  (void) outbox_dbus_destinations_call_resume_sync (round->broker->destinations, "depot", NULL, NULL);
  list = test_broker_try_list (round->broker, NULL);
  if (!list)
    return;
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);
      const char *id = test_document_get_text (upload, "id");
      const char *state = test_document_get_text (upload, "state");

      /* None of the faults is for good. */
      g_assert_cmpstr (state, !=, "failed");
      if (g_str_equal (state, "retrying"))
        g_ptr_array_add (ids, g_strdup (id));
    }
  if (ids->len == 0)
    return;
  g_ptr_array_add (ids, NULL);
  (void) outbox_dbus_uploads_call_retry_sync (round->broker->uploads, (const char *const *) ids->pdata, NULL, NULL);
}

/* One life of the daemon: some of them end before it has a name. Returns: whether all was done. */
static gboolean
live_and_die (Round *round)
{
  Storm *storm = round->storm;
  gboolean is_long = g_rand_int_range (storm->random, 0, 3) == 0;
  guint delay_ms = (guint) g_rand_int_range (storm->random, 1, is_long ? LONG_LIFE_MS : SHORT_LIFE_MS);
  gboolean is_early = g_rand_int_range (storm->random, 0, 8) == 0;
  gboolean is_done = FALSE;

  if (is_early)
    test_broker_launch (round->broker, NULL);
  else
    {
      test_broker_start (round->broker, NULL);
      test_handover_watch (round->handover);
      test_handover_ask (round->handover);
    }
  if (storm->has_faults && g_rand_int_range (storm->random, 0, 3) == 0)
    order_fault (round);
  if (storm->has_faults && !is_early)
    hurry (round);
  test_wait_ms (is_early ? delay_ms / 4 : delay_ms);
  if (storm->has_faults && g_rand_int_range (storm->random, 0, 6) == 0)
    kill_server (round);
  if (!is_early)
    is_done = test_handover_is_done (round->handover);
  test_broker_kill (round->broker);
  storm->n_kills += !is_done;

  return is_done;
}

static gboolean
is_over (const Storm *storm)
{
  return storm->n_kills >= storm->most_kills || g_get_monotonic_time () >= storm->end_us;
}

static gboolean
on_tick (gpointer data)
{
  hurry (data);

  return G_SOURCE_CONTINUE;
}

static void
run_round (Storm *storm)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = test_handover_new (broker);
  Round round = { storm, broker, handover };
  guint n_before = storm->n_kills;
  gint64 twice_bytes;
  guint ticks;

  for (guint i = 0; i < N_FILES; i++)
    (void) test_handover_add (handover,
                              i % 10 == 0 ? LARGE_BYTES : (gsize) g_rand_int_range (storm->random, 0, SMALL_MAX_BYTES),
                              storm->seed + storm->n_rounds);
  test_peer_control (broker->peer, RATE);
  test_broker_kill (broker);
  while (!is_over (storm) && !live_and_die (&round))
    if (!storm->has_faults)
      g_assert_cmpuint (storm->n_kills - n_before, <, MOST_KILLS_A_ROUND);

  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_start (broker, NULL);
  test_handover_watch (handover);
  test_handover_insist (handover);
  ticks = g_timeout_add_seconds (1, on_tick, &round);
  test_broker_wait_for_all (broker, "done", 120);
  (void) g_source_remove (ticks);
  twice_bytes = test_handover_assert_arrived (handover);
  storm->n_rounds++;
  storm->n_files += handover->files->len;
  storm->n_setbacks += g_hash_table_size (handover->setbacks);
  storm->total_bytes += handover->total_bytes;
  /* A server that was killed has forgotten what it counted. */
  storm->twice_bytes += storm->n_server_kills == 0 ? twice_bytes : 0;
}

static void
test_storm (gconstpointer has_faults)
{
  guint seed = read_number ("OUTBOX_SEED", g_random_int ());
  Storm storm = { .has_faults = GPOINTER_TO_INT (has_faults),
                  .seed = seed,
                  .random = g_rand_new_with_seed (seed),
                  .most_kills = read_number ("OUTBOX_KILLS", 20),
                  .end_us = g_get_monotonic_time () + read_number ("OUTBOX_MINUTES", 60) * G_TIME_SPAN_MINUTE };

  g_test_message ("SEED=%u", seed);
  while (!is_over (&storm))
    {
      run_round (&storm);
      g_test_message ("round %u: %u kills so far", storm.n_rounds, storm.n_kills);
    }
  g_test_message ("%u kills in %u rounds: %u files of %" G_GINT64_FORMAT " bytes all arrived once", storm.n_kills,
                  storm.n_rounds, storm.n_files, storm.total_bytes);
  if (storm.has_faults)
    g_test_message ("%u faults, %u server kills; %u offsets went back, each with its reason", storm.n_faults,
                    storm.n_server_kills, storm.n_setbacks);
  else
    g_test_message ("%" G_GINT64_FORMAT " bytes were sent twice", storm.twice_bytes);
  g_rand_free (storm.random);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/storm/kills", GINT_TO_POINTER (FALSE), test_storm);
  g_test_add_data_func ("/storm/kills-and-faults", GINT_TO_POINTER (TRUE), test_storm);

  return g_test_run ();
}
