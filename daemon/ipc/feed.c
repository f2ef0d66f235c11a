/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells subscribers of changes. A subscription is live and told of each change, or behind and told from the journal. Main
 * thread.
 */
#include "ipc/feed.h"

#include "base/debug.h"
#include "ipc/cursor.h"
#include "ipc/document.h"

/* So many rows take a millisecond. */
#define ROWS_A_TURN 200

struct _ObFeed
{
  ObBroker *broker;          /* borrowed */
  GHashTable *subscriptions; /* set of ObSubscription, which their subscribers own */
  GHashTable *postponed;     /* set of ids: their uploads are told with the next commit */
  gint64 told_sequence;      /* up to which live subscriptions have been told everything */
};

struct _ObSubscription
{
  ObFeed *feed; /* borrowed; NULL: it has ended while something is under way for it */
  const ObFeedSubscriber *subscriber;
  gpointer user_data;
  ObFilter *filter;
  gint64 asked;          /* after which it began to be told; 0: it asked for no past */
  gint64 sequence;       /* up to which it has been told, while it is behind, and when it became live */
  gboolean is_behind;    /* it is told from the journal */
  gboolean is_reading;   /* the next page is on its way */
  gboolean misses_past;  /* the journal no longer has what it asks for */
  gboolean misses_holds; /* holds have changed since it was told */
  gboolean has_news;     /* it was told of a part of a commit */
  gboolean is_ahead;     /* the journal has told it of the commit that is being told */
};

static void
tell (ObSubscription *subscription, ObFeedEvent event, GVariant *body)
{
  subscription->has_news = TRUE;
  subscription->subscriber->tell (event, body, subscription->user_data);
}

static gboolean
is_open (const ObSubscription *subscription)
{
  return subscription->subscriber->is_open (subscription->user_data);
}

static void
say_how_far (ObSubscription *subscription, gint64 number)
{
  g_autofree char *sequence = ob_broker_dup_sequence (subscription->feed->broker, number);

  subscription->has_news = FALSE;
  if (subscription->subscriber->told)
    subscription->subscriber->told (sequence, subscription->user_data);
}

static void
tell_holds (ObSubscription *subscription)
{
  ObBroker *broker = subscription->feed->broker;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_committed_sequence (broker));

  subscription->misses_holds = FALSE;
  tell (subscription, OB_FEED_HOLDS_CHANGED,
        g_variant_new ("(@aa{sv}s)", ob_document_holds (broker, subscription->filter->app), sequence));
}

static void
tell_removed (ObSubscription *subscription, const char *id, gint64 number)
{
  g_autofree char *sequence = ob_broker_dup_sequence (subscription->feed->broker, number);

  tell (subscription, OB_FEED_REMOVED, g_variant_new ("(ss)", id, sequence));
}

/* --- Those who are behind --- */

static void read_on (ObSubscription *subscription);

/* Returns: whether it can take more at once */
static gboolean
on_row (const char *id, gint64 number, gpointer user_data)
{
  ObSubscription *subscription = user_data;
  ObBroker *broker = subscription->feed->broker;
  g_autoptr (ObUpload) upload = ob_broker_get (broker, id, NULL);

  if (!upload)
    tell_removed (subscription, id, number);
  else if (ob_filter_matches (subscription->filter, upload))
    tell (subscription, OB_FEED_CHANGED, g_variant_new ("(@a{sv})", ob_document_upload (broker, upload)));

  return is_open (subscription);
}

static void
become_live (ObSubscription *subscription)
{
  ObBroker *broker = subscription->feed->broker;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_committed_sequence (broker));

  subscription->is_ahead = subscription->is_behind;
  subscription->is_behind = subscription->has_news = FALSE;
  subscription->sequence = ob_broker_get_committed_sequence (broker);
  if (subscription->misses_holds)
    tell_holds (subscription);
  subscription->subscriber->caught_up (sequence, subscription->user_data);
}

static gboolean
on_idle (gpointer user_data)
{
  ObSubscription *subscription = user_data;

  if (subscription->feed)
    read_on (subscription);

  return G_SOURCE_REMOVE;
}

static void
read_page (ObSubscription *subscription)
{
  g_autoptr (GError) error = NULL;
  gboolean is_end = FALSE;

  if (!ob_broker_replay (subscription->feed->broker, &subscription->sequence, subscription->filter->app, ROWS_A_TURN,
                         &is_end, on_row, subscription, &error))
    subscription->subscriber->failed (error, subscription->user_data);
  else if (is_end)
    become_live (subscription);
  else
    say_how_far (subscription, subscription->sequence);
  if (!error && !is_end && is_open (subscription))
    (void) g_idle_add_full (G_PRIORITY_DEFAULT + 20, on_idle, g_rc_box_acquire (subscription), g_rc_box_release);
}

/* Tells only what is committed, and all of that: signals of the same commit follow. */
static void
on_committed (const GError *error, gpointer user_data)
{
  ObSubscription *subscription = user_data;

  subscription->is_reading = FALSE;
  if (subscription->feed && subscription->is_behind && is_open (subscription))
    read_page (subscription);
  g_rc_box_release (subscription);
}

static void
read_on (ObSubscription *subscription)
{
  if (subscription->is_reading)
    return;
  subscription->is_reading = TRUE;
  ob_broker_at_commit (subscription->feed->broker, on_committed, g_rc_box_acquire (subscription));
}

void
ob_subscription_go_on (ObSubscription *subscription)
{
  if (subscription->is_behind)
    read_on (subscription);
}

/* --- Those who are live --- */

/* A subscriber that can take no more is told from the journal later, from before the commit that is being told, since
 * its changes come in any order. */
static gboolean
may_tell (ObSubscription *subscription)
{
  if (!subscription->is_behind && !is_open (subscription))
    {
      ob_debug (OB_DEBUG_IPC, NULL, "a subscriber takes no more: it is told from the journal later");
      subscription->is_behind = TRUE;
      subscription->sequence = MAX (subscription->feed->told_sequence, subscription->sequence);
      if (subscription->subscriber->fell_behind)
        subscription->subscriber->fell_behind (subscription->user_data);
    }

  return !subscription->is_behind;
}

/* Returns: whether the journal has told it of a change already, so that the signal of the same commit would tell it twice */
static gboolean
knows (const ObSubscription *subscription, gint64 number)
{
  return subscription->is_ahead && subscription->asked < number && number <= subscription->sequence;
}

static void
tell_upload (ObFeed *feed, ObFeedEvent event, const ObUpload *upload)
{
  g_autoptr (GVariant) body = NULL;
  GHashTableIter iter;
  gpointer key;

  /* An answer after the commit that is being told has begun the next one, which changes the upload again. */
  if (ob_broker_is_changing (feed->broker, upload->id))
    {
      (void) g_hash_table_add (feed->postponed, g_strdup (upload->id));
      return;
    }
  (void) g_hash_table_remove (feed->postponed, upload->id);
  g_hash_table_iter_init (&iter, feed->subscriptions);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      ObSubscription *subscription = key;

      if (!ob_filter_matches (subscription->filter, upload) || knows (subscription, upload->sequence)
          || !may_tell (subscription))
        continue;
      if (!body)
        body = g_variant_ref_sink (g_variant_new ("(@a{sv})", ob_document_upload (feed->broker, upload)));
      tell (subscription, event, body);
    }
}

static void
on_added (ObBroker *broker, gpointer upload, gpointer user_data)
{
  tell_upload (user_data, OB_FEED_ADDED, upload);
}

static void
on_changed (ObBroker *broker, gpointer upload, gpointer user_data)
{
  tell_upload (user_data, OB_FEED_CHANGED, upload);
}

static void
on_removed (ObBroker *broker, gpointer upload, gint64 number, gpointer user_data)
{
  ObFeed *feed = user_data;
  GHashTableIter iter;
  gpointer subscription;

  (void) g_hash_table_remove (feed->postponed, ((const ObUpload *) upload)->id);
  g_hash_table_iter_init (&iter, feed->subscriptions);
  while (g_hash_table_iter_next (&iter, &subscription, NULL))
    if (ob_filter_matches (((ObSubscription *) subscription)->filter, upload) && !knows (subscription, number)
        && may_tell (subscription))
      tell_removed (subscription, ((const ObUpload *) upload)->id, number);
}

static void
on_holds_changed (ObBroker *broker, gpointer user_data)
{
  ObFeed *feed = user_data;
  GHashTableIter iter;
  gpointer subscription;

  g_hash_table_iter_init (&iter, feed->subscriptions);
  while (g_hash_table_iter_next (&iter, &subscription, NULL))
    if (may_tell (subscription))
      tell_holds (subscription);
    else
      ((ObSubscription *) subscription)->misses_holds = TRUE;
}

/* What was postponed is told here where its commit failed. */
static void
tell_postponed (ObFeed *feed)
{
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (feed->postponed, NULL);

  for (guint i = 0; ids[i]; i++)
    {
      g_autoptr (ObUpload) upload = ob_broker_get (feed->broker, ids[i], NULL);

      if (upload)
        tell_upload (feed, OB_FEED_CHANGED, upload);
    }
}

/* The last signal of a commit. While something of it is postponed, nobody has been told everything up to it. */
static void
on_counts_changed (ObBroker *broker, gpointer user_data)
{
  ObFeed *feed = user_data;
  GHashTableIter iter;
  gpointer key;

  if (g_hash_table_size (feed->postponed) > 0)
    tell_postponed (feed);
  if (g_hash_table_size (feed->postponed) == 0)
    feed->told_sequence = ob_broker_get_committed_sequence (broker);
  g_hash_table_iter_init (&iter, feed->subscriptions);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      ObSubscription *subscription = key;

      subscription->is_ahead = FALSE;
      if (subscription->has_news && !subscription->is_behind && g_hash_table_size (feed->postponed) == 0)
        say_how_far (subscription, feed->told_sequence);
    }
}

/* --- Coming and going --- */

ObSubscription *
ob_feed_subscribe (ObFeed *feed, const ObCaller *caller, GVariant *options, const char *after,
                   const ObFeedSubscriber *subscriber, gpointer user_data, GError **error)
{
  g_autoptr (ObFilter) filter = NULL;
  ObSubscription *subscription;
  gint64 epoch = 0, number = 0;

  if (!ob_access_admit (caller, OB_OPERATION_LOOK, error) || !(filter = ob_filter_read_watch (options, caller, error))
      || (*after && !ob_cursor_read_sequence (after, &epoch, &number, error)))
    return NULL;
  subscription = g_rc_box_new0 (ObSubscription);
  subscription->feed = feed;
  subscription->subscriber = subscriber;
  subscription->user_data = user_data;
  subscription->filter = g_steal_pointer (&filter);
  subscription->asked = subscription->sequence = number;
  /* The past of another epoch is gone: the subscriber has to list anew. */
  subscription->is_behind = *after && ob_broker_can_replay (feed->broker, epoch, number);
  /* Holds have no past: whoever comes back is told those of now. */
  subscription->misses_holds = subscription->is_behind;
  subscription->misses_past = *after && !subscription->is_behind && ob_broker_is_epoch (feed->broker, epoch);
  ob_debug (OB_DEBUG_IPC, NULL, "%s subscribes: %s", caller->app,
            subscription->is_behind     ? "it is told from the journal first"
            : subscription->misses_past ? "what it asks for is gone, it is told to list anew"
                                        : "it is told of what comes");

  return subscription;
}

void
ob_subscription_start (ObSubscription *subscription)
{
  g_hash_table_add (subscription->feed->subscriptions, subscription);
  if (subscription->misses_past)
    tell (subscription, OB_FEED_RESET, NULL);
  if (subscription->is_behind)
    read_on (subscription);
  else
    become_live (subscription);
}

char *
ob_subscription_dup_sequence (const ObSubscription *subscription)
{
  const ObFeed *feed = subscription->feed;

  return ob_broker_dup_sequence (feed->broker, subscription->is_behind
                                                   ? subscription->sequence
                                                   : MAX (subscription->sequence, feed->told_sequence));
}

void
ob_subscription_free (ObSubscription *subscription)
{
  (void) g_hash_table_remove (subscription->feed->subscriptions, subscription);
  subscription->feed = NULL;
  g_clear_pointer (&subscription->filter, ob_filter_free);
  g_rc_box_release (subscription);
}

ObFeed *
ob_feed_new (ObBroker *broker)
{
  ObFeed *feed = g_new0 (ObFeed, 1);

  feed->broker = broker;
  feed->subscriptions = g_hash_table_new (NULL, NULL);
  feed->postponed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  feed->told_sequence = ob_broker_get_committed_sequence (broker);
  g_object_connect (broker, "signal::added", on_added, feed, "signal::changed", on_changed, feed, "signal::removed",
                    on_removed, feed, "signal::holds-changed", on_holds_changed, feed, "signal::counts-changed",
                    on_counts_changed, feed, NULL);

  return feed;
}

void
ob_feed_free (ObFeed *feed)
{
  g_signal_handlers_disconnect_by_data (feed->broker, feed);
  g_assert (g_hash_table_size (feed->subscriptions) == 0);
  g_hash_table_unref (feed->subscriptions);
  g_hash_table_unref (feed->postponed);
  g_free (feed);
}
