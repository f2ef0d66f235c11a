/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the route of a request. Pure.
 */
#include "ipc/rest/router.h"

#include <string.h>

static const ObOption of_uploads[]
    = { { "state", "s" },      { "group", "s" },  { "group_app", "s" }, { "app", "s" }, { "destination", "s" },
        { "unfinished", "b" }, { "cursor", "s" }, { "limit", "u" },     { NULL, NULL } };

static const ObOption of_log[] = { { "since", "x" }, { "cursor", "s" }, { "limit", "u" }, { NULL, NULL } };

static const ObOption of_groups[]
    = { { "app", "s" }, { "unfinished", "b" }, { "cursor", "s" }, { "limit", "u" }, { NULL, NULL } };

static const ObOption of_events[]
    = { { "group", "s" }, { "group_app", "s" }, { "app", "s" }, { "destination", "s" }, { NULL, NULL } };

/* The submit key comes as Idempotency-Key, the media type as Content-Type; and there is metadata.KEY. */
static const ObOption of_file[]
    = { { "name", "s" },     { "destination", "s" }, { "group", "s" },      { "group_title", "s" }, { "form", "b" },
        { "priority", "i" }, { "sha256", "s" },      { "not_before", "x" }, { "app", "s" },         { NULL, NULL } };

/* The name, the type and the metadata come as Upload-Metadata. */
static const ObOption of_creation[]
    = { { "destination", "s" }, { "group", "s" },      { "group_title", "s" }, { "form", "b" },
        { "priority", "i" },    { "not_before", "x" }, { "app", "s" },         { NULL, NULL } };

static const ObOption of_pairing[] = { { "manage", "b" }, { NULL, NULL } };

static const ObOption of_poll[] = { { "device_code", "s" }, { NULL, NULL } };

static const ObOption of_session[] = { { "ticket", "s" }, { NULL, NULL } };

static const ObOption of_hello[] = { { "nonce", "s" }, { NULL, NULL } };

static const ObOption of_amendment[]
    = { { "name", "s" }, { "metadata", "a{ss}" }, { "priority", "i" }, { NULL, NULL } };

static const ObOption of_many[] = { { "ids", "as" }, { NULL, NULL } };

static const ObOption of_time[]
    = { { "seconds", "u" }, { "ids", "as" }, { "group", "s" }, { "destination", "s" }, { NULL, NULL } };

static const ObOption of_commit[] = { { "sha256", "s" }, { NULL, NULL } };

static const ObOption of_destination[]
    = { { "protocol", "s" }, { "url", "s" },         { "confirm_url", "s" }, { "amend_url", "s" }, { "receipt", "s" },
        { "also", "as" },    { "headers", "a{ss}" }, { "sign_in", "a{ss}" }, { "default", "b" },   { NULL, NULL } };

static const ObOption of_rules[] = { { "text", "s" }, { NULL, NULL } };

#define ONE(argument) argument, FALSE
#define LIST(argument) argument, TRUE
#define NONE NULL, FALSE
#define EACH(members) members, NULL
#define WHOLE(members, argument) members, argument
#define NO_BODY NULL, NULL

/* clang-format off */
static const ObRoute table[] = {
  /*                                               kind              request                what the path says  query        body                 result */
  { "GET",    "/",                                 OB_ROUTE_STATIC,  NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "GET",    "/dashboard/{file}",                 OB_ROUTE_STATIC,  NULL,                  ONE ("file"),       NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/health",                        OB_ROUTE_HEALTH,  NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/openapi.json",                  OB_ROUTE_STATIC,  NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/dashboard/session",             OB_ROUTE_SESSION, NULL,                  NONE,               NULL,        EACH (of_session),   NULL },
  { "DELETE", "/v1/dashboard/session",             OB_ROUTE_SESSION, NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/hello",                         OB_ROUTE_PAIR,    NULL,                  NONE,               NULL,        EACH (of_hello),     NULL },
  { "POST",   "/v1/pair",                          OB_ROUTE_PAIR,    NULL,                  NONE,               NULL,        EACH (of_pairing),   NULL },
  { "POST",   "/v1/pair/token",                    OB_ROUTE_PAIR,    NULL,                  NONE,               NULL,        EACH (of_poll),      NULL },
  { "POST",   "/v1/uploads",                       OB_ROUTE_SUBMIT,  "Uploads.Submit",      NONE,               of_file,     NO_BODY,             NULL },
  { "GET",    "/v1/uploads",                       OB_ROUTE_REQUEST, "Uploads.List",        NONE,               of_uploads,  NO_BODY,             "" },
  { "POST",   "/v1/uploads/pause",                 OB_ROUTE_REQUEST, "Uploads.Pause",       NONE,               NULL,        EACH (of_many),      NULL },
  { "POST",   "/v1/uploads/resume",                OB_ROUTE_REQUEST, "Uploads.Resume",      NONE,               NULL,        EACH (of_many),      NULL },
  { "POST",   "/v1/uploads/retry",                 OB_ROUTE_REQUEST, "Uploads.Retry",       NONE,               NULL,        EACH (of_many),      NULL },
  { "POST",   "/v1/uploads/send-now",              OB_ROUTE_REQUEST, "Uploads.SendNow",     NONE,               NULL,        EACH (of_many),      NULL },
  { "POST",   "/v1/uploads/remove",                OB_ROUTE_REQUEST, "Uploads.Remove",      NONE,               NULL,        EACH (of_many),      NULL },
  { "GET",    "/v1/uploads/{id}",                  OB_ROUTE_REQUEST, "Uploads.Get",         ONE ("id"),         NULL,        NO_BODY,             "upload" },
  { "PATCH",  "/v1/uploads/{id}",                  OB_ROUTE_REQUEST, "Uploads.Amend",       ONE ("id"),         NULL,        WHOLE (of_amendment, "options"), NULL },
  { "DELETE", "/v1/uploads/{id}",                  OB_ROUTE_REQUEST, "Uploads.Remove",      LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/uploads/{id}/history",          OB_ROUTE_REQUEST, "Uploads.History",     ONE ("id"),         NULL,        NO_BODY,             "" },
  { "GET",    "/v1/uploads/{id}/content",          OB_ROUTE_CONTENT, NULL,                  ONE ("id"),         NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/uploads/{id}/explanation",      OB_ROUTE_REQUEST, "Policy.Explain",      ONE ("id"),         NULL,        NO_BODY,             "explanation" },
  { "POST",   "/v1/uploads/{id}/pause",            OB_ROUTE_REQUEST, "Uploads.Pause",       LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/uploads/{id}/resume",           OB_ROUTE_REQUEST, "Uploads.Resume",      LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/uploads/{id}/retry",            OB_ROUTE_REQUEST, "Uploads.Retry",       LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/uploads/{id}/send-now",         OB_ROUTE_REQUEST, "Uploads.SendNow",     LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/uploads/{id}/commit",           OB_ROUTE_REQUEST, "Uploads.Commit",      ONE ("id"),         NULL,        WHOLE (of_commit, "options"), NULL },
  { "POST",   "/v1/uploads/{id}/verify",           OB_ROUTE_REQUEST, "Uploads.Verify",      LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/uploads/{id}/free",             OB_ROUTE_REQUEST, "Uploads.Free",        LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/uploads/{id}/thumbnail",        OB_ROUTE_REQUEST, "Uploads.Thumbnail",   ONE ("id"),         NULL,        NO_BODY,             "" },
  { "OPTIONS", "/v1/tus/",                         OB_ROUTE_TUS,     NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/tus/",                          OB_ROUTE_TUS,     "Uploads.Create",      NONE,               of_creation, NO_BODY,             NULL },
  { "OPTIONS", "/v1/tus/{id}",                     OB_ROUTE_TUS,     NULL,                  NONE,               NULL,        NO_BODY,             NULL },
  { "HEAD",   "/v1/tus/{id}",                      OB_ROUTE_TUS,     NULL,                  ONE ("id"),         NULL,        NO_BODY,             NULL },
  { "PATCH",  "/v1/tus/{id}",                      OB_ROUTE_TUS,     NULL,                  ONE ("id"),         NULL,        NO_BODY,             NULL },
  { "DELETE", "/v1/tus/{id}",                      OB_ROUTE_TUS,     "Uploads.Remove",      LIST ("ids"),       NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/history",                       OB_ROUTE_REQUEST, "Uploads.History",     ONE ("id"),         NULL,        NO_BODY,             "" },
  { "GET",    "/v1/log",                           OB_ROUTE_REQUEST, "Uploads.Log",         NONE,               of_log,      NO_BODY,             "" },
  { "GET",    "/v1/groups",                        OB_ROUTE_REQUEST, "Groups.List",         NONE,               of_groups,   NO_BODY,             "" },
  { "GET",    "/v1/groups/{key}",                  OB_ROUTE_REQUEST, "Groups.Get",          ONE ("key"),        NULL,        NO_BODY,             "group" },
  { "POST",   "/v1/groups/{key}/pause",            OB_ROUTE_REQUEST, "Groups.Pause",        LIST ("keys"),      NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/groups/{key}/resume",           OB_ROUTE_REQUEST, "Groups.Resume",       LIST ("keys"),      NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/groups/{key}/send-now",         OB_ROUTE_REQUEST, "Groups.SendNow",      LIST ("keys"),      NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/summary",                       OB_ROUTE_REQUEST, "Queue.Summary",       NONE,               NULL,        NO_BODY,             "summary" },
  { "GET",    "/v1/conditions",                    OB_ROUTE_REQUEST, "Queue.Conditions",    NONE,               NULL,        NO_BODY,             "conditions" },
  { "GET",    "/v1/holds",                         OB_ROUTE_REQUEST, "Queue.Holds",         NONE,               NULL,        NO_BODY,             "" },
  { "POST",   "/v1/queue/pause",                   OB_ROUTE_REQUEST, "Queue.Pause",         NONE,               NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/queue/resume",                  OB_ROUTE_REQUEST, "Queue.Resume",        NONE,               NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/queue/resume-for",              OB_ROUTE_REQUEST, "Queue.ResumeFor",     NONE,               NULL,        WHOLE (of_time, "options"), NULL },
  { "POST",   "/v1/queue/allow-network",           OB_ROUTE_REQUEST, "Queue.AllowNetwork",  NONE,               NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/events",                        OB_ROUTE_EVENTS,  NULL,                  NONE,               of_events,   NO_BODY,             NULL },
  { "GET",    "/v1/destinations",                  OB_ROUTE_REQUEST, "Destinations.List",   NONE,               NULL,        NO_BODY,             "" },
  { "GET",    "/v1/destinations/{name}",           OB_ROUTE_REQUEST, "Destinations.Get",    ONE ("name"),       NULL,        NO_BODY,             "destination" },
  { "PUT",    "/v1/destinations/{name}",           OB_ROUTE_REQUEST, "Destinations.Set",    ONE ("name"),       NULL,        WHOLE (of_destination, "settings"), NULL },
  { "PATCH",  "/v1/destinations/{name}",           OB_ROUTE_REQUEST, "Destinations.Set",    ONE ("name"),       NULL,        WHOLE (of_destination, "settings"), NULL },
  { "DELETE", "/v1/destinations/{name}",           OB_ROUTE_REQUEST, "Destinations.Remove", ONE ("name"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/destinations/{name}/pause",     OB_ROUTE_REQUEST, "Destinations.Pause",  ONE ("name"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/destinations/{name}/resume",    OB_ROUTE_REQUEST, "Destinations.Resume", ONE ("name"),       NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/destinations/{name}/test",      OB_ROUTE_REQUEST, "Destinations.Test",   ONE ("name"),       NULL,        NO_BODY,             "report" },
  { "POST",   "/v1/destinations/{name}/sign-in",   OB_ROUTE_SIGN_IN, "Destinations.SignIn", ONE ("name"),       NULL,        NO_BODY,             NULL },
  { "DELETE", "/v1/destinations/{name}/sign-in",   OB_ROUTE_REQUEST, "Destinations.SignOut", ONE ("name"),      NULL,        NO_BODY,             NULL },
  { "GET",    "/v1/policy",                        OB_ROUTE_REQUEST, "Policy.Get",          NONE,               NULL,        NO_BODY,             "policy" },
  { "PUT",    "/v1/policy",                        OB_ROUTE_REQUEST, "Policy.Set",          NONE,               NULL,        EACH (of_rules),     NULL },
  { "GET",    "/v1/apps",                          OB_ROUTE_REQUEST, "Access.ListApps",     NONE,               NULL,        NO_BODY,             "" },
  { "DELETE", "/v1/apps/{app}",                    OB_ROUTE_REQUEST, "Access.Revoke",       ONE ("app"),        NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/apps/{request}/approve",        OB_ROUTE_REQUEST, "Access.Approve",      ONE ("request"),    NULL,        NO_BODY,             NULL },
  { "POST",   "/v1/apps/{request}/deny",           OB_ROUTE_REQUEST, "Access.Deny",         ONE ("request"),    NULL,        NO_BODY,             NULL },
};
/* clang-format on */

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
      if (!g_str_equal (table[i].method, "OPTIONS"))
        g_string_append_printf (allowed, ", %s%s", table[i].method,
                                g_str_equal (table[i].method, "GET") ? ", HEAD" : "");
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
