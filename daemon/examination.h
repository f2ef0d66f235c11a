/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outboxd --examine and --mend, for `outbox doctor`: what there is on the disk, told by a process of its own. It needs no bus and no
 * broker, and may be killed when the disk does not answer. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_examine:
 * @data_folder: of the broker, which need not exist; nothing in it is changed
 *
 * The queue's file is read only where no outboxd uses it.
 *
 * Returns: (transfer floating): a{sv}; absent where it is not known:
 *   folder s, missing b (nothing was ever handed over), error s (why it cannot be opened),
 *   file_system s, in_memory b, remote b (somebody else must answer for it), read_only b, free t, size t (bytes), has_room b (for
 *     a new file), foreign t (files of another user, of those looked at), closed t (files that their owner may not read and write),
 *     open_to_others b,
 *   in_use b (by an outboxd),
 *   database a{sv}: there b, size t, unclean b (its outboxd died), checked b, good b, words s (what is wrong), unfinished t,
 *     unfinished_bytes t (uploads that have not arrived),
 *   copies t (files in the spool), asides t, asides_size t (damaged databases that were set aside, and their bytes),
 *   rules_problem s, web_apps_problem s, destinations_problem s (faults in files of the configuration)
 */
GVariant *ob_examine (const char *data_folder);

/**
 * ob_mend:
 *
 * Closes the folder to others, lets the owner read and write what is in it, and marks a damaged database, so that the next start
 * sets it aside and makes the queue anew from the spool. Removes nothing. The database is left alone where an outboxd uses it.
 *
 * Returns: (transfer floating): a{sv}: access t (files and folders that had to be opened or closed), database b (it was marked)
 */
GVariant *ob_mend (const char *data_folder);

G_END_DECLS
