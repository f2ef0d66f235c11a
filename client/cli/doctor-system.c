/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: the session bus, the service and its unit, what happens at logout, and the clock.
 */
#include "doctor.h"

#include "config.h"

#include "dbus/names.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#define BUS_MOST_MS 5000
#define UNIT "outboxd.service"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"
#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"

/* Entries of the journal may be as much ahead, where clocks are set right. */
#define CLOCK_AHEAD_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* --- The bus --- */

typedef struct
{
  GDBusConnection *bus;
  GError *error;
} Bus;

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bus *bus = user_data;

  bus->bus = g_bus_get_finish (result, &bus->error);
}

static gboolean
has_bus (gpointer user_data)
{
  const Bus *bus = user_data;

  return bus->bus || bus->error;
}

static gboolean
on_late (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_CONTINUE;
}

/* Something may listen at the address and never answer. */
static gboolean
connect_bus (CliDoctor *doctor, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint late = g_timeout_add (BUS_MOST_MS, on_late, cancellable);
  Bus bus = { NULL, NULL };

  g_bus_get (G_BUS_TYPE_SESSION, cancellable, on_bus, &bus);
  cli_wait (has_bus, &bus);
  (void) g_source_remove (late);
  doctor->bus = bus.bus;
  if (bus.bus)
    g_dbus_connection_set_exit_on_close (bus.bus, FALSE);
  if (bus.error)
    g_propagate_error (error, bus.error);

  return doctor->bus != NULL;
}

static void
tell_no_bus (CliDoctor *doctor, const GError *error)
{
  g_autofree char *path = g_strdup_printf ("/run/user/%u/bus", (guint) getuid ());
  CliFinding *finding = cli_doctor_add (doctor, "bus", "no-bus", CLI_LEVEL_PERSON,
                                        g_strdup (_ ("There is no session bus, by which programs reach the service. "
                                                     "There is one in a session, and for a user who lingers.")));

  finding->detail = g_strdup (error->message);
  finding->command = g_access (path, R_OK | W_OK) == 0
                         ? g_strdup_printf ("export DBUS_SESSION_BUS_ADDRESS=unix:path=%s", path)
                         : g_strdup ("loginctl enable-linger");
}

static GVariant *
ask_bus (CliDoctor *doctor, const char *method, GVariant *parameters)
{
  return cli_doctor_call (doctor, DBUS_NAME, DBUS_PATH, DBUS_NAME, method, parameters, BUS_MOST_MS, NULL);
}

static gboolean
has_owner (CliDoctor *doctor, const char *name)
{
  g_autoptr (GVariant) results = ask_bus (doctor, "NameHasOwner", g_variant_new ("(s)", name));
  gboolean has_one = FALSE;

  if (results)
    g_variant_get (results, "(b)", &has_one);

  return has_one;
}

static gboolean
is_installed (CliDoctor *doctor)
{
  g_autoptr (GVariant) results = ask_bus (doctor, "ListActivatableNames", NULL);
  g_autofree const char **names = NULL;

  if (results)
    g_variant_get (results, "(^a&s)", &names);

  return names && g_strv_contains (names, OUTBOX_BUS_NAME);
}

/* --- The unit --- */

static const char *
get_property (GVariant *properties, const char *name)
{
  const char *value = "";

  (void) g_variant_lookup (properties, name, "&s", &value);

  return value;
}

/* Returns: (transfer full) (nullable): the properties of the unit */
static GVariant *
ask_unit (CliDoctor *doctor)
{
  g_autoptr (GVariant) found = cli_doctor_call (doctor, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_NAME ".Manager", "LoadUnit",
                                                g_variant_new ("(s)", UNIT), BUS_MOST_MS, NULL);
  g_autoptr (GVariant) results = NULL;
  const char *path = NULL;

  if (!found)
    return NULL;
  g_variant_get (found, "(&o)", &path);
  results = cli_doctor_call (doctor, SYSTEMD_NAME, path, "org.freedesktop.DBus.Properties", "GetAll",
                             g_variant_new ("(s)", SYSTEMD_NAME ".Unit"), BUS_MOST_MS, NULL);

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

static void
tell_unit (CliDoctor *doctor)
{
  g_autoptr (GVariant) unit = has_owner (doctor, SYSTEMD_NAME) ? ask_unit (doctor) : NULL;

  if (!unit || !g_str_equal (get_property (unit, "LoadState"), "loaded"))
    cli_doctor_add (doctor, "unit", "no-unit", CLI_LEVEL_NOTE,
                    g_strdup (_ ("No systemd of this session knows the service: it starts with the first program that "
                                 "needs it, and not with the session.")));
  else if (g_str_equal (get_property (unit, "ActiveState"), "failed"))
    {
      doctor->is_unit_failed = TRUE;
      cli_doctor_add (doctor, "unit", "unit-failed", CLI_LEVEL_PERSON,
                      g_strdup (_ ("systemd has given up on the service.")))
          ->command
          = g_strdup ("outbox doctor --repair");
    }
  else if (g_str_equal (get_property (unit, "UnitFileState"), "disabled"))
    cli_doctor_add (doctor, "unit", "unit-disabled", CLI_LEVEL_NOTE,
                    g_strdup (_ ("The service starts with the first program that needs it, and not with the session.")))
        ->command
        = g_strdup ("systemctl --user enable " UNIT);
  else
    cli_doctor_add (doctor, "unit", "unit-good", CLI_LEVEL_GOOD, g_strdup (_ ("systemd keeps the service running.")));
}

/* loginctl(1) makes a file for each person who lingers. */
static void
tell_lingering (CliDoctor *doctor)
{
  g_autofree char *path = g_build_filename ("/var/lib/systemd/linger", g_get_user_name (), NULL);

  if (g_access ("/run/systemd/system", F_OK) != 0)
    return;
  if (g_access (path, F_OK) == 0)
    cli_doctor_add (doctor, "logout", "lingers", CLI_LEVEL_GOOD, g_strdup (_ ("Uploads continue after you log out.")));
  else
    cli_doctor_add (doctor, "logout", "does-not-linger", CLI_LEVEL_NOTE,
                    g_strdup (_ ("Uploads stop when you log out, and continue when you log in.")))
        ->command
        = g_strdup ("loginctl enable-linger");
}

void
cli_doctor_ask_bus (CliDoctor *doctor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) process = NULL;

  if (!connect_bus (doctor, &error))
    {
      tell_no_bus (doctor, error);
      tell_lingering (doctor);
      return;
    }
  process = ask_bus (doctor, "GetConnectionUnixProcessID", g_variant_new ("(s)", OUTBOX_BUS_NAME));
  if (process)
    g_variant_get (process, "(u)", &doctor->process);
  cli_doctor_add (doctor, "bus", "bus-good", CLI_LEVEL_GOOD, g_strdup (_ ("The session bus answers.")));
  tell_unit (doctor);
  tell_lingering (doctor);
}

/* --- The service --- */

static gboolean
is_timeout (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT);
}

static void
tell_silence (CliDoctor *doctor)
{
  CliFinding *finding = cli_doctor_add (
      doctor, "service", "silent", CLI_LEVEL_PERSON,
      g_strdup_printf (
          _ ("The service runs (process %u) and has not answered for %u seconds. What it has saved is safe, "
             "and it may be ended at any time."),
          doctor->process, doctor->most_ms / 1000));

  finding->command = g_strdup ("outbox doctor --repair");
  doctor->is_silent = TRUE;
}

static void
tell_no_service (CliDoctor *doctor, const GError *error)
{
  CliFinding *finding;

  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER))
    {
      finding = cli_doctor_add (doctor, "service", "no-queue", CLI_LEVEL_PERSON,
                                g_strdup (_ ("The service is running, but cannot use its queue:")));
      finding->detail = g_strdup (error->message);
    }
  else if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED))
    {
      finding = cli_doctor_add (doctor, "service", "refuses", CLI_LEVEL_PERSON,
                                g_strdup (_ ("The service is running, but does not answer this program:")));
      finding->detail = g_strdup (error->message);
      finding->command = g_strdup ("systemctl --user restart " UNIT);
    }
  else if (doctor->process == 0 && !is_installed (doctor))
    cli_doctor_add (doctor, "service", "not-installed", CLI_LEVEL_PERSON,
                    g_strdup (_ ("The session bus does not know the service: install Outbox where this bus looks for "
                                 "services, and log in again.")));
  else if (doctor->process != 0 && is_timeout (error))
    tell_silence (doctor);
  else
    {
      finding = cli_doctor_add (doctor, "service", "cannot-start", CLI_LEVEL_PERSON,
                                g_strdup (_ ("The service is not running, and cannot be started:")));
      finding->detail = g_strdup (error->message);
      finding->command = g_strdup ("journalctl --user -u " UNIT);
    }
}

/* An update replaces the program: what runs has the file of before, which has no name any more. Nothing is told
 * where that cannot be seen. */
static gboolean
is_replaced (guint process)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/exe", process);
  struct stat program;

  return process != 0 && stat (path, &program) == 0 && program.st_nlink == 0;
}

static void
tell_service (CliDoctor *doctor)
{
  if (is_replaced (doctor->process))
    cli_doctor_add (doctor, "service", "service-replaced", CLI_LEVEL_NOTE,
                    g_strdup_printf (_ ("The service that runs (process %u) was started before Outbox was updated. "
                                        "A restart loses nothing."),
                                     doctor->process))
        ->command
        = g_strdup ("systemctl --user restart " UNIT);
  else
    cli_doctor_add (doctor, "service", "service-good", CLI_LEVEL_GOOD,
                    g_strdup_printf (_ ("The service is running and answers (process %u)."), doctor->process));
}

void
cli_doctor_ask_service (CliDoctor *doctor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) process = NULL;

  if (!doctor->bus)
    return;
  results = cli_doctor_call (doctor, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, "org.outbox.Outbox1.Queue", "Summary", NULL,
                             doctor->most_ms, &error);
  if (!results)
    {
      tell_no_service (doctor, error);
      return;
    }
  doctor->has_answered = TRUE;
  doctor->summary = g_variant_get_child_value (results, 0);
  process = ask_bus (doctor, "GetConnectionUnixProcessID", g_variant_new ("(s)", OUTBOX_BUS_NAME));
  if (process)
    g_variant_get (process, "(u)", &doctor->process);
  tell_service (doctor);
}

/* --- The clock --- */

/* Returns: Unix milliseconds of the newest decision; 0: there is none */
static gint64
get_newest_ms (CliDoctor *doctor)
{
  gint64 newest_ms = 0;

  for (gsize i = 0; doctor->decisions && i < g_variant_n_children (doctor->decisions); i++)
    {
      g_autoptr (GVariant) decision = g_variant_get_child_value (doctor->decisions, i);
      gint64 at_ms = 0;

      (void) g_variant_lookup (decision, "at", "x", &at_ms);
      newest_ms = MAX (newest_ms, at_ms);
    }

  return newest_ms;
}

static char *
dup_time (gint64 at_ms)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (at_ms / 1000);

  return time ? g_date_time_format (time, "%F %T") : g_strdup ("?");
}

/* The program was installed after it was made: a clock that says an earlier time was never set, as on a device without a battery
 * for it. */
void
cli_doctor_ask_clock (CliDoctor *doctor)
{
  const gint64 now_ms = g_get_real_time () / 1000;
  const gint64 newest_ms = get_newest_ms (doctor);
  g_autofree char *now = dup_time (now_ms);
  struct timex adjustment = { .modes = 0 };
  struct stat program;

  if (stat ("/proc/self/exe", &program) == 0 && (gint64) program.st_mtime * 1000 > now_ms + CLOCK_AHEAD_MS)
    cli_doctor_add (doctor, "clock", "clock-not-set", CLI_LEVEL_PERSON,
                    g_strdup_printf (_ ("The clock is not set: it says %s, when this program was not yet installed. "
                                        "Servers look expired, and rules with hours are wrong."),
                                     now))
        ->command
        = g_strdup ("timedatectl set-ntp true");
  else if (newest_ms > now_ms + CLOCK_AHEAD_MS)
    {
      g_autofree char *newest = dup_time (newest_ms);

      cli_doctor_add (
          doctor, "clock", "clock-set-back", CLI_LEVEL_NOTE,
          g_strdup_printf (_ ("The clock was set back: it says %s, and the newest entry of the log is of %s."), now,
                           newest));
    }
  else if (adjtimex (&adjustment) == TIME_ERROR || (adjustment.status & STA_UNSYNC))
    cli_doctor_add (doctor, "clock", "clock-alone", CLI_LEVEL_NOTE,
                    g_strdup_printf (_ ("The clock says %s, and nothing keeps it right."), now))
        ->command
        = g_strdup ("timedatectl set-ntp true");
  else
    cli_doctor_add (doctor, "clock", "clock-good", CLI_LEVEL_GOOD, g_strdup (_ ("The clock is kept right.")));
}
