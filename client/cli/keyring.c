/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Secret Service of the session bus, by its own interface.
 */
#include "keyring.h"

#include "config.h"

#include <glib/gi18n.h>

#define NAME "org.freedesktop.secrets"
#define PATH "/org/freedesktop/secrets"
#define SERVICE "org.freedesktop.Secret.Service"
#define COLLECTION "org.freedesktop.Secret.Collection"
#define PROMPT "org.freedesktop.Secret.Prompt"

#define ANSWER_MS 5000

/* Nobody may be there to type the password. */
#define PROMPT_S 300

/* @type: of the answer. Returns: (transfer full) (nullable) */
static GVariant *
call (GDBusConnection *bus, const char *path, const char *interface, const char *method, GVariant *parameters,
      const char *type, GError **error)
{
  return g_dbus_connection_call_sync (bus, NAME, path, interface, method, parameters, G_VARIANT_TYPE (type),
                                      G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MS, NULL, error);
}

/* --- How it is --- */

/* Returns: (transfer full) (nullable): the keyring for new secrets: NULL with @error, or where there is none */
static char *
dup_collection (GDBusConnection *bus, GError **error)
{
  static const char *const aliases[] = { "default", "login" };

  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++)
    {
      g_autoptr (GVariant) answer
          = call (bus, PATH, SERVICE, "ReadAlias", g_variant_new ("(s)", aliases[i]), "(o)", error);
      const char *path;

      if (!answer)
        return NULL;
      g_variant_get (answer, "(&o)", &path);
      if (!g_str_equal (path, "/"))
        return g_strdup (path);
    }

  return NULL;
}

static CliKeyring
judge_error (const GError *error)
{
  return !error || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
                 || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
             ? CLI_KEYRING_ABSENT
             : CLI_KEYRING_SILENT;
}

CliKeyring
cli_keyring_ask (GDBusConnection *bus, char **path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *collection = dup_collection (bus, &error);
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GVariant) locked = NULL;

  if (path)
    *path = g_strdup (collection);
  if (!collection)
    return judge_error (error);
  answer = call (bus, collection, "org.freedesktop.DBus.Properties", "Get",
                 g_variant_new ("(ss)", COLLECTION, "Locked"), "(v)", NULL);
  if (!answer)
    return CLI_KEYRING_SILENT;
  g_variant_get (answer, "(v)", &locked);
  if (!g_variant_is_of_type (locked, G_VARIANT_TYPE_BOOLEAN))
    return CLI_KEYRING_SILENT;

  return g_variant_get_boolean (locked) ? CLI_KEYRING_LOCKED : CLI_KEYRING_OPEN;
}

const char *
cli_keyring_get_place (GVariant *destination)
{
  const char *place = cli_get_string (destination, "secret_place");

  if (g_str_equal (place, "keyring"))
    return _ ("in your keyring");
  if (g_str_equal (place, "file"))
    return _ ("in a file that only you can read");
  if (g_str_equal (place, "credential"))
    return _ ("in the unit of the service (systemd)");

  return *place ? place : NULL;
}

/* --- Unlocking --- */

typedef struct
{
  gboolean is_over;
  gboolean is_refused;
} Prompting;

static void
on_completed (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
              GVariant *parameters, gpointer user_data)
{
  Prompting *prompting = user_data;

  prompting->is_over = TRUE;
  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(bv)")))
    g_variant_get (parameters, "(bv)", &prompting->is_refused, NULL);
}

static gboolean
on_late (gpointer user_data)
{
  ((Prompting *) user_data)->is_over = TRUE;

  return G_SOURCE_CONTINUE;
}

static gboolean
is_over (gpointer user_data)
{
  return ((const Prompting *) user_data)->is_over;
}

/* The keyring shows its own window. */
static void
prompt (GDBusConnection *bus, const char *path)
{
  Prompting prompting = { FALSE, FALSE };
  const guint signal = g_dbus_connection_signal_subscribe (bus, NAME, PROMPT, "Completed", path, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_completed, &prompting, NULL);
  const guint late = g_timeout_add_seconds (PROMPT_S, on_late, &prompting);
  g_autoptr (GVariant) shown = call (bus, path, PROMPT, "Prompt", g_variant_new ("(s)", ""), "()", NULL);

  if (shown)
    cli_wait (is_over, &prompting);
  (void) g_source_remove (late);
  g_dbus_connection_signal_unsubscribe (bus, signal);
}

static int
unlock (GDBusConnection *bus, const char *collection)
{
  const char *const paths[] = { collection, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = call (bus, PATH, SERVICE, "Unlock", g_variant_new ("(^ao)", paths), "(aoo)", &error);
  const char *path;

  if (!answer)
    return cli_fail (error);
  g_variant_get (answer, "(ao&o)", NULL, &path);
  if (!g_str_equal (path, "/"))
    prompt (bus, path);
  if (cli_keyring_ask (bus, NULL) == CLI_KEYRING_OPEN)
    {
      g_printerr (_ ("Your keyring is unlocked. What waited for it continues.\n"));
      return CLI_DONE;
    }
  g_printerr (_ ("Your keyring is still locked. Without its password: outbox destination sign-in NAME, which keeps "
                 "the new secret in a file that only you can read.\n"));

  return CLI_FAILED;
}

int
cli_keyring_unlock (void)
{
  g_autoptr (GError) error = NULL;
  /* It tells of a bus that is not there as it does to all verbs. */
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GDBusConnection) bus = client ? g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error) : NULL;
  g_autofree char *collection = NULL;

  if (!bus)
    return cli_fail (error);
  switch (cli_keyring_ask (bus, &collection))
    {
    case CLI_KEYRING_OPEN:
      g_printerr (_ ("Your keyring is not locked.\n"));
      return CLI_DONE;
    case CLI_KEYRING_LOCKED:
      return unlock (bus, collection);
    case CLI_KEYRING_SILENT:
      g_printerr (_ ("Your keyring does not answer.\n"));
      return CLI_FAILED;
    case CLI_KEYRING_ABSENT:
    default:
      g_printerr (_ ("There is no keyring in this session. Start it, or sign in again: outbox destination sign-in "
                     "NAME\n"));
      return CLI_FAILED;
    }
}
