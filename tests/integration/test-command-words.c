/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each command of a person on uploads that stand in each way: it says what it did, or what is in the way and the command
 * that helps, and fails where it could change nothing.
 */
#include "support/broker.h"
#include "support/command.h"

#include <string.h>

#define SIGN_IN "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401,\"count\":-1}"
#define PAGE "{\"fault\":\"status\",\"method\":\"POST\",\"status\":200,\"content_type\":\"text/html\",\"count\":-1}"
#define REFUSES "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"count\":-1}"

typedef struct
{
  const char *name;
  const char *fault;   /* of the server; NULL: none */
  const char *before;  /* a command; %s is the short id; NULL: none */
  const char *state;   /* waited for before the command */
  const char *command; /* %s is the short id */
  int exit_code;
  const char *has;
  const char *has_too; /* may be NULL */
} Row;

static const Row rows[] = {
  { "pause", NULL, "pause", "paused", "pause %s", 0, "Paused 1 upload.", NULL },
  { "pause-what-is-paused", NULL, "pause %s", "paused", "pause %s", 0, "1 upload was already paused.", NULL },
  { "pause-what-arrived", NULL, NULL, "done", "pause %s", 1, "has already arrived", "outbox remove %s" },
  { "pause-what-failed", REFUSES, NULL, "failed", "pause %s", 1, "has failed", "outbox retry %s" },
  { "resume", NULL, "pause %s", "paused", "resume %s", 0, "Resumed 1 upload.", NULL },
  { "resume-what-arrived", NULL, NULL, "done", "resume %s", 1, "has already arrived", NULL },
  { "resume-what-failed", REFUSES, NULL, "failed", "resume %s", 1, "has failed", "outbox retry %s" },
  { "resume-what-the-queue-holds", NULL, "pause", "paused", "resume %s", 1, "the whole queue is paused",
    "outbox resume" },
  { "resume-what-needs-a-sign-in", SIGN_IN, NULL, "paused", "resume %s", 1, "sign in to continue",
    "outbox destination sign-in depot" },
  { "retry-what-needs-a-sign-in", SIGN_IN, NULL, "paused", "retry %s", 1, "sign in to continue",
    "outbox destination sign-in depot" },
  { "send-what-needs-a-sign-in", SIGN_IN, NULL, "paused", "send-now %s", 1, "sign in to continue",
    "outbox destination sign-in depot" },
  { "retry-all-that-needs-a-sign-in", SIGN_IN, NULL, "paused", "retry --all", 1, "Nothing has failed",
    "outbox destination sign-in depot" },
  { "resume-all-that-needs-a-sign-in", SIGN_IN, NULL, "paused", "resume", 1, "The queue was not paused.",
    "outbox destination sign-in depot" },
  { "retry-what-failed", REFUSES, NULL, "failed", "retry %s", 0, "Retrying 1 upload now.", NULL },
  { "retry-a-group", REFUSES, NULL, "failed", "group retry case", 0, "Retrying 1 upload now.", NULL },
  { "retry-what-arrived", NULL, NULL, "done", "retry %s", 1, "has already arrived", NULL },
  { "retry-all-of-nothing", NULL, NULL, "done", "retry --all", 0, "Nothing has failed", NULL },
  { "send-what-is-paused", NULL, "pause %s", "paused", "send-now %s", 0, "Sending 1 upload now.", NULL },
  { "pause-the-queue", NULL, NULL, "done", "pause", 0, "The whole queue is paused", "outbox resume" },
  { "resume-the-queue", NULL, "pause", "paused", "resume", 0, "The queue has been resumed.", NULL },
  { "resume-a-queue-that-goes", NULL, NULL, "done", "resume", 0, "The queue was not paused.", NULL },
  { "let-the-queue-go-on-for-a-time", NULL, "pause", "paused", "resume --for 1h", 0, "Everything is sent until",
    "outbox resume" },
  { "let-an-upload-go-on-for-a-time", NULL, "pause %s", "paused", "resume --for 90m %s", 0, "is sent until",
    "outbox resume %s" },
  { "let-a-group-go-on-for-a-time", NULL, "group pause case", "paused", "resume --for 1h --group case", 0,
    "case is sent until", "outbox group resume case" },
  { "let-a-destination-go-on-for-a-time", NULL, "destination pause depot", "paused", "resume --for 2d -d depot", 0,
    "depot is sent until", "outbox destination resume depot" },
  { "go-on-for-no-time", NULL, NULL, "done", "resume --for soon", 2, "--for is a time", "outbox resume --help" },
  { "pause-a-group", NULL, NULL, "done", "group pause case", 0, "Paused 1 group.", NULL },
  { "remove", NULL, NULL, "done", "remove %s", 0, "Removed 1 upload.", NULL },
  { "remove-a-group", NULL, NULL, "done", "group remove case", 0, "Removed 1 upload.", NULL },
  { "remove-a-group-by-accident", NULL, "pause", "paused", "group remove case", 1, "has not arrived yet", "--force" },
  { "remove-a-group-by-force", NULL, "pause", "paused", "group remove --force case", 0, "Removed 1 upload.", NULL },
  { "priority", NULL, "pause", "paused", "priority 50 %s", 0, "Set the priority of 1 upload.", NULL },
  { "a-negative-priority", NULL, "pause", "paused", "priority -50 %s", 0, "Set the priority of 1 upload.", NULL },
  { "a-priority-out-of-range", NULL, "pause", "paused", "priority 5000 %s", 1, "from -1000 to 1000", NULL },
  { "amend", NULL, "pause", "paused", "amend --note there %s", 0, "Changed.", NULL },
  { "amend-nothing", NULL, "pause", "paused", "amend %s", 2, "say what to change", NULL },
  { "amend-by-a-bad-pair", NULL, "pause", "paused", "amend -m note %s", 2, "takes KEY=VALUE", NULL },
  { "a-priority-without-a-number", NULL, "pause", "paused", "priority %s", 2, "give a number and IDs", NULL },
  { "pause-by-name", NULL, "pause", "paused", "pause photo.jpg", 0, "Paused 1 upload.", NULL },
  { "pause-what-is-not-there", NULL, NULL, "done", "pause deadbeef", 1, "There is no upload deadbeef", NULL },
  { "send-a-group", NULL, "pause", "paused", "send-now --group case", 1, "the whole queue is paused", "outbox resume" },
  { "send-a-group-that-arrived", NULL, NULL, "done", "send-now --group case", 0, "Everything in the group is sent",
    NULL },
  { "send-a-group-that-needs-a-sign-in", SIGN_IN, NULL, "paused", "send-now --group case", 1, "sign in to continue",
    "outbox destination sign-in depot" },
  { "remove-a-destination-in-use", NULL, "pause", "paused", "destination remove depot", 1,
    "upload for depot has not arrived yet", "outbox list --unfinished --destination depot" },
  { "set-nothing", NULL, NULL, "done", "destination set depot", 2, "too few arguments", "outbox destination --help" },
  { "remove-a-destination", NULL, NULL, "done", "destination remove depot", 0, "The destination is removed.", NULL },
  { "resume-a-destination", SIGN_IN, NULL, "paused", "destination resume depot", 0, "retried now", NULL },
  { "resume-a-destination-that-nothing-holds", NULL, NULL, "done", "destination resume depot", 0, "was not held",
    "outbox retry --all" },
  { "retry-all-at-a-wrong-address", PAGE, NULL, "paused", "retry --all", 0, "Retrying 1 upload now.", NULL },
  { "remove-all-that-arrived", NULL, NULL, "done", "remove --done", 0, "Removed 1 upload.", NULL },
  { "remove-all-that-arrived-where-nothing-has", NULL, "pause", "paused", "remove --done", 0, "Nothing has arrived",
    NULL },
  { "resume-a-group-that-is-not-there", NULL, NULL, "done", "group resume other", 1, "There is no group other", NULL },
  { "pause-a-destination", NULL, NULL, "done", "destination pause depot", 0, "waits until it is resumed",
    "outbox destination resume depot" },
};

/* Returns: (transfer full): @text with @id where it says %s. */
static char *
fill (const char *text, const char *id)
{
  g_auto (GStrv) parts = g_strsplit (text, "%s", -1);

  return g_strjoinv (id, parts);
}

static void
test_a_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  const gboolean is_held_first = row->before != NULL;
  g_autofree char *id = NULL;
  g_autofree char *command = NULL;
  g_autofree char *output = NULL;
  g_autofree char *has_too = NULL;

  if (row->fault)
    test_peer_control (broker->peer, row->fault);
  if (is_held_first)
    g_free (test_command (broker, "pause", 0));
  id = g_strchomp (test_command (broker, "add --group case photo.jpg", 0));
  memmove (id, id + strlen (id) - 8, 9);
  if (row->before && strstr (row->before, "%s"))
    {
      g_autofree char *before = fill (row->before, id);

      g_free (test_command (broker, before, 0));
      g_free (test_command (broker, "resume", 0));
    }
  test_broker_wait_for_all (broker, row->state, 20);
  command = fill (row->command, id);
  output = test_command (broker, command, row->exit_code);
  test_assert_has (output, row->has);
  if (row->has_too)
    {
      has_too = fill (row->has_too, id);
      test_assert_has (output, has_too);
    }
}

/* What holds others is not this group's trouble. */
static void
test_a_group_tells_what_holds_itself (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *output = NULL;
  g_autofree char *gone_on = NULL;

  g_free (test_command (broker, "destination set yard --url http://127.0.0.1:9/", 0));
  g_free (test_command (broker, "destination pause yard", 0));
  g_free (test_command (broker, "destination pause depot", 0));
  g_free (test_command (broker, "add --group other --destination yard photo.jpg", 0));
  for (guint i = 0; i < 2; i++)
    g_free (test_command (broker, "add --group case photo.jpg", 0));
  test_broker_wait_for_all (broker, "paused", 20);
  output = test_command (broker, "send-now --group case", 1);
  test_assert_has (output, "outbox destination resume depot");
  g_assert_null (strstr (output, "yard"));
  /* A hold that two of its uploads have is told once. */
  g_assert_null (strstr (strstr (output, "resume depot") + 1, "resume depot"));
  g_free (test_command (broker, "destination resume depot", 0));
  gone_on = test_command (broker, "send-now --group case", 0);
  test_assert_has (gone_on, "Everything in the group is sent");
}

/* The broker takes ten thousand ids in one call. */
static void
test_more_ids_than_a_call_takes (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autoptr (GString) command = g_string_new ("priority 50");
  g_autofree char *id = NULL;
  g_autofree char *output = NULL;

  g_free (test_command (broker, "pause", 0));
  id = g_strchomp (test_command (broker, "add photo.jpg", 0));
  for (guint i = 0; i < 10001; i++)
    g_string_append_printf (command, " %s", id);
  output = test_command (broker, command->str, 0);
  test_assert_has (output, "Set the priority of 10001 uploads.");
}

/* A file whose record is gone: the status says so, and the command that it names makes an upload of it. */
static void
test_the_status_tells_what_belongs_to_no_upload (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autofree char *status = NULL;
  g_autofree char *advice = NULL;
  g_autofree char *after = NULL;

  g_free (test_command (broker, "pause", 0));
  id = g_strchomp (test_command (broker, "add photo.jpg", 0));
  path = g_build_filename (broker->folder, "data", "outbox", "spool", "01934b5e-7c00-7000-8000-0123456789ab", NULL);
  test_broker_stop (broker);
  g_assert_true (g_file_set_contents (path, "photo", -1, NULL));
  test_broker_start (broker, NULL);
  while (!status || !strstr (status, "1 saved file belongs to no upload any more"))
    {
      g_free (status);
      status = test_command (broker, "status", 0);
    }
  g_assert_null (strstr (status, "All of it is safe"));
  advice = g_strdup_printf ("add --move '%s'", path);
  test_assert_has (status, advice);
  g_free (test_command (broker, advice, 0));
  after = test_command (broker, "status", 0);
  test_assert_has (after, "2 uploads have not arrived yet");
  test_assert_has (after, "Everything is safe on this device.");
  g_assert_null (strstr (after, "belongs to no upload"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/command/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_row);
    }
  g_test_add_func ("/command/a-group-tells-what-holds-itself", test_a_group_tells_what_holds_itself);
  g_test_add_func ("/command/the-status-tells-what-belongs-to-no-upload",
                   test_the_status_tells_what_belongs_to_no_upload);
  g_test_add_func ("/command/more-ids-than-a-call-takes", test_more_ids_than_a_call_takes);

  return g_test_run ();
}
