/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination
 */
#include "cli.h"
#include "destination-test.h"
#include "keyring.h"
#include "print.h"
#include "sign-in.h"

#include "config.h"

#include <glib/gi18n.h>

typedef struct
{
  char *protocol;
  char *url;
  char *confirm_url;
  char *amend_url;
  char *receipt;
  GStrv also;
  GStrv headers; /* K=V; for sign-in, a name */
  char *user;
  GStrv oauth; /* K=V */
  gboolean has_command, has_certificate, has_client_secret;
  gboolean is_default;
  gboolean is_json;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->protocol);
  g_free (options->url);
  g_free (options->confirm_url);
  g_free (options->amend_url);
  g_free (options->receipt);
  g_strfreev (options->also);
  g_strfreev (options->headers);
  g_free (options->user);
  g_strfreev (options->oauth);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static GVariant *
ask_list (GError **error)
{
  g_autoptr (OutboxClient) client = cli_open (error);
  g_autoptr (GVariant) results = client ? cli_call (client, "Destinations", "List", NULL, error) : NULL;

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

/* Returns: the first reason why everything for it waits */
static OutboxReason
get_reason (GVariant *destination)
{
  g_autofree const char **reasons = NULL;

  (void) g_variant_lookup (destination, "reasons", "^a&s", &reasons);

  return reasons && reasons[0] ? outbox_reason_from_name (reasons[0]) : OUTBOX_REASON_NONE;
}

/* Returns: (transfer full): its state in words: ready, or why everything for it waits */
static char *
dup_label (GVariant *destination)
{
  OutboxState state;
  gint64 until_ms = 0;

  if (!outbox_state_from_name (cli_get_string (destination, "state"), &state))
    return g_strdup (_ ("Ready"));
  (void) g_variant_lookup (destination, "until", "x", &until_ms);

  return outbox_status_label (state, get_reason (destination), until_ms, g_get_real_time () / 1000, 0, 0,
                              OUTBOX_LABEL_TERMINAL);
}

static void
print_table (GVariant *destinations)
{
  const char *const headings[] = { _ ("NAME"), _ ("DEFAULT"), _ ("STATUS"), _ ("URL"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, destinations);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) destination = child;
      g_autofree char *label = dup_label (destination);
      gboolean is_default = FALSE, needs_user = FALSE;

      (void) g_variant_lookup (destination, "default", "b", &is_default);
      needs_user = g_str_equal (cli_get_string (destination, "state"), "paused");
      cli_table_add (table, needs_user ? CLI_STYLE_WAITS : CLI_STYLE_PLAIN, cli_get_string (destination, "name"),
                     is_default ? "*" : "", label, cli_get_string (destination, "url"));
    }
  cli_table_print (table);
}

/* Prints below the table what servers in trouble say, and what helps. */
static void
print_troubles (GVariant *destinations)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, destinations);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) destination = child;
      OutboxReason reason = get_reason (destination);
      g_autofree char *label = NULL;
      g_autofree char *line = NULL;

      if (reason == OUTBOX_REASON_NONE && !*cli_get_string (destination, "message"))
        continue;
      label = dup_label (destination);
      line = cli_text_dup_about (cli_get_string (destination, "name"), label);
      g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_WAITS), line, cli_style_end (CLI_STYLE_WAITS));
      cli_print_trouble (destination, reason);
    }
}

static int
list (const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) destinations = ask_list (&error);

  if (!destinations)
    return cli_fail (error);
  if (options->is_json)
    cli_print_json (destinations, TRUE);
  else if (g_variant_n_children (destinations) > 0)
    {
      print_table (destinations);
      print_troubles (destinations);
    }
  else
    g_printerr (_ ("No destinations. Make one: outbox destination set NAME --url URL\n"));

  return CLI_DONE;
}

static void
print_one (GVariant *destination)
{
  const struct
  {
    const char *key;
    const char *name;
  } settings[] = {
    { "name", _ ("name") },
    { "protocol", _ ("protocol") },
    { "url", _ ("URL") },
    { "confirm_url", _ ("confirm URL") },
    { "amend_url", _ ("amend URL") },
  };
  g_autoptr (CliFacts) facts = cli_facts_new ();
  g_autofree const char **headers = NULL, **also = NULL;
  g_autofree char *others = NULL, *names = NULL, *sign_in_kind = NULL;
  g_autofree char *label = dup_label (destination);
  gboolean is_managed = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    cli_facts_add (facts, settings[i].name, cli_get_string (destination, settings[i].key));
  (void) g_variant_lookup (destination, "headers", "^a&s", &headers);
  (void) g_variant_lookup (destination, "also", "^a&s", &also);
  others = also ? g_strjoinv (", ", (GStrv) also) : NULL;
  cli_facts_add (facts, _ ("also at"), others);
  (void) g_variant_lookup (destination, "managed", "b", &is_managed);
  /* Translators: who has set this destination: managed by … */
  cli_facts_add (facts, _ ("managed by"), is_managed ? _ ("the administrator") : NULL);
  sign_in_kind = cli_sign_in_dup_shown (destination);
  cli_facts_add (facts, _ ("sign-in"), sign_in_kind);
  cli_facts_add (facts, _ ("sign-in kept"), cli_keyring_get_place (destination));
  names = headers && headers[0] ? g_strjoinv (", ", (GStrv) headers) : NULL;
  cli_facts_add (facts, _ ("headers"), names);
  cli_facts_add (facts, _ ("status"), label);
  cli_facts_print (facts);
  cli_print_trouble (destination, get_reason (destination));
}

/* Returns: (transfer full) (nullable) */
static GVariant *
find (GVariant *destinations, const char *name)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, destinations);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      if (g_str_equal (cli_get_string (child, "name"), name))
        return child;
      g_variant_unref (child);
    }

  return NULL;
}

static int
show (const char *name, const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) destinations = ask_list (&error);
  g_autoptr (GVariant) destination = NULL;

  if (!destinations)
    return cli_fail (error);
  destination = find (destinations, name);
  if (destination)
    {
      if (options->is_json)
        cli_print_json (destination, TRUE);
      else
        print_one (destination);
      return CLI_DONE;
    }
  g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, _ ("There is no destination %s"), name);

  return cli_fail (error);
}

/* Returns: (nullable): a{ss}, floating. */
static GVariant *
read_headers (GStrv pairs, const char **bad)
{
  GVariantBuilder headers;

  g_variant_builder_init (&headers, G_VARIANT_TYPE ("a{ss}"));
  for (; *pairs; pairs++)
    {
      const char *equals = strchr (*pairs, '=');
      g_autofree char *name = equals ? g_strndup (*pairs, (gsize) (equals - *pairs)) : NULL;

      if (!name || *name == '\0')
        {
          *bad = *pairs;
          g_variant_builder_clear (&headers);
          return NULL;
        }
      g_variant_builder_add (&headers, "{ss}", name, equals + 1);
    }

  return g_variant_builder_end (&headers);
}

/* Returns: (nullable): a{ss}, floating: a sign-in by OAuth 2 with these settings */
static GVariant *
read_oauth (GStrv pairs, const char **bad)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  g_ptr_array_add (all, (gpointer) "kind=oauth2");
  for (; *pairs; pairs++)
    g_ptr_array_add (all, *pairs);
  g_ptr_array_add (all, NULL);

  return read_headers ((GStrv) all->pdata, bad);
}

/* An empty --also clears the list. */
static const char *const *
get_also (const Options *options)
{
  static const char *const none[] = { NULL };

  return *options->also[0] ? (const char *const *) options->also : none;
}

/* Returns: (transfer full): the names of its headers, and its sign-in; empty where it has none, or they are not known */
static char *
dup_secrets (const char *name)
{
  g_autoptr (GVariant) destinations = ask_list (NULL);
  g_autoptr (GVariant) destination = destinations ? find (destinations, name) : NULL;
  g_autoptr (GVariant) headers = destination ? g_variant_lookup_value (destination, "headers", NULL) : NULL;
  g_autofree char *names = headers && g_variant_n_children (headers) > 0 ? g_variant_print (headers, FALSE) : NULL;
  g_autofree char *sign_in = destination ? cli_sign_in_dup_shown (destination) : NULL;

  return g_strconcat (names ? names : "", sign_in ? sign_in : "", NULL);
}

/* An error repeats only the name of a header, since its value may be a secret and errors end up in logs. Without a
 * separator all of it may be the secret. */
static char *
dup_header_name (const char *header)
{
  gsize length = strcspn (header, ": ");

  return header[length] ? g_strdup_printf ("%.*s…", (int) length + 1, header) : g_strdup ("…");
}

static int
set (const char *name, const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autofree char *before = options->url && !options->headers ? dup_secrets (name) : NULL;
  g_autofree char *after = NULL;
  GVariant *headers = NULL, *sign_in_settings = NULL;
  const char *const texts[][2] = { { "protocol", options->protocol },
                                   { "url", options->url },
                                   { "confirm_url", options->confirm_url },
                                   { "amend_url", options->amend_url },
                                   { "receipt", options->receipt } };
  GVariantDict settings;
  const char *bad = NULL;

  if (!options->protocol && !options->url && !options->confirm_url && !options->amend_url && !options->receipt
      && !options->also && !options->headers && !options->is_default && !options->oauth)
    return cli_usage ("destination", _ ("too few arguments"));
  headers = options->headers ? read_headers (options->headers, &bad) : NULL;
  if (bad)
    {
      g_autofree char *shown = dup_header_name (bad);

      return cli_usage ("destination", _ ("--header takes NAME=VALUE, not %s"), shown);
    }
  if (options->oauth)
    sign_in_settings = read_oauth (options->oauth, &bad);
  if (bad)
    return cli_usage ("destination", _ ("--oauth takes SETTING=VALUE, not %s"), bad);
  g_variant_dict_init (&settings, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i][1])
      g_variant_dict_insert (&settings, texts[i][0], "s", texts[i][1]);
  if (options->also)
    g_variant_dict_insert_value (&settings, "also", g_variant_new_strv (get_also (options), -1));
  if (headers)
    g_variant_dict_insert_value (&settings, "headers", headers);
  if (sign_in_settings)
    g_variant_dict_insert_value (&settings, "sign_in", sign_in_settings);
  if (options->is_default)
    g_variant_dict_insert (&settings, "default", "b", TRUE);
  client = cli_open (&error);
  results = client ? cli_call (client, "Destinations", "Set",
                               g_variant_new ("(s@a{sv})", name, g_variant_dict_end (&settings)), &error)
                   : NULL;
  if (!results)
    return cli_fail (error);
  after = before ? dup_secrets (name) : NULL;
  if (before && *before && !g_str_equal (before, after))
    g_printerr (_ ("The headers and the sign-in of %s were for its old address and are removed: outbox destination "
                   "sign-in %s\n"),
                name, name);
  g_print ("%s\n", _ ("The destination is set."));

  return CLI_DONE;
}

/* If uploads still wait for the destination, names the command that lists them. */
static int
remove_one (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results
      = client ? cli_call (client, "Destinations", "Remove", g_variant_new ("(s)", name), &error) : NULL;
  int exit_code;

  if (results)
    {
      g_print ("%s\n", _ ("The destination is removed."));
      return CLI_DONE;
    }
  exit_code = cli_fail (error);
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE))
    g_printerr ("  outbox list --unfinished --destination %s\n", name);

  return exit_code;
}

static int
pause_one (const char *name)
{
  g_autofree char *message
      = g_strdup_printf (_ ("Everything for the destination waits until it is resumed: outbox destination resume %s"),
                         name);

  return cli_call_by_name ("Destinations", "Pause", name, message);
}

/* Of a destination that nothing held, do not say that it is tried: uploads there may wait by themselves. */
static int
resume_one (const char *name)
{
  g_autoptr (GVariant) destinations = ask_list (NULL);
  g_autoptr (GVariant) before = destinations ? find (destinations, name) : NULL;
  gboolean was_held = !before || !g_str_equal (cli_get_string (before, "state"), "ready");

  return cli_call_by_name (
      "Destinations", "Resume", name,
      was_held ? _ ("The destination is retried now.")
               : _ ("The destination was not held: \"outbox retry --all\" retries what waits after an error."));
}

/* Here --header takes a name alone: its value is the secret. */
static int
sign_in (const char *name, const Options *options)
{
  const char *header = options->headers ? options->headers[0] : NULL;

  if ((header && (options->user || options->headers[1])) || (header && strpbrk (header, "=: ")))
    return cli_usage ("destination", "%s", _ ("sign-in takes --user NAME or --header NAME, and asks for the secret"));

  if (options->has_command)
    return cli_sign_in_by_file (name, "command", options->has_certificate);
  if (options->has_certificate && (options->user || header))
    return cli_sign_in (name, options->user, header, TRUE);
  if (options->has_certificate)
    return cli_sign_in_by_file (name, "tls", FALSE);

  return cli_sign_in_by_kind (name, options->user, header, options->has_client_secret);
}

static int
run (const char *action, const char *name, const Options *options)
{
  if (g_str_equal (action, "list") && !name)
    return list (options);
  if (g_str_equal (action, "unlock") && !name)
    return cli_keyring_unlock ();
  if (g_str_equal (action, "list") || g_str_equal (action, "unlock") || !name)
    return cli_usage ("destination", name ? _ ("%s takes no name") : _ ("%s takes a name"), action);
  if (g_str_equal (action, "set"))
    return set (name, options);
  if (g_str_equal (action, "show"))
    return show (name, options);
  if (g_str_equal (action, "test"))
    return cli_destination_test (name, options->is_json);
  if (g_str_equal (action, "sign-in"))
    return sign_in (name, options);
  if (g_str_equal (action, "sign-out"))
    return cli_call_by_name ("Destinations", "SignOut", name, _ ("Signed out. The secret is removed."));
  if (g_str_equal (action, "remove"))
    return remove_one (name);
  if (g_str_equal (action, "pause"))
    return pause_one (name);
  if (g_str_equal (action, "resume"))
    return resume_one (name);

  return cli_usage ("destination", _ ("there is no action %s"), action);
}

int
cli_destination (int argc, char *argv[])
{
  g_auto (Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "url", 0, 0, G_OPTION_ARG_STRING, &options.url, N_ ("Where uploads are created"), N_ ("URL") },
    { "protocol", 0, 0, G_OPTION_ARG_STRING, &options.protocol, N_ ("How files are sent: tus or http"), N_ ("NAME") },
    { "confirm-url", 0, 0, G_OPTION_ARG_STRING, &options.confirm_url,
      N_ ("Where to ask whether it is attached to its record; {id}, {group} and {sha256} are filled in"), N_ ("URL") },
    { "amend-url", 0, 0, G_OPTION_ARG_STRING, &options.amend_url,
      N_ ("Where it is told what is changed of a file that it has; filled in as the confirm URL is"), N_ ("URL") },
    { "receipt", 0, 0, G_OPTION_ARG_STRING, &options.receipt,
      N_ ("What the server must confirm: stored, digest or attached"), N_ ("RUNG") },
    { "also", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.also,
      N_ ("Another server where it may keep uploads; no headers are sent to it"), N_ ("URL") },
    { "header", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &options.headers, N_ ("Send this with every request"),
      N_ ("NAME=VALUE") },
    { "user", 0, 0, G_OPTION_ARG_STRING, &options.user, N_ ("Sign in with this name and a password"), N_ ("NAME") },
    { "oauth", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.oauth,
      N_ ("A setting for sign-in by OAuth 2: issuer, client-id, scope, flow…"), N_ ("SETTING=VALUE") },
    { "client-secret", 0, 0, G_OPTION_ARG_NONE, &options.has_client_secret,
      N_ ("Ask for the secret of the OAuth 2 client, too"), NULL },
    { "command", 0, 0, G_OPTION_ARG_NONE, &options.has_command, N_ ("Sign in with the token command of sign-in.conf"),
      NULL },
    { "certificate", 0, 0, G_OPTION_ARG_NONE, &options.has_certificate,
      N_ ("Show the certificate of sign-in.conf to the server"), NULL },
    { "default", 0, 0, G_OPTION_ARG_NONE, &options.is_default, N_ ("For files that name no destination"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Actions:\n  list           All of them, with their status\n  show NAME      One\n  test NAME     "
                     " Asks whether an upload would go through, without sending a file\n  set NAME …     Adds one, or "
                     "changes what is given; the first one is the default\n  sign-in NAME   Asks for a token or "
                     "password; or shows the server's page to sign in on\n  sign-out NAME  Removes its secret\n  "
                     "unlock         Has your keyring ask for its password, where it is locked\n  remove NAME    "
                     "Removes one that no unfinished upload uses\n  pause NAME     Pauses everything for it\n  resume "
                     "NAME    Resumes it; also after a sign-in or when the server has room again"),
                  1, 2))
    return CLI_USAGE;

  return run (argv[1], argc > 2 ? argv[2] : NULL, &options);
}
