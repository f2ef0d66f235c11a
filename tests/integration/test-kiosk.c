/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's destinations: they are there without anybody having set them, follow their files while the daemon runs, and are
 * changed by no caller; a mistake is told with file and line, and changes nothing.
 */
#include "support/command.h"

#include "config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folders of vendor and administrator, in that order. */
static char *
dup_folder (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, name, NULL);
}

/* Writes a file of the administrator, whole, as an editor does. @text: NULL removes it. */
static void
write_file (TestBroker *broker, const char *name, const char *text)
{
  g_autofree char *folder = dup_folder (broker, "etc");
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  if (text)
    g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
  else
    g_assert_cmpint (g_unlink (path), ==, 0);
}

typedef struct
{
  TestBroker *broker;
  const char *command;
  const char *has; /* what it prints when it is so; with a ! before it, what it prints no more */
} Wanted;

static gboolean
is_said (gpointer data)
{
  const Wanted *wanted = data;
  g_autofree char *path = g_find_program_in_path (g_getenv ("OUTBOX"));
  g_autofree char *line = g_strdup_printf ("'%s' %s", path, wanted->command);
  TestCommand command = test_command_start_line (wanted->broker, line);
  g_autoptr (GString) text = g_string_new (NULL);
  char *next;

  while ((next = test_command_read_line (&command)))
    {
      g_string_append_printf (text, "%s\n", next);
      g_free (next);
    }
  test_command_clear (&command);

  return *wanted->has == '!' ? !strstr (text->str, wanted->has + 1) : strstr (text->str, wanted->has) != NULL;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Files are read when they have changed: no signal tells that to a caller. */
static void
wait_until_said (TestBroker *broker, const char *command, const char *has)
{
  Wanted wanted = { broker, command, has };
  guint timer = g_timeout_add (50, on_look_again, NULL);

  test_wait_until (is_said, &wanted, 20);
  g_source_remove (timer);
}

/* A broker whose administrator's folder is there, and in which nobody has set a destination. */
static TestBroker *
make_broker (const char *text)
{
  g_autofree char *work = NULL;
  TestBroker *broker = test_broker_new ();
  g_autofree char *vendor = dup_folder (broker, "vendor");
  g_autofree char *etc = dup_folder (broker, "etc");
  g_autofree char *folders = g_strconcat (vendor, ":", etc, NULL);

  test_broker_stop (broker);
  write_file (broker, "destinations.conf", text);
  g_assert_true (g_setenv ("OUTBOX_CONFIG_FOLDERS", folders, TRUE));
  test_broker_start (broker, NULL);
  g_unsetenv ("OUTBOX_CONFIG_FOLDERS");

  return broker;
}

static void
assert_refused (TestBroker *broker, const char *command)
{
  g_autofree char *said = test_command (broker, command, 1);

  test_assert_has (said, "is managed by the administrator");
}

static void
test_it_is_there_and_only_the_administrator_changes_it (void)
{
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can write a file that counts");
      return;
    }
  broker = make_broker ("");
  text = g_strdup_printf ("[Destination depot]\nurl=%s\namend-url=http://127.0.0.1:9/amend?id={id}\n",
                          test_peer_get_url (broker->peer));
  path = test_broker_make_file (broker, "photo.jpg", 1000, 1);

  /* It is a person's own until the file has it. What they had set of it beside that goes. */
  g_free (test_command (broker, "destination set depot --header X-Site=7 --also http://other.example/", 0));
  g_free (test_command (broker, "destination set own --url http://127.0.0.1:9/ --default", 0));
  write_file (broker, "destinations.conf", text);
  wait_until_said (broker, "destination show depot", "the administrator");
  shown = test_command (broker, "destination show depot", 0);
  g_assert_null (strstr (shown, "X-Site"));
  g_assert_null (strstr (shown, "other.example"));
  test_assert_has (shown, "/amend?id=");

  assert_refused (broker, "destination set depot --url http://127.0.0.1:9/");
  assert_refused (broker, "destination set depot --header X-A=b");
  assert_refused (broker, "destination set depot --amend-url ''");
  assert_refused (broker, "destination remove depot");
  g_free (test_command (broker, "destination pause depot", 0));
  g_free (test_command (broker, "destination resume depot", 0));

  /* A later file says the rest, while it runs. */
  write_file (broker, "destinations.conf.d/site.conf",
              "[Destination depot]\ndefault=true\n[Destination yard]\nurl=http://127.0.0.1:9/\n");
  wait_until_said (broker, "destination list", "yard");
  wait_until_said (broker, "destination show depot --json", "\"default\" : true");
  assert_refused (broker, "destination set own --default");
  g_free (test_command (broker, "add --wait photo.jpg", 0));

  /* After a kill it is the same, and without its files a person's own, or gone. */
  test_broker_kill (broker);
  {
    g_autofree char *folders = g_build_filename (broker->folder, "etc", NULL);

    g_assert_true (g_setenv ("OUTBOX_CONFIG_FOLDERS", folders, TRUE));
    test_broker_start (broker, NULL);
    g_unsetenv ("OUTBOX_CONFIG_FOLDERS");
  }
  assert_refused (broker, "destination remove yard");
  g_free (test_command (broker, "destination pause yard", 0));
  g_free (test_command (broker, "add --destination yard photo.jpg", 0));
  write_file (broker, "destinations.conf.d/site.conf", NULL);
  write_file (broker, "destinations.conf", NULL);
  wait_until_said (broker, "destination list", "!depot");
  wait_until_said (broker, "destination show yard --json", "\"managed\" : false");
  g_free (test_command (broker, "destination set yard --url http://127.0.0.1:8/", 0));
}

static void
test_a_mistake_is_told_and_changes_nothing (void)
{
  static const struct
  {
    const char *text;
    const char *problem;
  } rows[] = {
    { "# a comment\n\n[Destination yard]\nurl=http://127.0.0.1:9/\nprotocl=tus\n",
      ":5: [Destination yard] protocl: there is no such key" },
    { "[Destination yard]\nurl=ftp://127.0.0.1/\n", ":1: [Destination yard] url: an http or https URL" },
    { "[Destination yard]\nurl=http://127.0.0.1:9/\namend-url=/amend\n", ":1: [Destination yard] amend_url: " },
    { "[Destination yard]\nprotocol=tus\n", ":1: [Destination yard] url: an http or https URL" },
    { "[Destination yard]\nurl=http://127.0.0.1:9/\nprotocol=carrier-pigeon\n",
      ":1: [Destination yard] protocol: there is no carrier-pigeon" },
    { "[Destination yard]\nurl=http://127.0.0.1:9/\n\ndefault=perhaps\n",
      ":4: [Destination yard] default: true or false" },
    { "[Destination yard]\nurl=http://127.0.0.1:9/\nsign-in=secret\n",
      ":3: [Destination yard] sign-in: command, or nothing" },
    { "[Destination a yard]\nurl=http://127.0.0.1:9/\n", ":1: [Destination a yard] is no group of this file" },
    { "[Rule yard]\n", ":1: [Rule yard] is no group of this file" },
    { "[Destination yard]\nurl=http://127.0.0.1:9/\nnonsense\n", ":3: " },
    { "[Destination a]\nurl=http://a.example/\ndefault=true\n[Destination b]\nurl=http://b.example/\ndefault=true\n",
      ":4: [Destination b] default: a is the default already" },
    { "\xff\xfe", "not a text in UTF-8" },
  };
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can write a file that counts");
      return;
    }
  broker = make_broker ("[Destination gate]\nurl=http://127.0.0.1:9/\n");
  wait_until_said (broker, "destination list", "gate");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *gate = NULL;

      write_file (broker, "destinations.conf", rows[i].text);
      wait_until_said (broker, "status", rows[i].problem);
      /* A file with a mistake counts for nothing: what it said before stays. */
      if (i == 0)
        gate = test_command (broker, "destination show gate", 0);
    }
  g_free (test_command (broker, "status --json", 5));

  path = g_build_filename (broker->folder, "etc", "destinations.conf", NULL);
  write_file (broker, "destinations.conf", "[Destination yard]\nurl=http://127.0.0.1:9/\n");
  wait_until_said (broker, "status", "!destinations.conf");
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  wait_until_said (broker, "status", "does not count, since others than root may write it");
  g_free (test_command (broker, "destination show yard", 0));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kiosk/it-is-there-and-only-the-administrator-changes-it",
                   test_it_is_there_and_only_the_administrator_changes_it);
  g_test_add_func ("/kiosk/a-mistake-is-told-and-changes-nothing", test_a_mistake_is_told_and_changes_nothing);

  return g_test_run ();
}
