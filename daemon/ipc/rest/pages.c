/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Judges the head of a request at the port by its route and by the apps that a person has let in. Main thread.
 */
#include "ipc/rest/pages.h"

#include "base/secret.h"
#include "ipc/pairing-origin.h"
#include "ipc/rest/page-head.h"
#include "ipc/rest/reply.h"

typedef enum
{
  AUDIENCE_PAIRED, /* what nobody has thought of needs a token */
  AUDIENCE_STRANGERS,
  AUDIENCE_WHO_DOUBTS, /* hello: strangers, and the dashboard */
  AUDIENCE_DASHBOARD,
  AUDIENCE_PUBLIC,
} Audience;

typedef struct
{
  const ObRequestContext *context;
  const ObPageHead *head;
  guint status;       /* of the refusal; 0: it is let in */
  const char *detail; /* static */
  gboolean may_read;  /* the page may read the answer */
  ObCaller *caller;   /* owned until the visit has it */
  char *digest;       /* owned: of the token that was shown and is right */
} Judgement;

static Audience
get_audience (const ObRoute *route)
{
  switch (route ? route->kind : OB_ROUTE_REQUEST)
    {
    case OB_ROUTE_PAIR:
      return g_str_equal (route->path, "/v1/hello") ? AUDIENCE_WHO_DOUBTS : AUDIENCE_STRANGERS;
    case OB_ROUTE_SESSION:
      return g_str_equal (route->method, "POST") ? AUDIENCE_DASHBOARD : AUDIENCE_PAIRED;
    case OB_ROUTE_STATIC:
    case OB_ROUTE_HEALTH:
      return AUDIENCE_PUBLIC;
    default:
      return AUDIENCE_PAIRED;
    }
}

static void
refuse (Judgement *judgement, guint status, const char *detail)
{
  judgement->status = status;
  judgement->detail = detail;
}

/* Where the database cannot be read, nobody is paired. */
static gboolean
is_paired (const Judgement *judgement)
{
  g_autoptr (GPtrArray) apps = ob_broker_list_apps_of (judgement->context->broker, judgement->head->origin, NULL);

  return apps && apps->len > 0;
}

static gboolean
is_known (const Judgement *judgement)
{
  return judgement->head->is_own || is_paired (judgement);
}

/* --- The audiences --- */

static void
judge_public (Judgement *judgement)
{
  const ObPageHead *head = judgement->head;

  judgement->may_read = head->origin && head->is_fetch && is_known (judgement);
  /* The dashboard's own files are no fetch(): scripts, styles, the icon. */
  if (!judgement->may_read && (!head->is_visible || (head->origin && !head->is_own)))
    refuse (judgement, 403, "This is not for pages that were not let in");
}

static void
judge_stranger (Judgement *judgement)
{
  const ObPageHead *head = judgement->head;

  if (!head->origin || !head->is_fetch)
    refuse (judgement, 403, "A page asks by fetch(), which tells its origin");
  else if (head->is_own)
    refuse (judgement, 403, "The dashboard needs no pairing");
  else
    judgement->may_read = TRUE;
}

/* Only the dashboard's own origin has sessions: at the other names of the port there may have been another server before. */
static gboolean
is_dashboard (const Judgement *judgement)
{
  return g_strcmp0 (judgement->head->origin, judgement->context->dashboard) == 0;
}

static void
judge_dashboard (Judgement *judgement)
{
  if (is_dashboard (judgement) && judgement->head->is_fetch)
    judgement->may_read = TRUE;
  else
    refuse (judgement, 403, "Sessions are for the dashboard's own page");
}

/* Another user's program may listen at the port when the broker has ended: the dashboard too wants to know before it goes on. */
static void
judge_doubter (Judgement *judgement)
{
  if (is_dashboard (judgement))
    judge_dashboard (judgement);
  else
    judge_stranger (judgement);
}

/* @app: (transfer full) */
static void
set_caller (Judgement *judgement, ObCallerKind kind, char *app)
{
  judgement->caller = g_new0 (ObCaller, 1);
  *judgement->caller = (ObCaller){ .app = app, .kind = kind };
}

static void
find_session (Judgement *judgement, const char *digest)
{
  const ObRequestContext *context = judgement->context;

  if (is_dashboard (judgement)
      && ob_sessions_admit (context->sessions, digest, ob_broker_get_boot_ms (context->broker)))
    set_caller (judgement, OB_CALLER_DASHBOARD, g_strdup ("outbox-dashboard"));
}

static void
find_caller (Judgement *judgement)
{
  const ObPageHead *head = judgement->head;
  g_autofree char *digest = ob_secret_dup_digest (head->token);
  g_autoptr (ObPairedApp) app = ob_broker_find_app (judgement->context->broker, head->origin, digest, NULL);

  if (app)
    set_caller (judgement, app->may_manage ? OB_CALLER_MANAGER : OB_CALLER_PAGE, ob_pairing_dup_app (app->origin));
  else if (head->is_own)
    find_session (judgement, digest);
  if (judgement->caller)
    judgement->digest = g_steal_pointer (&digest);
}

static void
judge_paired (Judgement *judgement)
{
  const ObPageHead *head = judgement->head;

  if (!head->origin || !head->is_fetch)
    refuse (judgement, 403, "A page asks by fetch(), which tells its origin; programs use the Unix socket");
  else if (!is_known (judgement))
    refuse (judgement, 403, "This page was not let in; see POST /v1/pair");
  else
    {
      judgement->may_read = TRUE;
      if (head->token)
        find_caller (judgement);
      if (!judgement->caller)
        refuse (judgement, 401,
                head->token ? "That token is not, or no longer, one of this page" : "There is no token");
    }
}

static void
judge_preflight (Judgement *judgement, Audience audience)
{
  const gboolean is_own = judgement->head->is_own;

  judgement->may_read = audience == AUDIENCE_STRANGERS    ? !is_own
                        : audience == AUDIENCE_WHO_DOUBTS ? !is_own || is_dashboard (judgement)
                        : audience == AUDIENCE_DASHBOARD  ? is_dashboard (judgement)
                                                          : is_known (judgement);
  if (!judgement->may_read)
    refuse (judgement, 403, "This page was not let in; see POST /v1/pair");
}

static void
judge (Judgement *judgement, Audience audience)
{
  const ObPageHead *head = judgement->head;

  if (head->status != 0)
    refuse (judgement, head->status, head->detail);
  else if (head->is_preflight)
    judge_preflight (judgement, audience);
  else if (audience == AUDIENCE_PUBLIC)
    judge_public (judgement);
  else if (audience == AUDIENCE_STRANGERS)
    judge_stranger (judgement);
  else if (audience == AUDIENCE_WHO_DOUBTS)
    judge_doubter (judgement);
  else if (audience == AUDIENCE_DASHBOARD)
    judge_dashboard (judgement);
  else
    judge_paired (judgement);
}

/* --- The request --- */

static ObPageFields
read_fields (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return (ObPageFields){ .method = soup_server_message_get_method (message),
                         .host = soup_message_headers_get_one (headers, "Host"),
                         .origin = soup_message_headers_get_one (headers, "Origin"),
                         .authorization = soup_message_headers_get_one (headers, "Authorization"),
                         .site = soup_message_headers_get_one (headers, "Sec-Fetch-Site"),
                         .mode = soup_message_headers_get_one (headers, "Sec-Fetch-Mode"),
                         .dest = soup_message_headers_get_one (headers, "Sec-Fetch-Dest"),
                         .wanted_method = soup_message_headers_get_one (headers, "Access-Control-Request-Method") };
}

/* A preflight is judged as the request that it announces. */
static Audience
find_audience (const ObPageHead *head, const ObPageFields *fields, SoupServerMessage *message, const ObRouted *routed)
{
  g_auto (ObRouted) wanted = { NULL };

  if (!head->is_preflight)
    return get_audience (routed->route);
  wanted = ob_router_find (fields->wanted_method, g_uri_get_path (soup_server_message_get_uri (message)));

  return get_audience (wanted.route);
}

/* Returns: whether it is to be served */
static gboolean
carry_out (Judgement *judgement, ObVisit *visit, SoupServerMessage *message, const ObRouted *routed)
{
  const char *reader = judgement->may_read ? judgement->head->origin : NULL;

  ob_visit_let_in (visit, g_steal_pointer (&judgement->caller), reader, judgement->digest);
  if (judgement->status == 0 && ob_visit_is_one_too_many (visit))
    refuse (judgement, 429, "Too many connections with this token are open; try again later");
  if (judgement->status != 0)
    ob_reply_refusal (message, reader, judgement->status, judgement->detail);
  else if (judgement->head->is_preflight)
    ob_reply_preflight (message, reader, routed->allowed ? routed->allowed : "OPTIONS");
  else
    return TRUE;

  return FALSE;
}

gboolean
ob_pages_let_in (const ObRequestContext *context, guint16 port, ObVisit *visit, SoupServerMessage *message,
                 const ObRouted *routed)
{
  const ObPageFields fields = read_fields (message);
  g_auto (ObPageHead) head = ob_page_head_read (&fields, port, context->dashboard);
  Judgement judgement = { .context = context, .head = &head };
  gboolean is_served;

  judge (&judgement, find_audience (&head, &fields, message, routed));
  is_served = carry_out (&judgement, visit, message, routed);
  g_free (judgement.digest);

  return is_served;
}

gboolean
ob_pages_is_good (const ObRequestContext *context, ObVisit *visit)
{
  const ObCaller *caller = ob_visit_get_caller (visit);
  const char *digest = ob_visit_get_digest (visit);
  g_autoptr (ObPairedApp) app = NULL;

  if (!digest || !caller)
    return TRUE;
  if (caller->kind == OB_CALLER_DASHBOARD)
    return ob_sessions_is_there (context->sessions, digest);
  app = ob_broker_find_app (context->broker, ob_visit_get_reader (visit), digest, NULL);

  return app != NULL;
}
