/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ends an attempt from outside. It is a cancellable: once cancelled, the connection is reset at once and queued bytes never
 * leave, as when a network may not be used any more. Asked gently, as by a pause, the attempt may first finish its chunk;
 * it has less time for that if another upload waits for its place. Any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long a chunk may go on after OB_STOP_GENTLY, and after OB_STOP_SOON. */
#define OB_STOP_PATIENCE_MS 2000
#define OB_STOP_SOON_MS 500

typedef enum
{
  OB_STOP_GENTLY, /* begin no further request; what runs is cancelled after OB_STOP_PATIENCE_MS */
  OB_STOP_SOON,   /* the same after OB_STOP_SOON_MS */
  OB_STOP_PARK,   /* cancel; the network is gone, so the server hears of it when there is one again */
  OB_STOP_NOW,    /* cancel */
} ObStopKind;

#define OB_TYPE_STOP (ob_stop_get_type ())
G_DECLARE_FINAL_TYPE (ObStop, ob_stop, OB, STOP, GCancellable)

ObStop *ob_stop_new (void);

/* Main thread. */
void ob_stop_ask (ObStop *stop, ObStopKind kind);

/* Returns: whether the attempt is to end, gently or at once. @stop: (nullable) */
gboolean ob_stop_is_asked (ObStop *stop);

/* Returns: whether to park the connection instead of resetting it. */
gboolean ob_stop_is_parking (ObStop *stop);

/* Waits for @delay_ms, or until @stop is cancelled. @stop: (nullable) */
void ob_stop_rest (GCancellable *stop, gint64 delay_ms);

G_END_DECLS
