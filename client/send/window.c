/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows by zenity and kdialog, and notifications. Effects only.
 */
#include "window.h"

#include <gio/gio.h>
#include <string.h>

#define TITLE "Outbox"
#define ICON "org.outbox.Outbox1"
#define MOST_BYTES 4000 /* of an error: a window is not higher than the screen */

typedef enum
{
  WINDOWS_NONE,
  WINDOWS_ZENITY,
  WINDOWS_KDIALOG,
} Windows;

static gboolean
has_program (const char *name)
{
  g_autofree char *path = g_find_program_in_path (name);

  return path != NULL;
}

static gboolean
is_set (const char *variable)
{
  const char *value = g_getenv (variable);

  return value && *value;
}

/* Those of the desktop first. */
static Windows
find_windows (void)
{
  const char *desktop = g_getenv ("XDG_CURRENT_DESKTOP");
  gboolean is_kde = desktop && strstr (desktop, "KDE");

  if (!is_set ("DISPLAY") && !is_set ("WAYLAND_DISPLAY"))
    return WINDOWS_NONE;
  if (has_program ("kdialog") && (is_kde || !has_program ("zenity")))
    return WINDOWS_KDIALOG;

  return has_program ("zenity") ? WINDOWS_ZENITY : WINDOWS_NONE;
}

/* Runs a window. Returns: (transfer full) (nullable): what it prints, without the line's end; NULL: the person closed it */
static char *
run (GPtrArray *argv)
{
  g_autoptr (GSubprocess) process = NULL;
  char *output = NULL;

  g_ptr_array_add (argv, NULL);
  process = g_subprocess_newv ((const char *const *) argv->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
  if (!process || !g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL))
    return NULL;
  if (!g_subprocess_get_successful (process))
    g_clear_pointer (&output, g_free);

  return output ? g_strchomp (output) : NULL;
}

static GPtrArray *
make_argv (const char *first, ...)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  va_list words;

  va_start (words, first);
  for (const char *word = first; word; word = va_arg (words, const char *))
    g_ptr_array_add (argv, g_strdup (word));
  va_end (words);

  return argv;
}

/* Text that zenity shows as it is: it takes "\\n" for a line's end, and markup where there is no --no-markup. */
static char *
escape (const char *words)
{
  g_autofree char *start = g_strndup (words, MOST_BYTES);
  g_autofree char *text = g_utf8_make_valid (start, -1);
  g_autoptr (GString) escaped = g_string_new (text);

  (void) g_string_replace (escaped, "\\", "\\\\", 0);

  return g_strdup (g_strchomp (escaped->str));
}

/* kdialog takes what looks like HTML for it. */
static char *
escape_html (const char *words)
{
  g_autofree char *start = g_strndup (words, MOST_BYTES);
  g_autofree char *text = g_utf8_make_valid (start, -1);
  g_autofree char *escaped = g_markup_escape_text (g_strchomp (text), -1);
  g_auto (GStrv) lines = g_strsplit (escaped, "\n", -1);
  g_autofree char *joined = g_strjoinv ("<br>", lines);

  return g_strdup_printf ("<html>%s</html>", joined);
}

char *
window_choose (const char *question, const char *const *names)
{
  g_autoptr (GPtrArray) argv = NULL;

  switch (find_windows ())
    {
    case WINDOWS_ZENITY:
      argv
          = make_argv ("zenity", "--list", "--title", TITLE, "--text", question, "--hide-header", "--column", "", NULL);
      break;
    case WINDOWS_KDIALOG:
      argv = make_argv ("kdialog", "--title", TITLE, "--default", names[0], "--combobox", question, NULL);
      break;
    case WINDOWS_NONE:
    default:
      return g_strdup (names[0]);
    }
  for (; *names; names++)
    g_ptr_array_add (argv, g_strdup (*names));

  return run (argv);
}

GStrv
window_choose_files (const char *title)
{
  g_autoptr (GPtrArray) argv = NULL;
  g_autofree char *output = NULL;

  switch (find_windows ())
    {
    case WINDOWS_ZENITY:
      argv = make_argv ("zenity", "--file-selection", "--multiple", "--separator", "\n", "--title", title, NULL);
      break;
    case WINDOWS_KDIALOG:
      argv = make_argv ("kdialog", "--title", title, "--getopenfilename", "--multiple", "--separate-output", NULL);
      break;
    case WINDOWS_NONE:
    default:
      return NULL;
    }
  output = run (argv);

  return output ? g_strsplit (output, "\n", -1) : NULL;
}

gboolean
window_ask (const char *words, const char *button)
{
  g_autoptr (GPtrArray) argv = NULL;
  g_autofree char *text = NULL, *output = NULL;

  switch (find_windows ())
    {
    case WINDOWS_ZENITY:
      text = escape (words);
      argv = make_argv ("zenity", "--question", "--no-markup", "--title", TITLE, "--text", text, "--ok-label", button,
                        NULL);
      break;
    case WINDOWS_KDIALOG:
      text = escape_html (words);
      argv = make_argv ("kdialog", "--title", TITLE, "--yes-label", button, "--yesno", text, NULL);
      break;
    case WINDOWS_NONE:
    default:
      g_printerr ("outbox-send: %s\n", words);
      return FALSE;
    }
  output = run (argv);

  return output != NULL;
}

void
window_tell_error (const char *words)
{
  g_autoptr (GPtrArray) argv = NULL;
  g_autofree char *text = NULL;

  g_printerr ("%s", words);
  switch (find_windows ())
    {
    case WINDOWS_ZENITY:
      text = escape (words);
      argv = make_argv ("zenity", "--error", "--no-markup", "--title", TITLE, "--text", text, NULL);
      break;
    case WINDOWS_KDIALOG:
      text = escape_html (words);
      argv = make_argv ("kdialog", "--title", TITLE, "--error", text, NULL);
      break;
    case WINDOWS_NONE:
    default:
      window_notify (words);
      return;
    }
  g_free (run (argv));
}

void
window_notify (const char *words)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder hints;

  if (!bus)
    return;
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "desktop-entry", g_variant_new_string ("org.outbox.Send"));
  /* Nobody answers where nothing shows notifications, and nothing is lost by it. */
  reply = g_dbus_connection_call_sync (bus, "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
                                       "org.freedesktop.Notifications", "Notify",
                                       g_variant_new ("(susssasa{sv}i)", TITLE, 0, ICON, words, "", NULL, &hints, -1),
                                       G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, 2000, NULL, NULL);
}
