/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on web apps and the dashboard: who was let in, who asks, and a person's answer. Main thread.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/document.h"
#include "ipc/pairing-origin.h"
#include "ipc/pairing.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

static gint64
get_boot_ms (const ObRequest *request)
{
  return ob_broker_get_boot_ms (request->context->broker);
}

static void
add_waiting (const ObRequest *request, GVariantBuilder *documents)
{
  const gint64 boot_ms = get_boot_ms (request);
  const gint64 now_ms = ob_broker_get_now_ms (request->context->broker);
  g_autoptr (GPtrArray) waiting = ob_pairing_list (request->context->pairing, boot_ms);

  for (guint i = 0; i < waiting->len; i++)
    {
      const ObPairingRequest *each = waiting->pdata[i];

      g_variant_builder_add_value (documents, ob_document_pairing_request (each, now_ms + each->until_ms - boot_ms));
    }
}

static void
list_apps (const ObRequest *request)
{
  ObBroker *broker = request->context->broker;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) apps = ob_broker_list_apps (broker, &error);
  GVariantBuilder documents;

  if (!apps)
    {
      ob_request_end (request, error);
      return;
    }
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  add_waiting (request, &documents);
  for (guint i = 0; i < apps->len; i++)
    {
      const ObPairedApp *app = apps->pdata[i];
      ObAppUse use = { 0 };

      (void) ob_broker_count_use (broker, app->origin, &use, NULL);
      g_variant_builder_add_value (&documents, ob_document_app (app, &use));
    }
  ob_request_answer (request, "apps", g_variant_builder_end (&documents));
}

static void
on_list_read (gpointer user_data)
{
  g_autofree ObRequest *request = user_data;

  list_apps (request);
}

/* A person who looks at the web apps is told by Policy.Get what is wrong with the administrator's list as it is now. */
void
ob_operation_list_apps (const ObRequest *request, gint value)
{
  ObRequest *later = g_memdup2 (request, sizeof *request);

  /* These do not outlive this call. */
  later->caller = NULL;
  later->arguments = NULL;
  ob_pairing_look (request->context->pairing, on_list_read, later);
}

/* --- Approve --- */

/* An approval that is not on the disk yet. */
typedef struct
{
  ObPairing *pairing; /* borrowed: it outlives the broker, which answers */
  char *id;           /* owned; of the request */
  char *token;        /* owned */
  ObCommandDone done;
  gpointer user_data;
} Approval;

/* The page gets its token when the app is on the disk, and not before: after a crash it would be a stranger. */
static void
on_let_in (const GError *error, gpointer user_data)
{
  Approval *approval = user_data;

  ob_pairing_end (approval->pairing, approval->id, error ? NULL : approval->token);
  approval->done (error, approval->user_data);
  g_free (approval->id);
  ob_secret_free (approval->token);
  g_free (approval);
}

void
ob_request_approve_app (const ObRequestContext *context, const char *name, const char *by, ObCommandDone done,
                        gpointer user_data)
{
  ObBroker *broker = context->broker;
  g_autoptr (GError) error = NULL;
  char *token = ob_secret_new (&error);
  const ObPairingRequest *asked
      = token ? ob_pairing_begin (context->pairing, name, ob_broker_get_boot_ms (broker), &error) : NULL;
  g_autofree char *digest = NULL;
  Approval *approval;

  if (!asked)
    {
      ob_secret_free (token);
      done (error, user_data);
      return;
    }
  digest = ob_secret_dup_digest (token);
  approval = g_new (Approval, 1);
  *approval = (Approval){ context->pairing, g_strdup (asked->id), token, done, user_data };
  ob_broker_let_in (broker, &(ObPairedApp){ asked->origin, digest, asked->may_manage, ob_broker_get_now_ms (broker) },
                    by, on_let_in, approval);
}

void
ob_operation_approve_app (const ObRequest *request, gint value)
{
  ob_request_approve_app (request->context, ob_request_get_text (request, "request"), request->caller->app,
                          ob_request_on_commanded, ob_request_dup_answer (request));
}

/* --- Deny, Revoke --- */

/* A denial counts at once, whether or not the disk takes the row that tells of it. */
static void
on_denial_noted (const GError *error, gpointer answer)
{
  if (error)
    g_warning ("A denial is not in the log: %s", error->message);
  ob_request_on_commanded (NULL, answer);
}

void
ob_operation_deny_app (const ObRequest *request, gint value)
{
  g_autoptr (GError) error = NULL;
  const ObPairingRequest *denied = ob_pairing_deny (request->context->pairing, ob_request_get_text (request, "request"),
                                                    get_boot_ms (request), &error);

  if (denied)
    ob_broker_deny_app (request->context->broker, denied->origin, request->caller->app, on_denial_noted,
                        ob_request_dup_answer (request));
  else
    ob_request_end (request, error);
}

typedef struct
{
  ObPairing *pairing; /* borrowed: it outlives the broker, which answers */
  gpointer answer;    /* owned until it is given */
} Revocation;

static void
on_revoked (const GError *error, gpointer user_data)
{
  Revocation *revocation = user_data;

  if (!error)
    ob_pairing_tell (revocation->pairing);
  ob_request_on_commanded (error, revocation->answer);
  g_free (revocation);
}

/* A damaged row may have an origin that is none: it can be revoked by what the list shows. */
void
ob_operation_revoke_app (const ObRequest *request, gint value)
{
  const char *named = ob_request_get_text (request, "app");
  g_autofree char *origin = ob_pairing_dup_origin (named, NULL);
  const char *app = origin ? origin : named;
  Revocation *revocation = g_new (Revocation, 1);

  *revocation = (Revocation){ request->context->pairing, ob_request_dup_answer (request) };
  ob_pairing_revoke (request->context->pairing, app);
  ob_broker_revoke_app (request->context->broker, app, request->caller->app, on_revoked, revocation);
}

/* --- The dashboard --- */

/* The ticket is in the fragment: browsers send that to nobody. */
void
ob_operation_open_dashboard (const ObRequest *request, gint value)
{
  const char *origin = request->context->dashboard;
  g_autoptr (GError) error = NULL;
  char *ticket = NULL;

  if (origin)
    ticket = ob_sessions_issue_ticket (request->context->sessions, get_boot_ms (request), &error);
  else
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE,
                 S_ ("There is no port for the dashboard: see the log of outboxd"));
  if (ticket)
    ob_request_answer (request, "url", g_variant_new_take_string (g_strdup_printf ("%s/#ticket=%s", origin, ticket)));
  else
    ob_request_end (request, error);
  ob_secret_free (ticket);
}
