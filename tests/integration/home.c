/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "home.h"

#include "support/document.h"

gboolean
home_answers (gpointer data)
{
  g_autoptr (GVariant) summary = NULL;

  return outbox_dbus_queue_call_summary_sync (((TestBroker *) data)->queue, &summary, NULL, NULL);
}

char *
home_hand_over (TestBroker *broker, const char *name, guint seed)
{
  g_autofree char *path = test_broker_make_file (broker, name, 5000, seed);
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (broker, path, NULL, &error);

  g_assert_no_error (error);

  return id;
}

void
home_pause_queue (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, &error);
  g_assert_no_error (error);
}

gboolean
home_has_reason (TestBroker *broker, const char *reason)
{
  g_autoptr (GVariant) holds = NULL;
  g_autofree char *text = NULL;

  g_assert_true (outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, NULL));
  text = g_variant_print (holds, FALSE);

  return strstr (text, reason) != NULL;
}

void
home_remove_all (const char *folder, const char *names)
{
  g_autofree char *command = g_strdup_printf ("cd '%s' && rm -rf %s", folder, names);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) shell = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, "sh", "-c", command, NULL);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (shell, NULL, NULL));
}

/* The queue may be on its way back. */
gboolean
home_is_in_state (gpointer data)
{
  const HomeWanted *wanted = data;
  g_autoptr (GVariant) upload = NULL;

  return outbox_dbus_uploads_call_get_sync (wanted->broker->uploads, wanted->id, &upload, NULL, NULL)
         && test_document_has_state (upload, wanted->state);
}
