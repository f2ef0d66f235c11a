/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Passes: a person lets something go on for a time, whatever its rule says. The rows outlive a restart. Main thread.
 */
#pragma once

#include "dbus/status.h"
#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 number;     /* never given twice, since rows of uploads name it */
  OutboxScope scope; /* QUEUE, DESTINATION, GROUP or UPLOAD */
  char *app;         /* of a group; else empty. Owned, as is the next */
  char *key;         /* the destination, the group's key or the upload's id; empty: the queue, or several uploads */
  gint64 since_ms;
  gint64 until_ms;
  gboolean pauses; /* it has ended a person's pause, which comes back after it */
} ObPass;

void ob_pass_free (ObPass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPass, ob_pass_free)

/* Returns: (transfer full) (element-type ObPass) (nullable): in the order in which they were given. Errors: Storage. */
GPtrArray *ob_passes_list (ObDatabase *database, GError **error);

/* Gives it its number. Errors: Storage, DiskFull. */
gboolean ob_passes_insert (ObDatabase *database, ObPass *pass, GError **error);
gboolean ob_passes_delete (ObDatabase *database, gint64 number, GError **error);

/* The clock was set: both times of all move with it. Errors: Storage, DiskFull. */
gboolean ob_passes_shift (ObDatabase *database, gint64 jump_ms, GError **error);

G_END_DECLS
