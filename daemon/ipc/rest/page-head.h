/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the head of a request at the port says of the page that sends it. Pure.
 *
 *   what can come                                             what becomes of it
 *   a Host that is no name of this port: a name that somebody 403
 *     had resolved to this device (DNS rebinding), no port,
 *     another port
 *   no Origin, and Sec-Fetch-Site: same-origin                the page's origin is that of the Host: a browser leaves it away there
 *   no Origin otherwise: a navigation, a picture, a program   there is no origin
 *   an Origin that cannot be paired: null, an extension,      403
 *     http of another host, another spelling than browsers'
 *   one that is not the Host's, with Sec-Fetch-Site:          403: no browser says so
 *     same-origin
 *   Authorization with another scheme, or with what cannot be 401
 *     a token
 *   Sec-Fetch-Mode or -Dest of what is no fetch(): no-cors,   it is no fetch: for data there is 403
 *     navigate, websocket; iframe, image, script
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Fields as they came; each but the method and the host may be %NULL: it did not come. */
typedef struct
{
  const char *method;
  const char *host;
  const char *origin;
  const char *authorization;
  const char *site; /* Sec-Fetch-Site, and so on (W3C Fetch Metadata) */
  const char *mode;
  const char *dest;
  const char *wanted_method; /* Access-Control-Request-Method */
} ObPageFields;

typedef struct
{
  guint status;       /* the HTTP status of the refusal; 0: it is good */
  const char *detail; /* static: why it is refused */
  char *origin;       /* owned, by ob_pairing_dup_origin(); NULL: there is none */
  char *token;        /* owned; NULL: there is none */
  gboolean is_own;    /* the origin is the port's own: the dashboard's */
  gboolean is_fetch;  /* nothing says that it is no fetch() */
  gboolean
      is_visible; /* a person may look at what is answered: it is a document of its own, or a part of one of ours */
  gboolean is_preflight; /* the browser asks whether a page may send a request (Fetch standard, section 3.3.2) */
} ObPageHead;

/* @dashboard: the dashboard's origin */
ObPageHead ob_page_head_read (const ObPageFields *fields, guint16 port, const char *dashboard);

void ob_page_head_clear (ObPageHead *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObPageHead, ob_page_head_clear)

G_END_DECLS
