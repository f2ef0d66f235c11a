/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The radio: a poll() loop over two tun devices, with a queue each way. Owns its thread, its descriptors and its packets;
 * the lock guards what the main thread sets and reads.
 */
#include "support/radio.h"

#include "support/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PACKET_MAX_BYTES 2048
#define N_WAYS 2 /* 0: from near to far; 1: back */

typedef struct
{
  gint64 sent_us;
  gint64 due_us;
  gsize n_bytes;
  guint8 bytes[];
} Packet;

/* What of a packet is TCP's. */
typedef struct
{
  gboolean is_syn;
  gboolean is_rst; /* from the near end */
  const char *payload;
  gsize payload_bytes;
  char client[32];
} Segment;

struct _TestRadio
{
  GThread *thread;
  int devices[N_WAYS]; /* near, far */
  int waker;
  gint64 rate_bits_per_s;
  gint64 delay_us;
  gint64 queue_us;
  GQueue queues[N_WAYS]; /* of Packet; the thread's own, like the next */
  gint64 free_at_us[N_WAYS];

  GMutex lock; /* of all below */
  gboolean is_over;
  gboolean is_dark;
  GArray *words;    /* of TestRadioWord */
  GHashTable *sent; /* client → guint64, owned */
};

/* --- What is said --- */

static gboolean
read_segment (const Packet *packet, int way, Segment *segment)
{
  const struct iphdr *ip = (const struct iphdr *) (const void *) packet->bytes;
  const struct tcphdr *tcp;
  const guint8 *address;
  gsize head_bytes;
  guint16 port;

  if (packet->n_bytes < sizeof *ip || ip->version != 4 || ip->protocol != IPPROTO_TCP)
    return FALSE;
  head_bytes = ip->ihl * 4u;
  tcp = (const struct tcphdr *) (const void *) (packet->bytes + head_bytes);
  head_bytes += tcp->doff * 4u;
  if (packet->n_bytes < head_bytes)
    return FALSE;
  address = (const guint8 *) (way == 0 ? &ip->saddr : &ip->daddr);
  port = g_ntohs (way == 0 ? tcp->source : tcp->dest);
  *segment = (Segment){ tcp->syn && !tcp->ack,
                        way == 0 && tcp->rst,
                        (const char *) packet->bytes + head_bytes,
                        packet->n_bytes - head_bytes,
                        { 0 } };
  (void) g_snprintf (segment->client, sizeof segment->client, "%u.%u.%u.%u:%u", address[0], address[1], address[2],
                     address[3], port);

  return TRUE;
}

static void
count_sent (TestRadio *radio, const Packet *packet)
{
  guint64 *bytes;
  Segment segment;

  if (!read_segment (packet, 0, &segment) || segment.payload_bytes == 0)
    return;
  g_mutex_lock (&radio->lock);
  bytes = g_hash_table_lookup (radio->sent, segment.client);
  if (!bytes)
    {
      bytes = g_new0 (guint64, 1);
      g_hash_table_insert (radio->sent, g_strdup (segment.client), bytes);
    }
  *bytes += segment.payload_bytes;
  g_mutex_unlock (&radio->lock);
}

/* The first line of a request has its method in front, that of an answer its status in the middle. */
static gboolean
read_word (const Segment *segment, char *word, gsize word_bytes)
{
  static const char *const methods[] = { "OPTIONS ", "POST ", "HEAD ", "PATCH ", "GET ", "HTTP/1.1 " };

  if (segment->is_syn)
    (void) g_strlcpy (word, "SYN", word_bytes);
  else if (segment->is_rst)
    (void) g_strlcpy (word, "RST", word_bytes);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      gsize length = strlen (methods[i]);

      if (segment->payload_bytes < length + 3 || memcmp (segment->payload, methods[i], length) != 0)
        continue;
      if (methods[i][length - 2] == '1')
        (void) g_snprintf (word, (gulong) word_bytes, "%.3s", segment->payload + length);
      else
        (void) g_snprintf (word, (gulong) word_bytes, "%.*s", (int) length - 1, segment->payload);
      return TRUE;
    }

  return segment->is_syn || segment->is_rst;
}

static void
note_word (TestRadio *radio, int way, const Packet *packet, gint64 now_us)
{
  TestRadioWord word = { .sent_us = packet->sent_us, .delivered_us = now_us };
  Segment segment;

  if (!read_segment (packet, way, &segment) || !read_word (&segment, word.word, sizeof word.word))
    return;
  (void) g_strlcpy (word.client, segment.client, sizeof word.client);
  g_mutex_lock (&radio->lock);
  g_array_append_val (radio->words, word);
  g_mutex_unlock (&radio->lock);
}

/* --- What gets through --- */

static gboolean
is_dark_now (TestRadio *radio)
{
  gboolean is_dark;

  g_mutex_lock (&radio->lock);
  is_dark = radio->is_dark;
  g_mutex_unlock (&radio->lock);

  return is_dark;
}

static void
take_in (TestRadio *radio, int way, const guint8 *bytes, gsize n_bytes)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 begin_us = MAX (radio->free_at_us[way], now_us);
  g_autofree Packet *packet = g_malloc (sizeof (Packet) + n_bytes);

  packet->n_bytes = n_bytes;
  packet->sent_us = now_us;
  memcpy (packet->bytes, bytes, n_bytes);
  if (way == 0)
    count_sent (radio, packet);
  if (begin_us - now_us > radio->queue_us || is_dark_now (radio))
    return;
  radio->free_at_us[way] = begin_us + (gint64) n_bytes * 8 * G_USEC_PER_SEC / radio->rate_bits_per_s;
  packet->due_us = radio->free_at_us[way] + radio->delay_us;
  g_queue_push_tail (&radio->queues[way], g_steal_pointer (&packet));
}

static void
read_device (TestRadio *radio, int way)
{
  guint8 bytes[PACKET_MAX_BYTES];
  gssize got;

  while ((got = read (radio->devices[way], bytes, sizeof bytes)) > 0)
    take_in (radio, way, bytes, (gsize) got);
}

/* Returns: when the next one is due; G_MAXINT64: there is none. */
static gint64
deliver (TestRadio *radio, int way)
{
  GQueue *queue = &radio->queues[way];
  gint64 now_us = g_get_monotonic_time ();
  const Packet *next;

  while ((next = g_queue_peek_head (queue)) && next->due_us <= now_us)
    {
      g_autofree Packet *packet = g_queue_pop_head (queue);

      if (!is_dark_now (radio)
          && write (radio->devices[1 - way], packet->bytes, packet->n_bytes) == (gssize) packet->n_bytes)
        note_word (radio, way, packet, now_us);
    }

  return next ? next->due_us : G_MAXINT64;
}

/* Returns: whether to go on. */
static gboolean
obey (TestRadio *radio)
{
  gboolean goes_on, is_dark;
  eventfd_t count;

  (void) eventfd_read (radio->waker, &count);
  g_mutex_lock (&radio->lock);
  goes_on = !radio->is_over;
  is_dark = radio->is_dark;
  g_mutex_unlock (&radio->lock);
  for (int way = 0; way < N_WAYS && (is_dark || !goes_on); way++)
    {
      g_queue_clear_full (&radio->queues[way], g_free);
      radio->free_at_us[way] = 0;
    }

  return goes_on;
}

static gpointer
run (gpointer data)
{
  TestRadio *radio = data;

  for (;;)
    {
      gint64 due_us = MIN (deliver (radio, 0), deliver (radio, 1));
      gint64 left_us = due_us - g_get_monotonic_time ();
      gint64 wait_us = MAX (left_us, 0);
      const struct timespec wait = { wait_us / G_USEC_PER_SEC, wait_us % G_USEC_PER_SEC * 1000 };
      struct pollfd polls[]
          = { { radio->devices[0], POLLIN, 0 }, { radio->devices[1], POLLIN, 0 }, { radio->waker, POLLIN, 0 } };

      if (ppoll (polls, G_N_ELEMENTS (polls), due_us == G_MAXINT64 ? NULL : &wait, NULL) < 0 && errno != EINTR)
        g_error ("ppoll: %s", g_strerror (errno));
      for (int way = 0; way < N_WAYS; way++)
        if (polls[way].revents)
          read_device (radio, way);
      if (polls[N_WAYS].revents && !obey (radio))
        return NULL;
    }
}

/* --- For the main thread --- */

static int
open_device (const char *name, const char *address)
{
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  int fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  (void) g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  g_assert_cmpint (ioctl (fd, TUNSETIFF, &request), ==, 0);
  /* What is lost is lost on the link, not before it. */
  test_namespace_run ("ip address add %s dev %s && ip link set %s txqueuelen 5000 up", address, name, name);

  return fd;
}

TestRadio *
test_radio_new (int far_namespace, const TestRadioPlan *plan)
{
  TestRadio *radio = g_new0 (TestRadio, 1);
  int home;

  radio->rate_bits_per_s = (gint64) plan->rate_bits_per_s;
  radio->delay_us = plan->delay_ms * 1000;
  radio->queue_us = plan->queue_ms * 1000;
  g_mutex_init (&radio->lock);
  radio->words = g_array_new (FALSE, FALSE, sizeof (TestRadioWord));
  radio->sent = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  radio->waker = eventfd (0, EFD_CLOEXEC);
  radio->devices[0] = open_device (plan->name, plan->near_address);
  home = test_namespace_visit (far_namespace);
  radio->devices[1] = open_device (plan->name, plan->far_address);
  test_namespace_leave (home);
  radio->thread = g_thread_new ("radio", run, radio);

  return radio;
}

static void
wake (TestRadio *radio)
{
  g_assert_cmpint (eventfd_write (radio->waker, 1), ==, 0);
}

void
test_radio_free (TestRadio *radio)
{
  g_mutex_lock (&radio->lock);
  radio->is_over = TRUE;
  g_mutex_unlock (&radio->lock);
  wake (radio);
  (void) g_thread_join (radio->thread);
  for (int way = 0; way < N_WAYS; way++)
    (void) close (radio->devices[way]);
  (void) close (radio->waker);
  g_array_unref (radio->words);
  g_hash_table_unref (radio->sent);
  g_mutex_clear (&radio->lock);
  g_free (radio);
}

void
test_radio_set_dark (TestRadio *radio, gboolean is_dark)
{
  g_mutex_lock (&radio->lock);
  radio->is_dark = is_dark;
  g_mutex_unlock (&radio->lock);
  wake (radio);
}

void
test_radio_set_carrier (TestRadio *radio, gboolean has_carrier)
{
  g_assert_cmpint (ioctl (radio->devices[0], TUNSETCARRIER, &has_carrier), ==, 0);
}

gboolean
test_radio_find (TestRadio *radio, const char *word, gint64 after_us, TestRadioWord *found)
{
  gboolean is_found = FALSE;

  g_mutex_lock (&radio->lock);
  for (guint i = 0; i < radio->words->len && !is_found; i++)
    {
      const TestRadioWord *said = &g_array_index (radio->words, TestRadioWord, i);

      is_found = said->sent_us > after_us && g_str_equal (said->word, word);
      if (is_found)
        *found = *said;
    }
  g_mutex_unlock (&radio->lock);

  return is_found;
}

guint
test_radio_count (TestRadio *radio, const char *word)
{
  guint count = 0;

  g_mutex_lock (&radio->lock);
  for (guint i = 0; i < radio->words->len; i++)
    count += g_str_equal (g_array_index (radio->words, TestRadioWord, i).word, word);
  g_mutex_unlock (&radio->lock);

  return count;
}

guint64
test_radio_get_sent_bytes (TestRadio *radio, const char *client)
{
  guint64 sum = 0;
  GHashTableIter iter;
  gpointer key, value;

  g_mutex_lock (&radio->lock);
  g_hash_table_iter_init (&iter, radio->sent);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (!client || g_str_has_prefix (key, client))
      sum += *(const guint64 *) value;
  g_mutex_unlock (&radio->lock);

  return sum;
}

char *
test_radio_dup_log (TestRadio *radio)
{
  GString *log = g_string_new (NULL);

  g_mutex_lock (&radio->lock);
  for (guint i = 0; i < radio->words->len; i++)
    {
      const TestRadioWord *said = &g_array_index (radio->words, TestRadioWord, i);

      g_string_append_printf (log, "%.3f %s %s\n", (double) said->sent_us / G_USEC_PER_SEC, said->client, said->word);
    }
  g_mutex_unlock (&radio->lock);

  return g_string_free (log, FALSE);
}
