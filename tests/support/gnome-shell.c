/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GNOME Shell without a screen. Owns its process and its folder. Main thread.
 */
#include "support/gnome-shell.h"

#include "support/child.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UUID "outbox@outbox.org"
#define START_S 60
#define ANSWER_MS 60000

struct _TestGnomeShell
{
  TestBroker *broker; /* borrowed */
  GSubprocess *process;
  char *folder;
  char *said; /* path of what it says */
};

guint
test_gnome_shell_get_version (void)
{
  g_autofree char *program = g_find_program_in_path ("gnome-shell"), *text = NULL;

  if (!program || !g_spawn_command_line_sync ("gnome-shell --version", &text, NULL, NULL, NULL))
    return 0;

  return (guint) g_ascii_strtoull (text + strcspn (text, "0123456789"), NULL, 10);
}

static void
write_settings (const char *folder)
{
  g_autofree char *settings = g_build_filename (folder, "config", "glib-2.0", "settings", NULL);
  g_autofree char *path = g_build_filename (settings, "keyfile", NULL);
  const char *text = "[org/gnome/shell]\n"
                     "enabled-extensions=['" UUID "']\n"
                     "disable-user-extensions=false\n"
                     "welcome-dialog-last-shown-version='999'\n"
                     "[org/gnome/desktop/interface]\n"
                     "enable-animations=false\n"
                     "[org/gnome/desktop/background]\n"
                     "picture-options='none'\n"
                     "[org/gnome/desktop/screensaver]\n"
                     "lock-enabled=false\n";

  g_assert_cmpint (g_mkdir_with_parents (settings, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Links the indicator that was built for that version to where a person's own extensions are. */
static void
link_indicator (const char *folder)
{
  const char *built = g_getenv (test_gnome_shell_get_version () < 45 ? "INDICATOR_43" : "INDICATOR_45");
  g_autofree char *extensions = g_build_filename (folder, "data", "gnome-shell", "extensions", NULL);
  g_autofree char *path = g_build_filename (extensions, UUID, NULL);

  g_assert_cmpint (g_mkdir_with_parents (extensions, 0700), ==, 0);
  g_assert_cmpint (symlink (built, path), ==, 0);
}

/* Of notifications, from this tree. */
static void
link_icon (const char *folder)
{
  g_autofree char *support = g_path_get_dirname (g_getenv ("SHELL_PERSON"));
  g_autofree char *icon = g_build_filename (support, "..", "..", "data", "icons", "org.outbox.Outbox1.svg", NULL);
  g_autofree char *icons = g_build_filename (folder, "data", "icons", "hicolor", "scalable", "apps", NULL);
  g_autofree char *path = g_build_filename (icons, "org.outbox.Outbox1.svg", NULL);

  g_assert_cmpint (g_mkdir_with_parents (icons, 0700), ==, 0);
  g_assert_cmpint (symlink (icon, path), ==, 0);
}

/* The shell has a program of its own beside it that shows what others notify of, which it has the bus start. */
static void
link_notifications (TestBroker *broker)
{
  const char *of_system = "/usr/share/dbus-1/services/org.gnome.Shell.Notifications.service";
  g_autofree char *services = g_build_filename (broker->folder, "services", NULL);
  g_autofree char *path = g_build_filename (services, "org.gnome.Shell.Notifications.service", NULL);

  g_assert_cmpint (g_mkdir_with_parents (services, 0700), ==, 0);
  g_assert_cmpint (symlink (of_system, path), ==, 0);
  test_broker_reload_services (broker);
}

static void
launch (TestGnomeShell *shell, const char *language)
{
  static const char *const folders[]
      = { "XDG_CONFIG_HOME", "config",          "XDG_DATA_HOME", "data", "XDG_CACHE_HOME",
          "cache",           "XDG_RUNTIME_DIR", "run",           "HOME", "home" };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  g_subprocess_launcher_set_stderr_file_path (launcher, shell->said);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i += 2)
    {
      g_autofree char *path = g_build_filename (shell->folder, folders[i + 1], NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
      g_subprocess_launcher_setenv (launcher, folders[i], path, TRUE);
    }
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (shell->broker),
                                TRUE);
  /* It does not start without one. Nobody of the system is on it. */
  g_subprocess_launcher_setenv (launcher, "DBUS_SYSTEM_BUS_ADDRESS", test_broker_get_bus_address (shell->broker), TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_SESSION_TYPE", "wayland", TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CURRENT_DESKTOP", "GNOME", TRUE);
  g_subprocess_launcher_setenv (launcher, "LIBGL_ALWAYS_SOFTWARE", "1", TRUE);
  g_subprocess_launcher_setenv (launcher, "GSETTINGS_BACKEND", "keyfile", TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_setenv (launcher, "LANGUAGE", language ? language : "en", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY");
  g_subprocess_launcher_unsetenv (launcher, "WAYLAND_DISPLAY");
  g_subprocess_launcher_unsetenv (launcher, "G_MESSAGES_DEBUG");
  shell->process
      = g_subprocess_launcher_spawn (launcher, &error, "gnome-shell", "--headless", "--no-x11", "--virtual-monitor",
                                     "1280x800", "--unsafe-mode", "--wayland-display", "wl-outbox", NULL);
  g_assert_no_error (error);
}

/* --- Questions --- */

/* Returns: (transfer full) (nullable): JSON, or what went wrong where @is_good is then FALSE; NULL: there is no answer */
static char *
try_eval (TestGnomeShell *shell, const char *script, gboolean *is_good)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (shell->broker->connection, "org.gnome.Shell", "/org/gnome/Shell",
                                     "org.gnome.Shell", "Eval", g_variant_new ("(s)", script), G_VARIANT_TYPE ("(bs)"),
                                     G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MS, NULL, NULL);
  char *json;

  if (!reply)
    return NULL;
  g_variant_get (reply, "(bs)", is_good, &json);

  return json;
}

char *
test_gnome_shell_eval (TestGnomeShell *shell, const char *format, ...)
{
  g_autofree char *script = NULL;
  gboolean is_good = FALSE;
  char *json;
  va_list arguments;

  va_start (arguments, format);
  script = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  json = try_eval (shell, script, &is_good);
  if (!is_good)
    g_test_message ("%s: %s", script, json);
  g_assert_true (is_good);

  return json;
}

typedef struct
{
  TestGnomeShell *shell;
  const char *condition;
} Wanted;

static gboolean
is_true (gpointer data)
{
  Wanted *wanted = data;
  gboolean is_good = FALSE;
  g_autofree char *json = try_eval (wanted->shell, wanted->condition, &is_good);

  return is_good && g_str_equal (json, "true");
}

void
test_gnome_shell_wait (TestGnomeShell *shell, const char *condition, guint most_s)
{
  Wanted wanted = { shell, condition };

  g_test_message ("waiting for %s", condition);
  test_wait_until_named (condition, is_true, &wanted, most_s);
}

TestGnomeShell *
test_gnome_shell_start (TestBroker *broker, const char *language)
{
  TestGnomeShell *shell = g_new0 (TestGnomeShell, 1);
  g_autofree char *script = NULL, *loaded = NULL;

  shell->broker = broker;
  shell->folder = g_build_filename (broker->folder, "shell", NULL);
  shell->said = g_build_filename (broker->folder, "shell", "said", NULL);
  write_settings (shell->folder);
  link_indicator (shell->folder);
  link_icon (shell->folder);
  link_notifications (broker);
  launch (shell, language);
  test_gnome_shell_wait (shell, "!Main.layoutManager._startingUp", START_S);
  g_assert_true (g_file_get_contents (g_getenv ("SHELL_PERSON"), &script, NULL, NULL));
  loaded = test_gnome_shell_eval (shell, "(() => { %s })(); Main.overview.hide()", script);
  test_gnome_shell_wait (shell, "Boolean (global.outboxTest.toggle)", 20);

  return shell;
}

void
test_gnome_shell_free (TestGnomeShell *shell)
{
  g_subprocess_force_exit (shell->process);
  (void) g_subprocess_wait (shell->process, NULL, NULL);
  g_object_unref (shell->process);
  g_free (shell->folder);
  g_free (shell->said);
  g_free (shell);
}

/* --- A hand --- */

/* @button: as the person's script has it */
static void
click (TestGnomeShell *shell, const char *button)
{
  g_autofree char *is_clicked = g_strdup_printf ("global.outboxTest.click (%s)", button);

  test_gnome_shell_wait (shell, is_clicked, 10);
}

void
test_gnome_shell_click (TestGnomeShell *shell, const char *button)
{
  g_autofree char *word = g_strdup_printf ("global.outboxTest.word ('%s')", button);

  click (shell, word);
}

void
test_gnome_shell_click_toggle (TestGnomeShell *shell)
{
  click (shell, "global.outboxTest.toggle");
}

/* --- Looks from outside --- */

void
test_gnome_shell_take_picture (TestGnomeShell *shell, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (shell->broker->connection, "org.gnome.Shell.Screenshot",
                                                            "/org/gnome/Shell/Screenshot", "org.gnome.Shell.Screenshot",
                                                            "Screenshot", g_variant_new ("(bbs)", FALSE, FALSE, path),
                                                            NULL, G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL, &error);

  g_assert_no_error (error);
}

guint64
test_gnome_shell_count_held (TestGnomeShell *shell)
{
  g_autofree char *begun
      = test_gnome_shell_eval (shell, "global.outboxTest.collect ('%s/memory'); true", shell->folder);
  g_autofree char *held = NULL;

  test_gnome_shell_wait (shell, "global.outboxTest.held > 0", 20);
  held = test_gnome_shell_eval (shell, "global.outboxTest.held");

  return g_ascii_strtoull (held, NULL, 10);
}

/* Returns: (transfer full): a file of it below /proc */
static char *
read_proc (TestGnomeShell *shell, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/%s", g_subprocess_get_identifier (shell->process), name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  return text;
}

guint64
test_gnome_shell_get_memory (TestGnomeShell *shell)
{
  g_autofree char *text = read_proc (shell, "status");
  const char *line = strstr (text, "RssAnon:");

  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen ("RssAnon:"), NULL, 10) * 1024;
}

gint64
test_gnome_shell_get_cpu_ms (TestGnomeShell *shell)
{
  g_autofree char *text = read_proc (shell, "stat");
  guint64 user, system;

  /* Its name may have blanks. */
  g_assert_cmpint (sscanf (strrchr (text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                           &system),
                   ==, 2);

  return (gint64) ((user + system) * 1000 / (guint64) sysconf (_SC_CLK_TCK));
}

/* What the shell says of itself where nothing of a desktop is beside it. */
static gboolean
is_of_the_shell (const char *paragraph)
{
  static const char *const missed[]
      = { "org.gnome.Shell.CalendarServer was not provided", "does not match type GITypeInfo" };

  for (guint i = 0; i < G_N_ELEMENTS (missed); i++)
    if (strstr (paragraph, missed[i]))
      return TRUE;

  return FALSE;
}

static gboolean
is_complaint (const char *paragraph)
{
  static const char *const words[]
      = { "JS ERROR", "JS WARNING", "Gjs-", "St-CRITICAL", "Clutter-CRITICAL", "GLib-", "disposed", UUID };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (paragraph, words[i]))
      return !is_of_the_shell (paragraph);

  return FALSE;
}

void
test_gnome_shell_assert_is_content (TestGnomeShell *shell)
{
  g_autofree char *said = NULL;
  g_auto (GStrv) paragraphs = NULL;

  g_assert_true (g_file_get_contents (shell->said, &said, NULL, NULL));
  paragraphs = g_strsplit (said, "\n\n", -1);
  for (guint i = 0; paragraphs[i]; i++)
    if (is_complaint (paragraphs[i]))
      g_error ("the shell complains: %s", paragraphs[i]);
}
