/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: the disk, the queue's file and those of the configuration, as outboxd --examine finds them. A process of its own
 * looks at them, since a disk may never answer.
 */
#include "doctor.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

/* The queue's file is looked at for ten seconds at most. */
#define EXAMINE_MOST_MS 20000

static const char *
get_daemon (void)
{
  const char *elsewhere = g_getenv ("OUTBOXD");

  return elsewhere && *elsewhere ? elsewhere : OB_DAEMON;
}

/* Returns: (transfer full) (nullable): what outboxd tells. @work: its option */
static JsonNode *
ask_daemon (const char *work, GError **error)
{
  const char *argv[] = { get_daemon (), work, NULL };
  g_autofree char *output = cli_doctor_run (argv, EXAMINE_MOST_MS, error);
  g_autoptr (JsonNode) node = output ? json_from_string (output, error) : NULL;

  if (node && JSON_NODE_HOLDS_OBJECT (node))
    return g_steal_pointer (&node);
  if (error && !*error)
    g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, output ? output : "");

  return NULL;
}

/* --- What it tells --- */

static JsonNode *
find (CliDoctor *doctor, const char *part, const char *name)
{
  JsonObject *object = doctor->disk ? json_node_get_object (doctor->disk) : NULL;

  if (object && part)
    object = json_object_has_member (object, part) && JSON_NODE_HOLDS_OBJECT (json_object_get_member (object, part))
                 ? json_object_get_object_member (object, part)
                 : NULL;

  return object ? json_object_get_member (object, name) : NULL;
}

gint64
cli_doctor_get_number (CliDoctor *doctor, const char *part, const char *name)
{
  JsonNode *node = find (doctor, part, name);

  return node ? json_node_get_int (node) : 0;
}

gboolean
cli_doctor_is (CliDoctor *doctor, const char *part, const char *name)
{
  JsonNode *node = find (doctor, part, name);

  return node && json_node_get_boolean (node);
}

const char *
cli_doctor_get_text (CliDoctor *doctor, const char *part, const char *name)
{
  JsonNode *node = find (doctor, part, name);

  return node ? json_node_get_string (node) : NULL;
}

/* --- The disk --- */

/* Returns: (transfer full): the folder as a shell takes it */
static char *
dup_folder (CliDoctor *doctor)
{
  return g_shell_quote (cli_doctor_get_text (doctor, NULL, "folder"));
}

static void
tell_owners (CliDoctor *doctor)
{
  const guint n_foreign = (guint) cli_doctor_get_number (doctor, NULL, "foreign");
  const guint n_closed = (guint) cli_doctor_get_number (doctor, NULL, "closed");
  g_autofree char *folder = dup_folder (doctor);

  if (n_foreign > 0)
    cli_doctor_add (doctor, "disk", "files-of-others", CLI_LEVEL_PERSON,
                    g_strdup_printf (ngettext ("%u file in %s belongs to another user, as after a command that ran as "
                                               "root.",
                                               "%u files in %s belong to another user, as after a command that ran as "
                                               "root.",
                                               n_foreign),
                                     n_foreign, folder))
        ->command
        = g_strdup_printf ("sudo chown -R %s %s", g_get_user_name (), folder);
  if (n_closed > 0)
    cli_doctor_add (doctor, "disk", "files-closed", CLI_LEVEL_PERSON,
                    g_strdup_printf (ngettext ("%u file in %s may not be read and written.",
                                               "%u files in %s may not be read and written.", n_closed),
                                     n_closed, folder))
        ->command
        = g_strdup ("outbox doctor --repair");
  if (cli_doctor_is (doctor, NULL, "open_to_others"))
    cli_doctor_add (doctor, "disk", "open-to-others", CLI_LEVEL_PERSON,
                    g_strdup_printf (_ ("Other users of this device can look into %s."), folder))
        ->command
        = g_strdup ("outbox doctor --repair");
}

/* Only what can be written down is safe. */
static void
tell_disk (CliDoctor *doctor)
{
  const char *type = cli_doctor_get_text (doctor, NULL, "file_system");
  const gboolean is_empty = cli_doctor_get_number (doctor, NULL, "copies") == 0;
  g_autofree char *free_size = g_format_size ((guint64) cli_doctor_get_number (doctor, NULL, "free"));
  g_autofree char *size = g_format_size ((guint64) cli_doctor_get_number (doctor, NULL, "size"));

  if (cli_doctor_is (doctor, NULL, "read_only"))
    cli_doctor_add (doctor, "disk", "disk-read-only", CLI_LEVEL_PERSON,
                    g_strdup (_ ("The disk can only be read, as after an error of the device: no new file is taken. "
                                 "What is here is kept; check the disk, and restart the device.")))
        ->command
        = g_strdup ("sudo dmesg --level err,warn");
  else if (!cli_doctor_is (doctor, NULL, "has_room"))
    cli_doctor_add (
        doctor, "disk", "disk-full", CLI_LEVEL_PERSON,
        g_strdup_printf (_ ("The disk is full: %s of %s are free. What is here is still sent; no new file is "
                            "taken until there is room."),
                         free_size, size))
        ->command
        = g_strdup ("outbox remove --done");
  else
    cli_doctor_add (doctor, "disk", "disk-good", CLI_LEVEL_GOOD,
                    /* Translators: sizes, and a type such as ext4 */
                    g_strdup_printf (_ ("The disk has room: %s of %s are free (%s)."), free_size, size,
                                     type ? type : "?"));
  if (cli_doctor_is (doctor, NULL, "in_memory"))
    cli_doctor_add (doctor, "disk", "disk-in-memory", is_empty ? CLI_LEVEL_NOTE : CLI_LEVEL_PERSON,
                    g_strdup (_ (
                        "What is added is only in this device's memory, and lost when the device is switched off.")));
  if (cli_doctor_is (doctor, NULL, "remote"))
    cli_doctor_add (doctor, "disk", "disk-remote", CLI_LEVEL_NOTE,
                    g_strdup_printf (_ ("The queue is not on a disk of this device (%s): while that does not answer, "
                                        "no file can be added or sent."),
                                     type ? type : "?"));
}

/* --- The queue's file --- */

static void
tell_database (CliDoctor *doctor)
{
  const char *words = cli_doctor_get_text (doctor, "database", "words");
  const guint n_unfinished = (guint) cli_doctor_get_number (doctor, "database", "unfinished");
  g_autofree char *size = g_format_size ((guint64) cli_doctor_get_number (doctor, "database", "unfinished_bytes"));

  if (words)
    {
      CliFinding *finding = cli_doctor_add (
          doctor, "queue-file", "queue-file-damaged", CLI_LEVEL_PERSON,
          g_strdup (
              _ ("The queue file is damaged. No added file is lost: the queue is rebuilt from the saved copies.")));

      finding->detail = cli_text_dup_message (words);
      finding->command = g_strdup ("outbox doctor --repair");
    }
  else if (cli_doctor_is (doctor, "database", "good"))
    cli_doctor_add (doctor, "queue-file", "queue-file-good", CLI_LEVEL_GOOD,
                    g_strdup (_ ("The queue file is intact.")));
  if (n_unfinished > 0)
    cli_doctor_add (doctor, "queue-file", "unfinished", CLI_LEVEL_NOTE,
                    g_strdup_printf (ngettext ("%u upload is saved here and has not arrived yet (%s).",
                                               "%u uploads are saved here and have not arrived yet (%s).",
                                               n_unfinished),
                                     n_unfinished, size));
}

static void
tell_asides (CliDoctor *doctor)
{
  const guint n = (guint) cli_doctor_get_number (doctor, NULL, "asides");
  g_autofree char *size = g_format_size ((guint64) cli_doctor_get_number (doctor, NULL, "asides_size"));
  g_autofree char *folder = dup_folder (doctor);

  if (n > 0)
    cli_doctor_add (
        doctor, "queue-file", "set-aside", CLI_LEVEL_NOTE,
        g_strdup_printf (
            ngettext ("%u damaged queue file was set aside (%s). If nothing is missing, it is no longer needed:",
                      "%u damaged queue files were set aside (%s). If nothing is missing, they are no longer needed:",
                      n),
            n, size))
        ->command
        = g_strdup_printf ("rm %s/queue.db.damaged-*", folder);
}

/* --- The configuration --- */

static void
tell_configuration (CliDoctor *doctor)
{
  const struct
  {
    const char *name, *topic, *code, *words, *command;
  } problems[] = {
    { "rules_problem", "rules", "rules-bad", N_ ("What the rule files say now does not apply:"),
      "outbox policy check" },
    { "web_apps_problem", "web-apps", "web-apps-bad",
      N_ ("The list of web apps that are allowed without asking does not apply:"), "sudo ls -l /etc/outbox" },
    { "destinations_problem", "destinations", "destinations-bad",
      N_ ("What the administrator's destinations say now does not apply:"), "sudo ls -l /etc/outbox" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    {
      const char *problem = cli_doctor_get_text (doctor, NULL, problems[i].name);

      if (problem)
        {
          CliFinding *finding = cli_doctor_add (doctor, problems[i].topic, problems[i].code, CLI_LEVEL_PERSON,
                                                g_strdup (_ (problems[i].words)));

          finding->detail = g_strdup (problem);
          finding->command = g_strdup (problems[i].command);
        }
    }
}

void
cli_doctor_ask_disk (CliDoctor *doctor)
{
  g_autoptr (GError) error = NULL;
  CliFinding *finding = NULL;

  doctor->disk = ask_daemon ("--examine", &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    cli_doctor_add (doctor, "disk", "disk-silent", CLI_LEVEL_PERSON,
                    g_strdup (_ ("The disk of the queue does not answer: what is on it is not known. It may be a "
                                 "network folder whose server is away, or a device that fails.")))
        ->command
        = g_strdup ("sudo dmesg --level err,warn");
  else if (!doctor->disk)
    finding = cli_doctor_add (doctor, "disk", "no-daemon", CLI_LEVEL_PERSON,
                              g_strdup (_ ("The program of the service cannot be run: install Outbox again.")));
  else if (cli_doctor_get_text (doctor, NULL, "error"))
    finding = cli_doctor_add (doctor, "disk", "folder-closed", CLI_LEVEL_PERSON,
                              g_strdup_printf (_ ("The folder %s cannot be opened:"),
                                               cli_doctor_get_text (doctor, NULL, "folder")));
  else if (cli_doctor_is (doctor, NULL, "missing"))
    cli_doctor_add (doctor, "disk", "folder-missing", CLI_LEVEL_NOTE,
                    g_strdup (_ ("Nothing was ever added on this device.")));
  else
    {
      tell_disk (doctor);
      tell_owners (doctor);
      tell_database (doctor);
      tell_asides (doctor);
    }
  if (finding)
    finding->detail
        = error ? g_strdup (error->message) : cli_text_dup_message (cli_doctor_get_text (doctor, NULL, "error"));
  tell_configuration (doctor);
}
