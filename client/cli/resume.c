/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox resume: ends a pause, or lets something go on for a time, whatever its rule says.
 */
#include "command.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

#define SECONDS_MAX (7 * 24 * 3600)

typedef struct
{
  char *time;
  char *group;
  char *destination;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->time);
  g_free (options->group);
  g_free (options->destination);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Returns: seconds; 0 if the text is no time such as 90s, 30m, 1h or 2d */
static guint32
read_duration (const char *text)
{
  static const struct
  {
    char letter;
    guint32 seconds;
  } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 24 * 3600 } };
  char *end = NULL;
  guint64 number = g_ascii_isdigit (*text) ? g_ascii_strtoull (text, &end, 10) : 0;

  for (guint i = 0; i < G_N_ELEMENTS (units) && number > 0 && number <= SECONDS_MAX; i++)
    if (end[0] == units[i].letter && end[1] == '\0' && number * units[i].seconds <= SECONDS_MAX)
      return (guint32) number * units[i].seconds;

  return 0;
}

/* Returns: (transfer floating): what Queue.ResumeFor is to be asked for */
static GVariant *
make_request (guint32 seconds, const Options *options, const char *const *ids)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "seconds", "u", seconds);
  if (ids && ids[0])
    g_variant_dict_insert (&dict, "ids", "^as", ids);
  if (options->group)
    g_variant_dict_insert (&dict, "group", "s", options->group);
  if (options->destination)
    g_variant_dict_insert (&dict, "destination", "s", options->destination);

  return g_variant_new ("(@a{sv})", g_variant_dict_end (&dict));
}

/* Tells what goes on until when, and what is in its way all the same. */
static int
resume_for (guint32 seconds, const Options *options, char *const *operands)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_auto (GStrv) ids = client && *operands ? cli_resolve (client, operands, &error) : NULL;
  g_autoptr (GVariant) results = NULL, policies = NULL, policy = NULL;

  if (client && !error)
    results
        = cli_call (client, "Queue", "ResumeFor", make_request (seconds, options, (const char *const *) ids), &error);
  if (results)
    policies = cli_call (client, "Policy", "Get", NULL, &error);
  if (!policies)
    return cli_fail (error);
  policy = g_variant_get_child_value (policies, 0);
  cli_print_passes (policy);
  (void) cli_command_print_holds (client);

  return CLI_DONE;
}

int
cli_resume (int argc, char *argv[])
{
  g_auto (Options) options = { NULL };
  const GOptionEntry entries[] = {
    { "for", 0, 0, G_OPTION_ARG_STRING, &options.time,
      N_ ("Let it continue for a time, such as 30m or 2h, whatever the rules say"), N_ ("DURATION") },
    { "group", 'g', 0, G_OPTION_ARG_STRING, &options.group, N_ ("Everything in this group, also what comes later"),
      N_ ("KEY") },
    { "destination", 'd', 0, G_OPTION_ARG_STRING, &options.destination, N_ ("Everything for this destination"),
      N_ ("NAME") },
    { NULL },
  };
  guint32 seconds;

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if (!options.time && (options.group || options.destination))
    return cli_usage (argv[0], _ ("--group and --destination go with --for; see outbox group, outbox destination"));
  if (!options.time)
    return cli_command_or_queue (CLI_COMMAND_RESUME, argc, argv);
  if ((argc > 1) + (options.group != NULL) + (options.destination != NULL) > 1)
    return cli_usage (argv[0], _ ("give IDs, --group or --destination, or none of them for everything"));
  seconds = read_duration (options.time);
  if (seconds == 0)
    return cli_usage (argv[0], _ ("--for is a time like 30m, 1h or 2d, at most 7 days"));

  return resume_for (seconds, &options, argv + 1);
}
