/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of units, and command lines of interpreters. Pure.
 */
#include "ipc/app.h"

#include <string.h>

/* --- Names --- */

static gboolean
is_good_char (gunichar c)
{
  return c != '/' && !g_unichar_iscntrl (c) && g_unichar_type (c) != G_UNICODE_FORMAT;
}

gboolean
ob_app_is_name (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || length > OB_APP_MAX_BYTES || strspn (text, ".") == length || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (; *text; text = g_utf8_next_char (text))
    if (!is_good_char (g_utf8_get_char (text)))
      return FALSE;

  return TRUE;
}

char *
ob_app_dup_name (const char *file_name)
{
  g_autofree char *valid = g_utf8_make_valid (file_name, -1);
  GString *name = g_string_new (NULL);

  for (const char *c = valid; *c; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (name->len + 6 > OB_APP_MAX_BYTES)
        break;
      g_string_append_unichar (name, is_good_char (character) ? character : '_');
    }
  if (!ob_app_is_name (name->str))
    g_string_assign (name, "program");

  return g_string_free (name, FALSE);
}

/* --- Units --- */

/* Undoes systemd-escape(1). Returns: (transfer full) (nullable): %NULL if it is not an escape */
static char *
unescape (const char *text)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  for (; *text; text++)
    {
      int high = *text == '\\' && text[1] == 'x' ? g_ascii_xdigit_value (text[2]) : -1;
      int low = high >= 0 ? g_ascii_xdigit_value (text[3]) : -1;

      if (*text == '\\' && low < 0)
        return NULL;
      if (*text == '\\')
        {
          g_string_append_c (plain, (char) (high * 16 + low));
          text += 3;
        }
      else
        g_string_append_c (plain, *text);
    }
  /* An escaped NUL would end the text early. */
  if (strlen (plain->str) != plain->len)
    return NULL;

  return g_strdup (plain->str);
}

static gboolean
has_dot (const char *part)
{
  return strchr (part, '.') != NULL;
}

/* Finds the part between dashes that is the id: random parts have no dot, ids nearly always have one. Returns: -1 if
 * there is none */
static int
find_id (char *const *parts, gboolean is_scope)
{
  guint n_parts = g_strv_length ((GStrv) parts);
  gboolean ends_random
      = n_parts > 1 && !has_dot (parts[n_parts - 1]) && (is_scope || n_parts == 3 || has_dot (parts[n_parts - 2]));

  if (ends_random)
    n_parts--;

  return n_parts == 1 || n_parts == 2 ? (int) n_parts - 1 : -1;
}

/* @unit: such as app-gnome-org.example.Camera-4711.scope */
static char *
id_of_unit (const char *unit)
{
  gboolean is_scope = g_str_has_suffix (unit, ".scope"), is_service = g_str_has_suffix (unit, ".service");
  g_autofree char *stem = NULL;
  g_autofree char *id = NULL;
  g_auto (GStrv) parts = NULL;
  char *at;
  int index;

  if (!g_str_has_prefix (unit, "app-") || (!is_scope && !is_service))
    return NULL;
  stem
      = g_strndup (unit + strlen ("app-"), strlen (unit) - strlen ("app-") - strlen (is_scope ? ".scope" : ".service"));
  at = is_service ? strchr (stem, '@') : NULL;
  if (at)
    *at = '\0';
  parts = g_strsplit (stem, "-", 5);
  index = find_id (parts, is_scope);
  id = index >= 0 ? unescape (parts[index]) : NULL;

  return id && ob_app_is_name (id) ? g_steal_pointer (&id) : NULL;
}

/* Takes the innermost unit, since an app may have control groups of its own below. */
static char *
id_of_path (const char *path)
{
  g_auto (GStrv) units = g_strsplit (path, "/", -1);
  char *id = NULL;

  for (guint i = g_strv_length (units); i > 0 && !id; i--)
    id = id_of_unit (units[i - 1]);

  return id;
}

char *
ob_app_from_cgroup (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  char *id = NULL;

  /* Use systemd's hierarchy: today's only one, or the named one of cgroup v1. */
  for (guint i = 0; lines[i] && !id; i++)
    {
      const char *controllers = strchr (lines[i], ':');
      const char *path = controllers ? strchr (controllers + 1, ':') : NULL;

      if (path && (path == controllers + 1 || g_str_has_prefix (controllers, ":name=systemd:")))
        id = id_of_path (path + 1);
    }

  return id;
}

/* --- Commands --- */

#define BUILD_MAX_CHARS 2

/* Options by their letters: those with a value (the rest of the word, or the next word), those with a value in the same
 * word only, and those after which no script follows; and long options with a value in the next word. */
typedef struct
{
  const char *names;
  const char *with_value;
  const char *with_rest;
  const char *without_script;
  const char *module; /* the letter whose value is a module to run */
  const char *long_with_value;
  const char *verbs; /* subcommands that come before the script */
} Interpreter;

static const Interpreter interpreters[] = {
  { " python pypy pypy-c micropython ", "WXQ", "", "c", "m", " --check-hash-based-pycs ", " " },
  { " bash sh dash ash zsh ksh mksh fish ", "oO", "", "cs", "", " --rcfile --init-file --init-command ", " " },
  { " node nodejs ", "rC", "", "ep", "", " --require --import --loader --experimental-loader --conditions ", " " },
  { " electron ", "r", "", "ei", "", " --require ", " " },
  { " deno bun ", "rc", "", "e", "", " --config --import-map --preload --require ", " run " },
  { " perl ", "I", "MmiCDx0lFV", "eE", "", " ", " " },
  { " ruby ", "IrCE", "KTWFix0", "e", "", " --encoding --external-encoding ", " " },
  { " php ", "cdz", "", "rRBE", "f", " --php-ini --define ", " " },
  { " lua luajit ", "l", "", "e", "", " ", " " },
  { " julia ", "JHLptC", "", "eE", "", " --sysimage --home --load --procs --threads ", " " },
  { " gjs gjs-console ", "I", "", "c", "", " --include-path ", " " },
  { " tclsh wish expect guile mono mono-sgen dotnet ", "", "", "c", "", " ", " exec " },
};

static gboolean
is_among (const char *words, const char *word)
{
  g_autofree char *padded = g_strconcat (" ", word, " ", NULL);

  return *word != '\0' && !strchr (word, ' ') && strstr (words, padded) != NULL;
}

/* Drops versions and build variants: python3.11, python3.13t, python3-dbg, perl5.36-x86_64-linux-gnu. */
static char *
dup_plain_name (const char *program)
{
  gsize length = strcspn (program, "0123456789");
  const char *after = program + length + strspn (program + length, "0123456789.");

  if (*after != '\0' && *after != '-' && strlen (after) > BUILD_MAX_CHARS)
    return g_strdup (program);
  while (length > 0 && strchr (".-", program[length - 1]))
    length--;

  return g_strndup (program, length);
}

static const Interpreter *
find_interpreter (const char *program)
{
  g_autofree char *plain = dup_plain_name (program);

  for (guint i = 0; i < G_N_ELEMENTS (interpreters); i++)
    if (is_among (interpreters[i].names, plain))
      return &interpreters[i];

  return NULL;
}

typedef enum
{
  WORD_OPTION,
  WORD_OPTION_WITH_NEXT, /* the next word is its value */
  WORD_MODULE,           /* @value is the module to run */
  WORD_END,              /* there is no script */
} Word;

static Word
judge_letters (const Interpreter *interpreter, const char *letters, const char *next, const char **value)
{
  for (; *letters; letters++)
    {
      if (strchr (interpreter->without_script, *letters))
        return WORD_END;
      if (strchr (interpreter->module, *letters))
        {
          *value = letters[1] ? letters + 1 : next;
          return *value ? WORD_MODULE : WORD_END;
        }
      if (strchr (interpreter->with_value, *letters))
        return letters[1] ? WORD_OPTION : WORD_OPTION_WITH_NEXT;
      if (strchr (interpreter->with_rest, *letters))
        return WORD_OPTION;
    }

  return WORD_OPTION;
}

/* Returns: (nullable): the word that names what is interpreted */
static const char *
find_script (const Interpreter *interpreter, char *const *words)
{
  const char *value = NULL;

  for (; *words; words++)
    {
      const char *word = *words;
      Word kind = WORD_OPTION;

      if (g_str_equal (word, "--"))
        return words[1];
      if (g_str_equal (word, "-") || is_among (" --eval --print --run --command ", word))
        return NULL;
      if (is_among (interpreter->verbs, word))
        continue;
      if (*word != '-' && *word != '+')
        return word;
      if (g_str_has_prefix (word, "--"))
        kind = is_among (interpreter->long_with_value, word) ? WORD_OPTION_WITH_NEXT : WORD_OPTION;
      else
        kind = judge_letters (interpreter, word + 1, words[1], &value);
      if (kind == WORD_MODULE)
        return value;
      if (kind == WORD_END || (kind == WORD_OPTION_WITH_NEXT && !words[1]))
        return NULL;
      words += kind == WORD_OPTION_WITH_NEXT;
    }

  return NULL;
}

/* Java's options are words; it runs an archive, a module or a class. */
static const char *
find_java (char *const *words)
{
  for (; *words; words++)
    {
      if (is_among (" -jar -m --module ", *words))
        return words[1];
      if (is_among (" -cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-opens"
                    " --add-exports --add-reads --enable-native-access --limit-modules --source ",
                    *words))
        {
          if (!words[1])
            return NULL;
          words++;
        }
      else if (**words != '-' && **words != '@')
        return *words;
    }

  return NULL;
}

/* Returns: the name of a script; if many apps have a script of that name, that of its folder */
static char *
dup_script_name (const char *script)
{
  g_autofree char *base = g_path_get_basename (script);
  g_autofree char *folder = g_path_get_dirname (script);

  if (!is_among (" __main__.py app.asar ", base) || g_str_equal (folder, "."))
    return ob_app_dup_name (base);
  g_free (base);
  base = g_path_get_basename (folder);

  return ob_app_dup_name (base);
}

/* Returns: (transfer full): the NUL-ended strings; an unfinished one is dropped */
static GStrv
split (const char *arguments, gsize size_bytes)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  const char *end = arguments + size_bytes;

  while (arguments < end && memchr (arguments, '\0', (gsize) (end - arguments)))
    {
      g_strv_builder_add (words, arguments);
      arguments += strlen (arguments) + 1;
    }

  return g_strv_builder_end (words);
}

char *
ob_app_from_command (const char *program, const char *arguments, gsize size_bytes)
{
  g_auto (GStrv) words = split (arguments, size_bytes);
  const Interpreter *interpreter = find_interpreter (program);
  const char *script = NULL;

  if (words[0] && interpreter)
    script = find_script (interpreter, words + 1);
  else if (words[0] && g_str_equal (program, "java"))
    script = find_java (words + 1);
  if (script && *script)
    return dup_script_name (script);

  return ob_app_dup_name (program);
}

/* --- Sandboxes --- */

char *
ob_app_from_sandbox_info (const char *text, gsize size_bytes)
{
  g_autoptr (GKeyFile) info = g_key_file_new ();
  g_autofree char *app = NULL;

  if (size_bytes > 0 && g_key_file_load_from_data (info, text, size_bytes, G_KEY_FILE_NONE, NULL))
    app = g_key_file_get_string (info, "Application", "name", NULL);

  return app && ob_app_is_name (app) ? g_steal_pointer (&app) : NULL;
}
