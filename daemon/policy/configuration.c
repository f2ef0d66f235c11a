/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the configuration files, and watches the folders that they are in or could be in. The files are not the broker's own: they
 * may be links into a network folder that does not answer, so processes read and write them (base/fetch.h), and the main thread
 * waits for one only at the start, for a second. Main thread.
 */
#include "policy/configuration.h"

#include "config.h"

#include "base/errand.h"
#include "base/fetch.h"
#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "policy/folder-watch.h"
#include "policy/kept-rules.h"
#include "policy/rules-reading.h"

#include <errno.h>
#include <string.h>

#define FILE_NAME "outbox.conf"
#define DROP_INS FILE_NAME ".d"

/* Wait for an editor to be done: saving takes several steps. */
#define QUIET_MS 100

/* At the start, files that do not answer in this time are left for later. */
#define START_US G_USEC_PER_SEC

/* Files that do not answer in this time are a problem, which is told. */
#define LATE_S 10

/* A process that was killed is followed by another after this time. */
#define AGAIN_S 30

#define NO_ANSWER \
  S_ ("A file of the configuration, or its folder, does not answer; the last rules stay in force until it does")

#define ANSWER_MOST_BYTES (16 * OB_FETCH_MOST_BYTES)

struct _ObConfiguration
{
  GObject parent_instance;

  char **paths; /* of all files, in the order in which they count; folders end in a slash */
  char *own_file;
  ObOwnFile *own;  /* writes it; NULL when all ends */
  char *last_file; /* the broker's own copy of the files of the rules in force; NULL: it keeps none */
  ObRules *rules;
  char **files;     /* that the rules in force were read from */
  char *digest;     /* of the text that the rules in force were read from */
  GPtrArray *texts; /* of ObFetched: as all files were when they last answered */
  char *problem;    /* what is wrong with the files now; NULL: nothing */
  GPtrArray *watches;
  guint reload_source;

  ObErrand *reading;    /* NULL: nothing is read */
  gboolean is_again;    /* the files have changed since it began */
  guint reading_source; /* when it is late; or when to read again, since it ended without an answer */
};

G_DEFINE_FINAL_TYPE (ObConfiguration, ob_configuration, G_TYPE_OBJECT)

/* --- What is in force --- */

static void
take (ObConfiguration *self, ObRulesReading *reading)
{
  g_clear_pointer (&self->rules, ob_rules_unref);
  self->rules = g_steal_pointer (&reading->rules);
  g_strfreev (self->files);
  g_ptr_array_add (reading->files, NULL);
  self->files = (char **) g_ptr_array_steal (reading->files, NULL);
  g_free (self->digest);
  self->digest = g_strdup (g_checksum_get_string (reading->checksum));
}

/* Returns: whether it is news */
static gboolean
set_problem (ObConfiguration *self, const char *problem)
{
  if (g_strcmp0 (self->problem, problem) == 0)
    return FALSE;
  if (problem)
    g_warning ("%s", problem);
  g_free (self->problem);
  self->problem = g_strdup (problem);

  return TRUE;
}

/* At the first start there are no last good rules: leave out the files that are bad. */
static void
take_good (ObConfiguration *self, GPtrArray *texts)
{
  g_autoptr (GPtrArray) good = g_ptr_array_new ();

  for (guint i = 0; i < texts->len; i++)
    g_ptr_array_add (good, texts->pdata[i]);
  for (;;)
    {
      g_auto (ObRulesReading) reading = { 0 };
      g_autoptr (GError) error = NULL;
      guint bad;

      if (ob_rules_reading_take (&reading, good, self->own_file, NULL, &bad, &error))
        {
          take (self, &reading);
          return;
        }
      if (!self->problem)
        (void) set_problem (self, error->message);
      else
        g_warning ("%s", error->message);
      g_ptr_array_remove_index (good, bad);
    }
}

/* Returns: whether there were last rules, which are in force */
static gboolean
take_last (ObConfiguration *self)
{
  g_autoptr (GPtrArray) texts = self->last_file ? ob_kept_rules_read (self->last_file) : NULL;
  g_auto (ObRulesReading) reading = { 0 };
  guint bad;

  if (!texts || !ob_rules_reading_take (&reading, texts, self->own_file, NULL, &bad, NULL))
    return FALSE;
  take (self, &reading);
  if (!self->texts)
    self->texts = g_steal_pointer (&texts);

  return TRUE;
}

/* The files have answered. Returns: whether the rules or the problem have changed */
static gboolean
apply (ObConfiguration *self, GPtrArray *texts)
{
  g_autoptr (GError) error = NULL;
  g_auto (ObRulesReading) reading = { 0 };
  const char *digest;
  guint bad;

  g_clear_pointer (&self->texts, g_ptr_array_unref);
  self->texts = g_ptr_array_ref (texts);
  if (!ob_rules_reading_take (&reading, texts, self->own_file, NULL, &bad, &error))
    {
      gboolean is_news = set_problem (self, error->message);

      if (!self->rules && !take_last (self))
        take_good (self, texts);

      return is_news;
    }
  digest = g_checksum_get_string (reading.checksum);
  if (self->rules && g_str_equal (self->digest, digest))
    return set_problem (self, NULL);
  (void) set_problem (self, NULL);
  take (self, &reading);
  if (self->last_file)
    ob_kept_rules_write (self->last_file, texts);

  return TRUE;
}

/* --- Reading --- */

static void start_reading (ObConfiguration *self);

static void
tell_problem (ObConfiguration *self, const char *problem)
{
  if (set_problem (self, problem) && self->rules)
    g_signal_emit_by_name (self, "changed");
}

static gboolean
on_again (gpointer user_data)
{
  ObConfiguration *self = user_data;

  self->reading_source = 0;
  start_reading (self);

  return G_SOURCE_REMOVE;
}

static void
read_again_later (ObConfiguration *self)
{
  g_clear_handle_id (&self->reading_source, g_source_remove);
  self->reading_source = g_timeout_add_seconds (AGAIN_S, on_again, self);
}

/* Kill the process. If it can be killed, another is started after a while, since the path may lead elsewhere by then; if it
 * cannot, it is the one that answers when the folder does. */
static gboolean
on_reading_late (gpointer user_data)
{
  ObConfiguration *self = user_data;

  self->reading_source = 0;
  tell_problem (self, NO_ANSWER);
  ob_errand_kill (self->reading);

  return G_SOURCE_REMOVE;
}

static void
on_read (GBytes *answer, gpointer user_data)
{
  ObConfiguration *self = user_data;
  g_autoptr (GPtrArray) texts = ob_fetch_parse ((const char *const *) self->paths, answer);
  gboolean had_rules = self->rules != NULL;
  gboolean is_again = self->is_again;

  g_clear_pointer (&self->reading, ob_errand_free);
  g_clear_handle_id (&self->reading_source, g_source_remove);
  if (!texts)
    {
      read_again_later (self);
      return;
    }
  if (apply (self, texts) && had_rules)
    g_signal_emit_by_name (self, "changed");
  if (is_again)
    start_reading (self);
  else if (self->own)
    ob_own_file_end (self->own);
}

static void
start_reading (ObConfiguration *self)
{
  g_autoptr (GError) error = NULL;

  self->is_again = self->reading != NULL;
  if (self->reading)
    return;
  self->reading = ob_fetch_start ((const char *const *) self->paths, &error);
  if (!self->reading)
    {
      tell_problem (self, error->message);
      read_again_later (self);
      return;
    }
  g_clear_handle_id (&self->reading_source, g_source_remove);
  self->reading_source = g_timeout_add_seconds (LATE_S, on_reading_late, self);
  ob_errand_collect (self->reading, ANSWER_MOST_BYTES, on_read, self);
}

static gboolean
on_quiet (gpointer user_data)
{
  ObConfiguration *self = user_data;

  self->reload_source = 0;
  start_reading (self);

  return G_SOURCE_REMOVE;
}

static void
on_folder_changed (gpointer user_data)
{
  ObConfiguration *self = user_data;

  if (self->reload_source == 0)
    self->reload_source = g_timeout_add (QUIET_MS, on_quiet, self);
}

static void
watch (ObConfiguration *self, const char *folder)
{
  g_autofree char *drop_ins = g_build_filename (folder, DROP_INS, NULL);

  g_ptr_array_add (self->watches, ob_folder_watch_new (folder, on_folder_changed, self));
  g_ptr_array_add (self->watches, ob_folder_watch_new (drop_ins, on_folder_changed, self));
}

/* --- The person's own file --- */

gboolean
ob_configuration_check (ObConfiguration *self, const char *text, GError **error)
{
  g_auto (ObRulesReading) reading = { 0 };
  guint bad;

  if (strlen (text) > OB_FETCH_MOST_BYTES)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("%s: not a file of at most 1 MiB"),
                   self->own_file);
      return FALSE;
    }

  return ob_rules_reading_take (&reading, self->texts, self->own_file, text, &bad, error);
}

void
ob_configuration_write_own (ObConfiguration *self, const char *text, ObOwnFileDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (ob_configuration_check (self, text, &error))
    ob_own_file_write (self->own, text, done, user_data);
  else
    done (error, user_data);
}

/* --- The object --- */

char *
ob_configuration_dup_without_folders (ObConfiguration *self, const char *words)
{
  g_autoptr (GString) shown = g_string_new (words);

  for (char **path = self->paths; *path; path++)
    {
      gsize length = strlen (*path) - strlen (g_str_has_suffix (*path, "/") ? DROP_INS "/" : FILE_NAME);
      g_autofree char *folder = g_strndup (*path, length);

      (void) g_string_replace (shown, folder, "", 0);
    }

  return g_string_free (g_steal_pointer (&shown), FALSE);
}

ObRules *
ob_configuration_get_rules (ObConfiguration *self)
{
  return self->rules;
}

char *
ob_configuration_dup_problem (ObConfiguration *self)
{
  return g_strdup (self->problem);
}

const char *const *
ob_configuration_get_files (ObConfiguration *self)
{
  return (const char *const *) self->files;
}

const char *
ob_configuration_get_own_file (ObConfiguration *self)
{
  return self->own_file;
}

static void
ob_configuration_finalize (GObject *object)
{
  ObConfiguration *self = OB_CONFIGURATION (object);

  g_clear_handle_id (&self->reload_source, g_source_remove);
  g_clear_handle_id (&self->reading_source, g_source_remove);
  g_clear_pointer (&self->reading, ob_errand_free);
  g_clear_pointer (&self->own, ob_own_file_free);
  g_ptr_array_unref (self->watches);
  g_clear_pointer (&self->texts, g_ptr_array_unref);
  g_clear_pointer (&self->rules, ob_rules_unref);
  g_strfreev (self->paths);
  g_free (self->last_file);
  g_strfreev (self->files);
  g_free (self->own_file);
  g_free (self->digest);
  g_free (self->problem);
  G_OBJECT_CLASS (ob_configuration_parent_class)->finalize (object);
}

static void
ob_configuration_class_init (ObConfigurationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_configuration_finalize;
  g_signal_new ("changed", OB_TYPE_CONFIGURATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ob_configuration_init (ObConfiguration *self)
{
  self->watches = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_folder_watch_free);
}

static void
on_own_written (gpointer user_data)
{
  start_reading (user_data);
}

/* Each folder's main file, then those of its folder of more files. */
static char **
list_paths (const char *const *folders)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (; *folders; folders++)
    {
      g_autofree char *file = g_build_filename (*folders, FILE_NAME, NULL);
      g_autofree char *more = g_build_filename (*folders, DROP_INS "/", NULL);

      g_strv_builder_add (paths, file);
      g_strv_builder_add (paths, more);
    }

  return g_strv_builder_end (paths);
}

/* Returns: whether there are rules: what the files say, or what they said last */
static gboolean
read_first (ObConfiguration *self, GError **error)
{
  start_reading (self);
  if (self->reading && ob_errand_wait (self->reading, g_get_monotonic_time () + START_US) && self->rules)
    return TRUE;
  if (!self->problem)
    (void) set_problem (self, NO_ANSWER);
  if (take_last (self))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE, "%s",
               S_ ("A file of the configuration, or its folder, does not answer, and there are no earlier rules"));

  return FALSE;
}

ObConfiguration *
ob_configuration_new (const char *const *folders, const char *last_file, GError **error)
{
  g_autoptr (ObConfiguration) self = g_object_new (OB_TYPE_CONFIGURATION, NULL);

  self->paths = list_paths (folders);
  self->last_file = g_strdup (last_file);
  self->own_file = g_build_filename (folders[g_strv_length ((char **) folders) - 1], FILE_NAME, NULL);
  self->own = ob_own_file_new (self->own_file, on_own_written, self);
  for (; *folders; folders++)
    watch (self, *folders);
  if (!read_first (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
ob_configuration_stop (ObConfiguration *self)
{
  g_clear_pointer (&self->own, ob_own_file_free);
}

char **
ob_configuration_list_folders (void)
{
  const char *elsewhere = g_getenv ("OUTBOX_CONFIG_FOLDERS");
  g_auto (GStrv) given = g_strsplit (elsewhere ? elsewhere : OB_VENDOR_FOLDER ":/etc/outbox", ":", -1);
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autofree char *own = g_build_filename (g_get_user_config_dir (), "outbox", NULL);

  for (guint i = 0; given[i]; i++)
    if (g_path_is_absolute (given[i]))
      g_strv_builder_add (folders, given[i]);
  g_strv_builder_add (folders, own);

  return g_strv_builder_end (folders);
}
