/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon on a link as there is in the field: 40 Mbit/s, 40 ms each way, dark again and again. The test, the daemon and the
 * bus are in one network namespace, the server in another, with a radio in between. Main thread.
 */
#pragma once

#include "support/broker.h"
#include "support/radio.h"
#include "support/tus-servers.h"

G_BEGIN_DECLS

#define FIELD_RATE_BITS_PER_S (G_GUINT64_CONSTANT (40) * 1000 * 1000)
#define FIELD_DELAY_MS 40
#define FIELD_QUEUE_MS 250
#define FIELD_SERVER "10.99.0.1"

typedef struct
{
  const char *name;
  gsize size_bytes;
  guint lit_ms;
  guint dark_ms;
  double most_time; /* of the ideal, where the dark is announced */
  double most_time_silent;
  double most_time_locked; /* either way, where the server has a lock */
  double most_payload;     /* of the file */
} FieldWeather;

typedef struct
{
  int server_namespace;
  TestPeer *receiver; /* or NULL, as the next */
  TestTusServer *tus_server;
  TestRadio *wifi;
  TestBroker *broker;
  char *id;
  const FieldWeather *weather;
  gboolean is_announced;
  gboolean is_island; /* there is a route to the server, and none to anywhere else */
  gboolean is_dark;
  guint timer;
  gint64 begin_us;
  gint64 dark_since_us;
  gint64 lit_since_us; /* after the first dark */
  gint64 dark_us;      /* in all, of the spells that are over */
} Field;

/* Returns: what is promised, with OUTBOX_FIELD=full, or what shows that it is about right; the same for windows that are
 * shorter than what a back-off waits. */
const FieldWeather *field_get_weather (void);
const FieldWeather *field_get_tunnel_weather (void);

/* Takes no sums, like tusd and @tus/server: what it has of a chunk that was cut is what it says at once. */
const char *field_start_receiver (Field *field);

/* A server with a lock, on which the connection that fell silent still sits. It listens on loopback alone. */
const char *field_start_tus_server (Field *field);

/* Returns: whether there is such a server here. */
gboolean field_set_up (Field *field, const char *(*start_server) (Field *) );

void field_tear_down (Field *field);

/* Changes the weather, and goes on with it: a GSourceFunc with the Field. */
gboolean field_on_spell_over (gpointer user_data);

/* From here on its time is counted. */
void field_hand_over (Field *field, gsize size_bytes);

guint64 field_get_wire_bytes (Field *field);

gint64 field_get_received_bytes (Field *field);

/* What was on the link, as messages of the test. */
void field_say_log (Field *field);

G_END_DECLS
