/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has what is being saved listed, and removes what is ours: an id is known only when the file is safe. Again and again, since
 * some still stand in a line. Main thread.
 */
#include "take-back.h"

#include "cli.h"

#include <glib-unix.h>
#include <signal.h>

#define AGAIN_MS 200
#define LISTED_MOST 1000
#define PATIENCE_US (3 * G_USEC_PER_SEC)

struct _CliTakeBack
{
  OutboxClient *client;
  gboolean (*is_under_way) (const char *key, gpointer user_data);
  gpointer user_data;
  guint sources[2]; /* of the signals */
  guint again;
  gint64 until_us; /* monotonic; 0: there was no signal */
  gboolean is_listing;
  gboolean is_over;
};

static void
clear (gpointer data)
{
  g_clear_object (&((CliTakeBack *) data)->client);
}

static void
unref (CliTakeBack *self)
{
  g_rc_box_release_full (self, clear);
}

static void
remove_those_under_way (CliTakeBack *self, GPtrArray *saving)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;

  for (guint i = 0; i < saving->len; i++)
    {
      const char *key = cli_get_string (outbox_upload_get_document (saving->pdata[i]), "key");

      if (self->is_under_way (key, self->user_data))
        g_strv_builder_add (ids, outbox_upload_get_id (saving->pdata[i]));
    }
  all = g_strv_builder_end (ids);
  /* The answer to its Submit says what became of it. */
  for (guint i = 0; all[i]; i++)
    {
      const char *const one[] = { all[i], NULL };

      outbox_client_call_async (self->client, "Uploads", "Remove", g_variant_new ("(^as)", one), NULL, NULL, NULL);
    }
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CliTakeBack *self = user_data;
  g_autoptr (GPtrArray) saving = outbox_client_list_finish (OUTBOX_CLIENT (source), result, NULL);

  self->is_listing = FALSE;
  if (saving && !self->is_over)
    remove_those_under_way (self, saving);
  unref (self);
}

static gboolean
on_again (gpointer user_data)
{
  CliTakeBack *self = user_data;

  if (!self->is_listing)
    outbox_client_list_async (self->client, g_variant_new_parsed ("{'state': <'saving'>, 'limit': <%u>}", LISTED_MOST),
                              NULL, on_listed, g_rc_box_acquire (self));
  self->is_listing = TRUE;

  return G_SOURCE_CONTINUE;
}

static void
begin (CliTakeBack *self)
{
  self->until_us = g_get_monotonic_time () + PATIENCE_US;
  (void) on_again (self);
  if (self->again == 0)
    self->again = g_timeout_add (AGAIN_MS, on_again, self);
}

/* Who presses the keys once more does not want to wait. */
static gboolean
on_interrupted (gpointer user_data)
{
  CliTakeBack *self = user_data;

  if (self->until_us > 0)
    {
      (void) signal (SIGINT, SIG_DFL);
      (void) raise (SIGINT);
    }
  begin (self);

  return G_SOURCE_CONTINUE;
}

/* timeout(1) sends two in one moment. */
static gboolean
on_terminated (gpointer user_data)
{
  CliTakeBack *self = user_data;

  if (self->until_us == 0)
    begin (self);

  return G_SOURCE_CONTINUE;
}

CliTakeBack *
cli_take_back_new (OutboxClient *client, gboolean (*is_under_way) (const char *key, gpointer user_data),
                   gpointer user_data)
{
  CliTakeBack *self = g_rc_box_new0 (CliTakeBack);

  self->client = g_object_ref (client);
  self->is_under_way = is_under_way;
  self->user_data = user_data;
  self->sources[0] = g_unix_signal_add (SIGINT, on_interrupted, self);
  self->sources[1] = g_unix_signal_add (SIGTERM, on_terminated, self);

  return self;
}

void
cli_take_back_free (CliTakeBack *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sources); i++)
    g_clear_handle_id (&self->sources[i], g_source_remove);
  g_clear_handle_id (&self->again, g_source_remove);
  self->is_over = TRUE;
  unref (self);
}

gboolean
cli_take_back_is_on (CliTakeBack *self)
{
  return self->until_us > 0;
}

gboolean
cli_take_back_is_given_up (CliTakeBack *self)
{
  return self->until_us > 0 && g_get_monotonic_time () > self->until_us;
}
