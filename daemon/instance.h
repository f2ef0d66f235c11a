/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon on the bus, as long as its process lives: the name, and behind it a service, or the reason why there is none.
 * Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObInstance ObInstance;

/**
 * ob_instance_new:
 * @data_folder: where queue and spool are
 * @on_end: called when the process has nothing left to do: the bus is gone, another has the name, or a disk has damaged
 *     the database twice
 *
 * A start that fails is tried again every few seconds; until one succeeds every call is answered at once with the reason,
 * as NoBroker.
 */
ObInstance *ob_instance_new (const char *data_folder, void (*on_end) (gpointer user_data), gpointer user_data);

/* Stops attempts, commits, and leaves the bus. */
void ob_instance_free (ObInstance *instance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObInstance, ob_instance_free)

G_END_DECLS
