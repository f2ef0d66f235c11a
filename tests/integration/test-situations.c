/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person reads when something is in the way: the real daemon is brought into each situation, and its screens are those of
 * docs/situations.md, with the command that helps on them. OUTBOX_SITUATIONS=FILE has the file written anew.
 */
#include "recovered.h"
#include "support/broker.h"
#include "support/command.h"
#include "support/namespace.h"

#include <string.h>
#include <unistd.h>

#define MOST_S 20

#define STATUS(method, code, more) \
  "{\"fault\":\"status\",\"method\":\"" method "\",\"status\":" code ",\"count\":-1" more "}"

typedef struct
{
  const char *title;
  const char *truth; /* what is the case, for a reader of the file */
  const char *file;
  const char *fault;  /* of the server; NULL: none */
  const char *device; /* by which bytes leave; NULL: there is none */
  const char *state;  /* that it comes to, with its reason; NULL: it is refused */
  const char *reason;
  /* Brings it there, where a fault is not enough. The upload is handed over between the two calls. NULL: nothing */
  void (*prepare) (TestBroker *broker);
  void (*go_on) (TestBroker *broker, const char *id);
  const char *helps; /* the command; ID stands for the upload's */
} Situation;

static void
go_nowhere (TestBroker *broker)
{
  test_broker_set_destination (broker, "http://198.51.100.1/files/", NULL);
}

/* The only way to the server is by mobile data. */
static void
send_far (TestBroker *broker)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (broker->connection, "org.outbox.Outbox1", "/org/outbox/Outbox1",
                                     "org.outbox.Outbox1.Policy", "Set",
                                     g_variant_new ("(s)", "[Rule video]\nmatch-type=video/*\nmetered=deny\n"), NULL,
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (reply);
  test_broker_set_destination (broker, "http://203.0.113.1/files/", NULL);
}

static void
pause_all (TestBroker *broker)
{
  g_free (test_command (broker, "pause", 0));
}

static void
change_copy (TestBroker *broker, const char *id)
{
  g_autofree char *folder = recovered_data_path (broker, "spool");
  g_autofree char *path = g_build_filename (folder, id, NULL);
  g_autofree char *bytes = g_malloc0 (70000);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, bytes, 70000, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  g_free (test_command (broker, "resume", 0));
}

static void
damage_database (TestBroker *broker, const char *id)
{
  g_autofree char *path = recovered_data_path (broker, "queue.db");

  test_broker_kill (broker);
  g_assert_true (g_file_set_contents (path, "This was a database.", -1, NULL));
  test_broker_start (broker, NULL);
}

/* A file that no disk has room for, most of which is a hole. */
static void
make_huge (TestBroker *broker)
{
  g_autofree char *path = g_build_filename (broker->folder, "film.mp4", NULL);

  g_assert_cmpint (truncate (path, G_GINT64_CONSTANT (15) << 40), ==, 0);
}

#define CABLE "eth0"
#define MOBILE "wwan0"

static const Situation situations[] = {
  { "No network", "The file is safe on this device. It goes by itself as soon as there is a network.", "photo.jpg",
    NULL, NULL, "paused", "no-network", go_nowhere, NULL, "outbox destination test depot" },
  { "A video on mobile data", "The rules keep videos for a network without a data limit. It goes by itself there.",
    "video.mp4", NULL, MOBILE, "paused", "wait-unmetered", send_far, NULL,
    "outbox resume --for 1h --destination depot" },
  { "A sign-in page of the network",
    "The network's own page answers in place of the server, until somebody signs in to the network in a browser.",
    "photo.jpg", STATUS ("POST", "511", ""), CABLE, "paused", "captive-portal", NULL, NULL,
    "outbox destination resume depot" },
  { "The sign-in has expired", "The server wants to know who is sending. Nothing is lost, and nothing is sent anew.",
    "photo.jpg", STATUS ("POST", "401", ""), CABLE, "paused", "sign-in", NULL, NULL,
    "outbox destination sign-in depot" },
  { "The server is full", "The server has no room. What it has of the file stays there.", "photo.jpg",
    STATUS ("POST", "507", ""), CABLE, "paused", "destination-full", NULL, NULL, "outbox destination resume depot" },
  { "The server refuses the file", "The server does not want this file, and says why. It is kept here.", "photo.jpg",
    STATUS ("POST", "422", ",\"body\":\"only photos of today are taken\""), CABLE, "failed", "rejected", NULL, NULL,
    "outbox retry ID" },
  { "No room on this device",
    "There is no room for another file. Nothing of it was taken, and it is where it was. What was taken before is "
    "safe, and goes.",
    "film.mp4", NULL, CABLE, NULL, NULL, make_huge, NULL, "outbox free" },
  { "Uploaded, and not attached to its record",
    "The server has every byte, and refuses to attach the file to its record: 100 % sent is not the end. The copy "
    "stays here.",
    "photo.jpg", "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"count\":-1}", CABLE, "failed", "not-attached", NULL,
    NULL, "outbox retry ID" },
  { "The saved copy was damaged", "The copy on this device is not what was handed over. Not a byte of it is sent.",
    "photo.jpg", NULL, CABLE, "failed", "file-changed", pause_all, change_copy, "outbox add FILE" },
  { "The database was damaged", "The queue was rebuilt from the copies. Nothing is lost, and what was paused still is.",
    "photo.jpg", NULL, CABLE, "paused", "queue", pause_all, damage_database, "outbox resume" },
};

/* --- Screens --- */

static char *
replace (char *text, const char *pattern, const char *with)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *before = text;

  return g_regex_replace (regex, before, -1, 0, with, 0, NULL);
}

/* What is another one in each run has the same words in all. */
static char *
normalise (TestBroker *broker, char *text)
{
  static const char *const rows[][2] = {
    { "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})",
      "01a22a4d-6bd5-7f94-894d-52d4891f25d6" },
    { "\\b[0-9a-f]{8}\\b(?!-)", "891f25d6" },
    { "127\\.0\\.0\\.1:[0-9]+", "depot.example" },
    { "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d", "2026-01-31 09:30:00" },
    { "^\\d\\d:\\d\\d:\\d\\d", "09:30:00" },
    { "\\bin \\d+ (s|min)\\b", "in 15 \\1" },
  };
  g_autofree char *folder = g_regex_escape_string (broker->folder, -1);

  text = replace (text, folder, "/home/me");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    text = replace (text, rows[i][0], rows[i][1]);

  return text;
}

static char *
fill (const char *text, const char *id)
{
  g_auto (GStrv) parts = g_strsplit (text, "ID", -1);

  return g_strjoinv (id, parts);
}

/* Adds what the command prints. */
static void
add_screen (TestBroker *broker, const char *words, char *printed, GString *page)
{
  g_autofree char *command = normalise (broker, g_strdup (words));
  g_autofree char *text = normalise (broker, printed);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);

  g_string_append_printf (page, "    $ outbox %s\n", command);
  for (guint i = 0; lines[i]; i++)
    g_string_append_printf (page, "%s%s\n", *lines[i] ? "    " : "", lines[i]);
  g_string_append (page, "\n");
}

typedef struct
{
  TestBroker *broker;
  const Situation *situation;
  const char *id;
} Wanted;

static gboolean
is_there (gpointer data)
{
  const Wanted *wanted = data;
  g_autoptr (GVariant) document = test_broker_get (wanted->broker, wanted->id);
  g_autofree const char **reasons = NULL;
  const char *state;

  return g_variant_lookup (document, "state", "&s", &state) && g_str_equal (state, wanted->situation->state)
         && g_variant_lookup (document, "reasons", "^a&s", &reasons) && reasons[0] && !reasons[1]
         && g_str_equal (reasons[0], wanted->situation->reason);
}

/* Whoever hands it over reads why it is not taken. */
static void
add_refusal (TestBroker *broker, const Situation *situation, const char *add, GString *page)
{
  char *refused = test_command (broker, add, 1);
  char *status = test_command (broker, "status", 0);

  test_assert_has (refused, situation->helps);
  add_screen (broker, add, refused, page);
  add_screen (broker, "status", status, page);
}

static void
add_stop (TestBroker *broker, const Situation *situation, const char *add, GString *page)
{
  g_autofree char *id = g_strchomp (test_command (broker, add, 0));
  const char *short_id = id + strlen (id) - 8;
  g_autofree char *helps = fill (situation->helps, short_id);
  g_autofree char *show = g_strdup_printf ("show %s", short_id);
  g_autofree char *watch = g_strdup_printf ("watch %s", short_id);
  Wanted wanted = { broker, situation, id };
  char *screens[2], *line;

  if (situation->go_on)
    situation->go_on (broker, id);
  test_wait_until (is_there, &wanted, MOST_S);
  screens[0] = test_command (broker, "status", 0);
  screens[1] = test_command (broker, show, 0);
  {
    g_auto (TestCommand) run = test_command_start (broker, watch);

    line = test_command_read_line (&run);
    if (!g_str_equal (situation->state, "failed"))
      g_subprocess_send_signal (run.process, SIGINT);
    g_free (test_command_read_line (&run));
  }
  for (guint i = 0; i < 2; i++)
    test_assert_has (screens[i], helps);
  test_assert_has (line, helps);
  add_screen (broker, "status", screens[0], page);
  add_screen (broker, show, screens[1], page);
  add_screen (broker, watch, line, page);
}

static void
add_situation (const Situation *situation, GString *page)
{
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;
  g_autofree char *add = g_strdup_printf ("add --group case-417 %s", situation->file);
  g_autofree char *helps = fill (situation->helps, "891f25d6");

  g_test_message ("%s", situation->title);
  if (situation->device)
    test_namespace_run ("ip link add %s type veth peer name far && ip addr add 203.0.113.2/24 dev %s && "
                        "ip link set %s up && ip link set far up && ip route add default dev %s",
                        situation->device, situation->device, situation->device, situation->device);
  broker = test_broker_new ();
  path = test_broker_make_file (broker, situation->file, 70000, 1);
  if (situation->fault)
    test_peer_control (broker->peer, situation->fault);
  if (situation->prepare)
    situation->prepare (broker);
  g_string_append_printf (page, "## %s\n\n%s What helps: `%s`\n\n", situation->title, situation->truth, helps);
  if (situation->state)
    add_stop (broker, situation, add, page);
  else
    add_refusal (broker, situation, add, page);
  if (situation->device)
    test_namespace_run ("ip link del %s", situation->device);
}

static void
test_the_screens (void)
{
  const char *write_to = g_getenv ("OUTBOX_SITUATIONS");
  g_autoptr (GString) page = g_string_new (
      "# Situations\n\nWhat a person reads when something is in the way, and the command that helps, which stands on "
      "the screen "
      "itself. These\nscreens are of real runs: the test `situations` compares them with what it sees, and\n\n"
      "    OUTBOX_SITUATIONS=$PWD/docs/situations.md meson test -C build situations\n\nwrites them anew.\n\n");
  g_autofree char *kept = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (situations); i++)
    add_situation (&situations[i], page);
  g_string_truncate (page, page->len - 1);
  if (write_to)
    g_assert_true (g_file_set_contents (write_to, page->str, -1, NULL));
  g_assert_true (g_file_get_contents (g_getenv ("OUTBOX_SITUATIONS_PAGE"), &kept, NULL, NULL));
  g_assert_cmpstr (page->str, ==, kept);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  if (is_inside)
    test_namespace_run ("ip link set lo up");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/situations/the-screens", is_inside ? test_the_screens : test_namespace_skip);

  return g_test_run ();
}
