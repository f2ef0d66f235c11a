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
 * Values are escaped as RFC 6570 section 3.2.2 says. They never lead out of the folder that the template means: a slash in one, which
 * many servers would undo the escape of, is an underscore, and so is the begin of a part of the path that would be empty, "." or "..". A
 * part of the path gets no longer than the 255 bytes that file systems take: the name gives way before its ending, and the group at its
 * end.
 *
 * Returns: (transfer full): the URL
 */
char *ob_put_url_fill (const char *template, const char *id, const char *name, const char *group);

/**
 * ob_put_url_list_folders:
 * @url: what ob_put_url_fill() made of @template
 *
 * Returns: (transfer full): the URLs of the folders that are of this upload or its group, from the outermost on, each with a slash at its
 * end: nobody else has made them.
 */
char **ob_put_url_list_folders (const char *template, const char *url);

G_END_DECLS
