/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes each file's URL from the destination's, which has the places {id}, {name} and {group} in its path. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_put_url_check:
 * @template: a destination's URL
 *
 * Without {id}, two files of the same name would be one file at the server, the second replacing the first. In the query, most
 * servers would ignore it.
 *
 * Returns: (nullable): what is wrong with it, for a person
 */
const char *ob_put_url_check (const char *template);

/**
 * ob_put_url_fill:
 * @template: one that ob_put_url_check() takes
 * @id: of the upload
 * @name: of the file
 * @group: (nullable): of the upload
 *
 * Values are escaped as RFC 6570 section 3.2.2 says. They never lead out of the folder that the template means: "." and ".."
 * get an underscore before them, also between slashes, which servers undo the escapes of; and a part of the path that would be
 * empty is an underscore. A part of the path gets no longer than the 255 bytes that file systems take: the name gives way
 * before its ending, and the group at its end.
 *
 * Returns: (transfer full): the URL
 */
char *ob_put_url_fill (const char *template, const char *id, const char *name, const char *group);

G_END_DECLS
