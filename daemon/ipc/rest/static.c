/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Serves what rest.gresource.xml lists. Main thread.
 */
#include "ipc/rest/static.h"

#include "ipc/rest-resources.h"

/* A page of the dashboard loads nothing but its own files, runs nothing that is not in them, makes no markup of text, and is shown in
 * no frame. */
#define POLICY                                                                                                      \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "             \
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types " \
  "'none'"

static const struct
{
  const char *suffix;
  const char *media_type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".json", "application/json" },
  { ".svg", "image/svg+xml" },
};

static const char *
find_type (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].media_type;
  g_return_val_if_reached ("application/octet-stream");
}

GBytes *
ob_static_load (const char *path)
{
  g_autofree char *name = g_strconcat ("/org/outbox/rest", path, NULL);

  return g_resource_lookup_data (ob_rest_get_resource (), name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

/* Returns: (transfer full): the path of the file that a request is for */
static char *
dup_path (ObExchange *exchange)
{
  const char *path = ob_exchange_get_route (exchange)->path;
  const char *name = ob_exchange_get_parameter (exchange);

  if (name)
    return g_strdup_printf ("%.*s%s", (int) strcspn (path, "{"), path, name);

  return g_strdup (g_str_equal (path, "/") ? "/index.html" : path);
}

static void
set_policy (ObExchange *exchange)
{
  static const char *const headers[][2] = { { "Content-Security-Policy", POLICY },
                                            { "Cross-Origin-Opener-Policy", "same-origin" },
                                            { "Referrer-Policy", "no-referrer" },
                                            { "X-Frame-Options", "DENY" } };
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (ob_exchange_get_message (exchange));

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    soup_message_headers_replace (answer, headers[i][0], headers[i][1]);
}

void
ob_static_take_body (ObExchange *exchange)
{
  g_autofree char *path = dup_path (exchange);
  g_autoptr (GBytes) file = ob_static_load (path);

  if (!file)
    {
      ob_exchange_refuse (exchange, 404, "There is nothing at that path");
      return;
    }
  ob_exchange_answer_file (exchange, find_type (path), file);
  if (g_str_has_suffix (path, ".html"))
    set_policy (exchange);
}
