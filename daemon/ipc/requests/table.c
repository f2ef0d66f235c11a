/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of operations, and the check of each request. Main thread.
 */
#include "ipc/requests/table.h"

#include "base/debug.h"
#include "dbus/error.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

typedef struct
{
  const char *name;
  ObOperation operation;
  ObOperationRun run;
  gint value;
  ObOption arguments[3]; /* all are required; a NULL name ends them */
} Row;

#define ID      \
  {             \
    {           \
      "id", "s" \
    }           \
  }
#define IDS       \
  {               \
    {             \
      "ids", "as" \
    }             \
  }
#define KEYS       \
  {                \
    {              \
      "keys", "as" \
    }              \
  }
#define NAME      \
  {               \
    {             \
      "name", "s" \
    }             \
  }
#define TEXT      \
  {               \
    {             \
      "text", "s" \
    }             \
  }
#define FILTER          \
  {                     \
    {                   \
      "filter", "a{sv}" \
    }                   \
  }

static const Row table[] = {
  { "Uploads.Submit", OB_OPERATION_SUBMIT, ob_operation_submit, 0, { { "options", "a{sv}" } } },
  { "Uploads.Create", OB_OPERATION_SUBMIT, ob_operation_create, 0, { { "options", "a{sv}" } } },
  { "Uploads.Commit", OB_OPERATION_SUBMIT, ob_operation_commit, 0, { { "id", "s" }, { "options", "a{sv}" } } },
  { "Uploads.Get", OB_OPERATION_LOOK, ob_operation_get_upload, 0, ID },
  { "Uploads.List", OB_OPERATION_LOOK, ob_operation_list_uploads, 0, FILTER },
  { "Uploads.History", OB_OPERATION_LOOK, ob_operation_get_history, 0, ID },
  { "Uploads.Log", OB_OPERATION_LOG, ob_operation_read_log, 0, FILTER },
  { "Uploads.Pause", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_PAUSE, IDS },
  { "Uploads.Resume", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_RESUME, IDS },
  { "Uploads.Retry", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_RETRY, IDS },
  { "Uploads.Remove", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_REMOVE, IDS },
  { "Uploads.SendNow", OB_OPERATION_SEND_NOW, ob_operation_command_uploads, OB_COMMAND_SEND_NOW, IDS },
  { "Uploads.Verify", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_VERIFY, IDS },
  { "Uploads.Free", OB_OPERATION_COMMAND, ob_operation_command_uploads, OB_COMMAND_FREE, IDS },
  { "Uploads.SetPriority",
    OB_OPERATION_COMMAND,
    ob_operation_command_uploads,
    OB_COMMAND_SET_PRIORITY,
    { { "ids", "as" }, { "priority", "i" } } },
  { "Uploads.Amend", OB_OPERATION_COMMAND, ob_operation_amend_upload, 0, { { "id", "s" }, { "options", "a{sv}" } } },
  { "Queue.Pause", OB_OPERATION_STEER, ob_operation_pause_queue, TRUE, { { NULL } } },
  { "Queue.Resume", OB_OPERATION_STEER, ob_operation_pause_queue, FALSE, { { NULL } } },
  { "Queue.ResumeFor", OB_OPERATION_SEND_NOW, ob_operation_resume_for, 0, { { "options", "a{sv}" } } },
  { "Queue.AllowNetwork", OB_OPERATION_STEER, ob_operation_allow_network, 0, { { NULL } } },
  { "Queue.Summary", OB_OPERATION_COUNT, ob_operation_summarise, 0, { { NULL } } },
  { "Queue.Holds", OB_OPERATION_LOOK, ob_operation_list_holds, 0, { { NULL } } },
  { "Queue.Conditions", OB_OPERATION_CONDITIONS, ob_operation_tell_conditions, 0, { { NULL } } },
  { "Queue.Statistics", OB_OPERATION_CONDITIONS, ob_operation_tell_statistics, 0, { { NULL } } },
  { "Queue.RestAddress", OB_OPERATION_ADDRESS, ob_operation_tell_address, 0, { { NULL } } },
  { "Groups.List", OB_OPERATION_LOOK, ob_operation_list_groups, 0, FILTER },
  { "Groups.Get", OB_OPERATION_LOOK, ob_operation_get_group, 0, { { "key", "s" } } },
  { "Groups.Pause", OB_OPERATION_COMMAND, ob_operation_pause_groups, TRUE, KEYS },
  { "Groups.Resume", OB_OPERATION_COMMAND, ob_operation_pause_groups, FALSE, KEYS },
  { "Groups.SendNow", OB_OPERATION_SEND_NOW, ob_operation_send_groups_now, 0, KEYS },
  { "Destinations.List", OB_OPERATION_DESTINATIONS, ob_operation_list_destinations, 0, { { NULL } } },
  { "Destinations.Get", OB_OPERATION_DESTINATIONS, ob_operation_get_destination, 0, NAME },
  { "Destinations.Set",
    OB_OPERATION_DESTINATIONS,
    ob_operation_set_destination,
    0,
    { { "name", "s" }, { "settings", "a{sv}" } } },
  { "Destinations.Remove", OB_OPERATION_DESTINATIONS, ob_operation_remove_destination, 0, NAME },
  { "Destinations.Pause", OB_OPERATION_DESTINATIONS, ob_operation_pause_destination, TRUE, NAME },
  { "Destinations.Resume", OB_OPERATION_DESTINATIONS, ob_operation_pause_destination, FALSE, NAME },
  { "Destinations.Test", OB_OPERATION_DESTINATIONS, ob_operation_try_destination, 0, NAME },
  { "Destinations.SignIn", OB_OPERATION_DESTINATIONS, ob_operation_sign_in, 0, NAME },
  { "Destinations.SignOut", OB_OPERATION_DESTINATIONS, ob_operation_sign_out, 0, NAME },
  { "Policy.Get", OB_OPERATION_POLICY, ob_operation_get_policy, 0, { { NULL } } },
  { "Policy.Set", OB_OPERATION_POLICY, ob_operation_set_policy, 0, TEXT },
  /* Its errors name files that only a program of the host may read. */
  { "Policy.Check", OB_OPERATION_POLICY, ob_operation_check_policy, 0, TEXT },
  { "Policy.Explain", OB_OPERATION_LOOK, ob_operation_explain, 0, ID },
  { "Access.ListApps", OB_OPERATION_APPS, ob_operation_list_apps, 0, { { NULL } } },
  { "Access.Approve", OB_OPERATION_APPS, ob_operation_approve_app, 0, { { "request", "s" } } },
  { "Access.Deny", OB_OPERATION_APPS, ob_operation_deny_app, 0, { { "request", "s" } } },
  { "Access.Revoke", OB_OPERATION_APPS, ob_operation_revoke_app, 0, { { "app", "s" } } },
  { "Access.OpenDashboard", OB_OPERATION_DASHBOARD, ob_operation_open_dashboard, 0, { { NULL } } },
};

static const Row *
find_row (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name))
      return &table[i];

  return NULL;
}

gboolean
ob_request_is_known (const char *name)
{
  return find_row (name) != NULL;
}

void
ob_request_set_unknown (GError **error, const char *name)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED, "This version does not do %s", name);
}

guint
ob_request_count (void)
{
  return G_N_ELEMENTS (table);
}

static gboolean
check_arguments (const ObRequest *request, const ObOption *arguments, GError **error)
{
  if (!ob_options_check (request->arguments, arguments, error))
    return FALSE;
  for (; arguments->name; arguments++)
    if (!g_variant_lookup (request->arguments, arguments->name, "*", NULL))
      {
        g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: is missing", arguments->name);
        return FALSE;
      }

  return TRUE;
}

void
ob_request_run (const char *name, const ObRequest *request)
{
  const Row *row = find_row (name);
  g_autoptr (GError) error = NULL;

  if (!row)
    ob_request_set_unknown (&error, name);
  else if (ob_access_admit (request->caller, row->operation, &error)
           && check_arguments (request, row->arguments, &error))
    {
      ob_debug (OB_DEBUG_IPC, NULL, "%s asks for %s", request->caller->app, name);
      row->run (request, row->value);
    }
  if (error)
    {
      ob_debug (OB_DEBUG_IPC, NULL, "%s is refused %s: %s", request->caller->app, row ? name : "what is not known",
                ob_debug_name_error (error));
      ob_request_end (request, error);
    }
}
