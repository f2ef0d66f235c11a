/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The notes of a trial: each good thing that it finds is reported as soon as it is found, so that a person sees how far it
 * got when the rest hangs. Worker thread.
 */
#pragma once

#include "transfer/http.h"

G_BEGIN_DECLS

/* The events of ObCheckpoints.noted that a trial reports, and the words that come with each. */
#define OB_TRIAL_CONNECTED "connected" /* the address and port that it is connected to */
#define OB_TRIAL_ENCRYPTED "encrypted" /* the version of TLS */
#define OB_TRIAL_PROTOCOL "protocol"   /* the protocol's version, and its extensions that the server has */
#define OB_TRIAL_MAX_SIZE "max-size"   /* bytes of the largest file that it takes, in digits */
#define OB_TRIAL_CONFIRM "confirm"     /* the confirm URL knows nothing of an upload that nobody has made; no words */
#define OB_TRIAL_AMEND "amend"         /* the amend URL says that it takes changes; no words */
#define OB_TRIAL_NO_AMEND "no-amend"   /* it does not take them; what it says */

typedef struct _ObTrialNotes ObTrialNotes;

/* @checkpoints and @user_data outlive it. Returns: (transfer full) */
ObTrialNotes *ob_trial_notes_new (const ObCheckpoints *checkpoints, gpointer user_data);
void ob_trial_notes_free (ObTrialNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTrialNotes, ob_trial_notes_free)

/* @event: one of the above. @words are cleaned of what a terminal must not be sent, and shortened. */
void ob_trial_note (ObTrialNotes *notes, const char *event, const char *words);

/* Sends @message (transfer full); notes the address, and TLS, of the first connection. Returns: (transfer full): the answer. */
ObAnswer *ob_trial_send (ObTrialNotes *notes, ObConnection *connection, SoupMessage *message, ObStop *stop);

/* Pure. Returns: whether what the server said of an upload that it cannot know holds for every upload. */
gboolean ob_trial_is_about_all (const ObAttemptResult *result);

G_END_DECLS
