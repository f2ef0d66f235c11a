/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What could stand at the end of a command line, for every shell alike: verbs, the options that a verb has, what they take, and what it
 * is about. The shells' own files only ask and show. A broker that does not answer has nothing to add.
 */
#include "complete.h"

#include "cli.h"
#include "print.h"
#include "streams.h"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

/* A menu that nobody reads to its end. */
#define LISTED_MOST 500

/* A line of its own, which tells the shell to offer files. */
#define FILES ":files"

typedef enum
{
  KIND_NONE,
  KIND_WORDS, /* those of the row */
  KIND_FILES,
  KIND_IDS, /* of uploads; the row's words: only in that state; "unfinished" */
  KIND_GROUPS,
  KIND_DESTINATIONS,
  KIND_APPS, /* web apps; the row's words: in that state; a waiting one has a code */
} Kind;

/* What a verb is about. A verb with words of its own has a row for each. */
typedef struct
{
  const char *verb;
  const char *word; /* NULL: it has none */
  Kind kind;
  const char *words;
} Operand;

static const Operand operands[] = {
  { "add", NULL, KIND_FILES, NULL },
  { "commit", NULL, KIND_IDS, "saving" },
  { "show", NULL, KIND_IDS, NULL },
  { "watch", NULL, KIND_IDS, "unfinished" },
  { "pause", NULL, KIND_IDS, "unfinished" },
  { "resume", NULL, KIND_IDS, "paused" },
  { "retry", NULL, KIND_IDS, "unfinished" },
  { "send-now", NULL, KIND_IDS, "unfinished" },
  { "priority", NULL, KIND_IDS, "unfinished" },
  { "amend", NULL, KIND_IDS, "unfinished" },
  { "verify", NULL, KIND_IDS, "done" },
  { "free", NULL, KIND_IDS, "done" },
  { "remove", NULL, KIND_IDS, NULL },
  { "log", NULL, KIND_IDS, NULL },
  { "group", "list", KIND_NONE, NULL },
  { "group", "show", KIND_GROUPS, NULL },
  { "group", "pause", KIND_GROUPS, NULL },
  { "group", "resume", KIND_GROUPS, NULL },
  { "group", "retry", KIND_GROUPS, NULL },
  { "group", "remove", KIND_GROUPS, NULL },
  { "destination", "list", KIND_NONE, NULL },
  { "destination", "show", KIND_DESTINATIONS, NULL },
  { "destination", "set", KIND_DESTINATIONS, NULL },
  { "destination", "test", KIND_DESTINATIONS, NULL },
  { "destination", "sign-in", KIND_DESTINATIONS, NULL },
  { "destination", "sign-out", KIND_DESTINATIONS, NULL },
  { "destination", "unlock", KIND_NONE, NULL },
  { "destination", "remove", KIND_DESTINATIONS, NULL },
  { "destination", "pause", KIND_DESTINATIONS, NULL },
  { "destination", "resume", KIND_DESTINATIONS, NULL },
  { "app", "list", KIND_NONE, NULL },
  { "app", "approve", KIND_APPS, "waiting" },
  { "app", "deny", KIND_APPS, "waiting" },
  { "app", "revoke", KIND_APPS, "paired" },
  { "policy", "show", KIND_NONE, NULL },
  { "policy", "check", KIND_FILES, NULL },
  { "policy", "edit", KIND_NONE, NULL },
  { "policy", "explain", KIND_IDS, "unfinished" },
};

/* What an option takes, in whichever verb it is. One that takes a file is known by its type, and all others are free. */
static const struct
{
  const char *option;
  Kind kind;
  const char *words;
} values[] = {
  { "destination", KIND_DESTINATIONS, NULL },
  { "group", KIND_GROUPS, NULL },
  { "state", KIND_WORDS, "saving queued uploading confirming retrying paused failed done" },
  { "protocol", KIND_WORDS, "tus http" },
  { "receipt", KIND_WORDS, "stored digest attached" },
};

/* --- Candidates --- */

/* What is being typed. */
typedef struct
{
  const char *current; /* borrowed */
  const char *before;  /* stands before each candidate, as "--group=" does; borrowed */
} Typed;

/* Prints a line for the shell: the word, and after a tab what it is. */
static void
offer (const Typed *typed, const char *word, const char *what)
{
  g_autofree char *safe = what ? cli_text_dup_safe (what) : g_strdup ("");
  g_autofree char *line = NULL;

  if (!*word || !g_str_has_prefix (word, typed->current) || strpbrk (word, "\n\t"))
    return;
  line = g_strdup_printf ("%s%s\t%s\n", typed->before, word, g_strdelimit (safe, "\n\t", ' '));
  cli_streams_write (line);
}

static void
offer_words (const Typed *typed, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  for (guint i = 0; list[i]; i++)
    offer (typed, list[i], NULL);
}

/* @which: (nullable): a state, or "unfinished" */
static void
offer_ids (OutboxClient *client, const Typed *typed, const char *which)
{
  GVariantDict filter;
  g_autoptr (GPtrArray) uploads = NULL;

  g_variant_dict_init (&filter, NULL);
  g_variant_dict_insert (&filter, "limit", "u", LISTED_MOST);
  if (which && g_str_equal (which, "unfinished"))
    g_variant_dict_insert (&filter, "unfinished", "b", TRUE);
  else if (which)
    g_variant_dict_insert (&filter, "state", "s", which);
  uploads = cli_list_uploads (client, g_variant_dict_end (&filter), NULL);
  for (guint i = 0; uploads && i < uploads->len; i++)
    offer (typed, cli_text_short_id (outbox_upload_get_id (uploads->pdata[i])),
           outbox_upload_get_name (uploads->pdata[i]));
}

static void
offer_groups (OutboxClient *client, const Typed *typed)
{
  g_autoptr (GPtrArray) groups = cli_list_groups (client, NULL);

  for (guint i = 0; groups && i < groups->len; i++)
    offer (typed, outbox_group_get_key (groups->pdata[i]), outbox_group_get_title (groups->pdata[i]));
}

/* Offers what a list of documents has in @key. @state: (nullable): only of those in it */
static void
offer_documents (OutboxClient *client, const Typed *typed, const char *interface, const char *method, const char *key,
                 const char *what, const char *state)
{
  g_autoptr (GVariant) results = cli_call (client, interface, method, NULL, NULL);
  g_autoptr (GVariant) list = results ? g_variant_get_child_value (results, 0) : NULL;

  for (gsize i = 0; list && i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);

      if (!state || g_str_equal (cli_get_string (document, "state"), state))
        offer (typed, cli_get_string (document, key), cli_get_string (document, what));
    }
}

static void
offer_kind (const Typed *typed, Kind kind, const char *words)
{
  g_autoptr (OutboxClient) client = kind >= KIND_IDS ? cli_open (NULL) : NULL;

  if (kind == KIND_FILES)
    cli_streams_write (FILES "\n");
  else if (kind == KIND_WORDS)
    offer_words (typed, words);
  else if (!client)
    return;
  else if (kind == KIND_IDS)
    offer_ids (client, typed, words);
  else if (kind == KIND_GROUPS)
    offer_groups (client, typed);
  else if (kind == KIND_DESTINATIONS)
    offer_documents (client, typed, "Destinations", "List", "name", "url", NULL);
  else if (kind == KIND_APPS)
    offer_documents (client, typed, "Access", "ListApps", g_str_equal (words, "waiting") ? "code" : "app",
                     g_str_equal (words, "waiting") ? "app" : "state", words);
}

/* --- Options --- */

static gboolean
takes_value (const GOptionEntry *entry)
{
  return entry->arg != G_OPTION_ARG_NONE;
}

/* @word: as it is typed, such as "--group" or "-g". Returns: (nullable): the option */
static const GOptionEntry *
find_option (const GOptionEntry *entries, const char *word, gsize length)
{
  for (const GOptionEntry *entry = entries; entry->long_name; entry++)
    if ((length > 2 && strlen (entry->long_name) == length - 2 && g_str_has_prefix (word, "--")
         && strncmp (word + 2, entry->long_name, length - 2) == 0)
        || (length == 2 && entry->short_name != 0 && word[0] == '-' && word[1] == entry->short_name))
      return entry;

  return NULL;
}

static void
offer_value (const Typed *typed, const GOptionEntry *entry)
{
  if (entry->arg == G_OPTION_ARG_FILENAME)
    offer_kind (typed, KIND_FILES, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (g_str_equal (values[i].option, entry->long_name))
      offer_kind (typed, values[i].kind, values[i].words);
}

static void
offer_options (const Typed *typed, const GOptionEntry *entries, char *const *words)
{
  for (const GOptionEntry *entry = entries; entry->long_name; entry++)
    {
      g_autofree char *option = g_strconcat ("--", entry->long_name, NULL);

      if (entry->arg == G_OPTION_ARG_STRING_ARRAY || !g_strv_contains ((const char *const *) words, option))
        offer (typed, option, _ (entry->description));
    }
  offer (typed, "--help", NULL);
}

/* --- What a verb is about --- */

/* Returns: (nullable): the first word that is no option, and no option's value */
static const char *
find_first_operand (const GOptionEntry *entries, char *const *words)
{
  for (guint i = 0; words[i] && words[i + 1]; i++)
    {
      const GOptionEntry *entry = find_option (entries, words[i], strlen (words[i]));

      if (entry && takes_value (entry))
        i++;
      else if (*words[i] != '-')
        return words[i];
    }

  return NULL;
}

static void
offer_operands (const Typed *typed, const char *verb, const char *first)
{
  for (guint i = 0; i < G_N_ELEMENTS (operands); i++)
    {
      const Operand *row = &operands[i];

      if (!g_str_equal (row->verb, verb))
        continue;
      if (row->word && !first)
        offer (typed, row->word, NULL);
      else if (!row->word || g_str_equal (row->word, first))
        offer_kind (typed, row->kind, row->words);
    }
}

/* --- A command line --- */

void
cli_complete_verbs (const char *current)
{
  const Typed typed = { current, "" };

  for (const CliVerb *verb = cli_find_verb (NULL); verb->name; verb++)
    offer (&typed, verb->name, _ (verb->summary));
  offer (&typed, "--help", NULL);
  offer (&typed, "--version", NULL);
}

void
cli_complete_verb (const char *verb, const GOptionEntry *entries, char *const *words)
{
  const guint n = g_strv_length ((GStrv) words);
  const char *current = n > 0 ? words[n - 1] : "";
  const char *previous = n > 1 ? words[n - 2] : "";
  const char *equals = g_str_has_prefix (current, "--") ? strchr (current, '=') : NULL;
  const GOptionEntry *of_equals = equals ? find_option (entries, current, (gsize) (equals - current)) : NULL;
  g_autofree char *before = equals ? g_strndup (current, (gsize) (equals - current) + 1) : g_strdup ("");
  const Typed typed = { equals ? equals + 1 : current, before };
  const GOptionEntry *entry = find_option (entries, previous, strlen (previous));

  if (of_equals)
    offer_value (&typed, of_equals);
  else if (entry && takes_value (entry))
    offer_value (&typed, entry);
  else if (*current == '-')
    offer_options (&typed, entries, words);
  else
    offer_operands (&typed, verb, find_first_operand (entries, words));
}
