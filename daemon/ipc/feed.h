/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subscriptions to changes of uploads, for any door. Each is told what its caller may see, and no more than it can take.
 * One that is behind is told from the journal, page by page, and then is live again. Main thread.
 */
#pragma once

#include "ipc/filter.h"

#include "broker/broker.h"

G_BEGIN_DECLS

typedef struct _ObFeed ObFeed;
typedef struct _ObSubscription ObSubscription;

/* Each comes with the body that the interface XML has for the signal of that name. */
typedef enum
{
  OB_FEED_ADDED,
  OB_FEED_CHANGED,
  OB_FEED_REMOVED,
  OB_FEED_HOLDS_CHANGED,
  OB_FEED_RESET, /* no body: the journal no longer has what happened since, so the subscriber must list anew */
} ObFeedEvent;

/* A subscriber. Only failed() may end the subscription. */
typedef struct
{
  /* Returns: whether it can take another event; if not, it is told from the journal after ob_subscription_go_on() */
  gboolean (*is_open) (gpointer user_data);
  /* @body: (nullable): floating or not: to be sunk */
  void (*tell) (ObFeedEvent event, GVariant *body, gpointer user_data);
  /* It has been told everything up to @sequence. */
  void (*caught_up) (const char *sequence, gpointer user_data);
  /* The journal cannot be read. */
  void (*failed) (const GError *error, gpointer user_data);
  /* (nullable): it has been told everything up to @sequence, and what it was told is of whole commits. */
  void (*told) (const char *sequence, gpointer user_data);
  /* (nullable): it will be told again what came since then. */
  void (*fell_behind) (gpointer user_data);
} ObFeedSubscriber;

/* @broker: borrowed. */
ObFeed *ob_feed_new (ObBroker *broker);

/* Free its subscriptions first. */
void ob_feed_free (ObFeed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFeed, ob_feed_free)

/**
 * ob_feed_subscribe:
 * @options: those of Watch
 * @after: a sequence, of which what came later is told first; or empty
 * @subscriber: static
 *
 * Tells nothing before ob_subscription_start(). Errors: NotAllowed, InvalidArgument.
 *
 * Returns: (transfer full) (nullable)
 */
ObSubscription *ob_feed_subscribe (ObFeed *feed, const ObCaller *caller, GVariant *options, const char *after,
                                   const ObFeedSubscriber *subscriber, gpointer user_data, GError **error);

void ob_subscription_start (ObSubscription *subscription);

/* The subscriber can take events again. */
void ob_subscription_go_on (ObSubscription *subscription);

/* Returns: (transfer full): the sequence up to which it has been told */
char *ob_subscription_dup_sequence (const ObSubscription *subscription);

void ob_subscription_free (ObSubscription *subscription);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSubscription, ob_subscription_free)

G_END_DECLS
