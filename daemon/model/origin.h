/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Origins of URLs, which secrets must not leave, and the form in which URLs are shown. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_origin_dup:
 * @url: (nullable): any text
 *
 * Scheme, host and port (RFC 6454 section 4), in one spelling: lower case, an IDN in ASCII, no dot at the end, an IPv6 address
 * in its short form, the port always there. No userinfo.
 *
 * Returns: (transfer full) (nullable): the origin; %NULL where it is no http or https URL
 */
char *ob_origin_dup (const char *url);

/* Returns: whether both are URLs of the same origin */
gboolean ob_origin_is_same (const char *a, const char *b);

/**
 * ob_origin_is_allowed:
 * @url: where a server says that an upload is
 * @home: the destination's own URL
 * @also: (nullable): URLs of other origins that a person has listed for it
 *
 * Returns: whether bytes may go there
 */
gboolean ob_origin_is_allowed (const char *url, const char *home, const char *const *also);

/**
 * ob_origin_dup_shown:
 * @url: (nullable): any text
 *
 * A URL as it may be shown: without userinfo and fragment, its query's values left out. The places {id}, {group} and {sha256} of
 * a confirm URL are no secrets and stay.
 *
 * Returns: (transfer full) (nullable): the text; %NULL for %NULL
 */
char *ob_origin_dup_shown (const char *url);

G_END_DECLS
