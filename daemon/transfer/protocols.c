/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of protocols. Any thread.
 */
#include "transfer/protocols.h"

#include "transfer/put.h"
#include "transfer/tus.h"

static const ObProtocol *const protocols[] = { &ob_tus_protocol, &ob_put_protocol, NULL };

const ObProtocol *const *
ob_protocol_list (void)
{
  return protocols;
}

const ObProtocol *
ob_protocol_find (const char *name)
{
  for (guint i = 0; protocols[i]; i++)
    if (g_strcmp0 (protocols[i]->name, name) == 0)
      return protocols[i];

  return NULL;
}
