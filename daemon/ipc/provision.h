/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps the destinations of the administrator's files (policy/destinations-file.h) in the broker: at the start, and whenever a file changes.
 * They are read by a process, since they may lie on a folder that does not answer. A destination that is in no file any more is a person's
 * own from then on where something for it has not arrived, and is removed where all has. Main thread.
 */
#pragma once

#include "broker/broker.h"

G_BEGIN_DECLS

typedef struct _ObProvision ObProvision;

/* @broker: borrowed, and stopped before this is freed. @folders: those that are not the person's own */
ObProvision *ob_provision_new (ObBroker *broker, const char *const *folders);
void ob_provision_free (ObProvision *provision);

/* Returns: what is wrong with the files as they were read last, with file and line; empty: nothing */
const char *ob_provision_get_problem (ObProvision *provision);

G_END_DECLS
