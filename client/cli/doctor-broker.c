/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: what the broker knows of the network, the destinations and the queue.
 */
#include "doctor.h"

#include "print.h"

#include "config.h"

#include "dbus/names.h"

#include <glib/gi18n.h>

/* The broker answers a trial within 20 seconds, and takes four at a time. */
#define TRIAL_MOST_MS 30000
#define TRIALS_MOST 4

#define HOLDS_MOST 20
#define DECISIONS_MOST 100

/* Returns: (transfer full) (nullable): the first result */
static GVariant *
ask (CliDoctor *doctor, const char *interface, const char *method, GVariant *parameters)
{
  g_autofree char *name = g_strconcat (OUTBOX_BUS_NAME ".", interface, NULL);
  g_autoptr (GVariant) results
      = cli_doctor_call (doctor, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, name, method, parameters, doctor->most_ms, NULL);

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

static gboolean
is_true (GVariant *document, const char *key)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (document, key, "b", &value);

  return value;
}

static guint
get_count (GVariant *summary, const char *name, guint64 *bytes)
{
  guint64 n = 0, unused;

  (void) g_variant_lookup (summary, name, "(tt)", &n, bytes ? bytes : &unused);

  return (guint) n;
}

/* --- The network --- */

static void
tell_network (CliDoctor *doctor)
{
  g_autofree char *line = cli_status_dup_network (doctor->conditions);
  g_autofree const char **sources = NULL;

  if (!is_true (doctor->conditions, "available"))
    cli_doctor_add (doctor, "network", "no-network", CLI_LEVEL_NOTE,
                    g_strdup (_ ("There is no network: uploads continue when there is one.")));
  else
    cli_doctor_add (doctor, "network", "network-good", CLI_LEVEL_GOOD,
                    /* Translators: such as: The service sees a network: Home · Wi-Fi */
                    g_strdup_printf (_ ("The service sees a network: %s"), line));
  (void) g_variant_lookup (doctor->conditions, "sources", "^a&s", &sources);
  if (!sources || !g_strv_contains (sources, "NetworkManager"))
    cli_doctor_add (
        doctor, "network", "network-of-unknown-kind", CLI_LEVEL_NOTE,
        g_strdup (
            _ ("NetworkManager is not running: the service cannot tell Wi-Fi from mobile data, nor what is metered.")));
}

/* --- The queue --- */

static void
tell_counts (CliDoctor *doctor)
{
  guint64 all_bytes = 0, done_bytes = 0;
  const guint n_all = get_count (doctor->summary, "all", &all_bytes);
  const guint n_done = get_count (doctor->summary, "done", &done_bytes);
  const guint n_failed = get_count (doctor->summary, "failed", NULL);
  const guint n_lost = get_count (doctor->summary, "lost", NULL);
  const guint n_unclaimed = get_count (doctor->summary, "unclaimed", NULL);
  g_autofree char *left = g_format_size (all_bytes - done_bytes);

  cli_doctor_add (doctor, "queue", "queue-good", CLI_LEVEL_GOOD,
                  n_all == n_done ? g_strdup (_ ("Everything has arrived."))
                                  : g_strdup_printf (ngettext ("%u upload has not arrived yet (%s).",
                                                               "%u uploads have not arrived yet (%s).", n_all - n_done),
                                                     n_all - n_done, left));
  if (n_lost > 0)
    cli_doctor_add (
        doctor, "queue", "copies-lost", CLI_LEVEL_PERSON,
        g_strdup_printf (ngettext ("The saved copy of %u upload is missing or damaged: add the file again.",
                                   "The saved copies of %u uploads are missing or damaged: add the files again.",
                                   n_lost),
                         n_lost))
        ->command
        = g_strdup ("outbox list --state failed");
  if (n_failed > n_lost)
    cli_doctor_add (doctor, "queue", "failed", CLI_LEVEL_PERSON,
                    g_strdup_printf (ngettext ("%u upload has failed.", "%u uploads have failed.", n_failed - n_lost),
                                     n_failed - n_lost))
        ->command
        = g_strdup ("outbox list --state failed");
  if (n_unclaimed > 0)
    cli_doctor_add (doctor, "queue", "unclaimed", CLI_LEVEL_PERSON,
                    g_strdup_printf (ngettext ("%u saved file belongs to no upload any more.",
                                               "%u saved files belong to no upload any more.", n_unclaimed),
                                     n_unclaimed))
        ->command
        = g_strdup ("outbox status");
}

/* Returns: (transfer full): what holds and why, such as "depot: Paused · sign in to continue" */
static char *
dup_hold (GVariant *hold)
{
  const OutboxReason reason = outbox_reason_from_name (cli_get_string (hold, "reason"));
  g_autofree char *key = cli_text_dup_safe (cli_get_string (hold, "key"));
  g_autofree char *label = NULL;
  gint64 until_ms = 0;

  (void) g_variant_lookup (hold, "until", "x", &until_ms);
  label = outbox_status_label (reason == OUTBOX_REASON_RETRYING ? OUTBOX_STATE_RETRYING : OUTBOX_STATE_PAUSED, reason,
                               until_ms, g_get_real_time () / 1000, 0, 0, OUTBOX_LABEL_TERMINAL);

  return cli_text_dup_about (key, label);
}

static void
tell_holds (CliDoctor *doctor)
{
  for (gsize i = 0; i < g_variant_n_children (doctor->holds) && i < HOLDS_MOST; i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (doctor->holds, i);
      const char *name = cli_get_string (hold, "reason");
      const OutboxReason reason = outbox_reason_from_name (name);
      const gboolean is_keyring = reason == OUTBOX_REASON_CREDENTIALS_LOCKED;
      CliFinding *finding
          = cli_doctor_add (doctor, is_keyring ? "keyring" : "hold", outbox_reason_get_info (reason)->name,
                            is_true (hold, "needs_user") ? CLI_LEVEL_PERSON : CLI_LEVEL_NOTE, dup_hold (hold));
      const char *command = cli_get_string (hold, "command");
      g_autofree char *message = cli_text_dup_message (cli_get_string (hold, "message"));

      finding->command = *command ? g_strdup (command) : NULL;
      finding->detail = *message ? g_steal_pointer (&message) : NULL;
    }
}

void
cli_doctor_ask_broker (CliDoctor *doctor)
{
  g_autoptr (GVariant) history = NULL;
  GVariantBuilder newest;
  gsize n;

  if (!doctor->has_answered || !(doctor->conditions = ask (doctor, "Queue", "Conditions", NULL))
      || !(doctor->holds = ask (doctor, "Queue", "Holds", NULL))
      || !(doctor->destinations = ask (doctor, "Destinations", "List", NULL))
      || !(history = ask (doctor, "Uploads", "History", g_variant_new ("(s)", ""))))
    return;
  g_variant_builder_init (&newest, G_VARIANT_TYPE ("aa{sv}"));
  n = g_variant_n_children (history);
  for (gsize i = n > DECISIONS_MOST ? n - DECISIONS_MOST : 0; i < n; i++)
    {
      g_autoptr (GVariant) decision = g_variant_get_child_value (history, i);

      g_variant_builder_add_value (&newest, decision);
    }
  doctor->decisions = g_variant_ref_sink (g_variant_builder_end (&newest));
  tell_network (doctor);
  tell_counts (doctor);
  tell_holds (doctor);
}

/* --- The destinations --- */

typedef struct
{
  CliDoctor *doctor;
  guint index;
  guint *n_running;
} Trial;

static void
on_trial (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Trial *trial = user_data;
  g_autoptr (GVariant) results = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  (*trial->n_running)--;
  if (results)
    trial->doctor->trials->pdata[trial->index] = g_variant_get_child_value (results, 0);
}

static gboolean
has_place (gpointer user_data)
{
  return *(const guint *) user_data < TRIALS_MOST;
}

static gboolean
is_over (gpointer user_data)
{
  return *(const guint *) user_data == 0;
}

static void
try_all (CliDoctor *doctor)
{
  guint n_running = 0;

  for (guint i = 0; i < doctor->trials->len; i++)
    {
      g_autoptr (GVariant) destination = g_variant_get_child_value (doctor->destinations, i);
      Trial *trial = g_new (Trial, 1);

      *trial = (Trial){ doctor, i, &n_running };
      cli_wait (has_place, &n_running);
      n_running++;
      g_dbus_connection_call (doctor->bus, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, OUTBOX_BUS_NAME ".Destinations", "Test",
                              g_variant_new ("(s)", cli_get_string (destination, "name")), NULL, G_DBUS_CALL_FLAGS_NONE,
                              TRIAL_MOST_MS, NULL, on_trial, trial);
    }
  cli_wait (is_over, &n_running);
}

/* Returns: (transfer full): the server's words, or the holds for which it was not asked */
static char *
dup_trouble (GVariant *report)
{
  g_autoptr (GVariant) holds = g_variant_lookup_value (report, "holds", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GString) words = g_string_new (NULL);

  if (*cli_get_string (report, "message"))
    return cli_text_dup_message (cli_get_string (report, "message"));
  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);
      g_autofree char *line = dup_hold (hold);

      g_string_append_printf (words, "%s%s", words->len > 0 ? "; " : "", line);
    }

  return g_string_free (g_steal_pointer (&words), FALSE);
}

/* A server that is away comes back by itself. One that refuses does not. */
static void
tell_trial (CliDoctor *doctor, GVariant *report, const char *name)
{
  const gboolean is_good = report && is_true (report, "good");
  const gboolean needs_person = report
                                && (g_str_equal (cli_get_string (report, "state"), "paused")
                                    || g_str_equal (cli_get_string (report, "state"), "failed"));
  const char *command = report ? cli_get_string (report, "command") : "";
  g_autofree char *safe = cli_text_dup_safe (name);
  CliFinding *finding = cli_doctor_add (doctor, "destination", is_good ? "destination-good" : "destination-bad",
                                        is_good        ? CLI_LEVEL_GOOD
                                        : needs_person ? CLI_LEVEL_PERSON
                                                       : CLI_LEVEL_NOTE,
                                        g_strdup_printf (is_good ? _ ("An upload to %s would go through.")
                                                                 : _ ("An upload to %s would not go through now."),
                                                         safe));

  if (is_good)
    return;
  finding->detail = report ? dup_trouble (report) : NULL;
  finding->command = *command ? g_strdup (command) : g_strdup_printf ("outbox destination test %s", safe);
}

void
cli_doctor_ask_destinations (CliDoctor *doctor)
{
  if (!doctor->destinations)
    return;
  g_ptr_array_set_size (doctor->trials, (gint) g_variant_n_children (doctor->destinations));
  try_all (doctor);
  for (guint i = 0; i < doctor->trials->len; i++)
    {
      g_autoptr (GVariant) destination = g_variant_get_child_value (doctor->destinations, i);

      tell_trial (doctor, doctor->trials->pdata[i], cli_get_string (destination, "name"));
    }
  if (doctor->trials->len == 0)
    cli_doctor_add (doctor, "destination", "no-destination", CLI_LEVEL_PERSON,
                    g_strdup (_ ("There is no server to send to yet.")))
        ->command
        = g_strdup ("outbox destination set NAME --url URL");
}
