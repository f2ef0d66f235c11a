/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters of uploads: those that a caller asks for and may see. Pure.
 */
#pragma once

#include "dbus/status.h"
#include "ipc/access.h"
#include "model/upload.h"

G_BEGIN_DECLS

typedef struct
{
  char *group;
  char *group_app;
  char *app;
  char *destination;
  gboolean has_state;
  OutboxState state;
  gboolean is_unfinished;
} ObFilter;

void ob_filter_free (ObFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFilter, ob_filter_free)

/* Reads the options of List, cursor and limit included. Errors: InvalidArgument, NotAllowed. */
ObFilter *ob_filter_read_list (GVariant *options, const ObCaller *caller, GError **error);

/* Reads the options of Watch: no state, since a subscriber that saw an upload in a state must hear when it leaves it. */
ObFilter *ob_filter_read_watch (GVariant *options, const ObCaller *caller, GError **error);

/* Returns: whether the subscriber is told of the upload */
gboolean ob_filter_matches (const ObFilter *filter, const ObUpload *upload);

G_END_DECLS
