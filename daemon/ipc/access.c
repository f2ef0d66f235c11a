/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of access. Pure.
 */
#include "ipc/access.h"

/* A program of the host could read the spool itself; a sandboxed one must not see or touch what is another's. */
static const ObAccess table[OB_N_OPERATIONS][2] = {
  /*                              host            sandboxed */
  [OB_OPERATION_SUBMIT] = { OB_ACCESS_ALL, OB_ACCESS_OWN },
  [OB_OPERATION_LOOK] = { OB_ACCESS_ALL, OB_ACCESS_OWN },
  [OB_OPERATION_COMMAND] = { OB_ACCESS_ALL, OB_ACCESS_OWN },
  [OB_OPERATION_LOG] = { OB_ACCESS_ALL, OB_ACCESS_NONE },
  [OB_OPERATION_STEER] = { OB_ACCESS_ALL, OB_ACCESS_NONE },
  [OB_OPERATION_DESTINATIONS] = { OB_ACCESS_ALL, OB_ACCESS_NONE },
};

ObAccess
ob_access_get (const ObCaller *caller, ObOperation operation)
{
  return operation < OB_N_OPERATIONS ? table[operation][caller->is_sandboxed ? 1 : 0] : OB_ACCESS_NONE;
}
