/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer says, for a person; without what the request carried and nobody may read: servers repeat it, as in "the token …
 * is not valid" or "cannot POST /files/?token=…". Pure; any thread.
 */
#pragma once

#include "transfer/credential.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* @url: (nullable): of the request. @headers: (nullable): a{ss}, those that are configured. @credential: (nullable). Returns: (transfer full): the
 * userinfo and the values of the query of the one, and the values of the other; short ones, such as "de" for a language, are
 * left out, since they are no secrets and are part of any word. */
GStrv ob_words_list_hidden (const char *url, GVariant *headers, const ObCredential *credential);

/* Returns: (transfer full): @words with … in the place of each of @hidden */
char *ob_words_mask (const char *words, const char *const *hidden);

/* @reason and @body: (nullable): any bytes. Returns: (transfer full): one line of what an answer says */
char *ob_words_dup (guint status, const char *reason, const char *body);

G_END_DECLS
