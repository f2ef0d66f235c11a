/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which uploads a caller asks for, of those that it may see. Pure.
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

/* The options of List, cursor and limit among them. Errors: InvalidArgument, NotAllowed. */
ObFilter *ob_filter_read_list (GVariant *options, const ObCaller *caller, GError **error);

/* The options of Watch: the same without a state, since an upload that leaves it must be told to those who saw it there. */
ObFilter *ob_filter_read_watch (GVariant *options, const ObCaller *caller, GError **error);

/* Whether a subscriber is to hear of an upload. */
gboolean ob_filter_matches (const ObFilter *filter, const ObUpload *upload);

G_END_DECLS
