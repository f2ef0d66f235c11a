/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client is told by the broker, for its app and for its lists. Not for apps.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

typedef struct _OutboxWatch OutboxWatch;

/* Somebody inside the client who is told, whatever its app watches. Each function may end the following. */
typedef struct
{
  GVariant *filter; /* owned: of Watch */
  void (*begin) (gpointer data);
  void (*changed) (gpointer data, GVariant *document);
  void (*removed) (gpointer data, const char *id);
  void (*held) (gpointer data);                        /* what holds has changed: public states may be others */
  void (*failed) (gpointer data, const GError *error); /* nothing is watched, and it is not tried again */
  gpointer data;

  gboolean has_begun; /* of the watch */
} OutboxFollower;

/* @client: borrowed, and has the connection by now. */
G_GNUC_INTERNAL OutboxWatch *outbox_watch_new (OutboxClient *client, GDBusConnection *connection);
G_GNUC_INTERNAL void outbox_watch_free (OutboxWatch *self);

/* Whether the broker's name has an owner. */
G_GNUC_INTERNAL gboolean outbox_watch_is_there (OutboxWatch *self);

/* Has `begin` called when the broker is watched, and again when its past is gone: list anew then. @follower: borrowed until
 * outbox_watch_unfollow (), which may be called for one that does not follow. */
G_GNUC_INTERNAL void outbox_watch_follow (OutboxWatch *self, OutboxFollower *follower);
G_GNUC_INTERNAL void outbox_watch_unfollow (OutboxWatch *self, OutboxFollower *follower);

/* Returns: (nullable): NULL of a client without a connection */
G_GNUC_INTERNAL OutboxWatch *outbox_client_get_watch (OutboxClient *self);

G_END_DECLS
