/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A trial: OPTIONS, HEAD of an upload that nobody has made, and a question to the confirm URL about it. Worker thread.
 */
#include "transfer/trial.h"

#include "base/text.h"
#include "transfer/confirm.h"
#include "transfer/tus-server.h"

#define WORDS_MAX_CHARS 200

typedef struct
{
  const ObCheckpoints *checkpoints;
  gpointer user_data;
  gboolean is_connected; /* it was noted */
} Notes;

static void
note (Notes *notes, const char *event, const char *words)
{
  g_autofree char *clean = ob_text_dup_clean (words, -1, WORDS_MAX_CHARS);

  notes->checkpoints->noted (event, clean, notes->user_data);
}

/* Through a proxy it is the proxy's address. */
static void
note_address (Notes *notes, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (connection, NULL);
  g_autofree char *text = address && G_IS_INET_SOCKET_ADDRESS (address)
                              ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
                              : NULL;

  if (text && !notes->is_connected)
    note (notes, OB_TRIAL_CONNECTED, text);
  notes->is_connected = TRUE;
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer user_data)
{
  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (stream))
    note_address (user_data, G_SOCKET_CONNECTION (stream));
}

static const char *
get_tls_name (GTlsProtocolVersion version)
{
  switch (version)
    {
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      return "TLS 1.2";
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      return "TLS 1.3";
    default:
      return "TLS";
    }
}

static ObAnswer *
ask (ObConnection *connection, const char *method, const char *url, const ObJob *job, Notes *notes,
     ObAttemptResult *result, ObStop *stop)
{
  SoupMessage *message = ob_tus_message_new (method, url, job, result);

  if (!message)
    return NULL;
  if (!notes->is_connected)
    g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), notes);

  return ob_http_send (connection, message, OB_ANSWER_OPTIONS_MS, G_CANCELLABLE (stop));
}

char *
ob_trial_dup_url (const char *url, const char *id)
{
  gsize path_bytes = strcspn (url, "?#");
  gboolean has_slash = path_bytes > 0 && url[path_bytes - 1] == '/';

  return g_strdup_printf ("%.*s%s%s%s", (int) path_bytes, url, has_slash ? "" : "/", id, url + path_bytes);
}

/* Many servers and proxies let everybody ask for OPTIONS, as browsers do before they sign in; an upload is not for everybody.
 * Returns: whether the answer to the second question says that it is the server's own. */
static gboolean
look (ObConnection *connection, const ObJob *job, Notes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_trial_dup_url (job->url, job->id);
  g_autoptr (ObAnswer) answer = ask (connection, "HEAD", url, job, notes, result, stop);

  if (!answer || !ob_tus_judge (answer, OB_STAGE_LOOK, result))
    return FALSE;

  return result->outcome.verdict == OB_VERDICT_GONE;
}

/* Of all that a server may say of an upload that it does not know, only this is about every upload. */
static gboolean
is_about_all (const ObAttemptResult *result)
{
  return result->is_cancelled || result->outcome.verdict == OB_VERDICT_SIGN_IN
         || (result->outcome.verdict == OB_VERDICT_HOLD && result->outcome.reason != OUTBOX_REASON_WRONG_ADDRESS);
}

static void
take_over (ObAttemptResult *result, const ObAttemptResult *from)
{
  ob_result_set (result, from->outcome.verdict, from->outcome.reason, from->code, from->message);
  result->outcome = from->outcome;
  result->is_cancelled = from->is_cancelled;
}

static void
note_protocol (Notes *notes, const ObAnswer *answer)
{
  const char *extensions = ob_answer_get_header (answer, "Tus-Extension");
  g_auto (GStrv) list = g_strsplit (extensions ? extensions : "", ",", 20);
  g_autofree char *all = g_strjoinv (", ", list);
  g_autofree char *words = g_strdup_printf ("tus 1.0.0%s%s", *all ? ": " : "", all);
  g_autofree char *size = NULL;
  guint64 max_bytes;

  note (notes, OB_TRIAL_PROTOCOL, words);
  if (!ob_answer_get_number (answer, "Tus-Max-Size", &max_bytes) || max_bytes == 0)
    return;
  size = g_strdup_printf ("%" G_GUINT64_FORMAT, max_bytes);
  note (notes, OB_TRIAL_MAX_SIZE, size);
}

static gboolean
is_method_refused (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  return status == SOUP_STATUS_METHOD_NOT_ALLOWED || status == SOUP_STATUS_NOT_IMPLEMENTED;
}

/* An upload goes on without an answer to OPTIONS, and something on the way may refuse it that lets an upload through: then the
 * second question tells. */
static gboolean
try_protocol (ObConnection *connection, const ObJob *job, Notes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autoptr (ObAttemptResult) looked = ob_attempt_result_new ();
  g_autoptr (ObAnswer) answer = ask (connection, "OPTIONS", job->url, job, notes, result, stop);
  gboolean is_own, is_refused, is_known;

  if (!answer)
    return FALSE;
  if (!answer->error && soup_message_get_tls_peer_certificate (answer->message))
    note (notes, OB_TRIAL_ENCRYPTED, get_tls_name (soup_message_get_tls_protocol_version (answer->message)));
  if (!answer->error && ob_tus_is_of_other_version (answer, result))
    return FALSE;
  is_refused = ob_tus_judge (answer, OB_STAGE_CREATE, result);
  if (answer->error)
    return FALSE;
  is_own
      = ob_answer_get_header (answer, "Tus-Version") || (is_refused && ob_answer_get_header (answer, "Tus-Resumable"));
  if (is_refused && is_own && !is_method_refused (answer))
    return FALSE;
  looked->has_credentials = result->has_credentials;
  is_known = look (connection, job, notes, looked, stop);
  if (is_about_all (looked))
    take_over (result, looked);
  else if (is_known || (is_own && !is_refused))
    {
      note_protocol (notes, answer);
      return TRUE;
    }
  else if (!is_refused)
    ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "wrong-address",
                   "Something that is no tus server answered");

  return FALSE;
}

/* What nobody has made must be unknown: a URL that confirms anything would have files called uploaded that are not, and one that
 * refuses would have them fail. */
static gboolean
try_confirm (ObConnection *connection, const ObJob *job, Notes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *words = NULL;

  ob_confirm_ask (connection, job, result, stop);
  if (result->is_cancelled)
    return FALSE;
  if (!result->is_done && result->outcome.verdict == OB_VERDICT_NOT_YET)
    {
      note (notes, OB_TRIAL_CONFIRM, "");
      return TRUE;
    }
  words = result->is_done ? g_strdup ("The confirm URL confirms an upload that nobody has made")
                          : g_strdup_printf ("The confirm URL, asked for an upload that nobody has made: %s",
                                             result->message ? result->message : "");
  if (result->is_done)
    ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, "confirms-all", words);
  else
    {
      g_free (result->message);
      result->message = g_steal_pointer (&words);
    }
  result->is_done = FALSE;

  return FALSE;
}

void
ob_trial_run (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
              ObAttemptResult *result, ObStop *stop)
{
  Notes notes = { checkpoints, user_data, FALSE };

  /* One that is kept from an upload would say nothing about the way. */
  ob_connection_rest (connection);
  if (!try_protocol (connection, job, &notes, result, stop)
      || (job->confirm_url && !try_confirm (connection, job, &notes, result, stop)))
    return;
  result->is_done = TRUE;
}
