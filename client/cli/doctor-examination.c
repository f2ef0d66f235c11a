/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: the examination itself, and calls and programs that are waited for no longer than a person would.
 */
#include "doctor.h"

#include "config.h"

static void
finding_free (gpointer data)
{
  CliFinding *finding = data;

  g_free (finding->words);
  g_free (finding->detail);
  g_free (finding->command);
  g_free (finding);
}

static void
unref_variant (gpointer data)
{
  if (data)
    g_variant_unref (data);
}

CliDoctor *
cli_doctor_new (guint most_ms)
{
  CliDoctor *doctor = g_new0 (CliDoctor, 1);

  doctor->most_ms = most_ms;
  doctor->findings = g_ptr_array_new_with_free_func (finding_free);
  doctor->trials = g_ptr_array_new_with_free_func (unref_variant);

  return doctor;
}

void
cli_doctor_free (CliDoctor *doctor)
{
  g_ptr_array_unref (doctor->findings);
  g_ptr_array_unref (doctor->trials);
  g_clear_object (&doctor->bus);
  g_clear_pointer (&doctor->disk, json_node_unref);
  unref_variant (doctor->summary);
  unref_variant (doctor->conditions);
  unref_variant (doctor->holds);
  unref_variant (doctor->destinations);
  unref_variant (doctor->decisions);
  g_free (doctor);
}

CliFinding *
cli_doctor_add (CliDoctor *doctor, const char *topic, const char *code, CliLevel level, char *words)
{
  CliFinding *finding = g_new0 (CliFinding, 1);

  *finding = (CliFinding){ .topic = topic, .code = code, .level = level, .words = words };
  g_ptr_array_add (doctor->findings, finding);

  return finding;
}

GVariant *
cli_doctor_call (CliDoctor *doctor, const char *name, const char *path, const char *interface, const char *method,
                 GVariant *parameters, guint most_ms, GError **error)
{
  GVariant *results;

  /* Registers the names of the broker's errors. */
  (void) OUTBOX_ERROR;
  results = g_dbus_connection_call_sync (doctor->bus, name, path, interface, method, parameters, NULL,
                                         G_DBUS_CALL_FLAGS_NONE, (gint) most_ms, NULL, error);
  if (error && *error)
    (void) g_dbus_error_strip_remote_error (*error);

  return results;
}

/* --- Programs --- */

typedef struct
{
  GSubprocess *process;
  char *output;
  GError *error;
  gboolean is_over;
  gboolean is_late;
} Run;

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  (void) g_subprocess_communicate_utf8_finish (run->process, result, &run->output, NULL, &run->error);
  run->is_over = TRUE;
}

/* A process that hangs in the kernel does not even end when it is killed: stop to wait for what it prints. */
static gboolean
on_late (gpointer user_data)
{
  Run *run = user_data;

  run->is_late = TRUE;
  g_subprocess_force_exit (run->process);

  return G_SOURCE_CONTINUE;
}

static gboolean
is_over (gpointer user_data)
{
  const Run *run = user_data;

  return run->is_over || run->is_late;
}

char *
cli_doctor_run (const char *const *argv, guint most_ms, GError **error)
{
  g_autoptr (GSubprocess) process
      = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, error);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Run run = { .process = process };
  guint late;

  if (!process)
    return NULL;
  late = g_timeout_add (most_ms, on_late, &run);
  g_subprocess_communicate_utf8_async (process, NULL, cancellable, on_ended, &run);
  cli_wait (is_over, &run);
  (void) g_source_remove (late);
  if (!run.is_over)
    {
      g_cancellable_cancel (cancellable);
      while (!run.is_over)
        (void) g_main_context_iteration (NULL, TRUE);
      g_clear_pointer (&run.output, g_free);
    }
  if (run.is_late)
    {
      g_clear_error (&run.error);
      run.error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timed out");
      g_clear_pointer (&run.output, g_free);
    }
  if (run.error)
    g_propagate_error (error, run.error);

  return run.output;
}
