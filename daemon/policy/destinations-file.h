/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's destinations: destinations.conf, and destinations.conf.d/NAME.conf, of which a later one counts more. Pure.
 *
 *   what can come                                             what becomes of it
 *   no file, no folder                                        nothing is provided
 *   a file that others than root may write, or put another    none of the files counts; what was provided stays as it was, and the
 *     in the place of; one that cannot be read, is larger       problem is told, with file and line
 *     than a MiB, no UTF-8, no key file; another group than
 *     [Destination NAME], another key, a value that is none
 *   the same group in two files                               key by key, the later one
 *   two groups with default=true                              a problem: what was meant is not known
 *   a destination that the broker refuses (URL, protocol)     the others are provided; the problem is told
 *   files that do not answer                                  what was provided stays as it was, and the problem is told
 *
 *   [Destination depot]
 *   url=https://depot.example/files/
 *   default=true
 */
#pragma once

#include "base/fetch.h"

G_BEGIN_DECLS

#define OB_DESTINATIONS_FILE "destinations.conf"

/* Empty texts and lists: it has none. */
typedef struct
{
  char *name;
  char *protocol; /* NULL: that of a new destination */
  char *url;
  char *confirm_url;
  char *amend_url;
  char *receipt;
  GStrv also;
  gboolean is_default;
  gboolean has_command; /* tokens come from sign-in.conf */
  char *place;          /* file and line of its group, for what the broker says of it */
} ObProvided;

void ob_provided_free (ObProvided *provided);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObProvided, ob_provided_free)

/**
 * ob_destinations_file_read:
 * @files: (element-type ObFetched): in their order
 *
 * Errors: NotAllowed, where somebody else may have written a file; InvalidArgument; both with file and line. Returns: (transfer full)
 *   (nullable) (element-type ObProvided): all of them, with different names
 */
GPtrArray *ob_destinations_file_read (GPtrArray *files, GError **error);

G_END_DECLS
