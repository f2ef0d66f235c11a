/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may travel, where and when: the rules as plain records, which of them an upload has, and what it says now. Pure; any
 * thread.
 */
#pragma once

#include "dbus/status.h"
#include "policy/conditions.h"

G_BEGIN_DECLS

/* What a rule says of something that costs. */
typedef enum
{
  OB_ALLOW,
  OB_ASK,
  OB_DENY,
} ObAllowance;

/* A span of the local day; past midnight where it ends before it begins, and then belongs to the day on which it began. */
typedef struct
{
  guint days; /* bit 0: Monday … bit 6: Sunday */
  guint from_minute;
  guint to_minute; /* exclusive */
} ObTimeWindow;

/* A section [Rule NAME]. What is not set matches everything and allows everything. */
typedef struct
{
  char *name;
  char *file; /* that said something of it last; NULL: none did */

  /* Which uploads: all that are set must match. Lists are of glob patterns, one of which must match; NULL: any. */
  char **media_types;
  char **apps;
  char **destinations;
  char **groups;
  guint64 min_size_bytes;
  guint64 max_size_bytes; /* G_MAXUINT64: none */
  int form;               /* -1: either; 0: no form; 1: a form */

  /* Where and when. */
  guint networks;     /* bit l: ObLink l; 0: any */
  char **connections; /* names or UUIDs of connections, one of which it must be known to be; NULL: any */
  ObAllowance metered;
  ObAllowance roaming;
  guint battery_percent; /* on battery, at least this much; 0: never mind */
  gboolean avoids_power_saver;
  GArray *windows;          /* of ObTimeWindow; NULL: always */
  guint64 rate_bytes_per_s; /* 0: as fast as it goes */
  gint priority;            /* added to the upload's own */
} ObRule;

ObRule *ob_rule_new (const char *name);
void ob_rule_free (ObRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRule, ob_rule_free)

/* All rules in force, in order, and what is not of one rule. Immutable once it is shared; counted by reference. */
typedef struct
{
  GPtrArray *rules;       /* of ObRule, owned; the first is always "default", which matches everything */
  char **metered_devices; /* patterns of names of network devices that cost; NULL: none */
  guint64 budget_bytes;   /* on metered networks in a calendar month; 0: no limit */
} ObRules;

ObRules *ob_rules_new (void);
ObRules *ob_rules_ref (ObRules *rules);
void ob_rules_unref (ObRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRules, ob_rules_unref)

/* What is known of an upload when its rule is chosen. Borrowed. */
typedef struct
{
  const char *media_type;
  const char *app;
  const char *destination;
  const char *group; /* NULL: none */
  guint64 size_bytes;
  gboolean is_form;
} ObUploadFacts;

/* The last rule that matches. Never NULL. Media types are compared without case; what is in no group is in none that a
 * pattern could match. */
const ObRule *ob_rules_match (const ObRules *rules, const ObUploadFacts *facts);

/* Whether something for that destination could have the rule; and whether everything for one that could does. */
gboolean ob_rule_is_for_destination (const ObRule *rule, const char *destination);
gboolean ob_rule_is_for_all_of (const ObRule *rule);

/* Returns: (nullable): the rule of that name. */
const ObRule *ob_rules_find (const ObRules *rules, const char *name);

/* What the rule looks at beside the conditions. */
typedef struct
{
  gint64 now_ms;
  GTimeZone *zone;       /* of the device: windows are in its local time */
  gboolean is_local;     /* the destination is this device: no network is needed, none is used */
  gboolean is_reachable; /* there is a way to the destination */
  gboolean is_sent_now;  /* a person said: on this network, now */
  guint64 used_bytes;    /* on metered networks in this month */
} ObRuleContext;

/* Lane reasons that hold; none: it may run. */
typedef struct
{
  OutboxReasonSet reasons;
  gint64
      until_ms; /* when time alone may lift one of them (the next window, the next month), the later of two; 0: none */
  gint64 next_ms; /* when the answer may change though nothing else does: to be asked again then; 0: never */
} ObRuleDecision;

/**
 * ob_rule_decide:
 *
 * no-network and captive-portal hold whatever a rule says and a person said; a destination on this device knows neither.
 * Everything else is lifted by a person's word. There is no network where there is no way to the destination, and for no
 * other reason: neither connectivity that is limited nor a default route that is missing makes anything wait, since a
 * server on the same network may well be reached. Of a link that nobody knows it is assumed that the rule allows it, unless it is metered.
 */
ObRuleDecision ob_rule_decide (const ObRules *rules, const ObRule *rule, const ObConditions *conditions,
                               const ObRuleContext *context);

G_END_DECLS
