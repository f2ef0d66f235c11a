/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interface of a protocol. Outside its own files a protocol is known by its name alone; protocols.h lists them all, and
 * docs/adding-a-protocol.md tells how to add one.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"
#include "transfer/trial-notes.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name; /* in settings, and in receipts for who confirmed */

  /* Pure. @url: a URL once each {…} in it is replaced. Returns: (nullable): what is wrong with it, for a person */
  const char *(*check_url) (const char *url);

  /* Pure. Returns: whether the protocol could have reported @resume as created; anything else, as from a damaged row, is
   * dropped. */
  gboolean (*is_resume) (const char *resume);

  /* resume texts begin with the origin of the destination's URL, and are changed with it when the destination moves */
  gboolean moves_with_origin;

  /* the server is told name and metadata when an upload is created there; else it gets no more than the name, in its URL */
  gboolean tells_metadata;

  /* Sends until the server has every byte. It reports by the checkpoints. It takes a resume text that it cannot use,
   * such as one of another protocol, as none. Returns: whether the server has every byte; if not, @result says why.
   * Worker thread. */
  gboolean (*send) (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                    ObAttemptResult *result, ObStop *stop);

  /* Has the server delete what the job's resume text leads to. @result is done if the server has deleted it or never had
   * it. NULL: this protocol leaves nothing at servers that could be deleted. Worker thread. */
  void (*terminate) (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

  /* Asks what the server has of an upload that was done, at the URL of its receipt, which is the job's resume text; see
   * transfer/check.h. NULL: there is no question for that. Worker thread. */
  void (*check) (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

  /* Asks the server what an upload would meet, without sending a byte of a file. Returns: whether it would be taken; if
   * not, @result says what is in the way. Worker thread. */
  gboolean (*try_out) (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                       ObStop *stop);

  /* Judges answers that mean something else here than in HTTP; see outcome.h. */
  ObVerdictFunc verdict;
} ObProtocol;

G_END_DECLS
