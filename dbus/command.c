/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reasons and scopes to command lines. Constant data, any thread.
 */
#include "dbus/command.h"

#include <string.h>

/* Over what the rules say, for everything of the lane's destination. */
#define FOR_AN_HOUR "outbox resume --for 1h --destination %s"

/* %s stands for the key; of a lane for its destination. */
static const struct
{
  OutboxReason reason;
  OutboxScope scope;
  const char *command;
} commands[] = {
  { OUTBOX_REASON_QUEUE, OUTBOX_SCOPE_QUEUE, "outbox resume" },
  { OUTBOX_REASON_STORAGE, OUTBOX_SCOPE_QUEUE, "outbox resume" },
  { OUTBOX_REASON_USER, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_USER, OUTBOX_SCOPE_GROUP, "outbox group resume %s" },
  { OUTBOX_REASON_USER, OUTBOX_SCOPE_UPLOAD, "outbox resume %s" },
  { OUTBOX_REASON_SIGN_IN, OUTBOX_SCOPE_DESTINATION, "outbox destination sign-in %s" },
  { OUTBOX_REASON_CREDENTIALS_LOCKED, OUTBOX_SCOPE_DESTINATION, "outbox destination unlock" },
  { OUTBOX_REASON_DESTINATION_FULL, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_NO_DESTINATION, OUTBOX_SCOPE_DESTINATION, "outbox destination set %s --url URL" },
  { OUTBOX_REASON_LOSING_BYTES, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_ASK, OUTBOX_SCOPE_LANE, "outbox send-now --network" },
  { OUTBOX_REASON_NO_NETWORK, OUTBOX_SCOPE_LANE, "outbox destination test %s" },
  { OUTBOX_REASON_WAIT_WIFI, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_WAIT_NETWORK, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_WAIT_UNMETERED, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_ROAMING, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_BATTERY, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_SCHEDULE, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_DATA_BUDGET, OUTBOX_SCOPE_LANE, FOR_AN_HOUR },
  { OUTBOX_REASON_CAPTIVE_PORTAL, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_CAPTIVE_PORTAL, OUTBOX_SCOPE_LANE, "outbox destination test %s" },
  { OUTBOX_REASON_PROXY, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_CERTIFICATE, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_WRONG_ADDRESS, OUTBOX_SCOPE_DESTINATION, "outbox destination set %s --url URL" },
  { OUTBOX_REASON_RETRYING, OUTBOX_SCOPE_DESTINATION, "outbox destination resume %s" },
  { OUTBOX_REASON_RETRYING, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_NOT_BEFORE, OUTBOX_SCOPE_UPLOAD, "outbox send-now %s" },
  { OUTBOX_REASON_REJECTED, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_TOO_LARGE, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_FILE_MISSING, OUTBOX_SCOPE_UPLOAD, "outbox add FILE" },
  { OUTBOX_REASON_FILE_CHANGED, OUTBOX_SCOPE_UPLOAD, "outbox add FILE" },
  { OUTBOX_REASON_NOT_ATTACHED, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_GONE, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_GAVE_UP, OUTBOX_SCOPE_UPLOAD, "outbox retry %s" },
  { OUTBOX_REASON_UNFINISHED, OUTBOX_SCOPE_UPLOAD, "outbox commit %s" },
};

/* A group's name may be anything. */
static char *
dup_word (const char *key)
{
  return key[strspn (key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0' && *key
             ? g_strdup (key)
             : g_shell_quote (key);
}

char *
outbox_reason_dup_command (OutboxReason reason, OutboxScope scope, const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].reason == reason && commands[i].scope == scope)
      {
        g_auto (GStrv) parts = g_strsplit (commands[i].command, "%s", 2);
        const char *slash = scope == OUTBOX_SCOPE_LANE ? strchr (key, '/') : NULL;
        g_autofree char *name = g_strndup (key, slash ? (gsize) (slash - key) : strlen (key));
        g_autofree char *word = dup_word (name);

        return g_strjoinv (word, parts);
      }

  return NULL;
}
