/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URLs from a server. libsoup asserts that the URLs it gets are good, and copies a host into a header as it is, so each URL
 * is checked here first. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_url_resolve:
 * @base: the URL that was asked
 * @reference: what the server said, relative or not (RFC 9110 section 10.2.2)
 *
 * A server behind a proxy that ends TLS often names itself by http: its https is kept.
 *
 * Returns: (transfer full) (nullable): where it leads, as ob_destination_is_url() takes it; %NULL: to no such URL, or by plain
 *   http to another host than that of an https @base
 */
char *ob_url_resolve (const char *base, const char *reference);

G_END_DECLS
