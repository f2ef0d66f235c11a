/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The web apps that a person has let in. A token is kept as its digest alone. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* An app has a token for each browser that it was paired in. One more ends the oldest. */
#define OB_APPS_TOKENS_MOST 8

typedef struct
{
  char *origin;        /* as ipc/pairing-origin.h writes it */
  char *digest;        /* SHA-256 of the token, in hexadecimal */
  gboolean may_manage; /* others' uploads as well as its own */
  gint64 paired_at_ms; /* Unix milliseconds */
} ObPairedApp;

void ob_paired_app_free (ObPairedApp *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPairedApp, ob_paired_app_free)

/* Inserts or replaces. Errors: Storage, DiskFull. */
gboolean ob_apps_save (ObDatabase *database, const ObPairedApp *app, GError **error);

/* Deletes every token of the origin. Errors: NotFound, Storage, DiskFull. */
gboolean ob_apps_delete (ObDatabase *database, const char *origin, GError **error);

/**
 * ob_apps_find:
 * @origin: whose token it must be
 * @digest: of the token that a caller has shown
 *
 * How long it takes tells nobody how much of a digest was right. Of a damaged row the app may do the least.
 *
 * Returns: (transfer full) (nullable): the app; %NULL without an error if it has no such token. Errors: Storage.
 */
ObPairedApp *ob_apps_find (ObDatabase *database, const char *origin, const char *digest, GError **error);

/* Returns: (transfer full) (element-type ObPairedApp) (nullable): those of one origin, the oldest first. Errors: Storage. */
GPtrArray *ob_apps_list_of (ObDatabase *database, const char *origin, GError **error);

/* Returns: (transfer full) (element-type ObPairedApp) (nullable): all, by origin, the oldest of each first. Errors: Storage. */
GPtrArray *ob_apps_list (ObDatabase *database, GError **error);

G_END_DECLS
