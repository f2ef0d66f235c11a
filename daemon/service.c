/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The composition root: builds every object and gives each what it needs. The only file that sees all layers. Main
 * thread.
 */
#include "service.h"

#include "base/disk.h"
#include "dbus/error.h"
#include "dbus/names.h"
#include "ipc/dbus/access.h"
#include "ipc/dbus/last-copy.h"
#include "ipc/dbus/notifier.h"
#include "ipc/dbus/queue.h"
#include "ipc/dbus/uploads.h"
#include "ipc/requests/doorman.h"
#include "ipc/rest/door.h"
#include "policy/system-bus.h"
#include "policy/watch-network.h"
#include "policy/watch-power.h"
#include "policy/watch-session.h"
#include "policy/zone.h"
#include "store/integrity.h"
#include "store/partial-join.h"
#include "store/rescue.h"

struct _ObService
{
  ObHome *home; /* borrowed */
  GDBusConnection *connection;
  ObDatabase *database;
  ObIntegrityWatch *integrity; /* NULL if there is nothing to check */
  ObSpool *spool;
  ObSecrets *secrets;
  ObTokens *tokens;
  ObClock *clock;
  GPtrArray *watchers; /* of ObWatcher */
  ObWatcher *network;  /* one of them, as is the next */
  ObWatcher *session;
  ObSystemBus *system_bus;
  ObZoneWatch *zone;
  ObConfiguration *configuration;
  ObBroker *broker;
  ObPairing *pairing;
  ObSessions *sessions;
  ObProvision *provision;
  ObDoorman *doorman;
  ObNotifier *notifier;
  ObLastCopy *last_copy;
  ObAdapterContext context; /* owns callers and feed */
  ObUploadsAdapter *uploads;
  ObQueueAdapter *queue;
  ObAccessAdapter *access;
  GPtrArray *skeletons; /* the other interfaces */
  ObDoor *door;         /* NULL before the name is ours: its socket goes with that */
  void (*on_damaged) (gpointer user_data);
  gpointer user_data;
  guint damage_source;
};

static gboolean
export_all (ObService *service, GDBusConnection *connection, GError **error)
{
  ob_callers_attach (service->context.callers, connection);
  if (!ob_uploads_adapter_export (service->uploads, connection, error)
      || !ob_queue_adapter_export (service->queue, connection, error)
      || !ob_access_adapter_export (service->access, connection, error))
    return FALSE;
  for (guint i = 0; i < service->skeletons->len; i++)
    if (!g_dbus_interface_skeleton_export (service->skeletons->pdata[i], connection, OUTBOX_OBJECT_PATH, error))
      return FALSE;

  return TRUE;
}

static gboolean
on_damage_told (gpointer data)
{
  ObService *service = data;

  service->damage_source = 0;
  service->on_damaged (service->user_data);

  return G_SOURCE_REMOVE;
}

/* A query is under way: answer its caller first. */
static void
on_damaged (gpointer user_data)
{
  ObService *service = user_data;

  service->damage_source = g_idle_add (on_damage_told, service);
}

static gboolean
make_broker (ObService *service, GError **error)
{
  service->broker = ob_broker_new (service->database, service->spool, service->secrets, service->tokens, service->clock,
                                   service->watchers, &ob_attempt_runner, error);

  return service->broker != NULL;
}

static gboolean
build_broker (ObService *service, const char *data_folder, GError **error)
{
  gboolean was_rebuilt;

  service->database = ob_database_open (data_folder, ob_clock_get_now_ms (service->clock), &was_rebuilt, error);

  return service->database && make_broker (service, error);
}

/* The first queries may find damage that opening did not: open again, which sets the database aside. On a full disk the
 * reserve is given up first. */
static gboolean
build_broker_anyway (ObService *service, const char *data_folder, GError **error)
{
  g_autoptr (GError) first_error = NULL;

  if (build_broker (service, data_folder, &first_error))
    return TRUE;
  if ((service->database && ob_database_is_damaged (service->database))
      || (g_error_matches (first_error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL)
          && ob_spool_give_reserve (service->spool)))
    {
      g_clear_pointer (&service->database, ob_database_free);
      return build_broker (service, data_folder, error);
    }
  g_propagate_error (error, g_steal_pointer (&first_error));

  return FALSE;
}

static gboolean
join (ObService *service, ObHome *left, GError **error)
{
  g_autofree char *folder = ob_home_dup_held_path (left);
  g_autofree char *spool = g_build_filename (folder, "spool", NULL);

  return ob_spool_join (service->spool, spool, error) && ob_partial_join (service->spool, folder, error);
}

static gboolean
build_store (ObService *service, GPtrArray *left, GError **error)
{
  const char *data_folder = ob_home_get_path (service->home);

  service->spool = ob_spool_open (data_folder, error);
  for (guint i = 0; service->spool && i < left->len; i++)
    if (!join (service, left->pdata[i], error))
      return FALSE;

  return service->spool && build_broker_anyway (service, data_folder, error);
}

/* If the disk cannot be written, still tell what is known of the queue, and refuse each command with the reason. */
static gboolean
build_store_to_read (ObService *service, const GError *why, GError **error)
{
  const char *data_folder = ob_home_get_path (service->home);

  g_clear_pointer (&service->spool, ob_spool_free);
  g_clear_pointer (&service->database, ob_database_free);
  service->database = ob_database_open_to_read (data_folder, why, error);
  service->spool = service->database ? ob_spool_open_to_read (data_folder, error) : NULL;

  return service->spool && make_broker (service, error);
}

static gboolean
build_store_anyway (ObService *service, GPtrArray *left, GError **error)
{
  g_autoptr (GError) first_error = NULL;

  if (build_store (service, left, &first_error))
    return TRUE;
  if (ob_error_is_of_disk (first_error))
    return build_store_to_read (service, first_error, error);
  g_propagate_error (error, g_steal_pointer (&first_error));

  return FALSE;
}

static void
remember (gpointer user_data)
{
  ObService *service = user_data;

  ob_home_remember (service->home, ob_database_get_epoch (service->database));
}

/* A queue that is missing because its disk is not mounted yet is not an empty queue. */
static void
find_queue (ObService *service)
{
  g_autofree char *words = NULL;

  if (!ob_home_misses_queue (service->home, ob_database_get_epoch (service->database)))
    {
      remember (service);
      return;
    }
  words = g_strdup_printf (
      "the queue that was in %s lies on a disk that is not mounted; files that are handed over now are "
      "kept and join it",
      ob_home_get_path (service->home));
  ob_broker_miss_queue (service->broker, words, remember, service);
}

static void
on_configuration_changed (ObConfiguration *configuration, gpointer user_data)
{
  ObService *service = user_data;

  ObRules *rules = ob_configuration_get_rules (configuration);

  ob_secrets_use_keyring (service->secrets, !rules->has_secrets_in_files);
  ob_network_watcher_set_metered (OB_NETWORK_WATCHER (service->network), rules->metered_devices);
  ob_broker_set_rules (service->broker, rules);
  if (service->last_copy)
    ob_last_copy_review (service->last_copy);
}

static void
on_zone_changed (GTimeZone *zone, gpointer user_data)
{
  ObService *service = user_data;

  ob_broker_set_zone (service->broker, zone);
}

/* The system bus may come late or never: until then the watchers tell what is known without it. */
static void
watch_all (ObService *service)
{
  service->network = ob_network_watcher_new_before_bus ();
  g_ptr_array_add (service->watchers, service->network);
  g_ptr_array_add (service->watchers, ob_power_watcher_new (NULL));
  service->session = ob_session_watcher_new (NULL);
  g_ptr_array_add (service->watchers, service->session);
  service->system_bus = ob_system_bus_new (service->watchers);
}

static gboolean
build (ObService *service, GPtrArray *left, GError **error)
{
  g_auto (GStrv) folders = ob_configuration_list_folders ();
  g_autofree char *last_rules = g_build_filename (ob_home_get_path (service->home), "last-rules", NULL);

  service->clock = ob_system_clock_new ();
  service->secrets = ob_secrets_new (ob_home_get_path (service->home));
  service->tokens = ob_tokens_new ((const char *const *) folders, ob_oauth_ask_on_thread);
  watch_all (service);
  service->configuration = ob_configuration_new ((const char *const *) folders, last_rules, error);
  if (!service->configuration || !build_store_anyway (service, left, error))
    return FALSE;
  find_queue (service);
  ob_broker_set_in_memory (service->broker, ob_home_is_in_memory (service->home));
  if (!ob_service_is_only_read (service))
    ob_spool_take_reserve (service->spool);
  on_configuration_changed (service->configuration, service);
  service->zone = ob_zone_watch_new (on_zone_changed, service);
  g_signal_connect (service->configuration, "changed", G_CALLBACK (on_configuration_changed), service);
  ob_database_watch_damage (service->database, on_damaged, service);
  if (ob_database_is_damaged (service->database))
    on_damaged (service);
  service->pairing = ob_pairing_new ();
  service->sessions = ob_sessions_new ();
  service->context = (ObAdapterContext){ .requests = { .broker = service->broker,
                                                       .configuration = service->configuration,
                                                       .pairing = service->pairing,
                                                       .sessions = service->sessions,
                                                       .line = ob_line_new () },
                                         .callers = ob_callers_new (),
                                         .feed = ob_feed_new (service->broker) };
  g_clear_pointer (&folders[g_strv_length (folders) - 1], g_free); /* the person's own says nothing of web apps */
  service->provision = ob_provision_new (service->broker, (const char *const *) folders);
  service->context.requests.provision = service->provision;
  service->doorman = ob_doorman_new (&service->context.requests, (const char *const *) folders);
  service->uploads = ob_uploads_adapter_new (&service->context);
  service->queue = ob_queue_adapter_new (&service->context);
  service->access = ob_access_adapter_new (&service->context);
  g_ptr_array_add (service->skeletons, ob_destinations_adapter_new (&service->context));
  g_ptr_array_add (service->skeletons, ob_groups_adapter_new (&service->context));
  g_ptr_array_add (service->skeletons, ob_policy_adapter_new (&service->context));

  return TRUE;
}

ObService *
ob_service_new (ObHome *home, GPtrArray *left, GDBusConnection *connection, void (*on_damaged) (gpointer user_data),
                gpointer user_data, GError **error)
{
  g_autoptr (ObService) service = g_new0 (ObService, 1);

  service->home = home;
  service->connection = g_object_ref (connection);
  service->on_damaged = on_damaged;
  service->user_data = user_data;
  service->skeletons = g_ptr_array_new_with_free_func (g_object_unref);
  service->watchers = g_ptr_array_new_with_free_func (g_object_unref);
  if (!build (service, left, error) || !export_all (service, connection, error))
    return NULL;
  service->notifier = ob_notifier_new (&service->context.requests, connection, NULL, NULL);
  service->last_copy = ob_last_copy_new (service->broker, connection, OB_SESSION_WATCHER (service->session));

  return g_steal_pointer (&service);
}

gboolean
ob_service_is_only_read (ObService *service)
{
  return ob_database_is_only_read (service->database);
}

void
ob_service_end_watches (ObService *service)
{
  ob_uploads_adapter_end_watches (service->uploads);
}

void
ob_service_start (ObService *service)
{
  ob_secrets_attach (service->secrets, service->connection);
  ob_broker_start (service->broker);
  service->door = ob_door_open (&service->context.requests, service->context.feed);
  service->context.requests.rest_socket = ob_door_get_socket (service->door);
  service->context.requests.rest_url = ob_door_get_url (service->door);
  service->context.requests.dashboard = ob_door_get_dashboard (service->door);
  if (!ob_service_is_only_read (service))
    service->integrity = ob_integrity_watch_begin (service->database);
}

static void
close_database (ObService *service)
{
  if (service->database && ob_home_lost_queue (service->home))
    ob_rescue_queue (g_steal_pointer (&service->database), ob_home_get_path (service->home));
  g_clear_pointer (&service->database, ob_database_free);
}

void
ob_service_free (ObService *service)
{
  g_clear_pointer (&service->integrity, ob_integrity_watch_end);
  if (service->broker)
    ob_broker_stop (service->broker);
  if (service->configuration)
    ob_configuration_stop (service->configuration);
  g_clear_pointer (&service->door, ob_door_free);
  for (guint i = 0; i < service->skeletons->len; i++)
    g_dbus_interface_skeleton_unexport (service->skeletons->pdata[i]);
  g_ptr_array_unref (service->skeletons);
  g_clear_pointer (&service->notifier, ob_notifier_free);
  g_clear_pointer (&service->last_copy, ob_last_copy_free);
  g_clear_pointer (&service->doorman, ob_doorman_free);
  g_clear_pointer (&service->provision, ob_provision_free);
  g_clear_pointer (&service->context.requests.line, ob_line_free);
  g_clear_pointer (&service->queue, ob_queue_adapter_free);
  g_clear_pointer (&service->access, ob_access_adapter_free);
  g_clear_pointer (&service->uploads, ob_uploads_adapter_free);
  g_clear_pointer (&service->context.callers, ob_callers_free);
  g_clear_pointer (&service->context.feed, ob_feed_free);
  g_clear_object (&service->broker);
  g_clear_pointer (&service->pairing, ob_pairing_free);
  g_clear_pointer (&service->sessions, ob_sessions_free);
  g_clear_pointer (&service->tokens, ob_tokens_free);
  g_clear_pointer (&service->secrets, ob_secrets_free);
  g_clear_pointer (&service->spool, ob_spool_free);
  close_database (service);
  g_clear_handle_id (&service->damage_source, g_source_remove);
  g_clear_object (&service->configuration);
  g_clear_pointer (&service->zone, ob_zone_watch_free);
  g_clear_pointer (&service->system_bus, ob_system_bus_free);
  g_ptr_array_unref (service->watchers);
  g_clear_object (&service->clock);
  g_clear_object (&service->connection);
  g_free (service);
}
