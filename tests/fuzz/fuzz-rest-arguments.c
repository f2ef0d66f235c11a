/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/rest: any path finds one route or none, and any query and body make arguments that a request takes, or an error.
 */
#include "dbus/error.h"
#include "fuzz.h"
#include "ipc/rest/arguments.h"

static void
check_arguments (const ObRoute *route, const char *parameter, const char *query, const char *body, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) arguments = ob_arguments_make (route, parameter, query, body, size, &error);

  g_assert_true (!arguments == (error != NULL));
  if (arguments)
    g_assert_true (g_variant_is_normal_form (arguments) && !g_variant_is_floating (arguments));
  else
    g_assert_true (error->domain == OUTBOX_ERROR && g_utf8_validate (error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *path = fuzz_take_text (&data, &size);
  g_autofree char *query = fuzz_take_text (&data, &size);
  const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_auto (ObRouted) routed = ob_router_find (methods[i], path);

      g_assert_true (!routed.route || routed.allowed);
      g_assert_true (!routed.parameter || g_utf8_validate (routed.parameter, -1, NULL));
      if (routed.route)
        check_arguments (routed.route, routed.parameter, query, (const char *) data, size);
    }

  return 0;
}
