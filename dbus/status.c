/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of the status model. Constant data, any thread.
 */
#include "config.h"

#include "dbus/status.h"

#include "dbus/messages.h"

#include <glib/gi18n-lib.h>

G_STATIC_ASSERT (OUTBOX_N_REASONS <= 64);

/* clang-format off */
#define NONE { NULL, NULL }

static const OutboxStateInfo states[OUTBOX_N_STATES] = {
  [OUTBOX_STATE_SAVING] = { "saving", N_ ("Saving"), N_ ("Saving on this device"),
    N_ ("It is being saved on this device. Leave the original in place."), "Bytes are still coming in.",
    N_ ("Copies the file and reports it saved when it is on the disk."),
    N_ ("Leave the original in place until it is saved.") },
  [OUTBOX_STATE_QUEUED] = { "queued", N_ ("Waiting its turn"), N_ ("Saved on this device · waiting its turn"),
    N_ ("It is safe on this device and waits its turn."), "The file is safe on this device and nothing holds it.",
    N_ ("Sends it as soon as a place is free."), N_ ("Nothing needed. You can raise its priority.") },
  [OUTBOX_STATE_UPLOADING] = { "uploading", N_ ("Uploading"), N_ ("Uploading · %u %%"),
    N_ ("It is on its way: %u %% has arrived."), "An attempt runs.",
    N_ ("Sends the rest, from the byte that the server confirmed."), N_ ("Nothing needed. You can pause it.") },
  [OUTBOX_STATE_CONFIRMING] = { "confirming", N_ ("Waiting for the server"),
    N_ ("Uploaded · waiting for the server to confirm"),
    N_ ("The server has all of it and has not confirmed it yet. Until then, the only copy is on this device."),
    "The server has every byte, and has not said yet what the destination promises: see the rungs.",
    N_ ("Asks the server until it confirms or refuses, and keeps its copy until then."),
    N_ ("Nothing needed.") },
  [OUTBOX_STATE_RETRYING] = { "retrying", N_ ("Retrying"), N_ ("Retrying"),
    N_ ("The last attempt failed. It is retried automatically."), "An error that passes by itself.",
    N_ ("Retries at the time shown."), N_ ("Retry now.") },
  [OUTBOX_STATE_PAUSED] = { "paused", N_ ("Paused"), N_ ("Paused"), N_ ("It waits, and is safe on this device."),
    "Something holds it; the reasons say what.", N_ ("Continues when every reason is gone."), N_ ("See the reasons.") },
  [OUTBOX_STATE_FAILED] = { "failed", N_ ("Failed"), N_ ("Failed · tap to retry"),
    N_ ("It needs attention: retry or remove it. The file is kept."), "An error that needs a person. The file is kept.",
    N_ ("Nothing until a person acts."), N_ ("Retry or remove the upload.") },
  [OUTBOX_STATE_DONE] = { "done", N_ ("Uploaded"), N_ ("Uploaded"), N_ ("The server has confirmed it."),
    "The server confirmed that it stored the file.", N_ ("Removes its own copy."), N_ ("Remove it from the list.") },
};

#define QUEUE OUTBOX_SCOPE_QUEUE
#define DESTINATION OUTBOX_SCOPE_DESTINATION
#define LANE OUTBOX_SCOPE_LANE
#define GROUP OUTBOX_SCOPE_GROUP
#define UPLOAD OUTBOX_SCOPE_UPLOAD

static const OutboxReasonInfo reasons[OUTBOX_N_REASONS] = {
  [OUTBOX_REASON_NONE] = { "", "", "", "", NONE, 0, FALSE, "", "" },
  [OUTBOX_REASON_QUEUE] = { "queue", N_ ("Paused · the whole queue is paused"),
    N_ ("The whole queue is paused. It continues when you resume the queue."), N_ ("Queue paused"),
    NP_ ("%u waits for the queue to resume", "%u wait for the queue to resume"), QUEUE, FALSE, N_ ("Waits for the queue to be resumed."),
    N_ ("Resume the queue.") },
  [OUTBOX_REASON_USER] = { "user", N_ ("Paused · by you"), N_ ("You paused it. It continues when you resume it."),
    N_ ("Paused by you"), NP_ ("%u is paused by you", "%u are paused by you"), DESTINATION | GROUP | UPLOAD, FALSE,
    N_ ("Waits until you resume it."), N_ ("Resume it.") },
  [OUTBOX_REASON_STORAGE] = { "storage", N_ ("Paused · this device cannot write to its disk"),
    N_ ("This device cannot write to its disk. What has been saved is kept, and continues when the disk works again."),
    N_ ("Disk trouble"), NP_ ("%u waits for this device's disk", "%u wait for this device's disk"), QUEUE, TRUE,
    N_ ("Takes no new file. Tries the disk again and continues when it can be written."),
    N_ ("Make room on the disk, or repair it; its error is shown.") },
  [OUTBOX_REASON_SIGN_IN] = { "sign-in", N_ ("Paused · sign in to continue"),
    N_ ("The server wants you to sign in. What has arrived there is kept."), N_ ("Sign in to continue"),
    NP_ ("%u waits for you to sign in", "%u wait for you to sign in"), DESTINATION, TRUE,
    N_ ("Waits for new credentials; keeps what the server has."), N_ ("Sign in again.") },
  [OUTBOX_REASON_CREDENTIALS_LOCKED] = { "credentials-locked", N_ ("Paused · unlock your passwords to continue"),
    N_ ("Your passwords are locked. It continues when you unlock them."), N_ ("Passwords locked"),
    NP_ ("%u waits for you to unlock your passwords", "%u wait for you to unlock your passwords"), DESTINATION, TRUE,
    N_ ("Waits until you unlock your passwords."), N_ ("Unlock your passwords, or sign in again.") },
  [OUTBOX_REASON_DESTINATION_FULL] = { "destination-full", N_ ("Paused · the server is full"),
    N_ ("The server has no room left. Make room there, then resume the destination."), N_ ("Server full"),
    NP_ ("%u waits for room on the server", "%u wait for room on the server"), DESTINATION, TRUE,
    N_ ("Waits; sends nothing that the server has no room for."),
    N_ ("Make room on the server, then resume the destination.") },
  [OUTBOX_REASON_NO_DESTINATION] = { "no-destination", N_ ("Paused · its destination is not set up"),
    N_ ("Its destination is not set up on this device. Set it up again, or remove the upload."),
    N_ ("No destination"), NP_ ("%u has no destination", "%u have no destination"), DESTINATION, TRUE,
    N_ ("Waits until the destination is set up again."), N_ ("Set up the destination again, or remove the upload.") },
  [OUTBOX_REASON_LOSING_BYTES] = { "losing-bytes", N_ ("Paused · the server loses what it has confirmed"),
    N_ ("The server has lost what it had confirmed, several times in a row. It is retried, but not often."),
    N_ ("Server loses data"),
    NP_ ("%u waits for a server that loses data", "%u wait for a server that loses data"), DESTINATION, TRUE,
    N_ ("Retries at long intervals; keeps the file."),
    N_ ("Tell whoever runs the server, then resume the destination.") },
  [OUTBOX_REASON_ASK] = { "ask", N_ ("Paused · waiting for your answer"),
    N_ ("It goes over this network only if you agree. Send it now, or let it wait for another network."),
    N_ ("Needs your answer"), NP_ ("%u waits for your answer", "%u wait for your answer"), LANE, TRUE,
    N_ ("Waits for your answer."), N_ ("Send it now, or wait for another network.") },
  [OUTBOX_REASON_SHUTDOWN] = { "shutdown", N_ ("Paused · this device is shutting down"),
    N_ ("This device is shutting down. It continues after the next start."), N_ ("Shutting down"),
    NP_ ("%u waits for the next start", "%u wait for the next start"), QUEUE, FALSE,
    N_ ("Continues after the next start."), N_ ("Nothing needed.") },
  [OUTBOX_REASON_SLEEP] = { "sleep", N_ ("Paused · this device is going to sleep"),
    N_ ("This device is going to sleep. It continues when the device wakes up."), N_ ("Going to sleep"),
    NP_ ("%u waits for this device to wake up", "%u wait for this device to wake up"), QUEUE, FALSE,
    N_ ("Continues when the device wakes up."), N_ ("Nothing needed.") },
  [OUTBOX_REASON_NO_NETWORK] = { "no-network", N_ ("Paused · no network"),
    N_ ("There is no network. It continues automatically when there is one."), N_ ("No network"),
    NP_ ("%u waits for a network", "%u wait for a network"), LANE, FALSE, N_ ("Continues when there is a network."),
    N_ ("Connect to a network.") },
  [OUTBOX_REASON_CAPTIVE_PORTAL] = { "captive-portal", N_ ("Paused · sign in to this network"),
    N_ ("This network wants you to sign in first. Open its sign-in page."), N_ ("Network sign-in"),
    NP_ ("%u waits for you to sign in to this network", "%u wait for you to sign in to this network"),
    LANE | DESTINATION, FALSE, N_ ("Continues when the network lets traffic through."), N_ ("Open the network's sign-in page.") },
  [OUTBOX_REASON_PROXY] = { "proxy", N_ ("Paused · the proxy of this network refuses access"),
    N_ ("The proxy of this network requires a sign-in. It continues automatically when the proxy lets it through."),
    N_ ("Proxy refuses access"), NP_ ("%u waits for the proxy", "%u wait for the proxy"), DESTINATION, FALSE,
    N_ ("Retries with one upload, and continues when the proxy lets it through."),
    N_ ("Set up the proxy with its sign-in, or change the network.") },
  [OUTBOX_REASON_CERTIFICATE] = { "certificate", N_ ("Paused · the server's identity could not be verified"),
    N_ ("The server's identity could not be verified, and nothing is sent to it. It continues automatically once it is verified."),
    N_ ("Server not verified"),
    NP_ ("%u waits for a server that can be verified", "%u wait for a server that can be verified"), DESTINATION, FALSE,
    N_ ("Sends nothing to that server; checks its certificate again."),
    N_ ("Sign in to this network, set the clock, or have the certificate replaced.") },
  [OUTBOX_REASON_WRONG_ADDRESS] = { "wrong-address", N_ ("Paused · no upload server answers at that address"),
    N_ ("What answers at the destination's address is not its upload server. It continues automatically when the server is back."),
    N_ ("Wrong address"),
    NP_ ("%u waits for the server at its address", "%u wait for the server at its address"), DESTINATION, FALSE,
    N_ ("Retries with one upload, and continues when the server is back."),
    N_ ("Check the destination's URL, or wait until the server is back.") },
  [OUTBOX_REASON_WAIT_WIFI] = { "wait-wifi", N_ ("Paused · waiting for Wi-Fi"),
    N_ ("It waits for Wi-Fi and continues automatically. You can also send it now."), N_ ("Waiting for Wi-Fi"),
    NP_ ("%u waits for Wi-Fi", "%u wait for Wi-Fi"), LANE, FALSE, N_ ("Continues when there is Wi-Fi."),
    N_ ("Connect to Wi-Fi, or send it now.") },
  [OUTBOX_REASON_WAIT_NETWORK] = { "wait-network", N_ ("Paused · waiting for another network"),
    N_ ("It may not go over this network. It continues automatically on another, or you can send it now."),
    N_ ("Needs another network"), NP_ ("%u waits for another network", "%u wait for another network"), LANE, FALSE,
    N_ ("Continues when there is a network that its rule allows."), N_ ("Change the network, or send it now.") },
  [OUTBOX_REASON_WAIT_UNMETERED] = { "wait-unmetered", N_ ("Paused · waiting for a network without a data limit"),
    N_ ("It waits for a network without a data limit and continues automatically. You can also send it now."),
    N_ ("Network has a data limit"),
    NP_ ("%u waits for a network without a data limit", "%u wait for a network without a data limit"), LANE, FALSE,
    N_ ("Continues on a network without a data limit."), N_ ("Change the network, or send it now.") },
  [OUTBOX_REASON_ROAMING] = { "roaming", N_ ("Paused · roaming"),
    N_ ("It is not sent while roaming and continues automatically on another network. You can also send it now."),
    N_ ("Roaming"), NP_ ("%u waits until roaming ends", "%u wait until roaming ends"), LANE, FALSE,
    N_ ("Continues on a network without roaming."), N_ ("Change the network, or send it now.") },
  [OUTBOX_REASON_BATTERY] = { "battery", N_ ("Paused · saving battery"),
    N_ ("It waits to save the battery and continues automatically. Plug in the device, turn off power saver, or send it now."),
    N_ ("Saving battery"), NP_ ("%u waits to save the battery", "%u wait to save the battery"), LANE, FALSE,
    N_ ("Continues when the device is plugged in or charged, and power saver is off."), N_ ("Plug in the device or turn off power saver, or send it now.") },
  [OUTBOX_REASON_SCHEDULE] = { "schedule", N_ ("Paused · outside allowed hours"),
    N_ ("It waits for the hours that its rule allows and continues automatically. You can also send it now."), N_ ("Outside allowed hours"),
    NP_ ("%u waits for its allowed hours", "%u wait for their allowed hours"), LANE, FALSE,
    N_ ("Continues at the time shown."), N_ ("Send it now.") },
  [OUTBOX_REASON_DATA_BUDGET] = { "data-budget", N_ ("Paused · this month's data allowance is used up"),
    N_ ("This month's data allowance is used up. It continues on a network without a data limit, or next month. You can also send it now."),
    N_ ("Data allowance used up"), NP_ ("%u waits for more data allowance", "%u wait for more data allowance"), LANE, FALSE,
    N_ ("Continues on a network without a data limit, or next month."), N_ ("Change the network, or send it now.") },
  [OUTBOX_REASON_FORM_FIRST] = { "form-first", N_ ("Paused · its form goes first"),
    N_ ("The form of its group goes first. It follows when the form has arrived."), N_ ("Form goes first"),
    NP_ ("%u waits for the form", "%u wait for the form"), GROUP, FALSE, N_ ("Continues when the form has arrived."),
    N_ ("Check the form.") },
  [OUTBOX_REASON_NOT_BEFORE] = { "not-before", N_ ("Paused · waiting for its set time"),
    N_ ("It waits for the time that was set for it. You can also send it now."), N_ ("Outside allowed hours"),
    NP_ ("%u waits for its set time", "%u wait for their set times"), UPLOAD, FALSE, N_ ("Continues at the time shown."),
    N_ ("Send it now.") },
  [OUTBOX_REASON_RETRYING] = { "retrying", N_ ("Retrying"), N_ ("The last attempt failed. It is retried automatically."),
    N_ ("Retrying"), NP_ ("%u waits for the next attempt", "%u wait for the next attempt"), DESTINATION | UPLOAD, FALSE,
    N_ ("Retries at the time shown."), N_ ("Retry now.") },
  [OUTBOX_REASON_NOT_CONFIRMED_YET] = { "not-confirmed-yet", N_ ("Uploaded · waiting for the server to confirm"),
    N_ ("The server has all of it and has not confirmed it yet. Until then, the only copy is on this device."), N_ ("Waiting for the server"),
    NP_ ("%u waits for the server to confirm", "%u wait for the server to confirm"), 0, FALSE,
    N_ ("Asks the server again at the time shown, and keeps its copy until then."), N_ ("Retry to ask again now.") },
  [OUTBOX_REASON_SERVER_WORKING] = { "server-working", N_ ("Uploaded · the server is still processing it"),
    N_ ("The server has all of it and is still processing it. Until it is done, the only copy is on this device."), N_ ("Server processing"),
    NP_ ("%u is still being processed by the server", "%u are still being processed by the server"), 0, FALSE,
    N_ ("Asks the server again at the time shown; sends nothing again."), N_ ("Nothing needed. Retry to ask again now.") },
  [OUTBOX_REASON_REJECTED] = { "rejected", N_ ("Failed · the server refused it"),
    N_ ("The server refused it. The file is kept: read the server's message, then retry or remove it."), N_ ("Refused"),
    NONE, 0, TRUE, N_ ("Keeps the file."), N_ ("Read the server's message, then retry or remove the upload.") },
  [OUTBOX_REASON_TOO_LARGE] = { "too-large", N_ ("Failed · too large for the server"),
    N_ ("It is too large for the server. The file is kept: raise the server's limit and retry, or remove the upload."),
    N_ ("Too large"), NONE, 0, TRUE, N_ ("Keeps the file."),
    N_ ("Raise the server's limit and retry, or remove the upload.") },
  [OUTBOX_REASON_FILE_MISSING] = { "file-missing", N_ ("Failed · the saved copy is missing"),
    N_ ("The saved copy is missing on this device. Add the file again."), N_ ("Copy missing"), NONE, 0, TRUE,
    N_ ("Keeps what is known of it."), N_ ("Add the file again.") },
  [OUTBOX_REASON_FILE_CHANGED] = { "file-changed", N_ ("Failed · the saved copy was damaged"),
    N_ ("The saved copy was damaged, and nothing of it is sent. Add the file again."), N_ ("Copy damaged"),
    NONE, 0, TRUE, N_ ("Sends nothing of it; keeps the copy."), N_ ("Add the file again.") },
  [OUTBOX_REASON_NOT_ATTACHED] = { "not-attached", N_ ("Failed · uploaded, but not attached to its record"),
    N_ ("The server has the file, but did not attach it to its record. Retry to ask the server again."),
    N_ ("Not attached"), NONE, 0, TRUE, N_ ("Keeps the file."),
    N_ ("Read the server's message. Retry to ask the server again.") },
  [OUTBOX_REASON_GONE] = { "gone", N_ ("Failed · no longer on the server"),
    N_ ("The server had confirmed it and no longer has it as it was added. It is sent again only if you retry."),
    N_ ("No longer there"), NONE, 0, TRUE, N_ ("Sends nothing again automatically."),
    N_ ("Retry to send its copy again if this device still has one, or remove the upload.") },
  [OUTBOX_REASON_GAVE_UP] = { "gave-up", N_ ("Failed · no progress for too long"),
    N_ ("There was no progress for too long. The file is kept: retry when the server can be reached."),
    N_ ("No progress"), NONE, 0, TRUE, N_ ("Keeps the file."), N_ ("Retry.") },
  [OUTBOX_REASON_RECORDING] = { "recording", N_ ("Recording on this device"),
    N_ ("An app is recording it on this device. It is sent when the app has finished it."), N_ ("Recording"), NONE, 0, FALSE,
    N_ ("Sends nothing of it before its app has finished it."), N_ ("Nothing needed. You can finish it in its app.") },
  [OUTBOX_REASON_UNFINISHED] = { "unfinished", N_ ("Not finished · its app has stopped"),
    N_ ("The app that recorded it stopped without finishing it. What it recorded is kept on this device: send it as it is, or remove it."),
    N_ ("Not finished"), NONE, 0, TRUE, N_ ("Keeps what was recorded, and sends nothing of it."),
    N_ ("Send it as it is (outbox commit), or remove it.") },
};

/* What has been "uploaded" without more is a receipt of a version that did not note its rung. */
static const OutboxRungInfo rungs[OUTBOX_N_RUNGS] = {
  [OUTBOX_RUNG_NONE] = { "", N_ ("Uploaded"), N_ ("The server has confirmed it."), N_ ("Uploaded"), "" },
  [OUTBOX_RUNG_STORED] = { "stored", N_ ("Uploaded · stored on the server"),
    N_ ("The server has confirmed that it has stored all of it."), N_ ("Uploaded · stored"),
    "The server says that it has stored every byte." },
  [OUTBOX_RUNG_DIGEST] = { "digest", N_ ("Uploaded · every byte checked"),
    N_ ("The server has stored it, and every byte is what was added."), N_ ("Uploaded · checked"),
    "What the server has stored has the digest of what was handed over." },
  [OUTBOX_RUNG_ATTACHED] = { "attached", N_ ("Uploaded · attached to its record"),
    N_ ("The server has stored it and attached it to its record."), N_ ("Uploaded · attached"),
    "The server has attached it to its record." },
};
/* No broker of this version has it: a client's word for a state of a newer one. */
static const OutboxStateInfo unknown_state = {
  "unknown", N_ ("Unknown to this version"), N_ ("Unknown to this version"),
  N_ ("The service is newer than this program, and tells of a state that this program does not know."),
  "A newer broker tells of a state that this version does not know.", N_ ("Unknown to this version"),
  N_ ("The service is newer than this program, and tells of a state that this program does not know."),
};
/* clang-format on */

const OutboxRungInfo *
outbox_rung_get_info (OutboxRung rung)
{
  return &rungs[(guint) rung < OUTBOX_N_RUNGS ? rung : OUTBOX_RUNG_NONE];
}

OutboxRung
outbox_rung_from_name (const char *name)
{
  for (guint i = 1; name && i < OUTBOX_N_RUNGS; i++)
    if (g_str_equal (rungs[i].name, name))
      return i;

  return OUTBOX_RUNG_NONE;
}

const OutboxStateInfo *
outbox_state_get_info (OutboxState state)
{
  return (guint) state < OUTBOX_N_STATES ? &states[state] : &unknown_state;
}

const OutboxReasonInfo *
outbox_reason_get_info (OutboxReason reason)
{
  return &reasons[(guint) reason < OUTBOX_N_REASONS ? reason : OUTBOX_REASON_NONE];
}

const char *
outbox_scope_get_name (OutboxScope scope)
{
  switch (scope)
    {
    case OUTBOX_SCOPE_QUEUE:
      return "queue";
    case OUTBOX_SCOPE_DESTINATION:
      return "destination";
    case OUTBOX_SCOPE_LANE:
      return "lane";
    case OUTBOX_SCOPE_GROUP:
      return "group";
    case OUTBOX_SCOPE_UPLOAD:
      return "upload";
    case OUTBOX_SCOPE_NONE:
    default:
      return "";
    }
}

gboolean
outbox_state_from_name (const char *name, OutboxState *state)
{
  for (guint i = 0; name && i < OUTBOX_N_STATES; i++)
    if (g_str_equal (name, states[i].name))
      {
        *state = i;
        return TRUE;
      }

  return FALSE;
}

OutboxReason
outbox_reason_from_name (const char *name)
{
  for (guint i = 1; name && i < OUTBOX_N_REASONS; i++)
    if (g_str_equal (name, reasons[i].name))
      return i;

  return OUTBOX_REASON_NONE;
}

OutboxReason
outbox_reasons_get_first (OutboxReasonSet reasons)
{
  OutboxReason reason = OUTBOX_REASON_NONE;

  while (reasons != 0 && !(reasons & OUTBOX_REASON_BIT (reason)))
    reason++;

  return reason;
}

char *
outbox_reasons_to_names (OutboxReasonSet set)
{
  GString *names = g_string_new (NULL);

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (set & OUTBOX_REASON_BIT (i))
      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", reasons[i].name);

  return g_string_free (names, FALSE);
}

OutboxReasonSet
outbox_reasons_from_names (const char *names)
{
  g_auto (GStrv) words = g_strsplit (names ? names : "", " ", -1);
  OutboxReasonSet set = 0;

  for (guint i = 0; words[i]; i++)
    set |= OUTBOX_REASON_BIT (outbox_reason_from_name (words[i]));

  return set & ~(OUTBOX_REASON_BIT (OUTBOX_REASON_NONE));
}
