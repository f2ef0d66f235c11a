/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an attempt shows to the server at each request: the credential that its checkpoint gave, and the next one once that is due,
 * since a token may live for seconds and an upload take hours. Worker thread.
 */
#pragma once

#include "transfer/credential.h"

G_BEGIN_DECLS

typedef struct _ObBadge ObBadge;

/* Blocks until it is known what may be shown. Returns: (transfer full) (nullable): %NULL: the attempt has to end */
typedef ObCredential *(*ObBadgeAsk) (gconstpointer job, gpointer user_data);

/* @job: borrowed, as is @user_data: of @ask */
ObBadge *ob_badge_new (ObBadgeAsk ask, gconstpointer job, gpointer user_data);
void ob_badge_free (ObBadge *badge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBadge, ob_badge_free)

/* Asks if nothing was given yet, or if that is due. Returns: (transfer none) (nullable): valid until the next call; it may be
 * trouble */
ObCredential *ob_badge_show (ObBadge *badge);

/* Returns: (transfer none) (nullable): what was shown last */
ObCredential *ob_badge_get_shown (ObBadge *badge);

G_END_DECLS
