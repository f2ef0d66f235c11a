/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out what an upload would meet at a destination, and sends no byte of a file: whether the server can be connected to,
 * encrypts, speaks the protocol and asks for a sign-in; and whether its confirm URL answers. Worker thread.
 */
#pragma once

#include "transfer/http.h"

G_BEGIN_DECLS

/* What a trial notes (the word of ObCheckpoints.noted) as soon as it is good. */
#define OB_TRIAL_CONNECTED "connected" /* the address and port that it is connected to */
#define OB_TRIAL_ENCRYPTED "encrypted" /* the version of TLS */
#define OB_TRIAL_PROTOCOL "protocol"   /* the protocol's version, and its extensions that the server has */
#define OB_TRIAL_MAX_SIZE "max-size"   /* bytes of the largest file that it takes, in digits */
#define OB_TRIAL_CONFIRM "confirm"     /* the confirm URL knows nothing of an upload that nobody has made; no words */

/* What an upload that nobody has made is named at the server and at the confirm URL is the job's id. @result is done where an
 * upload would go through; else it says what is in the way, in the words of an attempt. */
void ob_trial_run (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                   ObAttemptResult *result, ObStop *stop);

/* What a protocol notes with. */
typedef struct _ObTrialNotes ObTrialNotes;
void ob_trial_note (ObTrialNotes *notes, const char *event, const char *words);

/* Sends @message (transfer full), and notes the address and TLS on the way. Returns: (transfer full): the answer. */
ObAnswer *ob_trial_send (ObTrialNotes *notes, ObConnection *connection, SoupMessage *message, ObStop *stop);

/* Pure. Of all that a server may say of an upload that it does not know, whether it is about every upload. */
gboolean ob_trial_is_about_all (const ObAttemptResult *result);

G_END_DECLS
