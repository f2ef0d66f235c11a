/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which rule an upload has, and which lane it comes into. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/lane-name.h"

const ObRule *
ob_broker_find_rule (ObBroker *self, const char *lane_rule)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  return ob_rules_find (self->rules, name);
}

char *
ob_broker_dup_rule_for (ObBroker *self, const ObUpload *upload)
{
  const ObUploadFacts facts = { .media_type = upload->media_type,
                                .app = upload->app,
                                .destination = upload->destination,
                                .group = upload->group,
                                .size_bytes = upload->size_bytes,
                                .is_form = upload->is_form };

  return g_strdup (ob_rules_match (self->rules, &facts)->name);
}

char *
ob_broker_dup_rule_now (ObBroker *self, const char *lane_rule)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  return g_strconcat (name, "@", ob_broker_get_network_key (&self->latest), NULL);
}

/* What a person has said of the group counts for what comes later, on that network. */
char *
ob_broker_dup_first_lane (ObBroker *self, const ObUpload *upload)
{
  g_autofree char *rule = ob_broker_dup_rule_for (self, upload);

  if (upload->group
      && ob_groups_is_sent_now (self->database, upload->group_app, upload->group,
                                ob_broker_get_network_key (&self->latest)))
    return ob_broker_dup_rule_now (self, rule);

  return g_steal_pointer (&rule);
}
