/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may do what: one table, operation × caller. What it does not have is refused. Pure.
 */
#pragma once

#include "ipc/caller.h"

G_BEGIN_DECLS

typedef enum
{
  OB_OPERATION_SUBMIT,       /* hand a file over */
  OB_OPERATION_LOOK,         /* see uploads, and be told of them */
  OB_OPERATION_COMMAND,      /* pause, resume, retry, remove, order uploads */
  OB_OPERATION_LOG,          /* read what happened to all of them */
  OB_OPERATION_STEER,        /* pause and resume the queue */
  OB_OPERATION_DESTINATIONS, /* see and set where everything goes, with which credentials */
} ObOperation;

#define OB_N_OPERATIONS (OB_OPERATION_DESTINATIONS + 1)

typedef enum
{
  OB_ACCESS_NONE,
  OB_ACCESS_OWN, /* of uploads that the caller's app handed over */
  OB_ACCESS_ALL,
} ObAccess;

ObAccess ob_access_get (const ObCaller *caller, ObOperation operation);

G_END_DECLS
