/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the route of a request. Pure.
 */
#include "ipc/rest/router.h"

#include <string.h>

static const ObRoute table[] = {
  { "GET", "/v1/health", OB_ROUTE_HEALTH },
};

const ObRoute *
ob_router_get (guint i)
{
  return i < G_N_ELEMENTS (table) ? &table[i] : NULL;
}

/* Returns: (transfer full) (nullable): the text that a segment stands for; %NULL where it is none */
static char *
dup_text (const char *segment, gsize length)
{
  g_autofree char *text = g_uri_unescape_segment (segment, segment + length, NULL);

  return text && *text != '\0' && g_utf8_validate (text, -1, NULL) ? g_steal_pointer (&text) : NULL;
}

/* @parameter: (out) (nullable): owned; set where the path has one. Returns: whether it is that path */
static gboolean
matches (const char *pattern, const char *path, char **parameter)
{
  g_autofree char *found = NULL;

  while (*pattern && *path)
    if (*pattern == '{')
      {
        gsize length = strcspn (path, "/");

        g_clear_pointer (&found, g_free);
        found = dup_text (path, length);
        if (!found)
          return FALSE;
        path += length;
        pattern = strchr (pattern, '}') + 1;
      }
    else if (*pattern++ != *path++)
      return FALSE;
  if (*pattern || *path)
    return FALSE;
  *parameter = g_steal_pointer (&found);

  return TRUE;
}

/* Returns: whether a route of that method answers it. A HEAD is answered as the GET would be, without the body. */
static gboolean
serves (const ObRoute *route, const char *method)
{
  return g_str_equal (route->method, method) || (g_str_equal (method, "HEAD") && g_str_equal (route->method, "GET"));
}

ObRouted
ob_router_find (const char *method, const char *path)
{
  ObRouted routed = { NULL, NULL, NULL };
  g_autoptr (GString) allowed = g_string_new ("OPTIONS");
  gboolean is_there = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *parameter = NULL;

      if (!matches (table[i].path, path, &parameter))
        continue;
      is_there = TRUE;
      g_string_append_printf (allowed, ", %s%s", table[i].method, g_str_equal (table[i].method, "GET") ? ", HEAD" : "");
      if (serves (&table[i], method))
        {
          routed.route = &table[i];
          routed.parameter = g_steal_pointer (&parameter);
        }
    }
  if (is_there)
    routed.allowed = g_strdup (allowed->str);

  return routed;
}

void
ob_routed_clear (ObRouted *routed)
{
  g_clear_pointer (&routed->parameter, g_free);
  g_clear_pointer (&routed->allowed, g_free);
}
