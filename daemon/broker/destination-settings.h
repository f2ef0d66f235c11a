/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person sets of a destination: which values may come in, and what follows from them for it. Pure.
 */
#pragma once

#include "model/destination.h"

G_BEGIN_DECLS

/* What Destinations.Set may change; NULL: leave it. */
typedef struct
{
  const char *protocol;
  const char *url;
  const char *confirm_url; /* empty: none any more */
  const char *const *also; /* URLs of other origins at which it keeps uploads; of none: none any more */
  GVariant *headers;       /* a{ss} */
  gboolean sets_default;
  gboolean is_default;
} ObDestinationSettings;

/* @old: (nullable): the destination, where there is one by that name. Errors: InvalidArgument. */
gboolean ob_destination_settings_check (const ObDestinationSettings *settings, const char *name,
                                        const ObDestination *old, GError **error);

/* Its headers stay with the server that they were set for. Returns: whether some were dropped for that. */
gboolean ob_destination_settings_apply (const ObDestinationSettings *settings, ObDestination *destination);

G_END_DECLS
