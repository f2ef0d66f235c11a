/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A day in the field, and what holds at every moment of it: people with two apps hand photos, videos and forms over for two
 * servers, while networks come, go, cost and lie. A byte of a test stands for 100 kB. Main thread.
 */
#pragma once

#include "support/rig.h"

G_BEGIN_DECLS

typedef enum
{
  PLACE_NOWHERE,  /* no network */
  PLACE_DEPOT,    /* Wi-Fi without a limit */
  PLACE_MOBILE,   /* metered, and known to be */
  PLACE_UNKNOWN,  /* a cellular link of which nobody says what it costs */
  PLACE_PORTAL,   /* Wi-Fi that wants a sign-in */
  PLACE_BASEMENT, /* a network that says it is there, and carries nothing */
  N_PLACES,
} DayPlace;

typedef enum
{
  KIND_FORM,
  KIND_PHOTO,
  KIND_VIDEO,
  KIND_SCAN, /* large, and no video */
  N_KINDS,
} DayKind;

typedef struct
{
  DayKind kind;
  guint64 offset_bytes; /* that the server has */
  guint n_finished;
  gboolean is_sent_now;
} DayFile;

typedef struct
{
  TestRig *rig;
  GRand *random;
  GHashTable *files; /* id → DayFile */
  DayPlace place;
  gboolean is_up[2];  /* the servers of "depot" and "yard" */
  guint n_tries[2];   /* since that server went down */
  guint n_excuses[2]; /* for which it may be tried once more: taps, new networks, starts */
  gint64 down_at_ms[2];
} Day;

guint64 day_get_size_bytes (DayKind kind);

gint32 day_roll (Day *day, gint32 begin, gint32 end);

/* Each server may be tried once more than its back-off says. */
void day_excuse (Day *day);

/* Only what may travel here runs, and not too much at once. */
void day_check_running (Day *day);

/* Attempts that were told to stop have stopped. */
void day_drain (Day *day);

void day_go_to (Day *day, DayPlace place);

char *day_submit (Day *day, DayKind kind, const char *app, const char *destination);

/* Returns: (transfer full): the keys as they came, which is how ids sort; the order of a table is another in each run. */
GStrv day_list_ids (GHashTable *table);

/* Time passes, servers answer, and all that must hold is checked. */
void day_pass (Day *day, gint64 duration_ms);

void day_set_up (Day *day, TestRig *rig, guint32 seed);

/* In the evening, at the depot, with servers that work: everything has arrived, once. */
void day_end (Day *day);

DayFile *day_find (Day *day, const char *id);

G_END_DECLS
