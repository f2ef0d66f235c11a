/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon put together. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObService ObService;

/**
 * ob_service_new:
 * @data_folder: where queue and spool are; created if need be, and locked against a second daemon
 * @on_lost: called when the bus is gone or another took the name
 * @on_damaged: called when the database turns out to be damaged: a new service sets it aside and makes the queue anew
 * @error: Storage, DiskFull, NotSupported; WrongState where another daemon has the folder
 */
ObService *ob_service_new (const char *data_folder, void (*on_lost) (gpointer user_data),
                           void (*on_damaged) (gpointer user_data), gpointer user_data, GError **error);

/* Lets attempts go, commits, leaves the bus. */
void ob_service_free (ObService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObService, ob_service_free)

G_END_DECLS
