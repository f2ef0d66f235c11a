/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Serves what rest.gresource.xml lists. Main thread.
 */
#include "ipc/rest/static.h"

#include "ipc/rest-resources.h"

GBytes *
ob_static_load (const char *path)
{
  g_autofree char *name = g_strconcat ("/org/outbox/rest", path, NULL);

  return g_resource_lookup_data (ob_rest_get_resource (), name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

void
ob_static_take_body (ObExchange *exchange)
{
  g_autoptr (GBytes) file = ob_static_load (ob_exchange_get_route (exchange)->path);

  g_return_if_fail (file);
  ob_exchange_answer_file (exchange, "application/json", file);
}
