/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One reading of the files at a time; what differs from the broker's destinations is set. Main thread.
 */
#include "ipc/provision.h"

#include "base/debug.h"
#include "dbus/mark.h"
#include "policy/destinations-file.h"
#include "policy/folder-watch.h"

/* An editor writes a file in several steps. */
#define SETTLE_MS 100

/* Files that do not answer in this time change nothing. */
#define LATE_MS 10000

#define FILES_MOST_BYTES (16 * OB_FETCH_MOST_BYTES)

struct _ObProvision
{
  ObBroker *broker;
  char **paths;       /* files and folders, a later one counts more */
  GPtrArray *watches; /* of ObFolderWatch */
  char *problem;
  ObErrand *reading; /* NULL: nothing is read */
  guint timer;       /* until it is read, or until it is late */
  gboolean is_stale; /* something changed while it was read */
  GPtrArray *calls;  /* of Call: that the broker has not answered; borrowed */
};

/* A change that the broker has been asked for. */
typedef struct
{
  ObProvision *owner; /* NULL: it is gone */
  char *name;
  char *place; /* of the files; NULL: it is in none any more */
} Call;

static void begin (ObProvision *self, guint after_ms);

static void
set_problem (ObProvision *self, const char *problem)
{
  if (*problem && !g_str_equal (problem, self->problem))
    g_warning ("%s", problem);
  g_free (self->problem);
  self->problem = g_strdup (problem);
}

/* --- What is changed --- */

static Call *
call_new (ObProvision *self, const char *name, const char *place)
{
  Call *call = g_new (Call, 1);

  *call = (Call){ self, g_strdup (name), g_strdup (place) };
  g_ptr_array_add (self->calls, call);

  return call;
}

static void
call_end (Call *call)
{
  if (call->owner)
    (void) g_ptr_array_remove_fast (call->owner->calls, call);
  g_free (call->name);
  g_free (call->place);
  g_free (call);
}

/* What is still on its way to it keeps it. */
static void
on_removed (const GError *error, gpointer user_data)
{
  Call *call = user_data;

  if (error)
    g_message ("%s is managed by the administrator no more, and stays: %s", call->name, error->message);
  call_end (call);
}

static void
on_set (const GError *error, gpointer user_data)
{
  Call *call = user_data;

  if (error && call->owner && call->place)
    {
      g_autofree char *words = g_strdup_printf ("%s: [Destination %s] %s", call->place, call->name, error->message);

      set_problem (call->owner, words);
    }
  if (!error && call->owner && !call->place)
    ob_broker_remove_destination (call->owner->broker, call->name, on_removed, call);
  else
    call_end (call);
}

static gboolean
is_same_text (const char *own, const char *wanted)
{
  return g_strcmp0 (own ? own : "", wanted) == 0;
}

static gboolean
are_same (const char *const *own, const char *const *wanted)
{
  static const char *const none[] = { NULL };

  return g_strv_equal (own ? own : none, wanted);
}

/* Returns: whether the destination is what the files want */
static gboolean
is_kept (const ObDestination *destination, const ObProvided *wanted)
{
  const gboolean has_command = ob_destination_is_sign_in_kind (destination, "command");

  return destination->is_managed && is_same_text (destination->url, wanted->url)
         && (!wanted->protocol || g_str_equal (destination->protocol, wanted->protocol))
         && is_same_text (destination->confirm_url, wanted->confirm_url)
         && is_same_text (destination->amend_url, wanted->amend_url)
         && destination->receipt == outbox_rung_from_name (wanted->receipt)
         && are_same ((const char *const *) destination->also, (const char *const *) wanted->also)
         && (!wanted->is_default || destination->is_default) && (!wanted->has_command || has_command);
}

static void
provide (ObProvision *self, const ObProvided *wanted)
{
  const ObDestination *old = g_hash_table_lookup (ob_broker_get_destinations (self->broker), wanted->name);
  g_autoptr (GVariant) headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  g_autoptr (GVariant) sign_in = g_variant_ref_sink (g_variant_new_parsed ("{'kind': 'command'}"));
  const ObDestinationSettings settings = {
    .protocol = wanted->protocol,
    .url = wanted->url,
    .confirm_url = wanted->confirm_url,
    .amend_url = wanted->amend_url,
    .receipt = wanted->receipt,
    .also = (const char *const *) wanted->also,
    /* What a person had sent along goes to no server of the administrator's. */
    .headers = old && !old->is_managed && g_variant_n_children (old->headers) > 0 ? headers : NULL,
    .sign_in = wanted->has_command && !(old && ob_destination_is_sign_in_kind (old, "command")) ? sign_in : NULL,
    .sets_default = wanted->is_default,
    .is_default = wanted->is_default,
    .is_administrators = TRUE,
    .is_managed = TRUE,
  };

  if (!old || !is_kept (old, wanted))
    ob_broker_set_destination (self->broker, wanted->name, &settings, on_set,
                               call_new (self, wanted->name, wanted->place));
}

static gboolean
is_wanted (GPtrArray *wanted, const char *name)
{
  for (guint i = 0; i < wanted->len; i++)
    if (g_str_equal (((const ObProvided *) wanted->pdata[i])->name, name))
      return TRUE;

  return FALSE;
}

static void
release_others (ObProvision *self, GPtrArray *wanted)
{
  const ObDestinationSettings settings = { .is_administrators = TRUE };
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_broker_get_destinations (self->broker));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObDestination *destination = value;

      if (destination->is_managed && !is_wanted (wanted, destination->name))
        g_ptr_array_add (names, g_strdup (destination->name));
    }
  for (guint i = 0; i < names->len; i++)
    ob_broker_set_destination (self->broker, names->pdata[i], &settings, on_set,
                               call_new (self, names->pdata[i], NULL));
}

/* --- Reading --- */

/* @texts: (nullable): the files; NULL: they have not answered */
static void
take (ObProvision *self, GPtrArray *texts)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) wanted = texts ? ob_destinations_file_read (texts, &error) : NULL;

  g_autofree char *silence = texts ? NULL : g_strdup_printf (S_ ("%s does not answer"), OB_DESTINATIONS_FILE);

  set_problem (self, error ? error->message : silence ? silence : "");
  ob_debug (OB_DEBUG_IPC, NULL, "the administrator's files have %u destinations", wanted ? wanted->len : 0);
  for (guint i = 0; wanted && i < wanted->len; i++)
    provide (self, wanted->pdata[i]);
  if (wanted)
    release_others (self, wanted);
}

static void
end_reading (ObProvision *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->reading, ob_errand_free);
  if (self->is_stale)
    begin (self, SETTLE_MS);
  self->is_stale = FALSE;
}

static void
on_read (GBytes *answer, gpointer user_data)
{
  ObProvision *self = user_data;
  g_autoptr (GPtrArray) texts = ob_fetch_parse ((const char *const *) self->paths, answer);

  end_reading (self);
  take (self, texts);
}

static gboolean
on_late (gpointer user_data)
{
  ObProvision *self = user_data;

  self->timer = 0;
  end_reading (self);
  take (self, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
on_settled (gpointer user_data)
{
  ObProvision *self = user_data;
  g_autoptr (GError) error = NULL;

  self->timer = 0;
  self->reading = ob_fetch_start ((const char *const *) self->paths, &error);
  if (!self->reading)
    {
      set_problem (self, error->message);
      return G_SOURCE_REMOVE;
    }
  self->timer = g_timeout_add (LATE_MS, on_late, self);
  ob_errand_collect (self->reading, FILES_MOST_BYTES, on_read, self);

  return G_SOURCE_REMOVE;
}

static void
begin (ObProvision *self, guint after_ms)
{
  if (self->timer == 0)
    self->timer = g_timeout_add (after_ms, on_settled, self);
}

static void
on_changed (gpointer user_data)
{
  ObProvision *self = user_data;

  if (self->reading)
    self->is_stale = TRUE;
  else
    begin (self, SETTLE_MS);
}

static void
free_watch (gpointer data)
{
  ob_folder_watch_free (data);
}

ObProvision *
ob_provision_new (ObBroker *broker, const char *const *folders)
{
  ObProvision *self = g_new0 (ObProvision, 1);
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  self->broker = broker;
  self->problem = g_strdup ("");
  self->calls = g_ptr_array_new ();
  self->watches = g_ptr_array_new_with_free_func (free_watch);
  for (; *folders; folders++)
    {
      g_autofree char *file = g_build_filename (*folders, OB_DESTINATIONS_FILE, NULL);
      g_autofree char *more = g_strconcat (file, ".d", NULL);
      g_autofree char *folder = g_strconcat (more, "/", NULL);

      g_strv_builder_add (paths, file);
      g_strv_builder_add (paths, folder);
      g_ptr_array_add (self->watches, ob_folder_watch_new (*folders, on_changed, self));
      g_ptr_array_add (self->watches, ob_folder_watch_new (more, on_changed, self));
    }
  self->paths = g_strv_builder_end (paths);
  begin (self, 0);

  return self;
}

void
ob_provision_free (ObProvision *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    ((Call *) self->calls->pdata[i])->owner = NULL;
  g_ptr_array_unref (self->calls);
  g_ptr_array_unref (self->watches);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->reading, ob_errand_free);
  g_strfreev (self->paths);
  g_free (self->problem);
  g_free (self);
}

const char *
ob_provision_get_problem (ObProvision *self)
{
  return self->problem;
}
