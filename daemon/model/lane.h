/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A lane: all uploads of one destination and rule, which are allowed or held together. What a person sends now on one network
 * is in a lane of its own: on that network it may travel, on any other its rule decides, and no upload's row has to change
 * with the network.
 */
#pragma once

#include "model/upload.h"

G_BEGIN_DECLS

/* Made by the next two functions alone, so that its strings are interned: it is copied as a value, and owns nothing. */
typedef struct
{
  const char *destination;
  const char *rule;    /* the rule's name; empty: not matched yet; NULL: what is in no lane, as a termination */
  const char *sent_on; /* as ObUpload has it */
} ObLane;

/* In ObUpload.sent_on: a person sends it now while there is no network. A destination on this device needs none. */
#define OB_SENT_WITHOUT_NETWORK "-"

ObLane ob_lane_make (const char *destination, const char *rule, const char *sent_on);
ObLane ob_lane_of (const ObUpload *upload);

/* Returns: whether it names all three; what was read from a damaged row may not. */
gboolean ob_lane_is_whole (const ObLane *lane);

/* Of ObLane, for hash tables. */
guint ob_lane_hash (gconstpointer lane);
gboolean ob_lane_equal (gconstpointer a, gconstpointer b);

/* Returns: (transfer full): its name in holds and the journal, destination/rule. Apps read it, and are not told on which
 * network a person sends something. */
char *ob_lane_dup_name (const ObLane *lane);

G_END_DECLS
