/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of access. Pure.
 */
#include "ipc/access.h"

#include "dbus/error.h"

/* A program of the host acts for the person, and could read the spool itself. A sandboxed app must not see or touch what
 * is another's, nor decide for the person: what may cost money, what goes first, or who learns where the device is. A page is
 * even less than such an app, since it comes from a network: it is not told how much others have. One that manages acts on all
 * uploads, and decides nothing. In the dashboard the person acts; it hands nothing over for other apps. */
/* clang-format off */
static const ObAccess table[OB_N_OPERATIONS][OB_N_CALLER_KINDS] = {
  /*                              host            sandboxed        page             manager          dashboard */
  [OB_OPERATION_SUBMIT]       = { OB_ACCESS_ALL,  OB_ACCESS_OWN,   OB_ACCESS_OWN,   OB_ACCESS_OWN,   OB_ACCESS_ALL },
  [OB_OPERATION_NAME_APP]     = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE },
  [OB_OPERATION_GO_FIRST]     = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_LOOK]         = { OB_ACCESS_ALL,  OB_ACCESS_OWN,   OB_ACCESS_OWN,   OB_ACCESS_ALL,   OB_ACCESS_ALL },
  [OB_OPERATION_COUNT]        = { OB_ACCESS_ALL,  OB_ACCESS_ALL,   OB_ACCESS_NONE,  OB_ACCESS_ALL,   OB_ACCESS_ALL },
  [OB_OPERATION_COMMAND]      = { OB_ACCESS_ALL,  OB_ACCESS_OWN,   OB_ACCESS_OWN,   OB_ACCESS_ALL,   OB_ACCESS_ALL },
  [OB_OPERATION_SEND_NOW]     = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_LOG]          = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_STEER]        = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_CONDITIONS]   = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_POLICY]       = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_DESTINATIONS] = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_APPS]         = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
  [OB_OPERATION_DASHBOARD]    = { OB_ACCESS_ALL,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_NONE },
  [OB_OPERATION_ADDRESS]      = { OB_ACCESS_ALL,  OB_ACCESS_ALL,   OB_ACCESS_NONE,  OB_ACCESS_NONE,  OB_ACCESS_ALL },
};
/* clang-format on */

ObAccess
ob_access_get (const ObCaller *caller, ObOperation operation)
{
  return operation < OB_N_OPERATIONS && caller->kind < OB_N_CALLER_KINDS ? table[operation][caller->kind]
                                                                         : OB_ACCESS_NONE;
}

gboolean
ob_access_admit (const ObCaller *caller, ObOperation operation, GError **error)
{
  if (ob_access_get (caller, operation) != OB_ACCESS_NONE)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "%s may not do that", caller->app);

  return FALSE;
}

gboolean
ob_access_check (const ObCaller *caller, ObOperation operation, const char *what, GError **error)
{
  if (ob_access_get (caller, operation) == OB_ACCESS_ALL)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "%s: not for %s, which is %s", what, caller->app,
               caller->kind == OB_CALLER_SANDBOXED ? "a sandboxed app" : "a web page");

  return FALSE;
}

const char *
ob_access_get_own_app (const ObCaller *caller, ObOperation operation)
{
  return ob_access_get (caller, operation) == OB_ACCESS_ALL ? NULL : caller->app;
}

gboolean
ob_access_check_app (const ObCaller *caller, const char *app, GError **error)
{
  const char *own = ob_access_get_own_app (caller, OB_OPERATION_LOOK);

  if (!own || !app || g_str_equal (app, own))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "app: %s sees its own uploads alone", own);

  return FALSE;
}
