/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which web origins may be paired, the one spelling in which an origin is kept, compared and shown, and the name of its app. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_pairing_dup_origin:
 * @header: (nullable): the value of an Origin header, or what a person has typed
 *
 * Scheme, host and port, as browsers write them (RFC 6454 section 6.2): lower case, an IDN in ASCII so that letters which look
 * alike are seen, the scheme's own port left out. Everything else is refused: `null`, userinfo, a path, a dot at the end (for
 * browsers another origin), a host that browsers read as an IPv4 address in another spelling. Plain http is for this device
 * alone (`localhost` and below, 127.0.0.0/8, [::1]): anybody on the way could be the page.
 *
 * Returns: (transfer full) (nullable): the origin. Errors: NotAllowed.
 */
char *ob_pairing_dup_origin (const char *header, GError **error);

/* @origin: by ob_pairing_dup_origin(). Returns: (transfer full): the name of its app, as uploads and groups have it: without slashes,
 * such as `https:capture.example`. No program of the host and no sandbox has such a name by itself. */
char *ob_pairing_dup_app (const char *origin);

/**
 * ob_pairing_dup_site:
 * @origin: by ob_pairing_dup_origin()
 *
 * Who has the name: the registrable domain by the Public Suffix List, or the last two labels where no suffix is listed; else the host.
 *
 * Returns: (transfer full)
 */
char *ob_pairing_dup_site (const char *origin);

G_END_DECLS
