/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of the list. Not for apps.
 */
#pragma once

#include "outbox-client-private.h"
#include "outbox-items.h"
#include "outbox-list.h"
#include "outbox-watch.h"

G_BEGIN_DECLS

struct _OutboxList
{
  GObject parent_instance;

  OutboxClient *client;    /* NULL: made by hand, and stays empty */
  GVariant *filter;        /* owned: a{sv} */
  OutboxFollower follower; /* its filter is ours without the state */
  GMainContext *context;
  OutboxItems *items;
  GCancellable *cancellable; /* of the fill under way; NULL: none */
  GSource *source;           /* when the next fill begins; NULL: none is to */
  guint64 round;             /* the number of that fill */
  gboolean is_partial;       /* the fill under way is about what has not arrived alone */
  gboolean has_all;          /* since the last whole fill nothing was missed */
  gboolean is_held_again;    /* holds have changed since the fill under way began */
  gint64 refreshed_at_us;    /* monotonic: when the last partial one began */
  char *error;
};

/* What has the list follow, and keeps it whole. */
G_GNUC_INTERNAL OutboxFollower outbox_list_make_follower (OutboxList *self);
G_GNUC_INTERNAL void outbox_list_stop_filling (OutboxList *self);

G_END_DECLS
