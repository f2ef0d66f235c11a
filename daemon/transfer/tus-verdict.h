/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer means in tus (core protocol 1.0.0, and its checksum extension).
 */
#pragma once

#include "transfer/outcome.h"

G_BEGIN_DECLS

/* An ObVerdictFunc. */
gboolean ob_tus_verdict (const ObReply *reply, ObOutcome *outcome);

/* Once a server has lost confirmed bytes so often, without getting further in between, nothing more is sent to it. */
#define OB_TUS_LOSSES_MOST 3

G_END_DECLS
