/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes of the table of paired apps. It has no memory: a token is looked up in the table, so that a revocation counts from the
 * moment at which it is commanded. The settings file beside the database has no apps: it is written after the commit, and one that
 * could not be written would let a revoked app in again where the database is rebuilt. An app that is lost with the database asks
 * again. Main thread.
 */
#pragma once

#include "broker/queue.h"
#include "store/apps.h"

G_BEGIN_DECLS

/* Lets the app in by one more token. @by: who has decided, for the journal. Errors: Storage, DiskFull. */
void ob_paired_apps_add (ObQueue *queue, const ObPairedApp *app, const char *by, ObQueueDone done, gpointer user_data);

/* Notes that it was not let in. Errors: Storage, DiskFull. */
void ob_paired_apps_deny (ObQueue *queue, const char *origin, const char *by, ObQueueDone done, gpointer user_data);

/* Ends every token of the origin. Errors: NotFound, Storage, DiskFull. */
void ob_paired_apps_revoke (ObQueue *queue, const char *origin, const char *by, ObQueueDone done, gpointer user_data);

G_END_DECLS
