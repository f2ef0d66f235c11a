/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What should run now. Pure: lanes and running attempts in, ids to start out.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_SCHEDULER_MAX_ATTEMPTS 4
#define OB_SCHEDULER_MAX_PER_DESTINATION 2

/* An upload that could start: ready, in a lane that nothing holds. */
typedef struct
{
  const char *id;
  const char *destination;
  gint priority;
  gint64 number;          /* order of arrival */
  gboolean is_probe_only; /* the destination has just failed: one attempt tries it, alone */
} ObCandidate;

/* An attempt that runs. */
typedef struct
{
  const char *id;
  const char *destination;
} ObRunning;

/**
 * ob_scheduler_choose:
 * @candidates: in any order; the first %OB_SCHEDULER_MAX_PER_DESTINATION of each lane are enough
 * @running: what runs; an upload that runs is never chosen again
 *
 * Higher priority first, then order of arrival; at most %OB_SCHEDULER_MAX_ATTEMPTS in all,
 * %OB_SCHEDULER_MAX_PER_DESTINATION at one destination, and one at a destination that is being probed.
 *
 * Returns: (transfer container): ids to start, in order, borrowed from @candidates
 */
GPtrArray *ob_scheduler_choose (const ObCandidate *candidates, guint n_candidates, const ObRunning *running,
                                guint n_running);

G_END_DECLS
