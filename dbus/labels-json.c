/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints the messages of the labels as JSON, from the tables of which the labels are made. po/labels.py puts each catalogue's
 * words in their place: a string is a message, and {"one", "many"} is one with a number.
 */
#include "dbus/messages.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

static void
add (JsonBuilder *builder, const char *name, const char *message)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, message);
}

static void
add_plural (JsonBuilder *builder, const char *name, const OutboxPlural *plural)
{
  if (!plural->one)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add (builder, "one", plural->one);
  add (builder, "many", plural->many);
  json_builder_end_object (builder);
}

static void
begin (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
}

static void
add_states (JsonBuilder *builder)
{
  begin (builder, "states");
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      const OutboxStateInfo *info = outbox_state_get_info (i);

      begin (builder, info->name);
      add (builder, "title", info->title);
      add (builder, "terminal", info->label);
      add (builder, "notification", info->sentence);
      add (builder, "web", outbox_state_message (i, OUTBOX_LABEL_WEB));
      add (builder, "next", info->next);
      add (builder, "person", info->person);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
add_reasons (JsonBuilder *builder)
{
  begin (builder, "reasons");
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    {
      const OutboxReasonInfo *info = outbox_reason_get_info (i);

      begin (builder, info->name);
      add (builder, "terminal", info->label);
      add (builder, "notification", info->sentence);
      add (builder, "web", info->chip);
      add_plural (builder, "waiting", &info->waiting);
      add (builder, "next", info->next);
      add (builder, "person", info->person);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
add_rungs (JsonBuilder *builder)
{
  begin (builder, "rungs");
  for (guint i = 1; i < OUTBOX_N_RUNGS; i++)
    {
      const OutboxRungInfo *info = outbox_rung_get_info (i);

      begin (builder, info->name);
      add (builder, "terminal", info->label);
      add (builder, "notification", info->sentence);
      add (builder, "web", info->chip);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
add_retry (JsonBuilder *builder, const char *name, OutboxLabelLength length)
{
  const OutboxRetryMessages *messages = outbox_messages_get_retry (length);

  begin (builder, name);
  add (builder, "now", messages->now);
  add_plural (builder, "seconds", &messages->seconds);
  add_plural (builder, "minutes", &messages->minutes);
  add_plural (builder, "hours", &messages->hours);
  add_plural (builder, "days", &messages->days);
  json_builder_end_object (builder);
}

static void
add_until (JsonBuilder *builder)
{
  const OutboxUntilMessages *messages = outbox_messages_get_until ();

  begin (builder, "until");
  add (builder, "terminal", messages->label);
  add (builder, "notification", messages->sentence);
  add (builder, "web", messages->label);
  add (builder, "today", messages->today);
  add (builder, "tomorrow", messages->tomorrow);
  json_builder_set_member_name (builder, "weekdays");
  json_builder_begin_array (builder);
  for (guint i = 0; i < G_N_ELEMENTS (messages->weekdays); i++)
    json_builder_add_string_value (builder, messages->weekdays[i]);
  json_builder_end_array (builder);
  add (builder, "later", messages->later);
  json_builder_end_object (builder);
}

static void
add_group (JsonBuilder *builder)
{
  const OutboxGroupMessages *messages = outbox_messages_get_group ();

  begin (builder, "group");
  add (builder, "empty", messages->empty);
  add (builder, "uploading", messages->uploading);
  add (builder, "saving", messages->saving);
  add_plural (builder, "uploaded", &messages->uploaded);
  add_plural (builder, "failed", &messages->failed);
  add_plural (builder, "need_you", &messages->need_you);
  add (builder, "separator", messages->separator);
  add (builder, "sentence", messages->sentence);
  json_builder_end_object (builder);
}

int
main (void)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  add_states (builder);
  add_reasons (builder);
  add_rungs (builder);
  begin (builder, "retry");
  add_retry (builder, "terminal", OUTBOX_LABEL_TERMINAL);
  add_retry (builder, "notification", OUTBOX_LABEL_NOTIFICATION);
  add_retry (builder, "web", OUTBOX_LABEL_WEB);
  json_builder_end_object (builder);
  add_until (builder);
  add_group (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  puts (text);

  return 0;
}
