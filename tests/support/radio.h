/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A link between two network namespaces as mobile ones are: a rate, a delay, a queue that overflows, and spells in which
 * nothing gets through. It joins two tun devices, and notes what TCP sends over it. Runs on a thread of its own; its
 * functions are for the main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TestRadio TestRadio;

typedef struct
{
  const char *name;         /* of both devices */
  const char *near_address; /* such as 10.77.1.2/24 */
  const char *far_address;
  guint64 rate_bits_per_s; /* of packets, each way */
  guint delay_ms;          /* each way */
  guint queue_ms;          /* what waits longer than that for its turn is lost */
} TestRadioPlan;

/* One thing that was said over it: "SYN", "RST" of the near end, or the first word of a request or an answer. */
typedef struct
{
  char word[16];
  char client[32];     /* address:port at the near end */
  gint64 sent_us;      /* monotonic, when it left its sender */
  gint64 delivered_us; /* and when it came out at the other end */
} TestRadioWord;

/* The near device is in the namespace of the calling thread, the far one in @far_namespace; both are up. */
TestRadio *test_radio_new (int far_namespace, const TestRadioPlan *plan);

/* Takes the devices away. */
void test_radio_free (TestRadio *radio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestRadio, test_radio_free)

/* While it is dark, all that is on the way and all that comes is lost. Nobody is told. */
void test_radio_set_dark (TestRadio *radio, gboolean is_dark);

/* Whether the near device has a carrier, which its system can see. */
void test_radio_set_carrier (TestRadio *radio, gboolean has_carrier);

/* The first such word that was delivered of what was sent after @after_us. Returns: whether there is one */
gboolean test_radio_find (TestRadio *radio, const char *word, gint64 after_us, TestRadioWord *found);

/* How often it was said. */
guint test_radio_count (TestRadio *radio, const char *word);

/* TCP payload that left the near end, lost or not. @client: address or address:port; NULL: of all */
guint64 test_radio_get_sent_bytes (TestRadio *radio, const char *client);

/* Returns: (transfer full): all that was said, a line each, for who reads why a test failed. */
char *test_radio_dup_log (TestRadio *radio);

G_END_DECLS
