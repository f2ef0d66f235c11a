/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination sign-in: the secret comes from a prompt that shows nothing, or from standard input, and leaves by a pipe.
 * It is in no argument, no environment and no message of the bus, and is overwritten here once it is written.
 */
#include "sign-in.h"

#include "print.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MOST_BYTES (64 * 1024)

/* A secret, and its end. */
typedef struct
{
  char bytes[MOST_BYTES + 2];
  gsize size_bytes;
} Secret;

static void
secret_free (Secret *secret)
{
  explicit_bzero (secret, sizeof *secret);
  g_free (secret);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Secret, secret_free)

/* --- It comes in --- */

static volatile sig_atomic_t stopped_by;

static void
on_stop (int number)
{
  stopped_by = number;
}

/* Reads up to @most bytes, at most a line of it. Returns: FALSE on an error, or where a signal came */
static gboolean
read_secret (Secret *secret, gboolean is_line)
{
  gssize got = 1;

  while (got > 0 && secret->size_bytes <= MOST_BYTES && !(is_line && memchr (secret->bytes, '\n', secret->size_bytes)))
    {
      got = read (STDIN_FILENO, secret->bytes + secret->size_bytes, MOST_BYTES + 1 - secret->size_bytes);
      if (got < 0 && errno == EINTR && stopped_by == 0)
        got = 1;
      else
        secret->size_bytes += (gsize) MAX (got, 0);
    }

  return got >= 0;
}

/* The terminal shows what is typed again, also after Ctrl-C. */
static gboolean
prompt (const char *name, Secret *secret)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
  struct sigaction action = { .sa_handler = on_stop }, old[G_N_ELEMENTS (signals)];
  struct termios shown, hidden;
  gboolean is_good;

  if (tcgetattr (STDIN_FILENO, &shown) != 0)
    return FALSE;
  g_printerr (_ ("Token or password for %s (it is not shown): "), name);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    (void) sigaction (signals[i], &action, &old[i]);
  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t) (ECHO | ECHONL);
  (void) tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
  is_good = read_secret (secret, TRUE);
  (void) tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    (void) sigaction (signals[i], &old[i], NULL);
  g_printerr ("\n");
  if (stopped_by != 0)
    {
      (void) raise (stopped_by);
      errno = EINTR;
    }

  return is_good;
}

/* --- It goes out --- */

static char *
dup_json_text (const char *text)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_VALUE);
  char *json;

  json_node_set_string (node, text);
  json = json_to_string (node, FALSE);
  explicit_bzero ((char *) json_node_get_string (node), strlen (text));

  return json;
}

/* A password or a header's value is put into JSON. Returns: (transfer full): text, to be overwritten */
static char *
dup_sent (Secret *secret, const char *user, const char *header, gboolean has_certificate)
{
  g_autofree char *name = user || header ? dup_json_text (user ? user : header) : NULL;
  char *value, *sent;

  secret->bytes[secret->size_bytes] = '\0';
  if (!name)
    return g_strdup (secret->bytes);
  secret->bytes[strcspn (secret->bytes, "\r\n")] = '\0';
  value = dup_json_text (secret->bytes);
  sent = g_strdup_printf (user ? "{\"kind\":\"basic\",\"username\":%s,\"password\":%s,\"certificate\":%s}"
                               : "{\"kind\":\"header\",\"name\":%s,\"value\":%s,\"certificate\":%s}",
                          name, value, has_certificate ? "true" : "false");
  explicit_bzero (value, strlen (value));
  g_free (value);

  return sent;
}

/* Whoever does not want the secret any more closes the other end. */
static void
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize written = write (fd, text, left);

      if (written < 0 && errno != EINTR)
        return;
      text += MAX (written, 0);
      left -= (gsize) MAX (written, 0);
    }
}

/* The call is under way while the secret is written: a pipe may have room for a part of it only. */
gboolean
cli_sign_in_send (OutboxClient *client, const char *name, const char *secret, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  int ends[2];

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return FALSE;
  outbox_client_sign_in_async (client, name, ends[0], NULL, cli_on_result, &result);
  (void) close (ends[0]);
  write_all (ends[1], secret);
  (void) close (ends[1]);
  cli_wait_for_result (&result);

  return outbox_client_sign_in_finish (client, result, error);
}

/* Returns: whether there is a secret; if not, it was said why */
static gboolean
take_secret (const char *name, Secret *secret)
{
  if (!(isatty (STDIN_FILENO) ? prompt (name, secret) : read_secret (secret, FALSE)))
    g_printerr (_ ("The secret cannot be read: %s\n"), g_strerror (errno));
  else if (secret->size_bytes > MOST_BYTES)
    g_printerr ("%s\n", _ ("The secret has more than 64 KiB."));
  else
    {
      (void) signal (SIGPIPE, SIG_IGN);
      return TRUE;
    }

  return FALSE;
}

static void
wipe (char *sent)
{
  explicit_bzero (sent, strlen (sent));
  g_free (sent);
}

/* Returns: the exit code */
static int
hand_over (const char *name, const char *sent)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);

  if (!client || !cli_sign_in_send (client, name, sent, &error))
    return cli_fail (error);
  g_print ("%s\n", _ ("Signed in. What waited for that continues."));

  return CLI_DONE;
}

int
cli_sign_in (const char *name, const char *user, const char *header, gboolean has_certificate)
{
  g_autoptr (Secret) secret = g_new0 (Secret, 1);
  int exit_code;
  char *sent;

  if (!take_secret (name, secret))
    return CLI_FAILED;
  sent = dup_sent (secret, user, header, has_certificate);
  exit_code = hand_over (name, sent);
  wipe (sent);

  return exit_code;
}

int
cli_sign_in_client (const char *name, gboolean has_page)
{
  g_autoptr (Secret) secret = g_new0 (Secret, 1);
  int exit_code;
  char *value, *sent;

  if (!take_secret (name, secret))
    return CLI_FAILED;
  secret->bytes[secret->size_bytes] = '\0';
  secret->bytes[strcspn (secret->bytes, "\r\n")] = '\0';
  value = dup_json_text (secret->bytes);
  sent = g_strdup_printf ("{\"kind\":\"oauth2\",\"client_secret\":%s}", value);
  wipe (value);
  exit_code = has_page ? cli_sign_in_page (name, sent) : hand_over (name, sent);
  wipe (sent);

  return exit_code;
}

int
cli_sign_in_by_file (const char *name, const char *kind, gboolean has_certificate)
{
  g_autofree char *sent = g_strdup_printf ("{\"kind\":\"%s\"%s}", kind, has_certificate ? ",\"certificate\":true" : "");

  (void) signal (SIGPIPE, SIG_IGN);

  return hand_over (name, sent);
}
