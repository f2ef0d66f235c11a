/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox metrics: the queue in numbers, for the textfile collector of node_exporter. No name of a file, group or network is in it.
 */
#include "cli.h"
#include "openmetrics.h"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <unistd.h>

/* Of all questions together. A monitor that waits for a service that hangs tells nobody. */
#define ANSWER_MOST_MS 10000

#define MS_PER_S 1000.0

/* What the broker says; only @statistics is always there, once it has answered. */
typedef struct
{
  GVariant *statistics;
  GVariant *conditions;
  GVariant *holds;
  GVariant *destinations;
  GVariant *policy;
} Facts;

static void
facts_clear (Facts *facts)
{
  g_clear_pointer (&facts->statistics, g_variant_unref);
  g_clear_pointer (&facts->conditions, g_variant_unref);
  g_clear_pointer (&facts->holds, g_variant_unref);
  g_clear_pointer (&facts->destinations, g_variant_unref);
  g_clear_pointer (&facts->policy, g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Facts, facts_clear)

/* --- Questions, with one end for all of them --- */

static gboolean
on_late (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_CONTINUE;
}

static GVariant *
ask (OutboxClient *client, const char *interface, const char *method, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) results = NULL;

  outbox_client_call_async (client, interface, method, NULL, cancellable, cli_on_result, &result);
  cli_wait_for_result (&result);
  results = outbox_client_call_finish (client, result, error);

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

static gboolean
ask_all (Facts *facts, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (OutboxClient) client = NULL;

  outbox_client_new_async (cancellable, cli_on_result, &result);
  cli_wait_for_result (&result);
  client = outbox_client_new_finish (result, error);

  return client && (facts->statistics = ask (client, "Queue", "Statistics", cancellable, error))
         && (facts->conditions = ask (client, "Queue", "Conditions", cancellable, error))
         && (facts->holds = ask (client, "Queue", "Holds", cancellable, error))
         && (facts->destinations = ask (client, "Destinations", "List", cancellable, error))
         && (facts->policy = ask (client, "Policy", "Get", cancellable, error));
}

/* Errors: NoBroker also for one that does not answer in time. */
static gboolean
ask_in_time (Facts *facts, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const guint timer = g_timeout_add (ANSWER_MOST_MS, on_late, cancellable);
  g_autoptr (GError) failure = NULL;
  const gboolean is_answered = ask_all (facts, cancellable, &failure);

  (void) g_source_remove (timer);
  if (!is_answered && g_cancellable_is_cancelled (cancellable))
    g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, _ ("The service does not answer."));
  else if (!is_answered)
    g_propagate_error (error, g_steal_pointer (&failure));

  return is_answered;
}

/* --- What is told --- */

static const CliMetric up = { "outbox_up", CLI_METRIC_GAUGE, "", "1 where the service answers." };
static const CliMetric build = { "outbox_build_info", CLI_METRIC_GAUGE, "", "1; the version is its label." };
static const CliMetric needs_person
    = { "outbox_needs_person", CLI_METRIC_GAUGE, "", "1 where something stays as it is until a person acts." };
static const CliMetric configuration_good
    = { "outbox_configuration_good", CLI_METRIC_GAUGE, "",
        "0 where a file of the configuration has an error, so that what it says is not in force." };
static const CliMetric uploads = { "outbox_uploads", CLI_METRIC_GAUGE, "", "Uploads on the list, by state." };
static const CliMetric upload_bytes
    = { "outbox_upload_bytes", CLI_METRIC_GAUGE, "bytes", "Bytes of the uploads on the list, by state." };
static const CliMetric waiting = { "outbox_waiting_uploads", CLI_METRIC_GAUGE, "",
                                   "Uploads that are paused or wait for the next try, by what they wait for first." };
static const CliMetric waiting_bytes = { "outbox_waiting_bytes", CLI_METRIC_GAUGE, "bytes", "Bytes of these." };
static const CliMetric failed = { "outbox_failed_uploads", CLI_METRIC_GAUGE, "", "Uploads that failed, by reason." };
static const CliMetric failed_bytes = { "outbox_failed_bytes", CLI_METRIC_GAUGE, "bytes", "Bytes of these." };
static const CliMetric lost
    = { "outbox_lost_uploads", CLI_METRIC_GAUGE, "", "Uploads that failed since their saved copy is gone or damaged." };
static const CliMetric unclaimed
    = { "outbox_unclaimed_files", CLI_METRIC_GAUGE, "", "Saved files that belong to no upload any more." };
static const CliMetric oldest = { "outbox_oldest_unsent_age_seconds", CLI_METRIC_GAUGE, "seconds",
                                  "Age of the oldest upload that has not arrived; 0 where there is none." };
static const CliMetric holds = { "outbox_holds", CLI_METRIC_GAUGE, "", "What holds more than one upload, by reason." };
static const CliMetric destination_up
    = { "outbox_destination_up", CLI_METRIC_GAUGE, "", "1 where nothing holds the destination." };
static const CliMetric destination_held
    = { "outbox_destination_held", CLI_METRIC_GAUGE, "", "1 for each reason that holds the destination." };
static const CliMetric network
    = { "outbox_network_available", CLI_METRIC_GAUGE, "", "1 where there is a network beside loopback." };
static const CliMetric metered = { "outbox_metered_sent_bytes", CLI_METRIC_COUNTER, "bytes",
                                   "Bytes that went out on metered networks; begins anew with each calendar month." };
static const CliMetric disk_free
    = { "outbox_disk_free_bytes", CLI_METRIC_GAUGE, "bytes", "Room on the disk with the copies, for this user." };
static const CliMetric disk_size = { "outbox_disk_size_bytes", CLI_METRIC_GAUGE, "bytes", "Size of that disk." };

static void
add_one (CliMetrics *metrics, const CliMetric *metric, double value)
{
  cli_metrics_begin (metrics, metric);
  cli_metrics_add (metrics, value, NULL);
}

static double
get_count (GVariant *document, const char *key)
{
  guint64 n = 0, bytes;

  (void) g_variant_lookup (document, key, "(tt)", &n, &bytes);

  return (double) n;
}

static gboolean
is_true (GVariant *document, const char *key)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (document, key, "b", &value);

  return value;
}

/* Adds two families: how many, and how many bytes, by the names that @key has. */
static void
add_by_name (CliMetrics *metrics, GVariant *statistics, const char *key, const char *label, const CliMetric *count,
             const CliMetric *size)
{
  g_autoptr (GVariant) counts = g_variant_lookup_value (statistics, key, G_VARIANT_TYPE ("a{s(tt)}"));

  for (guint pass = 0; pass < 2; pass++)
    {
      GVariantIter iter;
      const char *name;
      guint64 n, bytes;

      cli_metrics_begin (metrics, pass == 0 ? count : size);
      if (!counts)
        continue;
      g_variant_iter_init (&iter, counts);
      while (g_variant_iter_next (&iter, "{&s(tt)}", &name, &n, &bytes))
        cli_metrics_add (metrics, (double) (pass == 0 ? n : bytes), label, name, NULL);
    }
}

static void
add_age (CliMetrics *metrics, GVariant *statistics)
{
  gint64 oldest_ms = 0, now_ms = 0;
  const gboolean is_there = g_variant_lookup (statistics, "oldest_at", "x", &oldest_ms);

  (void) g_variant_lookup (statistics, "now", "x", &now_ms);
  /* The clock may have been set back. */
  add_one (metrics, &oldest, is_there ? MAX (now_ms - oldest_ms, 0) / MS_PER_S : 0);
}

/* Adds one sample for each scope and reason, with how many there are. */
static void
add_holds (CliMetrics *metrics, GVariant *list)
{
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GList) keys = NULL;

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (list, i);
      g_autofree char *key = g_strjoin ("\n", cli_get_string (hold, "scope"), cli_get_string (hold, "reason"), NULL);
      const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1;

      (void) g_hash_table_insert (counts, g_steal_pointer (&key), GUINT_TO_POINTER (n));
    }
  cli_metrics_begin (metrics, &holds);
  keys = g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc) strcmp);
  for (const GList *l = keys; l; l = l->next)
    {
      g_auto (GStrv) parts = g_strsplit (l->data, "\n", 2);

      cli_metrics_add (metrics, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)), "scope", parts[0], "reason",
                       parts[1], NULL);
    }
}

static void
add_destinations (CliMetrics *metrics, GVariant *list)
{
  cli_metrics_begin (metrics, &destination_up);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) destination = g_variant_get_child_value (list, i);

      cli_metrics_add (metrics, g_str_equal (cli_get_string (destination, "state"), "ready"), "destination",
                       cli_get_string (destination, "name"), NULL);
    }
  cli_metrics_begin (metrics, &destination_held);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) destination = g_variant_get_child_value (list, i);
      g_autofree const char **reasons = NULL;

      (void) g_variant_lookup (destination, "reasons", "^a&s", &reasons);
      for (guint j = 0; reasons && reasons[j]; j++)
        cli_metrics_add (metrics, 1, "destination", cli_get_string (destination, "name"), "reason", reasons[j], NULL);
    }
}

static void
add_device (CliMetrics *metrics, GVariant *conditions)
{
  guint64 bytes = 0;

  add_one (metrics, &network, is_true (conditions, "available"));
  (void) g_variant_lookup (conditions, "metered_bytes", "t", &bytes);
  add_one (metrics, &metered, (double) bytes);
  if (g_variant_lookup (conditions, "disk_free", "t", &bytes))
    add_one (metrics, &disk_free, (double) bytes);
  if (g_variant_lookup (conditions, "disk_size", "t", &bytes))
    add_one (metrics, &disk_size, (double) bytes);
}

static void
add_facts (CliMetrics *metrics, const Facts *facts)
{
  const gboolean is_good = cli_is_configuration_good (facts->policy);

  cli_metrics_begin (metrics, &build);
  cli_metrics_add (metrics, 1, "version", OB_VERSION, NULL);
  add_one (metrics, &needs_person, is_true (facts->statistics, "needs_user") || !is_good);
  add_one (metrics, &configuration_good, is_good);
  add_by_name (metrics, facts->statistics, "states", "state", &uploads, &upload_bytes);
  add_by_name (metrics, facts->statistics, "waiting", "reason", &waiting, &waiting_bytes);
  add_by_name (metrics, facts->statistics, "failed", "reason", &failed, &failed_bytes);
  add_one (metrics, &lost, get_count (facts->statistics, "lost"));
  add_one (metrics, &unclaimed, get_count (facts->statistics, "unclaimed"));
  add_age (metrics, facts->statistics);
  add_holds (metrics, facts->holds);
  add_destinations (metrics, facts->destinations);
  add_device (metrics, facts->conditions);
}

/* @facts: (nullable): where the broker has not answered */
static char *
dup_metrics (const Facts *facts)
{
  g_autofree char *user = g_strdup_printf ("%u", (guint) getuid ());
  g_autoptr (CliMetrics) metrics = cli_metrics_new ("uid", user);

  add_one (metrics, &up, facts != NULL);
  if (facts)
    add_facts (metrics, facts);

  return cli_metrics_end (metrics);
}

/* The collector, another user, never reads half of it. */
static gboolean
write_text (const char *path, const char *text, GError **error)
{
  if (path)
    return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
  g_print ("%s", text);

  return TRUE;
}

int
cli_metrics (int argc, char *argv[])
{
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &path, N_ ("Write them into this file, whole or not at all"),
      N_ ("FILE") },
    { NULL },
  };
  g_auto (Facts) facts = { NULL };
  g_autoptr (GError) failure = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (!cli_parse (&argc, &argv, entries, NULL, 0, 0))
    return CLI_USAGE;
  text = dup_metrics (ask_in_time (&facts, &failure) ? &facts : NULL);
  if (!write_text (path, text, &error))
    return cli_fail (error);

  return failure ? cli_fail (failure) : CLI_DONE;
}
