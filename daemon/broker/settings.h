/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person has set, as a text that outlives the database: destinations, and what is paused. Pure.
 */
#pragma once

#include "model/destination.h"
#include "store/groups.h"

G_BEGIN_DECLS

/* @destinations: name → ObDestination. @paused_groups: of ObGroup. Returns: (transfer full): JSON, with the headers' secrets. */
char *ob_settings_write (GHashTable *destinations, GPtrArray *paused_groups, gboolean is_paused);

typedef struct
{
  GPtrArray *destinations;  /* of ObDestination: the valid ones */
  GPtrArray *paused_groups; /* of ObGroup: app and key */
  gboolean is_paused;
} ObSettings;

void ob_settings_free (ObSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSettings, ob_settings_free)

/* Returns: (transfer full) (nullable): the settings in the text. Errors: InvalidArgument. */
ObSettings *ob_settings_read (const char *text, gsize size_bytes, GError **error);

/* Returns: whether the protocol exists and can send to that URL. @old: (nullable): has the value for each of the others
 * that is NULL. Errors: InvalidArgument, which names the protocols there are. */
gboolean ob_settings_check_protocol (const ObDestination *old, const char *protocol, const char *url, GError **error);

/* Returns: whether it is a URL once its places are filled. */
gboolean ob_settings_is_template (const char *url);

/* Returns: whether each name in the a{ss} is a token, and each value a line of clean text. */
gboolean ob_settings_are_headers (GVariant *headers);

/* Returns: (nullable): the first name in the a{ss} that a request has of its own, as RFC 9110 and the protocols say: another
 * value, such as of Content-Length, would stop every upload. Borrowed. */
const char *ob_settings_find_own_header (GVariant *headers);

G_END_DECLS
