/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The path of a connection: its local address, and the device that it leaves by. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether the system has lost the local address of @fd, so that no answer can arrive any more. */
gboolean ob_path_is_gone (int fd);

/**
 * ob_path_hold:
 * @fd: a connected socket
 *
 * Holds it to the device that has its address, so that it does not move on to another network when routes change: the
 * kernel would send its packets there, with a source address that is of no use. No privilege is needed for that since
 * Linux 5.7. See docs/network.md.
 *
 * Returns: whether it was not held before, and now is
 */
gboolean ob_path_hold (int fd);

G_END_DECLS
