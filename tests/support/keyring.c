/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gnome-keyring as a login starts it: with the password on its standard input. Main thread.
 */
#include "support/keyring.h"

#include "support/child.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <signal.h>

#define PASSWORD "of the login"
#define NAME "org.freedesktop.secrets"
#define PATH "/org/freedesktop/secrets"
#define LOGIN PATH "/collection/login"

struct _TestKeyring
{
  GDBusConnection *connection; /* borrowed */
  char *address;
  char *folder;
  GSubprocess *process; /* NULL while it does not run */
};

static GVariant *
call (TestKeyring *self, const char *name, const char *path, const char *interface, const char *method,
      GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer = g_dbus_connection_call_sync (self->connection, name, path, interface, method, arguments, NULL,
                                                  G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000, NULL, &error);

  if (error)
    g_error ("%s.%s: %s", interface, method, error->message);

  return answer;
}

static gboolean
has_name (gpointer data)
{
  g_autoptr (GVariant) answer = call (data, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                      "NameHasOwner", g_variant_new ("(s)", NAME));
  gboolean has_owner;

  g_variant_get (answer, "(b)", &has_owner);

  return has_owner;
}

static gboolean
has_no_name (gpointer data)
{
  return !has_name (data);
}

/* @option: (nullable) */
static void
launch (TestKeyring *self, const char *option)
{
  const char *argv[] = { "gnome-keyring-daemon", "--foreground", "--components=secrets", option, NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", self->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", self->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", self->address, TRUE);
  self->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->process), PASSWORD, strlen (PASSWORD),
                                            NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (self->process), NULL, NULL));
  test_wait_until (has_name, self, 20);
}

TestKeyring *
test_keyring_start (GDBusConnection *connection, const char *address, const char *folder)
{
  TestKeyring *self = g_new0 (TestKeyring, 1);

  self->connection = connection;
  self->address = g_strdup (address);
  self->folder = g_build_filename (folder, "keyring-home", NULL);
  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  launch (self, "--unlock");

  return self;
}

void
test_keyring_start_locked (TestKeyring *self)
{
  launch (self, NULL);
}

void
test_keyring_end (TestKeyring *self)
{
  if (!self->process)
    return;
  g_subprocess_send_signal (self->process, SIGTERM);
  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_clear_object (&self->process);
  test_wait_until (has_no_name, self, 20);
}

void
test_keyring_free (TestKeyring *self)
{
  test_keyring_end (self);
  g_free (self->address);
  g_free (self->folder);
  g_free (self);
}

void
test_keyring_lock (TestKeyring *self)
{
  const char *const paths[] = { LOGIN, NULL };
  g_autoptr (GVariant) answer
      = call (self, NAME, PATH, "org.freedesktop.Secret.Service", "Lock", g_variant_new ("(^ao)", paths));
}

void
test_keyring_unlock (TestKeyring *self)
{
  g_autoptr (GVariant) opened = call (self, NAME, PATH, "org.freedesktop.Secret.Service", "OpenSession",
                                      g_variant_new ("(sv)", "plain", g_variant_new_string ("")));
  g_autoptr (GVariant) unlocked = NULL;
  const char *session;

  g_variant_get (opened, "(v&o)", NULL, &session);
  unlocked = call (
      self, NAME, PATH, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", "UnlockWithMasterPassword",
      g_variant_new ("(o(o@ay@ays))", LOGIN, session, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, NULL, 0, 1),
                     g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, PASSWORD, strlen (PASSWORD), 1), "text/plain"));
}

guint
test_keyring_count (TestKeyring *self)
{
  GVariantBuilder attributes;
  g_autoptr (GVariant) found = NULL;
  g_autoptr (GVariant) open = NULL;
  g_autoptr (GVariant) locked = NULL;

  g_variant_builder_init (&attributes, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&attributes, "{ss}", "xdg:schema", "org.outbox.Outbox1.SignIn");
  found = call (self, NAME, PATH, "org.freedesktop.Secret.Service", "SearchItems",
                g_variant_new ("(a{ss})", &attributes));
  open = g_variant_get_child_value (found, 0);
  locked = g_variant_get_child_value (found, 1);

  return (guint) (g_variant_n_children (open) + g_variant_n_children (locked));
}
