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
  const char *name; /* of the setting, and of who confirmed in a receipt */

  /* Pure. @url: one that ob_destination_is_url() takes once each {…} in it is replaced. Returns: (nullable): what is wrong
   * with it, for a person. */
  const char *(*check_url) (const char *url);

  /* Pure. Whether @resume can be a text that it reported as created. What a damaged row has in its place is forgotten. */
  gboolean (*is_resume) (const char *resume);

  /* Whether such a text begins with the origin of the destination's URL, and follows the destination to another one. */
  gboolean moves_with_origin;

  /* Sends until the server has every byte, and returns whether it has; if not, @result says why. Reports by the checkpoints;
   * created and stored return when that is durable. A resume text that it cannot use, as one of another protocol that the
   * destination was set to before, is none. Worker thread. */
  gboolean (*send) (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                    ObAttemptResult *result, ObStop *stop);

  /* Has the server let go of what it has by the job's resume text. @result is done when it has, or never had it. NULL: there
   * is never anything to let go of. Worker thread. */
  void (*terminate) (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

  /* Asks what an upload would meet, and sends no byte of a file. Returns: whether it would be taken; else @result says what is
   * in the way. Worker thread. */
  gboolean (*try_out) (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                       ObStop *stop);

  /* What an answer means that is not the same in all of HTTP; see outcome.h. */
  ObVerdictFunc verdict;
} ObProtocol;

G_END_DECLS
