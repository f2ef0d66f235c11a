/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the answers of an OAuth 2 server: tokens (RFC 6749 section 5), the begin of a device flow (RFC 8628 section 3.2) and
 * what a server says of itself (RFC 8414). Pure; any thread.
 *
 *   what comes to a request for tokens                      what becomes of it
 *   200, JSON with an access_token of printable ASCII       granted
 *   … without token_type, or "bearer" in any case           granted, as Bearer
 *   … token_type MAC, DPoP, 7                               misconfigured: there is no such sign-in here
 *   … access_token missing, empty, no text, with blanks,    away: it is no answer
 *     control characters or other scripts, over 16 KiB
 *   … refresh_token missing, null, ""                       granted; the one that was sent stays good
 *   … refresh_token that no request can carry               away: what it means cannot be kept
 *   … expires_in missing, null, 0, negative, no number      granted, used until the server refuses it
 *   … expires_in "3600", 3599.5, 1e300                      granted for that time, 30 days at most
 *   any status below 500 with "error" in JSON, 200 too      by that word, see the table in oauth.c
 *   408, 429, 5xx, whatever they say                        away: servers say invalid_grant too while their database is down
 *   a redirect                                              away, and not followed: the request has secrets in it
 *   HTML, nothing, half an answer, 1 MB, a name twice       away: a portal or a proxy says nothing of a sign-in
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest token that is taken; servers take headers of 8 to 32 KiB. */
#define OB_OAUTH_TOKEN_MAX_BYTES (16 * 1024)

/* A longer life is not believed. */
#define OB_OAUTH_LIFETIME_MAX_MS (30 * G_GINT64_CONSTANT (86400000))

/* How often a device asks whether its person has decided (RFC 8628 section 3.2). */
#define OB_OAUTH_INTERVAL_MS 5000
#define OB_OAUTH_INTERVAL_MIN_MS 1000
#define OB_OAUTH_INTERVAL_MAX_MS 60000

/* The time a person has for a device flow, where the server says none that can be. */
#define OB_OAUTH_DEVICE_LIFETIME_MS (10 * 60 * 1000)
#define OB_OAUTH_DEVICE_LIFETIME_MAX_MS (60 * 60 * 1000)

typedef enum
{
  OB_OAUTH_GRANTED,
  OB_OAUTH_PENDING,       /* the person has not decided yet (authorization_pending) */
  OB_OAUTH_SLOW_DOWN,     /* the same, and it was asked too often */
  OB_OAUTH_ENDED,         /* the sign-in is over: a person has to sign in again */
  OB_OAUTH_MISCONFIGURED, /* client or scope are not known there: whoever set the destination up has to mend it */
  OB_OAUTH_AWAY,          /* says nothing about the sign-in: ask again later */
} ObOauthVerdict;

/* An answer about tokens. */
typedef struct
{
  ObOauthVerdict verdict;
  char *access_token;    /* NULL unless granted */
  char *refresh_token;   /* NULL: the one that was sent stays good */
  gint64 lifetime_ms;    /* of the access token; 0: until the server refuses it */
  gint64 retry_after_ms; /* the server wants to be left alone for so long; 0: it said nothing */
  char *code;            /* one word for programs, such as invalid_grant; NULL if granted */
  char *words;           /* for a person: the server's; NULL if granted */
} ObOauthAnswer;

/* The tokens are overwritten. */
void ob_oauth_answer_free (ObOauthAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthAnswer, ob_oauth_answer_free)

/* Returns: (transfer full): with these words */
ObOauthAnswer *ob_oauth_answer_new (ObOauthVerdict verdict, const char *code, const char *words);

/* @body: any bytes, or nothing. Returns: (transfer full): the answer to a request for tokens */
ObOauthAnswer *ob_oauth_read_tokens (guint status, const char *body, gsize body_bytes);

/* The begin of a device flow. */
typedef struct
{
  char *device_code; /* a secret */
  char *user_code;   /* for a person: printable ASCII */
  char *url;         /* for a person: https, or http on this device */
  char *full_url;    /* the same with the code in it; NULL: the server gives none */
  gint64 lifetime_ms;
  gint64 interval_ms; /* the least between two questions */
} ObOauthDevice;

void ob_oauth_device_free (ObOauthDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthDevice, ob_oauth_device_free)

/**
 * ob_oauth_read_device:
 * @failure: (out) (transfer full): the reason, if there is none
 *
 * A page to go to that is no https URL, has a user name in it, or is a script, is refused: a person will type it, or tap it. An
 * interval of 0 is taken as a second, and none as 5 (RFC 8628 section 3.2).
 *
 * Returns: (transfer full) (nullable)
 */
ObOauthDevice *ob_oauth_read_device (guint status, const char *body, gsize body_bytes, ObOauthAnswer **failure);

/* A server's endpoints. */
typedef struct
{
  char *token_url;
  char *device_url;    /* NULL: it has no device flow */
  char *authorize_url; /* NULL: it has no page to sign in on */
} ObOauthServer;

ObOauthServer *ob_oauth_server_copy (const ObOauthServer *server);
void ob_oauth_server_free (ObOauthServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthServer, ob_oauth_server_free)

/* Returns: whether secrets may be sent there (RFC 6749 section 3.2): https, or http on this device; without a user name and a
 * fragment */
gboolean ob_oauth_is_endpoint (const char *url);

/* Returns: whether it is 1 to 16 KiB of printable ASCII without blanks, which a header can carry */
gboolean ob_oauth_is_token (const char *text);

/* @issuer: as ob_oauth_is_endpoint() takes it. Returns: (transfer full): where the server describes itself: OpenID Connect's place
 * first, which most have, then that of RFC 8414 */
GStrv ob_oauth_list_descriptions (const char *issuer);

/**
 * ob_oauth_read_server:
 *
 * A description is of the issuer that it names, letter by letter (RFC 8414 section 3.3); its endpoints may be of another origin by
 * https, and of the issuer's own.
 *
 * Returns: (transfer full) (nullable): %NULL: it is none of @issuer
 */
ObOauthServer *ob_oauth_read_server (const char *issuer, guint status, const char *body, gsize body_bytes);

G_END_DECLS
