/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NetworkManager and its world. Owns the process, the cables and the other side's namespace. Main thread.
 */
#include "support/network-manager.h"

#include "support/namespace.h"

#include <libsoup/soup.h>
#include <unistd.h>

#define NM_NAME "org.freedesktop.NetworkManager"
#define CHECK_ADDRESS "203.0.113.1"
#define CHECK_WORDS "NetworkManager is online\n"

/* It takes a /sys that cannot be written for a container's, and does not wait for udev. */
#define MOUNTS                                                                                                     \
  "mountpoint -q /etc/NetworkManager || { mount -t sysfs -o ro sysfs /sys; mount -t tmpfs tmpfs /run; "            \
  "mount -t tmpfs tmpfs /var/lib/NetworkManager; mount -t tmpfs tmpfs /etc/NetworkManager; ip link set lo up; }; " \
  "rm -rf /run/NetworkManager /var/lib/NetworkManager/* /etc/NetworkManager/*; "                                   \
  "mkdir -p /run/NetworkManager /etc/NetworkManager/system-connections"

/* Before a test says so, it makes no connection by itself. */
static const char configuration[] = "[main]\n"
                                    "plugins=keyfile\n"
                                    "auth-polkit=false\n"
                                    "dns=none\n"
                                    "rc-manager=unmanaged\n"
                                    "no-auto-default=*\n"
                                    "dhcp=internal\n"
                                    "[connectivity]\n"
                                    "enabled=true\n"
                                    "uri=http://" CHECK_ADDRESS "/check\n"
                                    "interval=60\n"
                                    "[keyfile]\n"
                                    "unmanaged-devices=interface-name:left-alone*\n";

struct _TestNetworkManager
{
  TestSystemBus *bus;
  TestService *service; /* NULL: stopped */
  GPtrArray *cables;    /* names of the interfaces here */
  int far_side;
  SoupServer *server; /* of the check */
  TestInternet internet;
};

static void
on_check_asked (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  TestNetworkManager *manager = user_data;

  switch (manager->internet)
    {
    case TEST_INTERNET_ONLINE:
      soup_message_headers_append (soup_server_message_get_response_headers (message), "X-NetworkManager-Status",
                                   "online");
      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, CHECK_WORDS, strlen (CHECK_WORDS));
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      break;
    case TEST_INTERNET_PORTAL:
      soup_server_message_set_redirect (message, SOUP_STATUS_FOUND, "http://" CHECK_ADDRESS "/sign-in");
      break;
    case TEST_INTERNET_BROKEN:
    default:
      g_assert_not_reached ();
    }
}

static void
listen_on_far_side (TestNetworkManager *manager)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (CHECK_ADDRESS, 80);
  g_autoptr (GError) error = NULL;
  int home = test_namespace_visit (manager->far_side);

  (void) soup_server_listen (manager->server, address, 0, &error);
  g_assert_no_error (error);
  test_namespace_leave (home);
}

static void
make_far_side (TestNetworkManager *manager)
{
  int home;

  manager->far_side = test_namespace_add ();
  home = test_namespace_visit (manager->far_side);
  test_namespace_run ("ip addr add " CHECK_ADDRESS "/32 dev lo");
  test_namespace_leave (home);
  manager->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (manager->server, "/check", on_check_asked, manager, NULL);
  listen_on_far_side (manager);
}

TestNetworkManager *
test_network_manager_new (TestSystemBus *bus)
{
  TestNetworkManager *manager = g_new0 (TestNetworkManager, 1);
  g_autoptr (GError) error = NULL;

  manager->bus = bus;
  manager->cables = g_ptr_array_new_with_free_func (g_free);
  test_namespace_run (MOUNTS);
  g_assert_true (g_file_set_contents ("/etc/NetworkManager/NetworkManager.conf", configuration, -1, &error));
  make_far_side (manager);

  return manager;
}

void
test_network_manager_free (TestNetworkManager *manager)
{
  test_network_manager_stop (manager);
  for (guint i = 0; i < manager->cables->len; i++)
    test_namespace_run ("ip link del %s", (const char *) manager->cables->pdata[i]);
  g_ptr_array_unref (manager->cables);
  g_object_unref (manager->server);
  (void) close (manager->far_side);
  g_free (manager);
}

void
test_network_manager_start (TestNetworkManager *manager)
{
  const char *argv[] = { "NetworkManager", "--no-daemon", NULL };

  manager->service = test_service_start (manager->bus, NM_NAME, argv);
  test_namespace_run ("nm-online -q -s -t 20");
}

void
test_network_manager_stop (TestNetworkManager *manager)
{
  g_clear_pointer (&manager->service, test_service_free);
}

TestService *
test_network_manager_get_service (TestNetworkManager *manager)
{
  return manager->service;
}

void
test_network_manager_add_cable (TestNetworkManager *manager, const char *interface, guint subnet)
{
  int home;

  test_namespace_run ("ip link add %s type veth peer name far-%s && ip link set far-%s netns /proc/%d/fd/%d", interface,
                      interface, interface, (int) getpid (), manager->far_side);
  g_ptr_array_add (manager->cables, g_strdup (interface));
  home = test_namespace_visit (manager->far_side);
  test_namespace_run ("ip addr add 10.%u.0.1/24 dev far-%s && ip link set far-%s up", subnet, interface, interface);
  test_namespace_leave (home);
}

void
test_network_manager_add_connection (TestNetworkManager *manager, const char *interface, guint subnet, const char *name,
                                     const char *settings)
{
  test_namespace_run ("nmcli con add type ethernet ifname %s con-name '%s' ipv4.method manual"
                      " ipv4.addresses 10.%u.0.2/24 ipv4.gateway 10.%u.0.1 ipv6.method disabled %s",
                      interface, name, subnet, subnet, settings);
}

void
test_network_manager_plug (TestNetworkManager *manager, const char *interface, gboolean is_plugged)
{
  int home = test_namespace_visit (manager->far_side);

  test_namespace_run ("ip link set far-%s %s", interface, is_plugged ? "up" : "down");
  test_namespace_leave (home);
}

void
test_network_manager_set_internet (TestNetworkManager *manager, TestInternet internet)
{
  if (internet == TEST_INTERNET_BROKEN && manager->internet != TEST_INTERNET_BROKEN)
    soup_server_disconnect (manager->server);
  if (internet != TEST_INTERNET_BROKEN && manager->internet == TEST_INTERNET_BROKEN)
    listen_on_far_side (manager);
  manager->internet = internet;
}

int
test_network_manager_get_far_side (TestNetworkManager *manager)
{
  return manager->far_side;
}
