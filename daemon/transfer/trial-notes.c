/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells what a trial finds on the way: the address, TLS, and what the protocol itself notes. Worker thread.
 */
#include "transfer/trial-notes.h"

#include "base/text.h"

#define WORDS_MAX_CHARS 200

struct _ObTrialNotes
{
  const ObCheckpoints *checkpoints; /* not owned; called with @user_data */
  gpointer user_data;
  gboolean is_connected; /* the address is noted */
  gboolean is_encrypted; /* the version of TLS is noted */
};

ObTrialNotes *
ob_trial_notes_new (const ObCheckpoints *checkpoints, gpointer user_data)
{
  ObTrialNotes *notes = g_new0 (ObTrialNotes, 1);

  notes->checkpoints = checkpoints;
  notes->user_data = user_data;

  return notes;
}

void
ob_trial_notes_free (ObTrialNotes *notes)
{
  g_free (notes);
}

void
ob_trial_note (ObTrialNotes *notes, const char *event, const char *words)
{
  g_autofree char *clean = ob_text_dup_clean (words, -1, WORDS_MAX_CHARS);

  notes->checkpoints->noted (event, clean, notes->user_data);
}

/* Behind a proxy this is the proxy's address. */
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
