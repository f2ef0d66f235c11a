/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps requests in a list, the oldest first: never more than a few dozen. Each call first forgets those that are over. Main thread.
 */
#include "ipc/pairing.h"

#include "base/identity.h"
#include "base/secret.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/pairing-origin.h"

typedef struct
{
  ObPairingRequest public;
  char *device_digest; /* owned; of the device code, so that no dump of memory has it */
  char *token;         /* owned; NULL unless it is approved */
  gint64 polled_ms;    /* when it was last polled; -1: never */
  gint64 interval_ms;
} Request;

typedef struct
{
  ObPairingChanged on_changed;
  gpointer user_data;
} Watcher;

struct _ObPairing
{
  GPtrArray *requests;             /* of Request */
  GArray *watchers;                /* of Watcher */
  const ObPairingDoorman *doorman; /* static; NULL: there is none */
  gpointer doorman_data;
  char *problem; /* of its list */
};

static void
request_free (Request *request)
{
  g_free (request->public.id);
  g_free (request->public.origin);
  g_free (request->public.code);
  g_free (request->device_digest);
  ob_secret_free (request->token);
  g_free (request);
}

ObPairing *
ob_pairing_new (void)
{
  ObPairing *self = g_new0 (ObPairing, 1);

  self->requests = g_ptr_array_new_with_free_func ((GDestroyNotify) request_free);
  self->watchers = g_array_new (FALSE, FALSE, sizeof (Watcher));
  self->problem = g_strdup ("");

  return self;
}

void
ob_pairing_free (ObPairing *self)
{
  g_ptr_array_unref (self->requests);
  g_array_unref (self->watchers);
  g_free (self->problem);
  g_free (self);
}

/* --- Watchers --- */

void
ob_pairing_watch (ObPairing *self, ObPairingChanged on_changed, gpointer user_data)
{
  const Watcher watcher = { on_changed, user_data };

  g_array_append_val (self->watchers, watcher);
}

void
ob_pairing_unwatch (ObPairing *self, gpointer user_data)
{
  for (guint i = self->watchers->len; i > 0; i--)
    if (g_array_index (self->watchers, Watcher, i - 1).user_data == user_data)
      g_array_remove_index (self->watchers, i - 1);
}

/* @request: (nullable): a new one */
static void
tell (ObPairing *self, const ObPairingRequest *request)
{
  for (guint i = 0; i < self->watchers->len; i++)
    g_array_index (self->watchers, Watcher, i)
        .on_changed (request, g_array_index (self->watchers, Watcher, i).user_data);
}

void
ob_pairing_tell (ObPairing *self)
{
  tell (self, NULL);
}

void
ob_pairing_set_doorman (ObPairing *self, const ObPairingDoorman *doorman, gpointer user_data)
{
  self->doorman = doorman;
  self->doorman_data = user_data;
}

void
ob_pairing_look (ObPairing *self, void (*done) (gpointer data), gpointer data)
{
  if (self->doorman)
    self->doorman->look (done, data, self->doorman_data);
  else
    done (data);
}

void
ob_pairing_set_problem (ObPairing *self, const char *problem)
{
  g_free (self->problem);
  self->problem = g_strdup (problem);
}

const char *
ob_pairing_get_problem (ObPairing *self)
{
  return self->problem;
}

/* --- The list --- */

static void
forget_old (ObPairing *self, gint64 now_ms)
{
  for (guint i = self->requests->len; i > 0; i--)
    {
      const ObPairingRequest *request = &((const Request *) self->requests->pdata[i - 1])->public;

      /* The page of one that is being let in would never get its token. */
      if (request->until_ms <= now_ms && request->state != OB_PAIRING_DECIDING)
        (void) g_ptr_array_remove_index (self->requests, i - 1);
    }
}

static gboolean
is_open (const Request *request)
{
  return request->public.state == OB_PAIRING_WAITING || request->public.state == OB_PAIRING_DECIDING;
}

static guint
count_denied (ObPairing *self)
{
  guint n_requests = 0;

  for (guint i = 0; i < self->requests->len; i++)
    n_requests += ((const Request *) self->requests->pdata[i])->public.state == OB_PAIRING_DENIED;

  return n_requests;
}

/* @origin: (nullable): of a page of the site; NULL: all sites */
static guint
count_open (ObPairing *self, const char *origin)
{
  g_autofree char *site = origin ? ob_pairing_dup_site (origin) : NULL;
  guint n_requests = 0;

  for (guint i = 0; i < self->requests->len; i++)
    {
      const Request *request = self->requests->pdata[i];
      g_autofree char *its_site = site ? ob_pairing_dup_site (request->public.origin) : NULL;

      n_requests += is_open (request) && g_strcmp0 (its_site, site) == 0;
    }

  return n_requests;
}

static void
forget_first_denied (ObPairing *self)
{
  guint i = 0;

  while (((const Request *) self->requests->pdata[i])->public.state != OB_PAIRING_DENIED)
    i++;
  (void) g_ptr_array_remove_index (self->requests, i);
}

static Request *
find_of (ObPairing *self, const char *origin, ObPairingState state)
{
  for (guint i = 0; i < self->requests->len; i++)
    {
      Request *request = self->requests->pdata[i];

      if (request->public.state == state && g_str_equal (request->public.origin, origin))
        return request;
    }

  return NULL;
}

static Request *
find_by_id (ObPairing *self, const char *id)
{
  for (guint i = 0; i < self->requests->len; i++)
    if (g_str_equal (((const Request *) self->requests->pdata[i])->public.id, id))
      return self->requests->pdata[i];

  return NULL;
}

/* @code: by ob_secret_dup_code() */
static Request *
find_waiting_by_code (ObPairing *self, const char *code)
{
  for (guint i = 0; i < self->requests->len; i++)
    {
      Request *request = self->requests->pdata[i];

      if (request->public.state == OB_PAIRING_WAITING && g_str_equal (request->public.code, code))
        return request;
    }

  return NULL;
}

void
ob_pairing_tell_of (ObPairing *self, const char *id)
{
  const Request *request = find_by_id (self, id);

  if (request && request->public.state == OB_PAIRING_WAITING)
    tell (self, &request->public);
}

/* --- The page's side --- */

/* Two requests that wait never have the same code: a person would approve another page than the one in front. */
static char *
make_code (ObPairing *self, GError **error)
{
  g_autofree char *code = ob_secret_new_code (error);

  while (code && find_waiting_by_code (self, code))
    {
      g_free (code);
      code = ob_secret_new_code (error);
    }

  return g_steal_pointer (&code);
}

static gboolean
check_new (ObPairing *self, const char *origin, gint64 now_ms, GError **error)
{
  const Request *denied = find_of (self, origin, OB_PAIRING_DENIED);

  if (denied)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, S_ ("%s was denied; it may ask again in %d min"),
                 origin, (int) ((denied->public.until_ms - now_ms + 59999) / 60000));
  else if (find_of (self, origin, OB_PAIRING_DECIDING))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, S_ ("%s is just being approved"), origin);
  else if (count_open (self, NULL) >= OB_PAIRING_MOST || count_open (self, origin) >= OB_PAIRING_OF_SITE)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, S_ ("Too many apps wait to be approved; try again later"));
  else
    return TRUE;

  return FALSE;
}

static Request *
add (ObPairing *self, const char *origin, gboolean may_manage, gint64 now_ms, GError **error)
{
  g_autofree char *id = ob_id_new (0);
  g_autofree char *code = make_code (self, error);
  Request *request;

  if (!code)
    return NULL;
  request = g_new0 (Request, 1);
  request->public.id = g_steal_pointer (&id);
  request->public.origin = g_strdup (origin);
  request->public.code = g_steal_pointer (&code);
  request->public.may_manage = may_manage;
  request->public.until_ms = now_ms + OB_PAIRING_OPEN_MS;
  request->interval_ms = OB_PAIRING_INTERVAL_MS;
  g_ptr_array_add (self->requests, request);

  return request;
}

/* Finds the request of the origin that waits, or adds one. A wish that the person was not told of cannot change it: the answer
 * to one must not be taken for the other. */
static Request *
find_or_add (ObPairing *self, const char *origin, gboolean may_manage, gint64 now_ms, gboolean *is_new, GError **error)
{
  Request *waiting = find_of (self, origin, OB_PAIRING_WAITING);

  *is_new = !waiting;
  if (!waiting)
    return check_new (self, origin, now_ms, error) ? add (self, origin, may_manage, now_ms, error) : NULL;
  if (waiting->public.may_manage == may_manage)
    return waiting;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, S_ ("%s waits already for an answer to another wish"), origin);

  return NULL;
}

const ObPairingRequest *
ob_pairing_ask (ObPairing *self, const char *origin, gboolean may_manage, gint64 now_ms, char **device_code,
                GError **error)
{
  gboolean is_new;
  g_autofree char *own = ob_pairing_dup_origin (origin, error);
  char *secret = own ? ob_secret_new (error) : NULL;
  Request *request;

  if (!secret)
    return NULL;
  forget_old (self, now_ms);
  request = find_or_add (self, own, may_manage, now_ms, &is_new, error);
  if (!request)
    {
      ob_secret_free (secret);
      return NULL;
    }
  g_free (request->device_digest);
  request->device_digest = ob_secret_dup_digest (secret);
  request->polled_ms = -1;
  *device_code = secret;
  if (is_new && self->doorman)
    self->doorman->asked (&request->public, self->doorman_data);
  else if (is_new)
    tell (self, &request->public);

  return &request->public;
}

const char *
ob_pairing_poll_get_name (ObPairingPoll poll)
{
  static const char *const names[] = {
    [OB_PAIRING_POLL_PENDING] = "authorization_pending",
    [OB_PAIRING_POLL_SLOW_DOWN] = "slow_down",
    [OB_PAIRING_POLL_DENIED] = "access_denied",
    [OB_PAIRING_POLL_EXPIRED] = "expired_token",
    [OB_PAIRING_POLL_APPROVED] = NULL,
  };

  return names[poll];
}

/* A device code counts for its own origin alone: one that another page has stolen is worth nothing. */
static Request *
find_polled (ObPairing *self, const char *origin, const char *device_code)
{
  g_autofree char *own = ob_pairing_dup_origin (origin, NULL);
  g_autofree char *digest = own ? ob_secret_dup_digest (device_code) : NULL;

  for (guint i = 0; digest && i < self->requests->len; i++)
    {
      Request *request = self->requests->pdata[i];

      if (ob_secret_is_same (request->device_digest, digest) && g_str_equal (request->public.origin, own))
        return request;
    }

  return NULL;
}

static gboolean
is_too_soon (Request *request, gint64 now_ms)
{
  gboolean is_soon = request->polled_ms >= 0 && now_ms - request->polled_ms < request->interval_ms;

  if (is_soon)
    request->interval_ms = MIN (request->interval_ms + OB_PAIRING_INTERVAL_MS, OB_PAIRING_INTERVAL_MOST_MS);
  request->polled_ms = now_ms;

  return is_soon;
}

ObPairingPoll
ob_pairing_poll (ObPairing *self, const char *origin, const char *device_code, gint64 now_ms, const char **token,
                 gint64 *interval_ms)
{
  gboolean is_soon;
  Request *request;

  forget_old (self, now_ms);
  request = find_polled (self, origin, device_code);
  *token = NULL;
  *interval_ms = request ? request->interval_ms : OB_PAIRING_INTERVAL_MS;
  if (!request)
    return OB_PAIRING_POLL_EXPIRED;
  is_soon = is_too_soon (request, now_ms);
  *interval_ms = request->interval_ms;
  if (is_soon)
    return OB_PAIRING_POLL_SLOW_DOWN;
  if (request->public.state == OB_PAIRING_DENIED)
    return OB_PAIRING_POLL_DENIED;
  *token = request->token;

  return request->token ? OB_PAIRING_POLL_APPROVED : OB_PAIRING_POLL_PENDING;
}

/* --- The person's side --- */

GPtrArray *
ob_pairing_list (ObPairing *self, gint64 now_ms)
{
  GPtrArray *waiting = g_ptr_array_new ();

  forget_old (self, now_ms);
  for (guint i = 0; i < self->requests->len; i++)
    {
      Request *request = self->requests->pdata[i];

      if (request->public.state == OB_PAIRING_WAITING)
        g_ptr_array_add (waiting, &request->public);
    }

  return waiting;
}

/* Returns: (nullable): the request that waits. Errors: NotFound, WrongState. */
static Request *
demand (ObPairing *self, const char *name, gint64 now_ms, GError **error)
{
  g_autofree char *code = ob_secret_dup_code (name);
  Request *request;

  forget_old (self, now_ms);
  request = find_by_id (self, name);
  if (!request)
    request = find_waiting_by_code (self, code);
  if (!request)
    ob_text_set_not_found (error, S_ ("There is no pairing request %s"), name);
  else if (request->public.state != OB_PAIRING_WAITING)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("%s is answered already"), request->public.origin);

  return request && request->public.state == OB_PAIRING_WAITING ? request : NULL;
}

const ObPairingRequest *
ob_pairing_begin (ObPairing *self, const char *name, gint64 now_ms, GError **error)
{
  Request *request = demand (self, name, now_ms, error);

  if (!request)
    return NULL;
  request->public.state = OB_PAIRING_DECIDING;

  return &request->public;
}

void
ob_pairing_end (ObPairing *self, const char *id, const char *token)
{
  Request *request = find_by_id (self, id);

  if (!request || request->public.state != OB_PAIRING_DECIDING)
    return;
  request->public.state = token ? OB_PAIRING_APPROVED : OB_PAIRING_WAITING;
  request->token = g_strdup (token);
  tell (self, NULL);
}

const ObPairingRequest *
ob_pairing_deny (ObPairing *self, const char *name, gint64 now_ms, GError **error)
{
  Request *request = demand (self, name, now_ms, error);

  if (!request)
    return NULL;
  if (count_denied (self) >= OB_PAIRING_DENIED_MOST)
    forget_first_denied (self);
  request->public.state = OB_PAIRING_DENIED;
  request->public.until_ms = now_ms + OB_PAIRING_DENIED_MS;
  tell (self, NULL);

  return &request->public;
}

void
ob_pairing_revoke (ObPairing *self, const char *origin)
{
  for (guint i = self->requests->len; i > 0; i--)
    {
      const Request *request = self->requests->pdata[i - 1];

      if (request->public.state == OB_PAIRING_APPROVED && g_str_equal (request->public.origin, origin))
        (void) g_ptr_array_remove_index (self->requests, i - 1);
    }
}
