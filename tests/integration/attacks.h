/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What pages, programs and other users may try at the TCP port, and what each is answered. Constant.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  HIDDEN,   /* no page may read the answer */
  READABLE, /* the page may that was let in, or asks to be */
} AttackReader;

/*
 *   $PORT                      of the daemon
 *   $TOKEN, $CUT, $DIGEST      of the page https://capture.example; without its last letter; as it is stored
 *   $OTHER                     the token of https://other.example
 *   $OLD                       that of https://revoked.example, which was revoked
 *   $STALE                     that of https://again.example, which was revoked, and was let in again with another
 *   $OWN, $FOREIGN             uploads of the first page, and of the second
 *   $PART                      an upload of the first page that waits for 10 bytes
 *   $CODE                      what a person sees of https://waits.example, which waits for an answer
 *   $LENGTH                    how long the body is
 */
typedef struct
{
  const char *name; /* NULL after the last */
  const char *bytes;
  guint status;
  AttackReader reader;
} Attack;

extern const Attack attacks[];

G_END_DECLS
