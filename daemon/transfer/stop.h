/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an attempt is ended from outside. A cancellable: cancelled, the attempt's connection is reset at once and bytes that
 * are still queued never leave, as a network that must not be used demands. Asked gently, as by a pause, it first has a
 * moment to finish the chunk under way; a shorter one where another upload waits for its place. Any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long a chunk may go on after OB_STOP_GENTLY, and after OB_STOP_SOON. */
#define OB_STOP_PATIENCE_MS 2000
#define OB_STOP_SOON_MS 500

typedef enum
{
  OB_STOP_GENTLY, /* no further request is begun, and what runs is cancelled after OB_STOP_PATIENCE_MS */
  OB_STOP_SOON,   /* the same after OB_STOP_SOON_MS */
  OB_STOP_PARK,   /* cancelled; its network is gone, and its server hears of it when there is one again */
  OB_STOP_NOW,    /* cancelled */
} ObStopKind;

#define OB_TYPE_STOP (ob_stop_get_type ())
G_DECLARE_FINAL_TYPE (ObStop, ob_stop, OB, STOP, GCancellable)

ObStop *ob_stop_new (void);

/* Main thread. */
void ob_stop_ask (ObStop *stop, ObStopKind kind);

/* Whether it was asked, either way. @stop: (nullable) */
gboolean ob_stop_is_asked (ObStop *stop);

/* Whether its connection is to be parked, and not reset. */
gboolean ob_stop_is_parking (ObStop *stop);

/* Waits that long, or until @stop is cancelled. @stop: (nullable) */
void ob_stop_rest (GCancellable *stop, gint64 delay_ms);

G_END_DECLS
