/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may do what, in one table of operations and kinds of callers. What is not in it is refused. Pure.
 */
#pragma once

#include "ipc/caller.h"

G_BEGIN_DECLS

typedef enum
{
  OB_OPERATION_SUBMIT,       /* hand a file over */
  OB_OPERATION_NAME_APP,     /* name the app that it is for */
  OB_OPERATION_GO_FIRST,     /* give an upload a priority above OB_PRIORITY_OF_APPS */
  OB_OPERATION_LOOK,         /* see uploads, and be told of them */
  OB_OPERATION_COUNT,        /* see how many there are in each state */
  OB_OPERATION_COMMAND,      /* pause, resume, retry, remove, order uploads */
  OB_OPERATION_SEND_NOW,     /* send uploads and groups whatever the rules say */
  OB_OPERATION_LOG,          /* read what happened to all of them */
  OB_OPERATION_STEER,        /* pause and resume the queue, answer for a network */
  OB_OPERATION_CONDITIONS,   /* see the network and power of the device */
  OB_OPERATION_POLICY,       /* see and set the rules, which name networks and files */
  OB_OPERATION_DESTINATIONS, /* see and set where everything goes, with which credentials */
  OB_OPERATION_APPS,         /* see web apps, let them in and revoke them */
  OB_OPERATION_DASHBOARD,    /* open the dashboard, by which a browser may do what the person may */
  OB_OPERATION_ADDRESS,      /* see where the other door is */
} ObOperation;

#define OB_N_OPERATIONS (OB_OPERATION_ADDRESS + 1)

typedef enum
{
  OB_ACCESS_NONE,
  OB_ACCESS_OWN, /* on uploads of the caller's own app */
  OB_ACCESS_ALL,
} ObAccess;

ObAccess ob_access_get (const ObCaller *caller, ObOperation operation);

/* Returns: whether the caller may run the operation at all. Errors: NotAllowed. */
gboolean ob_access_admit (const ObCaller *caller, ObOperation operation, GError **error);

/* Returns: (nullable): the app that the operation is limited to for this caller; %NULL: it is not limited */
const char *ob_access_get_own_app (const ObCaller *caller, ObOperation operation);

/* Returns: whether the caller may see uploads of @app (nullable). Errors: NotAllowed. */
gboolean ob_access_check_app (const ObCaller *caller, const char *app, GError **error);

/* The highest priority that a sandboxed app may give its uploads. */
#define OB_PRIORITY_OF_APPS 100

/* Checks an option that needs an operation of its own. @what: the option, such as "priority". Errors: NotAllowed. */
gboolean ob_access_check (const ObCaller *caller, ObOperation operation, const char *what, GError **error);

G_END_DECLS
