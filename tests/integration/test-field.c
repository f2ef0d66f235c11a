/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon on a dark link, and on its way from one network to another. Short spells of it here; with OUTBOX_FIELD=full what is
 * promised for a long upload, which takes a minute each.
 */
#include "field.h"
#include "support/namespace.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCP_RTO_MAX_MS 44 /* Linux 6.15; not in the headers of Debian 12 */

/* --- Setting up --- */

/* What an older kernel does not have: this option. For this process and for all that it starts from here on. */
static void
take_option_away (int level, int option)
{
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 5),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[1])),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) level, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[2])),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) option, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
}

/* --- What came of it --- */

static void
weather (Field field)
{
  double ideal_s, took_s, payload;

  (void) field_set_up (&field, field_start_receiver);
  field_hand_over (&field, field.weather->size_bytes);
  field.timer = g_timeout_add (field.weather->lit_ms, field_on_spell_over, &field);
  test_broker_wait_for_all (field.broker, "done", 120);
  took_s = (double) (g_get_monotonic_time () - field.begin_us) / G_USEC_PER_SEC;
  ideal_s = (double) field.weather->size_bytes * 8 / FIELD_RATE_BITS_PER_S + (double) field.dark_us / G_USEC_PER_SEC;
  payload = (double) test_radio_get_sent_bytes (field.wifi, NULL) / (double) field.weather->size_bytes;
  field_say_log (&field);
  g_test_message (
      "%s: %.2f s, ideal %.2f s: ratio %.3f; payload %.3f of the file (%.3f by the daemon, %.3f arrived); %u "
      "connections",
      field.weather->name, took_s, ideal_s, took_s / ideal_s, payload,
      (double) field_get_wire_bytes (&field) / (double) field.weather->size_bytes,
      (double) field_get_received_bytes (&field) / (double) field.weather->size_bytes,
      test_radio_count (field.wifi, "SYN"));
  g_assert_false (field.is_dark);
  g_assert_cmpfloat (took_s / ideal_s, <=,
                     field.is_announced ? field.weather->most_time : field.weather->most_time_silent);
  g_assert_cmpfloat (payload, <=, field.weather->most_payload);
  /* What the daemon counts is what was on the link. */
  g_assert_cmpfloat ((double) field_get_wire_bytes (&field), >, payload * (double) field.weather->size_bytes * 0.99);
  g_assert_cmpfloat ((double) field_get_wire_bytes (&field), <, payload * (double) field.weather->size_bytes * 1.01);
  field_tear_down (&field);
}

static void
weather_the_dark (gboolean is_announced)
{
  weather ((Field){ .is_announced = is_announced });
}

static void
weather_long_dark (gboolean is_island)
{
  weather ((Field){ .weather = field_get_tunnel_weather (), .is_island = is_island });
}

/* The reset could not be heard in the dark: the server has it before it is asked for the upload on a new connection, and so
 * lets go of it. */
static void
assert_reset_is_heard (Field *field)
{
  TestRadioWord old, reset, head;

  g_assert_true (test_radio_find (field->wifi, "PATCH", field->begin_us, &old));
  g_assert_true (test_radio_find (field->wifi, "RST", field->lit_since_us, &reset));
  g_assert_true (test_radio_find (field->wifi, "HEAD", field->lit_since_us, &head));
  g_assert_cmpstr (reset.client, ==, old.client);
  g_assert_cmpstr (head.client, !=, old.client);
  g_assert_cmpint (reset.delivered_us, <=, head.delivered_us);
}

/* Behind a server that sits on an upload for as long as it believes in the connection that it comes by. */
static void
weather_the_dark_with_a_lock (gboolean is_announced)
{
  Field field = { .is_announced = is_announced };

  if (field_set_up (&field, field_start_tus_server))
    {
      double ideal_s, took_s;

      field_hand_over (&field, field.weather->size_bytes);
      field.timer = g_timeout_add (field.weather->lit_ms, field_on_spell_over, &field);
      test_broker_wait_for_all (field.broker, "done", 120);
      took_s = (double) (g_get_monotonic_time () - field.begin_us) / G_USEC_PER_SEC;
      ideal_s
          = (double) field.weather->size_bytes * 8 / FIELD_RATE_BITS_PER_S + (double) field.dark_us / G_USEC_PER_SEC;
      field_say_log (&field);
      g_test_message ("%s, with a lock: %.2f s, ideal %.2f s: ratio %.3f; %u connections", field.weather->name, took_s,
                      ideal_s, took_s / ideal_s, test_radio_count (field.wifi, "SYN"));
      g_assert_cmpfloat (took_s / ideal_s, <=, field.weather->most_time_locked);
      if (is_announced)
        assert_reset_is_heard (&field);
    }
  field_tear_down (&field);
}

static void
test_dark_and_silent (void)
{
  weather_the_dark (FALSE);
}

static void
test_dark_and_silent_with_a_lock (void)
{
  weather_the_dark_with_a_lock (FALSE);
}

static void
test_dark_and_announced_with_a_lock (void)
{
  weather_the_dark_with_a_lock (TRUE);
}

static void
test_dark_and_silent_on_an_older_kernel (void)
{
  take_option_away (IPPROTO_TCP, TCP_RTO_MAX_MS);
  weather_the_dark (FALSE);
}

static void
test_long_dark_and_silent (void)
{
  weather_long_dark (FALSE);
}

static void
test_long_dark_without_a_default_route (void)
{
  weather_long_dark (TRUE);
}

static void
test_dark_and_announced (void)
{
  weather_the_dark (TRUE);
}

/* --- Another address --- */

#define ROAMER_BYTES (12 * 1000 * 1000)

static double
seconds (gint64 time_us)
{
  return (double) time_us / G_USEC_PER_SEC;
}

static void
wait_for_word (Field *field, const char *word, gint64 after_us, TestRadioWord *found)
{
  while (!test_radio_find (field->wifi, word, after_us, found))
    {
      g_assert_cmpint (g_get_monotonic_time () - after_us, <, 30 * G_USEC_PER_SEC);
      g_usleep (10 * 1000);
    }
}

/* The old address goes and another one comes, as when a device roams to a network with the same name; to the old connection
 * nothing is said, and its server hears no more of it. */
static void
roam (guint dark_ms)
{
  Field field = { 0 };
  TestRadioWord syn, head, answer, patch;
  gint64 up_us;

  if (field_set_up (&field, field_start_tus_server))
    {
      field_hand_over (&field, ROAMER_BYTES);
      while (test_radio_get_sent_bytes (field.wifi, NULL) < ROAMER_BYTES / 2)
        g_usleep (10 * 1000);
      test_radio_set_dark (field.wifi, TRUE);
      g_usleep (dark_ms * 1000);
      test_namespace_run ("ip address add 10.77.2.2/24 dev wifi; ip address del 10.77.1.2/24 dev wifi");
      test_radio_set_dark (field.wifi, FALSE);
      up_us = g_get_monotonic_time ();
      wait_for_word (&field, "SYN", up_us, &syn);
      wait_for_word (&field, "HEAD", up_us, &head);
      wait_for_word (&field, "200", head.sent_us, &answer);
      wait_for_word (&field, "PATCH", answer.sent_us, &patch);
      test_broker_wait_for_all (field.broker, "done", 60);
      field_say_log (&field);
      g_test_message ("%u ms dark, then another address: a connection %.3f s after it, HEAD %.3f s; the server let go "
                      "%.3f s later, bytes after another %.3f s; payload %.3f of the file",
                      dark_ms, seconds (syn.sent_us - up_us), seconds (head.sent_us - up_us),
                      seconds (answer.sent_us - head.sent_us), seconds (patch.sent_us - answer.sent_us),
                      (double) test_radio_get_sent_bytes (field.wifi, NULL) / ROAMER_BYTES);
      g_assert_cmpint (head.sent_us - up_us, <=, 2 * G_USEC_PER_SEC);
      g_assert_cmpint (patch.sent_us - answer.sent_us, <=, G_USEC_PER_SEC);
      g_assert_true (g_str_has_prefix (patch.client, "10.77.2.2:"));
    }
  field_tear_down (&field);
}

static void
test_another_address_at_once (void)
{
  roam (0);
}

static void
test_another_address_after_the_dark (void)
{
  roam (field_get_weather ()->dark_ms);
}

/* --- Another network --- */

/* The route moves on to mobile data while the Wi-Fi, by which the upload runs, keeps its address, as when a system finds out
 * that there is no way out of that Wi-Fi. Returns: bytes of the old connection that left by mobile data */
static guint64
change_network (gboolean is_dark)
{
  const TestRadioPlan plan
      = { "mobile", "10.78.1.2/24", "10.78.1.1/24", FIELD_RATE_BITS_PER_S, FIELD_DELAY_MS, FIELD_QUEUE_MS };
  Field field = { 0 };
  TestRadio *mobile;
  TestRadioWord patch = { 0 };
  guint64 old_bytes, new_bytes;

  (void) field_set_up (&field, field_start_receiver);
  mobile = test_radio_new (field.server_namespace, &plan);
  field_hand_over (&field, ROAMER_BYTES);
  while (test_radio_get_sent_bytes (field.wifi, NULL) < ROAMER_BYTES / 2)
    g_usleep (10 * 1000);
  test_radio_set_dark (field.wifi, is_dark);
  test_namespace_run ("ip route add default dev mobile metric 10");
  test_broker_wait_for_all (field.broker, "done", 60);
  old_bytes = test_radio_get_sent_bytes (mobile, "10.77.1.2");
  new_bytes = test_radio_get_sent_bytes (mobile, "10.78.1.2");
  field_say_log (&field);
  g_test_message ("a route that moved, the old network %s: %" G_GUINT64_FORMAT
                  " bytes of the old connection on the new network, "
                  "%" G_GUINT64_FORMAT " of a new one",
                  is_dark ? "dark" : "alive", old_bytes, new_bytes);
  if (is_dark)
    {
      g_assert_true (test_radio_find (mobile, "PATCH", field.begin_us, &patch));
      g_assert_true (g_str_has_prefix (patch.client, "10.78.1.2:"));
    }
  field_tear_down (&field);
  test_radio_free (mobile);

  return old_bytes;
}

/* What is allowed where it runs goes on there. */
static void
test_another_network_while_the_old_one_lives (void)
{
  g_assert_cmpuint (change_network (FALSE), ==, 0);
}

static void
test_another_network_when_the_old_one_is_dark (void)
{
  g_assert_cmpuint (change_network (TRUE), ==, 0);
}

/* Shows what it is good for. */
static void
test_another_network_on_an_older_kernel (void)
{
  take_option_away (SOL_SOCKET, SO_BINDTODEVICE);
  g_assert_cmpuint (change_network (FALSE), >, 0);
}

/* The address that a connection is made from may be that of a device by which nothing leaves. To hold the connection to
 * that one is found to be wrong, and not done again. */
static void
test_an_address_of_another_device (void)
{
  const TestRadioPlan plan
      = { "other", "10.78.1.2/24", "10.78.1.1/24", FIELD_RATE_BITS_PER_S, FIELD_DELAY_MS, FIELD_QUEUE_MS };
  Field field = { 0 };
  TestRadio *other;
  int home;

  (void) field_set_up (&field, field_start_receiver);
  other = test_radio_new (field.server_namespace, &plan);
  test_radio_set_dark (other, TRUE);
  test_namespace_run ("ip route add default dev wifi src 10.78.1.2 metric 10");
  home = test_namespace_visit (field.server_namespace);
  test_namespace_run ("ip route add 10.78.1.2/32 dev wifi");
  test_namespace_leave (home);
  field_hand_over (&field, 1000 * 1000);
  test_broker_wait_for_all (field.broker, "done", 60);
  field_say_log (&field);
  g_test_message ("held to the wrong device: %.1f s for a second", seconds (g_get_monotonic_time () - field.begin_us));
  g_assert_cmpuint (test_radio_get_sent_bytes (other, NULL), >, 0);
  g_assert_cmpuint (test_radio_get_sent_bytes (field.wifi, "10.78.1.2:"), >, 1000 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - field.begin_us, <, 15 * G_USEC_PER_SEC);
  field_tear_down (&field);
  test_radio_free (other);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (void);
  } tests[] = {
    { "/field/dark-and-silent", test_dark_and_silent },
    { "/field/dark-and-silent-on-an-older-kernel", test_dark_and_silent_on_an_older_kernel },
    { "/field/long-dark-and-silent", test_long_dark_and_silent },
    { "/field/long-dark-without-a-default-route", test_long_dark_without_a_default_route },
    { "/field/dark-and-announced", test_dark_and_announced },
    { "/field/dark-and-silent-with-a-lock", test_dark_and_silent_with_a_lock },
    { "/field/dark-and-announced-with-a-lock", test_dark_and_announced_with_a_lock },
    { "/field/another-address-at-once", test_another_address_at_once },
    { "/field/another-address-after-the-dark", test_another_address_after_the_dark },
    { "/field/another-network-while-the-old-one-lives", test_another_network_while_the_old_one_lives },
    { "/field/another-network-when-the-old-one-is-dark", test_another_network_when_the_old_one_is_dark },
    { "/field/another-network-on-an-older-kernel", test_another_network_on_an_older_kernel },
    { "/field/an-address-of-another-device", test_an_address_of_another_device },
  };
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].name, is_inside ? tests[i].run : test_namespace_skip);

  return g_test_run ();
}
