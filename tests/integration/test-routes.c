/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which servers can be reached, in a network namespace with the kernel's own routes: a table of situations, and changes
 * that the kernel tells of.
 */
#include "policy/routes.h"
#include "support/namespace.h"
#include "support/wait.h"

/* Loopback, and a cable "eth0" without an address whose other end is "far0" in the same namespace. */
#define MOST_S 30

#define CABLE "ip link set lo up; ip link add eth0 type veth peer name far0; ip link set eth0 up; ip link set far0 up;"
#define STATION "ip addr add 10.7.0.2/24 dev eth0;"
#define GATEWAY "ip route add default via 10.7.0.1 dev eth0;"
#define SIX "ip addr add 2001:db8:7::2/64 dev eth0 nodad;"
/* An address of the link that the kernel does not have to wait for. */
#define LINK_SIX "ip addr add fe80::7/64 dev eth0 nodad;"
/* A bridge for containers, of which none runs. */
#define BRIDGE                                                                                                       \
  "ip link add br0 type bridge; ip addr add 172.17.0.1/16 dev br0; ip link set br0 up;"                              \
  "ip link add port0 type veth peer name port1; ip link set port0 master br0 up; ip link set port1 up; ip link del " \
  "port0;"
#define VPN                                                                                                            \
  "ip link add tun0 type veth peer name fartun; ip link set fartun up; ip addr add 10.8.0.2/32 dev tun0; ip link set " \
  "tun0 up;"

typedef struct
{
  const char *name;
  const char *commands;
  const char *url;
  gboolean is_reachable;
  const char *device;
} Row;

static const Row rows[] = {
  { "island/v4", CABLE STATION, "http://10.7.0.1:8080/files", TRUE, "eth0" },
  { "island/another-network", CABLE STATION, "http://10.9.0.1/files", FALSE, "" },
  { "island/no-address", CABLE, "http://10.7.0.1/files", FALSE, "" },
  { "island/port-of-its-own", CABLE STATION, "https://10.7.0.1:1/", TRUE, "eth0" },
  { "island/v6-only", CABLE SIX, "http://[2001:db8:7::1]/files", TRUE, "eth0" },
  { "island/v6-only-to-v4", CABLE SIX, "http://10.7.0.1/files", FALSE, "" },
  { "island/v4-only-to-v6", CABLE STATION, "http://[2001:db8:7::1]/files", FALSE, "" },
  { "island/link-local-v4", CABLE "ip addr add 169.254.3.4/16 dev eth0;", "http://169.254.9.9/", TRUE, "eth0" },
  { "island/link-local-v6", CABLE LINK_SIX, "http://[fe80::1%25eth0]/files", TRUE, "eth0" },
  { "island/link-local-v6-of-no-device", CABLE LINK_SIX, "http://[fe80::1%25eth9]/files", FALSE, NULL },
  { "island/a-route-to-one-host", CABLE STATION "ip route add 203.0.113.5 via 10.7.0.1;", "http://203.0.113.5/", TRUE,
    "eth0" },
  { "island/and-not-to-its-neighbour", CABLE STATION "ip route add 203.0.113.5 via 10.7.0.1;", "http://203.0.113.6/",
    FALSE, "" },
  { "gateway/v4", CABLE STATION GATEWAY, "http://203.0.113.5/", TRUE, "eth0" },
  { "gateway/v6", CABLE SIX "ip -6 route add default via 2001:db8:7::1;", "http://[2001:db8:9::5]/", TRUE, "eth0" },
  { "gateway/v4-has-no-v6", CABLE STATION GATEWAY, "http://[2001:db8:9::5]/", FALSE, "" },
  { "gateway/prohibited", CABLE STATION GATEWAY "ip route add unreachable 203.0.113.0/24;", "http://203.0.113.5/",
    FALSE, "" },
  { "gateway/swallowed", CABLE STATION GATEWAY "ip route add blackhole 203.0.113.0/24;", "http://203.0.113.5/", FALSE,
    "" },
  { "cable/out", CABLE STATION GATEWAY "ip link set far0 down;", "http://203.0.113.5/", FALSE, "eth0" },
  { "cable/down", CABLE STATION GATEWAY "ip link set eth0 down;", "http://10.7.0.1/", FALSE, "" },
  { "bridge/is-no-way-out", CABLE BRIDGE, "http://203.0.113.5/", FALSE, "" },
  { "bridge/beside-a-cable", CABLE STATION GATEWAY BRIDGE, "http://203.0.113.5/", TRUE, "eth0" },
  { "vpn/a-route-of-its-own", CABLE STATION VPN "ip route add 10.20.0.0/16 dev tun0;", "http://10.20.3.4/", TRUE,
    "tun0" },
  { "vpn/all-of-it", CABLE STATION GATEWAY VPN "ip route add 0.0.0.0/1 dev tun0; ip route add 128.0.0.0/1 dev tun0;",
    "http://203.0.113.5/", TRUE, "tun0" },
  { "vpn/another-table",
    CABLE STATION VPN "ip route add default dev tun0 table 77; ip rule add to 203.0.113.0/24 table 77;",
    "http://203.0.113.5/", TRUE, "tun0" },
  { "self/v4", CABLE, "http://127.0.0.1:8080/", TRUE, "lo" },
  { "self/v6", CABLE, "http://[::1]:8080/", TRUE, "lo" },
  { "self/own-address", CABLE STATION, "http://10.7.0.2/", TRUE, "lo" },
  { "literal/one-number", CABLE STATION, "http://10.458753/", TRUE, "eth0" },
  { "name/no-network", CABLE, "http://depot.invalid/files", FALSE, "" },
  { "name/a-network-and-no-resolver", CABLE STATION, "http://depot.invalid/files", TRUE, "" },
  { "name/gateway", CABLE STATION GATEWAY, "http://depot.invalid/files", TRUE, "eth0" },
  { "name/gateway-v6", CABLE SIX "ip -6 route add default via 2001:db8:7::1;", "http://depot.invalid/", TRUE, "eth0" },
  { "name/a-bridge-without-a-port", CABLE BRIDGE, "http://depot.invalid/files", FALSE, "" },
  { "url/none", CABLE STATION, "files", TRUE, "" },
};

static void
clear_network (void)
{
  test_namespace_run ("for l in eth0 eth1 br0 tun0; do ip link del $l 2>/dev/null || true; done;"
                      "ip rule del table 77 2>/dev/null || true; ip route flush table 77 2>/dev/null || true;"
                      "ip route flush table main || true");
}

static void
on_changed (gpointer user_data)
{
  ++*(guint *) user_data;
}

typedef struct
{
  ObRoutes *routes;
  const char *url;
  guint n_changes;
} Watch;

static gboolean
is_reached (gpointer data)
{
  const Watch *watch = data;

  return ob_routes_find (watch->routes, watch->url).is_reachable;
}

static gboolean
is_lost (gpointer data)
{
  return !is_reached (data);
}

/* The kernel takes a moment to see that a cable is out. */
static void
test_row (gconstpointer data)
{
  const Row *row = data;
  Watch watch = { .url = row->url };
  ObWay way;

  clear_network ();
  test_namespace_run ("%s", row->commands);
  watch.routes = ob_routes_new (on_changed, &watch.n_changes);
  test_wait_until (row->is_reachable ? is_reached : is_lost, &watch, MOST_S);
  way = ob_routes_find (watch.routes, row->url);
  if (row->device)
    g_assert_cmpstr (way.device, ==, row->device);
  g_assert_cmpint (ob_routes_reach_any (watch.routes), ==, row->is_reachable && !way.is_loopback);
  ob_routes_free (watch.routes);
}

/* --- Changes --- */

/* What the kernel tells of, and what there is afterwards. */
static const struct
{
  const char *commands;
  gboolean is_reachable;
} changes[] = {
  { "ip addr del 10.7.0.2/24 dev eth0", FALSE },
  { "ip addr add 10.7.0.2/24 dev eth0", TRUE },
  { "ip link set far0 down", FALSE },
  { "ip link set far0 up", TRUE },
  { "ip link set eth0 down", FALSE },
  { "ip link set eth0 up", TRUE },
  { "ip route add unreachable 10.7.0.1/32", FALSE },
  { "ip route del unreachable 10.7.0.1/32", TRUE },
  { "ip rule add to 10.7.0.1 unreachable priority 5", FALSE },
  { "ip rule del priority 5", TRUE },
  { "ip link del eth0", FALSE },
  { CABLE STATION, TRUE },
};

static void
test_changes (void)
{
  Watch watch = { .url = "http://10.7.0.1/files" };

  clear_network ();
  test_namespace_run (CABLE STATION);
  watch.routes = ob_routes_new (on_changed, &watch.n_changes);
  g_assert_true (is_reached (&watch));
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      guint before = watch.n_changes;

      g_test_message ("%s", changes[i].commands);
      test_namespace_run ("%s", changes[i].commands);
      test_wait_until (changes[i].is_reachable ? is_reached : is_lost, &watch, MOST_S);
      g_assert_cmpuint (watch.n_changes, >, before);
    }
  ob_routes_free (watch.routes);
}

/* GLib's monitor says "no network" then. */
static void
test_one_of_two_default_routes_goes (void)
{
  Watch watch = { .url = "http://203.0.113.5/" }, other = { .url = "http://10.7.0.1/" };

  clear_network ();
  test_namespace_run (CABLE STATION GATEWAY
                      "ip link add eth1 type veth peer name far1; ip link set eth1 up; ip link set far1 up;"
                      "ip addr add 10.6.0.2/24 dev eth1; ip route add default via 10.6.0.1 dev eth1 metric 600");
  watch.routes = other.routes = ob_routes_new (on_changed, &watch.n_changes);
  g_assert_cmpstr (ob_routes_find (watch.routes, watch.url).device, ==, "eth0");
  g_assert_true (is_reached (&other));
  test_namespace_run ("ip route del default via 10.7.0.1");
  while (watch.n_changes == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (is_reached (&watch));
  g_assert_cmpstr (ob_routes_find (watch.routes, watch.url).device, ==, "eth1");
  g_assert_true (is_reached (&other));
  ob_routes_free (watch.routes);
}

/* A change of no account tells nobody anything. */
static void
test_what_changes_nothing_is_not_told (void)
{
  Watch watch = { .url = "http://10.7.0.1/" };

  clear_network ();
  test_namespace_run (CABLE STATION);
  watch.routes = ob_routes_new (on_changed, &watch.n_changes);
  g_assert_true (is_reached (&watch));
  test_namespace_run (BRIDGE "ip route add 10.99.0.0/16 via 10.7.0.9; ip link set br0 down");
  ob_routes_review (watch.routes);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (watch.n_changes, ==, 0);
  ob_routes_free (watch.routes);
}

static void
test_a_proxy_is_what_is_reached (void)
{
  static const struct
  {
    const char *proxy;
    const char *url;
    gboolean is_reachable;
  } table[] = {
    { "http://10.7.0.1:3128", "http://203.0.113.5/", TRUE },
    { "http://10.9.0.1:3128", "http://10.7.0.1/", FALSE },
    { "http://10.9.0.1:3128", "http://203.0.113.5/", FALSE },
  };

  clear_network ();
  test_namespace_run (CABLE STATION);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GSubprocess) child = NULL;
      g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
      g_autoptr (GError) error = NULL;

      /* GLib reads the environment once. */
      g_subprocess_launcher_setenv (launcher, "GIO_USE_PROXY_RESOLVER", "environment", TRUE);
      g_subprocess_launcher_setenv (launcher, "http_proxy", table[i].proxy, TRUE);
      g_subprocess_launcher_setenv (launcher, "OUTBOX_TEST_REACHES", table[i].url, TRUE);
      g_subprocess_launcher_setenv (launcher, "OUTBOX_TEST_EXPECTED", table[i].is_reachable ? "yes" : "no", TRUE);
      child = g_subprocess_launcher_spawn (launcher, &error, "/proc/self/exe", NULL);
      g_assert_no_error (error);
      g_assert_true (g_subprocess_wait_check (child, NULL, &error));
    }
}

/* The child of the test above: returns when the answer is the expected one. */
static int
wait_for_answer (const char *url)
{
  gboolean is_expected = g_str_equal (g_getenv ("OUTBOX_TEST_EXPECTED"), "yes");
  Watch watch = { .url = url };

  watch.routes = ob_routes_new (on_changed, &watch.n_changes);
  test_wait_until (is_expected ? is_reached : is_lost, &watch, MOST_S);
  ob_routes_free (watch.routes);

  return 0;
}

int
main (int argc, char *argv[])
{
  gboolean is_inside;

  if (g_getenv ("OUTBOX_TEST_REACHES"))
    return wait_for_answer (g_getenv ("OUTBOX_TEST_REACHES"));
  is_inside = test_namespace_enter (argv);
  g_test_init (&argc, &argv, NULL);
  if (!is_inside)
    {
      g_test_add_func ("/routes/in-namespaces", test_namespace_skip);
      return g_test_run ();
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/routes/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/routes/the-kernel-tells-of-changes", test_changes);
  g_test_add_func ("/routes/one-of-two-default-routes-goes", test_one_of_two_default_routes_goes);
  g_test_add_func ("/routes/what-changes-nothing-is-not-told", test_what_changes_nothing_is_not_told);
  g_test_add_func ("/routes/a-proxy-is-what-is-reached", test_a_proxy_is_what_is_reached);

  return g_test_run ();
}
