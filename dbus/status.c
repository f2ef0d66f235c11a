/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of the status model and the label function. Constant data, any thread.
 */
#include "config.h"

#include "dbus/status.h"

#include <glib/gi18n-lib.h>

/* clang-format off */
static const OutboxStateInfo states[OUTBOX_N_STATES] = {
  [OUTBOX_STATE_SAVING] = { "saving", N_ ("Saving on this device"), "Bytes are still coming in.",
                            "Copies the file and reports it saved when it is on the disk.",
                            "Leave the source in place until it is saved." },
  [OUTBOX_STATE_QUEUED] = { "queued", N_ ("Saved on this device · waiting its turn"),
                            "The file is safe on this device and nothing holds it.",
                            "Sends it as soon as a place is free.", "Nothing; or raise its priority." },
  [OUTBOX_STATE_UPLOADING] = { "uploading", N_ ("Uploading · %u %%"), "An attempt runs.",
                               "Sends the rest, from the byte that the server confirmed.", "Nothing; or pause it." },
  [OUTBOX_STATE_CONFIRMING] = { "confirming", N_ ("Uploaded · waiting for the server to confirm"),
                                "The server has every byte and has not confirmed yet.",
                                "Asks the server until it confirms or refuses.", "Nothing." },
  [OUTBOX_STATE_RETRYING] = { "retrying", N_ ("Retrying"), "An error that passes by itself.",
                              "Tries again at the time shown.", "Retry now." },
  [OUTBOX_STATE_PAUSED] = { "paused", N_ ("Paused"), "Something holds it; the reasons say what.",
                            "Goes on when every reason is gone.", "See the reasons." },
  [OUTBOX_STATE_FAILED] = { "failed", N_ ("Failed · tap to retry"), "An error that needs a person. The file is kept.",
                            "Nothing until a person acts.", "Retry or remove it." },
  [OUTBOX_STATE_DONE] = { "done", N_ ("Uploaded"), "The server confirmed that it stored the file.",
                          "Removes its own copy.", "Remove it from the list." },
};

#define QUEUE OUTBOX_SCOPE_QUEUE
#define DESTINATION OUTBOX_SCOPE_DESTINATION
#define LANE OUTBOX_SCOPE_LANE
#define GROUP OUTBOX_SCOPE_GROUP
#define UPLOAD OUTBOX_SCOPE_UPLOAD

static const OutboxReasonInfo reasons[OUTBOX_N_REASONS] = {
  [OUTBOX_REASON_NONE] = { "", "", 0, FALSE, "", "" },
  [OUTBOX_REASON_QUEUE] = { "queue", N_ ("Paused · the whole queue is paused"), QUEUE, FALSE,
                            "Waits for the queue to be resumed.", "Resume the queue." },
  [OUTBOX_REASON_USER] = { "user", N_ ("Paused · by you"), DESTINATION | GROUP | UPLOAD, FALSE,
                           "Waits to be resumed.", "Resume it." },
  [OUTBOX_REASON_SIGN_IN] = { "sign-in", N_ ("Paused · sign in to continue"), DESTINATION, TRUE,
                              "Waits for new credentials; keeps what the server has.", "Sign in again." },
  [OUTBOX_REASON_CREDENTIALS_LOCKED] = { "credentials-locked", N_ ("Paused · unlock your passwords to continue"),
                                         DESTINATION, TRUE, "Waits until the keyring is open.",
                                         "Unlock the keyring." },
  [OUTBOX_REASON_DESTINATION_FULL] = { "destination-full", N_ ("Paused · the server is full"), DESTINATION, TRUE,
                                       "Waits; sends nothing that the server has no room for.",
                                       "Make room at the server, then resume the destination." },
  [OUTBOX_REASON_NO_DESTINATION] = { "no-destination", N_ ("Paused · its destination is not set up"), DESTINATION, TRUE,
                                     "Waits until the destination is there again.",
                                     "Set the destination again, or remove it." },
  [OUTBOX_REASON_ASK] = { "ask", N_ ("Paused · waiting for your answer"), LANE, TRUE, "Waits for an answer.",
                          "Send it now, or wait for another network." },
  [OUTBOX_REASON_SHUTDOWN] = { "shutdown", N_ ("Paused · this device is shutting down"), QUEUE, FALSE,
                               "Goes on after the next start.", "Nothing." },
  [OUTBOX_REASON_SLEEP] = { "sleep", N_ ("Paused · this device is going to sleep"), QUEUE, FALSE,
                            "Goes on at wake-up.", "Nothing." },
  [OUTBOX_REASON_NO_NETWORK] = { "no-network", N_ ("Paused · no signal"), LANE, FALSE,
                                 "Goes on when there is a network.", "Connect to a network." },
  [OUTBOX_REASON_CAPTIVE_PORTAL] = { "captive-portal", N_ ("Paused · sign in to this network"), LANE, FALSE,
                                     "Goes on when the network lets traffic through.",
                                     "Open the network's sign-in page." },
  [OUTBOX_REASON_WAIT_WIFI] = { "wait-wifi", N_ ("Paused · waiting for Wi-Fi"), LANE, FALSE,
                                "Goes on when there is Wi-Fi.", "Connect to Wi-Fi, or send it now." },
  [OUTBOX_REASON_WAIT_UNMETERED] = { "wait-unmetered", N_ ("Paused · waiting for a network without a data limit"),
                                     LANE, FALSE, "Goes on when a network is not metered.",
                                     "Change the network, or send it now." },
  [OUTBOX_REASON_BATTERY] = { "battery", N_ ("Paused · battery low"), LANE, FALSE,
                              "Goes on when there is power again.", "Plug in the device, or send it now." },
  [OUTBOX_REASON_SCHEDULE] = { "schedule", N_ ("Paused · waiting for its time of day"), LANE, FALSE,
                               "Goes on at the time shown.", "Send it now." },
  [OUTBOX_REASON_DATA_BUDGET] = { "data-budget", N_ ("Paused · this month's mobile data is used up"), LANE, FALSE,
                                  "Goes on without a data limit, or next month.",
                                  "Change the network, or send it now." },
  [OUTBOX_REASON_FORM_FIRST] = { "form-first", N_ ("Paused · its form goes first"), GROUP, FALSE,
                                 "Goes on when the form has arrived.", "Look at the form." },
  [OUTBOX_REASON_NOT_BEFORE] = { "not-before", N_ ("Paused · waiting for its time"), UPLOAD, FALSE,
                                 "Goes on at the time shown.", "Send it now." },
  [OUTBOX_REASON_RETRYING] = { "retrying", N_ ("Retrying"), DESTINATION | UPLOAD, FALSE,
                               "Tries again at the time shown.", "Retry now." },
  [OUTBOX_REASON_NOT_CONFIRMED_YET] = { "not-confirmed-yet", N_ ("Uploaded · waiting for the server to confirm"), 0,
                                        FALSE, "Asks the server again at the time shown.", "Ask again now: retry." },
  [OUTBOX_REASON_REJECTED] = { "rejected", N_ ("Failed · the server refused it"), 0, TRUE, "Keeps the file.",
                               "Read the server's words; retry or remove it." },
  [OUTBOX_REASON_TOO_LARGE] = { "too-large", N_ ("Failed · too large for the server"), 0, TRUE, "Keeps the file.",
                                "Raise the server's limit and retry, or remove it." },
  [OUTBOX_REASON_FILE_MISSING] = { "file-missing", N_ ("Failed · the saved copy is missing"), 0, TRUE,
                                   "Keeps what is known of it.", "Hand the file over again." },
  [OUTBOX_REASON_FILE_CHANGED] = { "file-changed", N_ ("Failed · the saved copy was damaged"), 0, TRUE,
                                   "Sends nothing of it; keeps the copy.", "Hand the file over again." },
  [OUTBOX_REASON_NOT_ATTACHED] = { "not-attached", N_ ("Failed · uploaded, but not attached to its record"), 0, TRUE,
                                   "Keeps the file.", "Read the server's words; retry asks the server again." },
  [OUTBOX_REASON_CERTIFICATE] = { "certificate", N_ ("Failed · the server's identity could not be verified"), 0, TRUE,
                                  "Sends nothing to that server; keeps the file.",
                                  "Mend the certificate or the clock, then retry." },
  [OUTBOX_REASON_GAVE_UP] = { "gave-up", N_ ("Failed · no progress for too long"), 0, TRUE, "Keeps the file.",
                              "Retry." },
};

/* clang-format on */

const OutboxStateInfo *
outbox_state_get_info (OutboxState state)
{
  g_return_val_if_fail (state < OUTBOX_N_STATES, &states[OUTBOX_STATE_FAILED]);

  return &states[state];
}

const OutboxReasonInfo *
outbox_reason_get_info (OutboxReason reason)
{
  g_return_val_if_fail (reason < OUTBOX_N_REASONS, &reasons[OUTBOX_REASON_NONE]);

  return &reasons[reason];
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

/* The catalogue of these messages is ours, whatever program they are shown in. */
static void
bind_catalogue (void)
{
  static gsize is_bound = 0;

  if (g_once_init_enter (&is_bound))
    {
      (void) bindtextdomain (GETTEXT_PACKAGE, OB_LOCALEDIR);
      (void) bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&is_bound, 1);
    }
}

static char *
retrying_label (gint64 delay_ms)
{
  gint64 seconds = (delay_ms + 999) / 1000;

  if (seconds <= 0)
    return g_strdup (_ ("Retrying now"));
  if (seconds < 60)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Retrying in %u s", "Retrying in %u s", seconds),
                            (guint) seconds);
  if (seconds < 3600)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Retrying in %u min", "Retrying in %u min", seconds / 60),
                            (guint) (seconds / 60));

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Retrying in %u h", "Retrying in %u h", seconds / 3600),
                          (guint) (seconds / 3600));
}

char *
outbox_status_label (OutboxState state, OutboxReason reason, gint64 until_ms, gint64 now_ms, guint64 offset,
                     guint64 size)
{
  g_return_val_if_fail (state < OUTBOX_N_STATES && reason < OUTBOX_N_REASONS, NULL);

  bind_catalogue ();
  if (state == OUTBOX_STATE_UPLOADING)
    {
      /* Rounded down, so that 100 % is never shown before the server has the last byte. */
      guint percent = size > 0 ? (guint) ((double) MIN (offset, size) * 100.0 / (double) size) : 0;

      return g_strdup_printf (g_dgettext (GETTEXT_PACKAGE, "Uploading · %u %%"), percent);
    }
  if (state == OUTBOX_STATE_RETRYING && until_ms > 0)
    return retrying_label (until_ms - now_ms);
  if ((state == OUTBOX_STATE_PAUSED || state == OUTBOX_STATE_FAILED) && reason != OUTBOX_REASON_NONE)
    return g_strdup (g_dgettext (GETTEXT_PACKAGE, reasons[reason].label));

  return g_strdup (g_dgettext (GETTEXT_PACKAGE, states[state].label));
}
