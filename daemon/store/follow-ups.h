/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests about an upload that come after it, or in place of it, and that are made again until they are answered; kept over a
 * restart. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef enum
{
  OB_FOLLOW_UP_NONE,
  OB_FOLLOW_UP_CHECK,       /* does the server still have what it confirmed? */
  OB_FOLLOW_UP_AMENDMENT,   /* the server is told what was changed after the upload was sent */
  OB_FOLLOW_UP_TERMINATION, /* the server is to delete what it has of an upload that was removed here */
} ObFollowUpKind;

#define OB_N_FOLLOW_UPS (OB_FOLLOW_UP_TERMINATION + 1)

typedef struct
{
  ObFollowUpKind kind;
  char *id;           /* of the upload */
  gint64 asked_at_ms; /* since when it is wanted; of an amendment moved by the time in which it was not tried */
  gint64 retry_at_ms; /* due from then on; 0: at once */
  guint failures;
  char *destination;   /* of a termination, as is the next; else NULL: the upload has them */
  char *server_url;    /* what is to be deleted there */
  gboolean is_doubted; /* of a check: one answer said that it is gone, and might be a proxy's */
  gboolean frees;      /* of a check: the local copy can go if all is well */
} ObFollowUp;

void ob_follow_up_free (ObFollowUp *follow_up);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFollowUp, ob_follow_up_free)

/* Inserts, or replaces the one of that kind for that upload. Errors: Storage, DiskFull. */
gboolean ob_follow_ups_save (ObDatabase *database, const ObFollowUp *follow_up, GError **error);
gboolean ob_follow_ups_delete (ObDatabase *database, ObFollowUpKind kind, const char *id, GError **error);

/* What is asked about an upload ends with its row; what is to be deleted for it does not. Errors: Storage, DiskFull. */
gboolean ob_follow_ups_forget (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): NULL if there is none, or it cannot be read */
ObFollowUp *ob_follow_ups_get (ObDatabase *database, ObFollowUpKind kind, const char *id);

/* Returns: (transfer full) (element-type ObFollowUp): at most @limit that are due, the oldest first; none if they cannot be
 * read */
GPtrArray *ob_follow_ups_find_due (ObDatabase *database, ObFollowUpKind kind, gint64 now_ms, guint limit);

/* Returns: when the next one of any kind is due that is not due yet; 0: none */
gint64 ob_follow_ups_next_ms (ObDatabase *database, gint64 now_ms);

G_END_DECLS
