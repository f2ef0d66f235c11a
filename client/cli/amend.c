/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox amend
 */
#include "add-options.h"
#include "cli.h"

#include "config.h"

#include <glib/gi18n.h>

#define UNSET G_MININT

typedef struct
{
  char *name;
  char *note;
  GStrv metadata; /* K=V */
  int priority;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->name);
  g_free (options->note);
  g_strfreev (options->metadata);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Returns: (transfer full) (nullable): a{sv}; NULL: it was said what is wrong */
static GVariant *
make_amendment (const char *verb, const Options *options)
{
  g_auto (GVariantDict) amendment = G_VARIANT_DICT_INIT (NULL);
  GVariantBuilder metadata;

  g_variant_builder_init (&metadata, G_VARIANT_TYPE ("a{ss}"));
  if (options->metadata && !cli_read_pairs (verb, options->metadata, &metadata))
    {
      g_variant_builder_clear (&metadata);
      return NULL;
    }
  if (options->note)
    g_variant_builder_add (&metadata, "{ss}", "note", options->note);
  if (options->metadata || options->note)
    g_variant_dict_insert_value (&amendment, "metadata", g_variant_builder_end (&metadata));
  else
    g_variant_builder_clear (&metadata);
  if (options->name)
    g_variant_dict_insert (&amendment, "name", "s", options->name);
  if (options->priority != UNSET)
    g_variant_dict_insert (&amendment, "priority", "i", options->priority);

  return g_variant_ref_sink (g_variant_dict_end (&amendment));
}

/* A server that had been told already is told by a request of its own. */
static gboolean
is_on_its_way (OutboxClient *client, const char *id)
{
  g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", id), NULL);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (GVariant) amendment
      = document ? g_variant_lookup_value (document, "amendment", G_VARIANT_TYPE_VARDICT) : NULL;

  return amendment && g_str_equal (cli_get_string (amendment, "result"), "asked");
}

static int
amend (char *operand, GVariant *amendment)
{
  char *const operands[] = { operand, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_auto (GStrv) ids = client ? cli_resolve (client, operands, &error) : NULL;
  g_autoptr (GVariant) answer
      = ids ? cli_call (client, "Uploads", "Amend", g_variant_new ("(s@a{sv})", ids[0], amendment), &error) : NULL;

  if (!answer)
    return cli_fail (error);
  if (is_on_its_way (client, ids[0]))
    g_print (_ ("Changed here. Its server has been told otherwise, and is told next: outbox show %s\n"), operand);
  else
    g_print ("%s\n", _ ("Changed."));

  return CLI_DONE;
}

int
cli_amend (int argc, char *argv[])
{
  g_auto (Options) options = { .priority = UNSET };
  const GOptionEntry entries[] = {
    { "name", 0, 0, G_OPTION_ARG_STRING, &options.name, N_ ("The name that it has on the server"), N_ ("NAME") },
    { "note", 0, 0, G_OPTION_ARG_STRING, &options.note, N_ ("A note that goes with it"), N_ ("TEXT") },
    { "metadata", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &options.metadata,
      N_ ("Sent to the server with it; without a value, it is removed"), N_ ("KEY=VALUE") },
    { "priority", 'p', 0, G_OPTION_ARG_INT, &options.priority, N_ ("-1000 to 1000; a higher one goes first"),
      N_ ("N") },
    { NULL },
  };
  g_autoptr (GVariant) amendment = NULL;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Changes what is sent to the server with a file, until the server has it. After that\n"
                     "it is told by a request of its own, where its destination has an amend URL."),
                  1, 1))
    return CLI_USAGE;
  if (!options.name && !options.note && !options.metadata && options.priority == UNSET)
    return cli_usage (argv[0], _ ("say what to change: --name, --note, --metadata or --priority"));
  amendment = make_amendment (argv[0], &options);

  return amendment ? amend (argv[1], amendment) : CLI_USAGE;
}
