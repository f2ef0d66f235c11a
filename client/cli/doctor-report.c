/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor --report. A report goes to strangers, so nothing is in it but what is known to be harmless: keys of the tables below,
 * and of these only numbers, and words that the programs themselves have (states, reasons, codes). What has a name is numbered.
 */
#include "doctor.h"

#include "config.h"

#include <sys/utsname.h>

#define WORD_MOST_BYTES 40

typedef struct
{
  GHashTable *aliases; /* name → its number, as text: "upload-3" */
  guint n_uploads, n_others;
} Names;

static void
names_clear (Names *names)
{
  g_hash_table_unref (names->aliases);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Names, names_clear)

/* Returns: (transfer none): the same for the same name. */
static const char *
get_alias (Names *names, const char *kind, const char *name, guint *n)
{
  const char *alias = g_hash_table_lookup (names->aliases, name);

  if (alias)
    return alias;
  alias = g_strdup_printf ("%s-%u", kind, ++*n);
  g_hash_table_insert (names->aliases, g_strdup (name), (char *) alias);

  return alias;
}

/* Returns: whether it can be a word of the programs: no blank, no slash, no @ */
static gboolean
is_word (const char *text)
{
  const gsize size = strlen (text);

  return size > 0 && size <= WORD_MOST_BYTES
         && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == size;
}

static gboolean
is_harmless (GVariant *value)
{
  gsize n;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return is_word (g_variant_get_string (value, NULL));
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return g_variant_is_of_type (value, G_VARIANT_TYPE_BASIC) || g_variant_is_of_type (value, G_VARIANT_TYPE ("(tt)"));
  n = g_variant_n_children (value);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (!is_word (g_variant_get_string (child, NULL)))
        return FALSE;
    }

  return TRUE;
}

/* Takes over those keys of a document that have nothing but numbers and words. */
static void
take (GVariantDict *into, GVariant *document, const char *const *keys)
{
  for (; document && *keys; keys++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (document, *keys, NULL);

      if (value && is_harmless (value))
        g_variant_dict_insert_value (into, *keys, value);
    }
}

static const char *const condition_keys[] = { "available", "connectivity", "metered",       "metered_effective",
                                              "link",      "roaming",      "metered_bytes", "on_battery",
                                              "battery",   "power_saver",  "sleeping",      "shutting_down",
                                              "in_memory", "media_types",  "sources",       NULL };
static const char *const summary_keys[] = { "saving", "queued", "uploading", "confirming", "retrying",  "paused",
                                            "failed", "done",   "all",       "lost",       "unclaimed", NULL };
static const char *const hold_keys[] = { "scope", "reason", "until", "needs_user", NULL };
static const char *const destination_keys[]
    = { "protocol", "default", "state", "reasons", "until", "failures", "needs_user", "since", NULL };
static const char *const trial_keys[]
    = { "good", "asked", "encrypted", "max_size", "confirm", "state", "reason", "code", NULL };
static const char *const decision_keys[] = { "sequence", "at",     "event",   "state",    "reason", "scope",
                                             "count",    "offset", "attempt", "attempts", "bytes",  NULL };
static const char *const disk_keys[]
    = { "missing", "file_system", "in_memory",      "remote", "read_only", "free",   "size",        "has_room",
        "foreign", "closed",      "open_to_others", "in_use", "copies",    "asides", "asides_size", NULL };
static const char *const database_keys[]
    = { "there", "size", "unclean", "checked", "good", "unfinished", "unfinished_bytes", NULL };

/* Returns: floating: the documents of a list, with what has a name numbered. @name_key: (nullable) */
static GVariant *
make_list (Names *names, GVariant *list, const char *const *keys, const char *name_key, const char *kind, guint *n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; list && i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      const char *name = cli_get_string (document, name_key);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      if (*name)
        g_variant_dict_insert (&dict, "of", "s", get_alias (names, kind, name, n));
      take (&dict, document, keys);
      g_variant_builder_add_value (&builder, g_variant_dict_end (&dict));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
make_part (GVariant *document, const char *const *keys)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  take (&dict, document, keys);

  return g_variant_dict_end (&dict);
}

static GVariant *
make_findings (CliDoctor *doctor)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssb)"));
  for (guint i = 0; i < doctor->findings->len; i++)
    {
      const CliFinding *finding = doctor->findings->pdata[i];

      g_variant_builder_add (&builder, "(ssb)", finding->topic, finding->code, finding->level == CLI_LEVEL_PERSON);
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
make_trials (CliDoctor *doctor)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < doctor->trials->len; i++)
    g_variant_builder_add_value (&builder, make_part (doctor->trials->pdata[i], trial_keys));

  return g_variant_builder_end (&builder);
}

static void
add_system (GVariantDict *dict)
{
  g_autofree char *version = g_get_os_info (G_OS_INFO_KEY_VERSION_ID);
  g_autofree char *name = g_get_os_info (G_OS_INFO_KEY_ID);
  struct utsname kernel;

  g_variant_dict_insert (dict, "outbox", "s", OB_VERSION);
  g_variant_dict_insert (dict, "made_at", "x", g_get_real_time () / 1000);
  if (name && is_word (name))
    g_variant_dict_insert (dict, "system", "s", name);
  if (version && is_word (version))
    g_variant_dict_insert (dict, "system_version", "s", version);
  if (uname (&kernel) == 0)
    {
      g_autofree char *release = g_strndup (kernel.release, strcspn (kernel.release, "-+"));

      g_variant_dict_insert (dict, "kernel", "s", release);
      g_variant_dict_insert (dict, "machine", "s", kernel.machine);
    }
}

char *
cli_doctor_dup_report (CliDoctor *doctor)
{
  g_auto (Names) names = { .aliases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free) };
  g_autoptr (GVariant) disk
      = doctor->disk ? g_variant_ref_sink (json_gvariant_deserialize (doctor->disk, NULL, NULL)) : NULL;
  g_autoptr (GVariant) database = disk ? g_variant_lookup_value (disk, "database", G_VARIANT_TYPE_VARDICT) : NULL;
  g_autoptr (GVariant) report = NULL;
  g_autoptr (JsonNode) node = NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  add_system (&dict);
  g_variant_dict_insert (&dict, "broker", "b", doctor->has_answered);
  g_variant_dict_insert_value (&dict, "findings", make_findings (doctor));
  g_variant_dict_insert_value (&dict, "disk", make_part (disk, disk_keys));
  g_variant_dict_insert_value (&dict, "database", make_part (database, database_keys));
  g_variant_dict_insert_value (&dict, "conditions", make_part (doctor->conditions, condition_keys));
  g_variant_dict_insert_value (&dict, "summary", make_part (doctor->summary, summary_keys));
  g_variant_dict_insert_value (&dict, "destinations",
                               make_list (&names, doctor->destinations, destination_keys, "name", "name",
                                          &names.n_others));
  g_variant_dict_insert_value (&dict, "trials", make_trials (doctor));
  g_variant_dict_insert_value (&dict, "holds",
                               make_list (&names, doctor->holds, hold_keys, "key", "name", &names.n_others));
  g_variant_dict_insert_value (&dict, "decisions",
                               make_list (&names, doctor->decisions, decision_keys, "id", "upload", &names.n_uploads));
  report = g_variant_ref_sink (g_variant_dict_end (&dict));
  node = json_gvariant_serialize (report);

  return json_to_string (node, TRUE);
}
