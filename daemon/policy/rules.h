/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The policy: rules as plain records, which of them an upload has, and what it says now. Pure; any thread.
 */
#pragma once

#include "dbus/status.h"
#include "policy/conditions.h"
#include "policy/reminder.h"

G_BEGIN_DECLS

/* A rule's answer to a network that costs. */
typedef enum
{
  OB_ALLOW,
  OB_ASK,
  OB_DENY,
} ObAllowance;

/* A window of the local day. If it ends before it begins, it goes past midnight and belongs to the day on which it
 * begins. */
typedef struct
{
  guint days; /* bit 0: Monday … bit 6: Sunday */
  guint from_minute;
  guint to_minute; /* exclusive */
} ObTimeWindow;

/* A section [Rule NAME]. A field that is not set matches everything, or allows everything. */
typedef struct
{
  char *name;
  char *file; /* the file that last set a key of it; NULL: none */

  /* Which uploads it matches: every field that is set must match. Lists are of glob patterns, one of which must match;
   * NULL: any. */
  char **media_types;
  char **apps;
  char **destinations;
  char **groups;
  guint64 min_size_bytes;
  guint64 max_size_bytes; /* G_MAXUINT64: no limit */
  int form;               /* -1: either; 0: not a form; 1: a form */

  /* Where and when its uploads may travel. */
  guint networks;     /* bit l: ObLink l; 0: any */
  char **connections; /* names or UUIDs, one of which the present connection must have; NULL: any */
  ObAllowance metered;
  ObAllowance roaming;
  guint battery_percent; /* on battery the charge must be at least this; 0: does not matter */
  gboolean avoids_power_saver;
  GArray *windows;          /* of ObTimeWindow; NULL: always */
  guint64 rate_bytes_per_s; /* 0: no limit */
  gint priority;            /* added to the upload's own */
} ObRule;

ObRule *ob_rule_new (const char *name);
void ob_rule_free (ObRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRule, ob_rule_free)

/* What each app may have here that has not arrived yet, by the group [Apps]. 0: no limit. */
typedef struct
{
  guint64 files;
  guint64 bytes;
  guint64 metadata_bytes; /* of one file */
  guint64 saving;         /* files that come in at once */
} ObQuota;

/* Of keep-free, where nothing is said. */
#define OB_KEEPING_FREE_BYTES (1024 * 1024 * G_GUINT64_CONSTANT (1024))

/* How long what has arrived stays in the list, in days, and how many of it, where nothing is said. */
#define OB_KEEPING_DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)
#define OB_KEEPING_LIST_DAYS 90
#define OB_KEEPING_LIST_MOST 10000

/* Of journal-max, where nothing is said, and at least. */
#define OB_KEEPING_JOURNAL_BYTES (128 * 1000 * G_GUINT64_CONSTANT (1000))
#define OB_KEEPING_JOURNAL_LEAST (1000 * G_GUINT64_CONSTANT (1000))

/* How long copies are kept of what has arrived, and its rows, by the group [Storage]. What has not arrived is kept anyway. */
typedef struct
{
  gint64 keep_ms;     /* 0: not at all; G_MAXINT64: as long as there is room */
  guint64 free_bytes; /* copies go, the oldest first, while the disk has less room than that */
  gint64 list_ms;     /* what has arrived stays in the list for so long; G_MAXINT64: until it is removed */
  guint64
      journal_bytes; /* rows of what has arrived or is removed go, the oldest first, while the log takes more than that */
  guint64 list_most; /* and so many of it; G_MAXUINT64: all */
  gboolean is_wiped; /* the device is wiped after a session, or never comes back */
} ObKeeping;

/* All rules in force, in order, and the settings that are not of one rule. Immutable once shared; reference counted. */
typedef struct
{
  GPtrArray *rules;              /* of ObRule, owned; the first is always "default" and matches everything */
  gboolean has_secrets_in_files; /* whatever keyring there is */
  char **metered_devices;        /* patterns of names of network devices that cost money; NULL: none */
  guint64 budget_bytes;          /* allowed on metered networks in a calendar month; 0: no limit */
  ObQuota quota;                 /* of each app */
  ObReminderSettings reminders;
  ObKeeping keeping;
} ObRules;

ObRules *ob_rules_new (void);
ObRules *ob_rules_ref (ObRules *rules);
void ob_rules_unref (ObRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRules, ob_rules_unref)

/* The facts of an upload by which its rule is chosen. Borrowed. */
typedef struct
{
  const char *media_type;
  const char *app;
  const char *destination;
  const char *group; /* NULL: none */
  guint64 size_bytes;
  gboolean is_form;
} ObUploadFacts;

/* Returns: the last rule that matches; never NULL. Case does not matter for media types. An upload without a group
 * matches no pattern of groups. */
const ObRule *ob_rules_match (const ObRules *rules, const ObUploadFacts *facts);

/* Returns: whether an upload for that destination could have the rule; and whether every upload for a destination that
 * could, does. */
gboolean ob_rule_is_for_destination (const ObRule *rule, const char *destination);
gboolean ob_rule_is_for_all_of (const ObRule *rule);

/* Returns: (nullable): the rule of that name */
const ObRule *ob_rules_find (const ObRules *rules, const char *name);

/* The facts that a rule looks at besides the conditions. */
typedef struct
{
  gint64 now_ms;
  GTimeZone *zone;       /* windows are in this zone */
  gboolean is_local;     /* the destination is on this device: it needs no network */
  gboolean is_reachable; /* there is a way to the destination */
  gboolean is_sent_now;  /* a person has said "send now" for this network */
  guint64 used_bytes;    /* on metered networks in this calendar month */
} ObRuleContext;

/* The reasons that hold a lane; none: it is open. */
typedef struct
{
  OutboxReasonSet reasons;
  gint64 until_ms; /* when a window or month begins that may lift one of them, the later of two; 0: never */
  gint64 next_ms;  /* when the decision may change by time alone, so that it must be made again; 0: never */
} ObRuleDecision;

/**
 * ob_rule_decide:
 *
 * no-network and captive-portal hold a lane whatever its rule and a person say, unless the destination is on this device. A
 * person's word lifts everything else. "No network" means that there is no way to the destination, and nothing else: neither
 * limited connectivity nor a missing default route makes anything wait, since a server on the same network may be reached. A
 * link of unknown kind is allowed unless it is metered.
 */
ObRuleDecision ob_rule_decide (const ObRules *rules, const ObRule *rule, const ObConditions *conditions,
                               const ObRuleContext *context);

G_END_DECLS
