/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One check of a request's head as it came, before libsoup sees it. libsoup 3.2 lets through, and after parsing hides, what two
 * programs read in two ways: two hosts, a length with a transfer coding or with a sign, blanks before a colon. Whatever is not
 * plainly HTTP/1.1 (RFC 9110, RFC 9112) is refused. Pure.
 *
 *   what can come                                             what becomes of it
 *   more than 32 KiB, or more than 100 fields                 431
 *   an ending of lines other than CR LF, a NUL, another       400
 *     control character, an empty line first, a folded field
 *   a request line of other than three words                  400
 *   a method that is no token; one that asks for a tunnel     400; 405. Any other is the router's to refuse
 *   a target over 28 KiB                                      414
 *   a target of another form than /path?query, or with        400; http://HOST/path is taken where HOST is the Host
 *     bytes that a URI does not have, a %00 or another escaped
 *     control character, a broken escape, an empty segment, or
 *     one of dots, also escaped
 *   another version                                           505; what is no version 400
 *   no Host, two, or one that is no host; also of HTTP/1.0    400
 *   a name that is no token, or a blank before its colon      400
 *   a second field of a name that has one value               400
 *   a length with a sign, with blanks, in a list, beyond      400
 *     2^63 - 1; one with a transfer coding
 *   a transfer coding                                         411: a body has its length first. The end of a chunked body is what
 *                                                             two parsers see in two places
 *   a body where none has a meaning (GET, HEAD, DELETE,       400
 *     OPTIONS)
 *   an encoded body                                           415
 *   an expectation other than 100-continue                    417
 *   Origin, Referer, or another mark of a browser's page      403 at the socket, which is no page's door; at the port see page-head.h
 *   Upgrade, or a key of a web socket                         403 at the port, where a page could send it
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_GUARD_HEAD_MAX_BYTES (32 * 1024)
#define OB_GUARD_TARGET_MAX_BYTES (28 * 1024)
#define OB_GUARD_MAX_FIELDS 100

typedef enum
{
  OB_GUARD_SOCKET, /* the Unix socket, for programs */
  OB_GUARD_PORT,   /* the TCP port, for pages */
} ObGuardDoor;

typedef struct
{
  guint status;       /* the HTTP status of the refusal; 0: it may come in */
  const char *detail; /* static: why it is refused */
  guint64 body_bytes; /* how many follow the head */
  gboolean is_asking; /* the client waits for 100 before it sends these (RFC 9110 section 10.1.1) */
} ObGuardVerdict;

/* Returns: how many bytes the head has, its empty line included; 0: that has not come yet */
gsize ob_guard_find_end (const char *bytes, gsize size_bytes);

/* @head: as it came; only what ob_guard_find_end() counts, or everything where that is too much */
ObGuardVerdict ob_guard_check (ObGuardDoor door, const char *head, gsize size_bytes);

G_END_DECLS
