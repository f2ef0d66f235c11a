/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people command of destinations: set, remove, pause, resume. Each command is one savepoint of the turn, and is
 * answered after the commit. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/settings.h"
#include "base/text.h"
#include "dbus/error.h"
#include "model/origin.h"
#include "policy/health.h"
#include "store/destinations.h"
#include "transfer/protocol.h"

#define URL_MAX_BYTES 2048
#define ALSO_MAX 16
#define HEADERS_MAX_BYTES (16 * 1024)

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s", what);

  return FALSE;
}

static gboolean
is_url (const char *url)
{
  return strlen (url) <= URL_MAX_BYTES && ob_destination_is_url (url);
}

static gboolean
check_settings (const char *name, const ObDestination *old, const ObDestinationSettings *settings, GError **error)
{
  if (!ob_destination_is_name (name))
    return invalid (error, "name: 1 to 64 letters, digits, '-', '_' and '.'");
  if (settings->url ? !is_url (settings->url) : !old)
    return invalid (error, "url: an http or https URL of at most 2048 bytes");
  if (!ob_settings_check_protocol (old, settings->protocol, settings->url, error))
    return FALSE;
  if (settings->confirm_url && *settings->confirm_url
      && (strlen (settings->confirm_url) > URL_MAX_BYTES || !ob_settings_is_confirm_url (settings->confirm_url)))
    return invalid (error, "confirm_url: an http or https URL, with {id}, {group} and {sha256} where they belong");

  return TRUE;
}

static gboolean
check_also (const char *const *also, GError **error)
{
  if (also && g_strv_length ((GStrv) also) > ALSO_MAX)
    return invalid (error, "also: at most 16 URLs");
  for (; also && *also; also++)
    if (!is_url (*also) || strchr (*also, ' '))
      return invalid (error, "also: http or https URLs of at most 2048 bytes");

  return TRUE;
}

static gboolean
check_headers (GVariant *headers, GError **error)
{
  if (headers && g_variant_get_size (headers) > HEADERS_MAX_BYTES)
    return invalid (error, "headers: at most 16 KiB in all");
  if (headers && !ob_settings_are_headers (headers))
    return invalid (error, "headers: a name is a token, and a value one line");

  return TRUE;
}

static void
replace (char **field, const char *value)
{
  if (!value)
    return;
  g_free (*field);
  *field = *value ? g_strdup (value) : NULL;
}

static void
apply_settings (ObDestination *destination, const ObDestinationSettings *settings)
{
  replace (&destination->protocol, settings->protocol);
  replace (&destination->url, settings->url);
  replace (&destination->confirm_url, settings->confirm_url);
  if (settings->also)
    {
      g_strfreev (destination->also);
      destination->also = *settings->also ? g_strdupv ((GStrv) settings->also) : NULL;
    }
  if (settings->headers)
    {
      g_variant_unref (destination->headers);
      destination->headers = g_variant_ref (settings->headers);
    }
  if (settings->sets_default)
    destination->is_default = settings->is_default;
  /* New settings deserve a new try. */
  ob_health_renew (&destination->health);
}

/* Secrets are for the origin that they were set for. Returns: whether there were any, which are gone now. */
static gboolean
drop_headers (ObDestination *destination, const char *old_url, const ObDestinationSettings *settings)
{
  if (settings->headers || !old_url || ob_origin_is_same (old_url, destination->url)
      || g_variant_n_children (destination->headers) == 0)
    return FALSE;
  g_variant_unref (destination->headers);
  destination->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return TRUE;
}

/* There is one default. */
static gboolean
clear_other_defaults (ObBroker *self, const char *name, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->destinations);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObDestination *other = value;

      if (!other->is_default || g_str_equal (other->name, name))
        continue;
      other->is_default = FALSE;
      if (!ob_destinations_save (self->database, other, error))
        return FALSE;
    }

  return TRUE;
}

/* What is begun at a server that has moved goes on where it is now; if it is not there, the server says so. Attempts by the
 * settings of before end. */
static gboolean
follow_server (ObBroker *self, const ObDestination *destination, const char *old_protocol, const char *old_url,
               GError **error)
{
  g_autofree char *old_origin = ob_destination_dup_origin (old_url);
  g_autofree char *new_origin = ob_destination_dup_origin (destination->url);
  const ObProtocol *protocol = ob_protocol_find (destination->protocol);

  if (g_str_equal (old_url, destination->url) && g_str_equal (old_protocol, destination->protocol))
    return TRUE;
  ob_broker_pause_attempts_after (self, destination->name);

  return g_str_equal (old_origin, new_origin) || !protocol || !protocol->moves_with_origin
         || ob_uploads_move_server (self->database, destination->name, old_origin, new_origin, error);
}

/* A change of one destination. */
typedef struct
{
  ObBroker *broker;
  const char *name;
  const ObDestinationSettings *settings; /* of `set` alone */
} Change;

static gboolean
set (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObBroker *self = change->broker;
  ObDestination *destination = g_hash_table_lookup (self->destinations, change->name);
  g_autofree char *old_url = destination ? g_strdup (destination->url) : NULL;
  g_autofree char *old_protocol = destination ? g_strdup (destination->protocol) : NULL;
  gboolean is_new = !destination;
  gboolean is_bare;

  if (is_new)
    {
      destination = ob_destination_new (change->name);
      destination->is_default = g_hash_table_size (self->destinations) == 0;
      g_hash_table_insert (self->destinations, destination->name, destination);
    }
  apply_settings (destination, change->settings);
  is_bare = drop_headers (destination, old_url, change->settings);
  ob_broker_save_settings_after (self);

  return (!destination->is_default || clear_other_defaults (self, change->name, error))
         && ob_broker_save_destination (self, destination,
                                        is_bare ? "set to another server: the headers of the old one were dropped"
                                                : "set",
                                        error)
         && (is_new || follow_server (self, destination, old_protocol, old_url, error));
}

void
ob_broker_set_destination (ObBroker *self, const char *name, const ObDestinationSettings *settings, ObCommandDone done,
                           gpointer user_data)
{
  Change change = { self, name, settings };
  g_autoptr (GError) error = NULL;

  if (!check_settings (name, g_hash_table_lookup (self->destinations, name), settings, &error)
      || !check_also (settings->also, &error) || !check_headers (settings->headers, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, set, &change, done, user_data);
}

static ObDestination *
find (ObBroker *self, const char *name, GError **error)
{
  ObDestination *destination = g_hash_table_lookup (self->destinations, name);

  if (!destination)
    ob_text_set_not_found (error, "destination", name);

  return destination;
}

/* Whether anything that has not arrived is meant for it; the counters know. */
static gboolean
is_in_use (ObBroker *self, const char *name, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count (self->database, error);

  for (guint i = 0; counts && i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (count->stored != OB_STORED_DONE && g_str_equal (count->destination, name))
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE,
                       "%" G_GUINT64_FORMAT " uploads for %s have not arrived yet", count->uploads, name);
          return TRUE;
        }
    }

  return !counts;
}

static gboolean delete (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObBroker *self = change->broker;

  if (!ob_destinations_delete (self->database, change->name, error))
    return FALSE;
  (void) g_hash_table_remove (self->destinations, change->name);
  ob_broker_save_settings_after (self);
  ob_queue_touch_holds (self->queue);

  return TRUE;
}

void
ob_broker_remove_destination (ObBroker *self, const char *name, ObCommandDone done, gpointer user_data)
{
  Change change = { self, name, NULL };
  g_autoptr (GError) error = NULL;

  if (!find (self, name, &error) || is_in_use (self, name, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, delete, &change, done, user_data);
}

static gboolean
pause_one (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObBroker *self = change->broker;
  ObDestination *destination = g_hash_table_lookup (self->destinations, change->name);

  destination->is_paused = TRUE;
  ob_broker_save_settings_after (self);
  ob_broker_pause_attempts_after (self, change->name);

  return ob_broker_save_destination (self, destination, NULL, error);
}

static gboolean
resume_one (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObBroker *self = change->broker;
  ObDestination *destination = g_hash_table_lookup (self->destinations, change->name);

  destination->is_paused = FALSE;
  ob_health_renew (&destination->health);
  ob_broker_save_settings_after (self);

  return ob_broker_save_destination (self, destination, NULL, error);
}

void
ob_broker_pause_destination (ObBroker *self, const char *name, gboolean is_paused, ObCommandDone done,
                             gpointer user_data)
{
  Change change = { self, name, NULL };
  g_autoptr (GError) error = NULL;

  if (!find (self, name, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, is_paused ? pause_one : resume_one, &change, done, user_data);
}
