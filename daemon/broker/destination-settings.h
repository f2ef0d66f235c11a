/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person can set of a destination: which values are taken, and what follows from them. Pure.
 */
#pragma once

#include "model/destination.h"

G_BEGIN_DECLS

/* The fields that Destinations.Set changes; NULL leaves one unchanged. */
typedef struct
{
  const char *protocol;
  const char *url;
  const char *confirm_url; /* empty removes it */
  const char *amend_url;   /* empty removes it */
  const char *receipt;     /* the name of the rung to wait for; empty: what the destination can give */
  const char *const *also; /* URLs of other origins where the server may keep uploads; an empty list removes all */
  GVariant *headers;       /* a{ss} */
  GVariant *sign_in;       /* a{ss}: kind (oauth2 or command), and its public settings; empty removes it */
  gboolean sets_default;
  gboolean is_default;
  gboolean
      is_administrators; /* said by the administrator's files, and sets the next one; a caller's are refused for what is managed */
  gboolean is_managed;
} ObDestinationSettings;

/* Returns: (transfer full): a copy that owns what it points at, to be freed by ob_destination_settings_free() alone */
ObDestinationSettings *ob_destination_settings_copy (const ObDestinationSettings *settings);
void ob_destination_settings_free (ObDestinationSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDestinationSettings, ob_destination_settings_free)

/* Errors: NotAllowed, for what the administrator's files manage. */
gboolean ob_destination_settings_check_owner (const ObDestination *destination, GError **error);

/* @old: (nullable): the destination of that name, if there is one. Errors: InvalidArgument, NotAllowed. */
gboolean ob_destination_settings_check (const ObDestinationSettings *settings, const char *name,
                                        const ObDestination *old, GError **error);

/* Headers and a sign-in stay with the server that they were set for. Returns: whether some were dropped for that */
gboolean ob_destination_settings_apply (const ObDestinationSettings *settings, ObDestination *destination);

G_END_DECLS
