/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A trial: what the protocol asks the server, and a question to the confirm URL about an upload that nobody has made. Worker
 * thread.
 */
#include "transfer/trial.h"

#include "base/text.h"
#include "transfer/confirm.h"
#include "transfer/protocol.h"

#define WORDS_MAX_CHARS 200

struct _ObTrialNotes
{
  const ObCheckpoints *checkpoints;
  gpointer user_data;
  gboolean is_connected; /* it was noted, */
  gboolean is_encrypted; /* and so was this */
};

void
ob_trial_note (ObTrialNotes *notes, const char *event, const char *words)
{
  g_autofree char *clean = ob_text_dup_clean (words, -1, WORDS_MAX_CHARS);

  notes->checkpoints->noted (event, clean, notes->user_data);
}

/* Through a proxy it is the proxy's address. */
static void
note_address (ObTrialNotes *notes, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (connection, NULL);
  g_autofree char *text = address && G_IS_INET_SOCKET_ADDRESS (address)
                              ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
                              : NULL;

  if (text && !notes->is_connected)
    ob_trial_note (notes, OB_TRIAL_CONNECTED, text);
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

ObAnswer *
ob_trial_send (ObTrialNotes *notes, ObConnection *connection, SoupMessage *message, ObStop *stop)
{
  ObAnswer *answer;

  if (!notes->is_connected)
    g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), notes);
  answer = ob_http_send (connection, message, OB_ANSWER_OPTIONS_MS, G_CANCELLABLE (stop));
  if (!notes->is_encrypted && !answer->error && soup_message_get_tls_peer_certificate (answer->message))
    {
      notes->is_encrypted = TRUE;
      ob_trial_note (notes, OB_TRIAL_ENCRYPTED, get_tls_name (soup_message_get_tls_protocol_version (answer->message)));
    }

  return answer;
}

gboolean
ob_trial_is_about_all (const ObAttemptResult *result)
{
  return result->is_cancelled || result->outcome.verdict == OB_VERDICT_SIGN_IN
         || (result->outcome.verdict == OB_VERDICT_HOLD && result->outcome.reason != OUTBOX_REASON_WRONG_ADDRESS);
}

/* What nobody has made must be unknown: a URL that confirms anything would have files called uploaded that are not, and one that
 * refuses would have them fail. */
static gboolean
try_confirm (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *words = NULL;

  ob_confirm_ask (connection, job, result, stop);
  if (result->is_cancelled)
    return FALSE;
  if (!result->is_done && result->outcome.verdict == OB_VERDICT_NOT_YET)
    {
      ob_trial_note (notes, OB_TRIAL_CONFIRM, "");
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
  const ObProtocol *protocol = ob_protocol_find (job->protocol);
  ObTrialNotes notes = { checkpoints, user_data, FALSE, FALSE };

  /* One that is kept from an upload would say nothing about the way. */
  ob_connection_rest (connection);
  if (!protocol->try_out (connection, job, &notes, result, stop)
      || (job->confirm_url && !try_confirm (connection, job, &notes, result, stop)))
    return;
  result->is_done = TRUE;
}
