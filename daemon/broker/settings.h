/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person has set, as a text beside the database that outlives it: destinations, and what is paused. Pure.
 */
#pragma once

#include "model/destination.h"
#include "store/groups.h"

G_BEGIN_DECLS

/* @destinations: name → ObDestination. @paused_groups: of ObGroup. Returns: (transfer full): JSON, with the headers' secrets. */
char *ob_settings_write (GHashTable *destinations, GPtrArray *paused_groups, gboolean is_paused);

typedef struct
{
  GPtrArray *destinations;  /* of ObDestination: those that are good */
  GPtrArray *paused_groups; /* of ObGroup: app and key */
  gboolean is_paused;
} ObSettings;

void ob_settings_free (ObSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSettings, ob_settings_free)

/* Returns: (transfer full) (nullable): what the text says. Errors: InvalidArgument. */
ObSettings *ob_settings_read (const char *text, gsize size_bytes, GError **error);

/* Whether there is such a protocol, and it can send to that URL. @old: (nullable): what a NULL of the others is taken from.
 * Errors: InvalidArgument, which names the protocols that there are. */
gboolean ob_settings_check_protocol (const ObDestination *old, const char *protocol, const char *url, GError **error);

/* Whether it is a URL with its places filled in. */
gboolean ob_settings_is_confirm_url (const char *url);

/* Of a{ss}: whether each name is a token, and each value one line of clean text. */
gboolean ob_settings_are_headers (GVariant *headers);

G_END_DECLS
