/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon, put together. Main thread.
 */
#pragma once

#include "store/home.h"

G_BEGIN_DECLS

typedef struct _ObService ObService;

/**
 * ob_service_new:
 * @home: where queue and spool are; borrowed, and outlives the service
 * @left: (element-type ObHome): folders that its path led to before: what they have joins this queue
 * @connection: where the objects are exported
 * @on_damaged: called when the database turns out to be damaged: a new service sets it aside and makes the queue anew
 * @error: Storage, DiskFull, NotSupported
 *
 * Where the disk cannot be written and the queue can be read, it is a service all the same.
 *
 * Returns: (transfer full) (nullable): the service
 */
ObService *ob_service_new (ObHome *home, GPtrArray *left, GDBusConnection *connection,
                           void (*on_damaged) (gpointer user_data), gpointer user_data, GError **error);

/* Returns: whether it only reads, since the disk cannot be written; it must be replaced once it can */
gboolean ob_service_is_only_read (ObService *service);

/* Another service takes over the name: tells subscribers to watch again. */
void ob_service_end_watches (ObService *service);

/* Begins to upload, now that the name on the bus is ours. */
void ob_service_start (ObService *service);

/* Stops attempts and commits. */
void ob_service_free (ObService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObService, ob_service_free)

G_END_DECLS
