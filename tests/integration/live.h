/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon with the real NetworkManager: both in one network namespace, the servers in another; UPower and logind are mocks.
 * Main thread.
 */
#pragma once

#include "support/broker.h"
#include "support/network-manager.h"

G_BEGIN_DECLS

#define LIVE_SERVER "203.0.113.1"
#define LIVE_VIDEO_BYTES (40 * 1000 * 1000)
#define LIVE_PHOTO_BYTES (500 * 1000)
#define LIVE_MOST_S 40
#define LIVE_MOST_METERED_BYTES (512 * 1024) /* of a video, after its network began to cost */

typedef struct
{
  TestSystemBus *bus;
  TestNetworkManager *manager;
  TestPeer *video_server;
  TestPeer *photo_server;
  TestBroker *broker;
  GDBusConnection *connection; /* to the system bus */
  gint64 told_us;              /* when NetworkManager last said that the way out is another, or costs */
} Live;

/* Runs a command of the shell while the main loop goes on. */
void live_run (const char *command);

/* About 40 Mbit/s, with the short queue that a driver has. */
void live_slow_down (const char *interface);

void live_set_up (Live *live, gconstpointer data);

void live_tear_down (Live *live, gconstpointer data);

char *live_submit (Live *live, const char *name, gsize size_bytes, const char *media_type, const char *destination);

/* Returns: what has arrived at a server over a cable: "video_depot". */
guint64 live_count_bytes (Live *live, const char *counter);

/* Waits for a state and its reasons: "paused wait-unmetered". */
void live_wait_for (Live *live, const char *id, const char *what);

/* Returns: (transfer full): the id of one that is on its way. */
char *live_begin_video (Live *live);

/* Makes the network cost, and watches what arrives of the video until nothing has for a second. @late_bytes: since the
 * look before the signal. Returns: how long after the signal the last byte was. */
double live_watch_the_last_byte (Live *live, const char *command, const char *counter, guint64 *late_bytes);

gboolean live_is_full (void);

void live_assert_in_time (double late_ms, guint64 late_bytes);

void live_send_photo (Live *live, const char *name);

/* The video is said to wait. What was queued on the cable for it is out before a photo that comes after it; and after that
 * nothing comes of it at all. */
void live_assert_nothing_follows (Live *live);

/* Everything is there, and next to nothing was sent twice: at each cut what the server had not read yet. */
void live_assert_video_arrived (Live *live, guint most_cuts);

G_END_DECLS
