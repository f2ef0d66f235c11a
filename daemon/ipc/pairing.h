/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests of web pages to be let in, in the shape of the device authorization grant (RFC 8628): a page asks, shows a short
 * code, and polls; a person sees origin and code, and approves or denies. Requests are in memory alone: after a restart a page
 * asks again. Times are milliseconds of a clock that nobody sets (ob_clock_get_boot_ms()). Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A person has ten minutes, and who was denied may ask again after an hour. */
#define OB_PAIRING_OPEN_MS (10 * 60 * 1000)
#define OB_PAIRING_DENIED_MS (60 * 60 * 1000)

/* How long a page waits between two polls at first; each that comes sooner adds as much (RFC 8628 section 3.5), up to a minute. */
#define OB_PAIRING_INTERVAL_MS 5000
#define OB_PAIRING_INTERVAL_MOST_MS 60000

/* Requests that wait, in all and of one site, whose subdomains would keep all others out; and those that were denied, among
 * which the oldest is forgotten. */
#define OB_PAIRING_MOST 16
#define OB_PAIRING_OF_SITE 4
#define OB_PAIRING_DENIED_MOST 64

typedef enum
{
  OB_PAIRING_WAITING,
  OB_PAIRING_DECIDING, /* a person has approved, and the app is not on the disk yet */
  OB_PAIRING_APPROVED,
  OB_PAIRING_DENIED,
} ObPairingState;

typedef struct
{
  char *id;            /* what a person's programs call it */
  char *origin;        /* by ob_pairing_dup_origin() */
  char *code;          /* what the page shows and the person compares */
  gboolean may_manage; /* asked for: others' uploads too */
  ObPairingState state;
  gint64 until_ms; /* it is forgotten then */
} ObPairingRequest;

typedef struct _ObPairing ObPairing;

/* Who asks, or was let in, is another than before: a person may be looking at the list. @request: (nullable): a new one, of which a
 * person has to be told; inside ob_pairing_ask() */
typedef void (*ObPairingChanged) (const ObPairingRequest *request, gpointer user_data);

ObPairing *ob_pairing_new (void);
void ob_pairing_free (ObPairing *pairing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPairing, ob_pairing_free)

/* @user_data: of one watcher alone. No watcher begins or ends inside a call. */
void ob_pairing_watch (ObPairing *pairing, ObPairingChanged on_changed, gpointer user_data);
void ob_pairing_unwatch (ObPairing *pairing, gpointer user_data);

typedef struct
{
  /* Is asked before a person is told of a new request: it approves that, or calls ob_pairing_tell_of(). Called inside
   * ob_pairing_ask(). */
  void (*asked) (const ObPairingRequest *request, gpointer user_data);

  /* Reads its list. @done: called once, when it was read or does not answer, perhaps before this returns */
  void (*look) (void (*done) (gpointer data), gpointer data, gpointer user_data);
} ObPairingDoorman;

/* @doorman: static (nullable): NULL: there is none, and the person is told at once */
void ob_pairing_set_doorman (ObPairing *pairing, const ObPairingDoorman *doorman, gpointer user_data);

/* Has the doorman read its list. @done: called once, perhaps before this returns */
void ob_pairing_look (ObPairing *pairing, void (*done) (gpointer data), gpointer data);

/* What is wrong with the doorman's list, as it was last read; empty: nothing, or there is none */
void ob_pairing_set_problem (ObPairing *pairing, const char *problem);
const char *ob_pairing_get_problem (ObPairing *pairing);

/* Tells watchers of a new request, if it waits still. */
void ob_pairing_tell_of (ObPairing *pairing, const char *id);

/* --- The page's side --- */

/**
 * ob_pairing_ask:
 * @origin: (nullable): the page's Origin header
 * @may_manage: asks for others' uploads too
 * @device_code: (out) (transfer full): the secret to poll with
 *
 * An origin has one request that waits: when it asks again, perhaps after a reload, it gets that with a new secret, and the
 * person is not told again.
 *
 * Returns: (transfer none) (nullable): the request, until the next call. Errors: NotAllowed (an origin that may not be paired,
 * or was denied lately), Busy (it
 * waits with another wish, or is just being approved), TooMany, Failed.
 */
const ObPairingRequest *ob_pairing_ask (ObPairing *pairing, const char *origin, gboolean may_manage, gint64 now_ms,
                                        char **device_code, GError **error);

/* The answers of RFC 8628 section 3.5, by the names that it gives them. */
typedef enum
{
  OB_PAIRING_POLL_PENDING,
  OB_PAIRING_POLL_SLOW_DOWN,
  OB_PAIRING_POLL_DENIED,
  OB_PAIRING_POLL_EXPIRED, /* or there never was such a request of that origin */
  OB_PAIRING_POLL_APPROVED,
} ObPairingPoll;

/* Returns: such as "authorization_pending"; NULL for one that is no error */
const char *ob_pairing_poll_get_name (ObPairingPoll poll);

/* @token: (out): borrowed until the next call: the app's token if it is approved. A page whose answer was lost gets it again, as
 * long as the request is remembered. @interval_ms: (out): how long to wait before the next poll */
ObPairingPoll ob_pairing_poll (ObPairing *pairing, const char *origin, const char *device_code, gint64 now_ms,
                               const char **token, gint64 *interval_ms);

/* --- The person's side --- */

/* Returns: (transfer container) (element-type ObPairingRequest): those that wait, the oldest first; until the next call */
GPtrArray *ob_pairing_list (ObPairing *pairing, gint64 now_ms);

/**
 * ob_pairing_begin:
 * @name: a request's id, or its code as a person types it
 *
 * The first half of an approval: nobody else can decide until ob_pairing_end().
 *
 * Returns: (transfer none) (nullable): the request, until the next call. Errors: NotFound, WrongState.
 */
const ObPairingRequest *ob_pairing_begin (ObPairing *pairing, const char *name, gint64 now_ms, GError **error);

/* @token: (nullable): what the page is to get; NULL: it could not be let in, and waits again. A request that has been forgotten
 * meanwhile stays so. */
void ob_pairing_end (ObPairing *pairing, const char *id, const char *token);

/* @name: as above. Returns: (transfer none) (nullable): the request, until the next call. Errors: NotFound, WrongState. */
const ObPairingRequest *ob_pairing_deny (ObPairing *pairing, const char *name, gint64 now_ms, GError **error);

/* The origin's app is revoked: no page gets its token any more. Call ob_pairing_tell() when that is on the disk. */
void ob_pairing_revoke (ObPairing *pairing, const char *origin);

/* Tells watchers that the list of those that were let in is another. */
void ob_pairing_tell (ObPairing *pairing);

G_END_DECLS
