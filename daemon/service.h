/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon put together. Main thread.
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
 */
ObService *ob_service_new (ObHome *home, GPtrArray *left, GDBusConnection *connection,
                           void (*on_damaged) (gpointer user_data), gpointer user_data, GError **error);

/* Begins to upload: the name on the bus is ours. */
void ob_service_start (ObService *service);

/* Lets attempts go and commits. */
void ob_service_free (ObService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObService, ob_service_free)

G_END_DECLS
