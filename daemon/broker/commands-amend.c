/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes what was said of an upload. Main thread.
 */
#include "broker/commands-private.h"

#include "base/debug.h"
#include "broker/admission.h"
#include "broker/pending.h"
#include "broker/place.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/uploads.h"
#include "transfer/protocols.h"

/* An amendment that is being made. */
typedef struct
{
  ObCommands *commands;
  const char *id;
  const ObAmendment *amendment;
} Amending;

/* The row is on the disk; the record follows before the caller is answered. A queue that is lost just between the two has what was said
 * before, of which nobody was told that it has changed. */
static void
on_amended (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObCommands *self = pending->owner;
  g_autoptr (ObUpload) upload = error ? NULL : ob_uploads_get (self->database, pending->id, NULL);

  if (upload && upload->has_local_copy)
    ob_record_amend (self->spool, upload);
}

static ObTold
find_told (ObCommands *self, const ObUpload *upload)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  g_autofree char *path = ob_spool_get_path (self->spool, upload->id);

  return ob_amendment_find_told (upload, destination ? ob_protocol_find (destination->protocol) : NULL,
                                 destination ? destination->amend_url : NULL,
                                 !upload->server_url && ob_place_is_known (path));
}

static gboolean
write_amended (ObCommands *self, ObUpload *upload, gboolean is_new, const char *what, GError **error)
{
  if (is_new && !ob_admission_check_metadata (self->gate, upload, error))
    return FALSE;
  upload->updated_at_ms = ob_queue_get_now_ms (self->queue);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload, "amended", upload->stored,
                                        upload->reason, what, error);
  if (upload->sequence == 0 || !ob_uploads_update (self->database, upload, error))
    return FALSE;
  ob_queue_after (self->queue, on_amended, ob_pending_new (self, upload->id));
  ob_queue_touch (self->queue, upload->id, FALSE);

  return TRUE;
}

/* What a server refused, or did not answer, may be said again as it is: it is told once more. */
static gboolean
is_said_again (const ObAmendment *amendment, const ObUpload *upload)
{
  return (amendment->name || amendment->metadata)
         && (g_strcmp0 (upload->update.result, OB_UPDATE_REFUSED) == 0
             || g_strcmp0 (upload->update.result, OB_UPDATE_GAVE_UP) == 0);
}

static gboolean
want_update (ObCommands *self, ObUpload *upload, GError **error)
{
  ob_update_set (&upload->update, OB_UPDATE_ASKED, NULL, 0);

  return ob_runs_start_update (self->runs, upload, error);
}

static gboolean
amend (gpointer user_data, GError **error)
{
  const Amending *amending = user_data;
  ObCommands *self = amending->commands;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, amending->id, error);
  const guint amended = upload ? upload->amended : 0;
  g_autofree char *what = NULL;
  ObTold told;

  if (!upload)
    return FALSE;
  if (upload->stored == OB_STORED_SAVING)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE,
                   S_ ("Upload %s is still being saved: it can be changed when all of it is here"), upload->id);
      return FALSE;
    }
  told = find_told (self, upload);
  if (!ob_amendment_apply (amending->amendment, told, upload, &what, error))
    return FALSE;
  ob_debug (OB_DEBUG_STORE, upload->id, "amended: %s", what ? what : "nothing is new");

  if (!what && told == OB_TOLD_AND_HEARS && is_said_again (amending->amendment, upload))
    {
      what = g_strdup (S_ ("said again"));
      upload->amended++;
    }
  if (upload->amended > amended && told == OB_TOLD_AND_HEARS && !want_update (self, upload, error))
    return FALSE;
  if (what && !write_amended (self, upload, upload->amended > amended, what, error))
    return FALSE;
  /* One that does not tell these things goes on. */
  if (upload->amended > amended && told == OB_TOLD_NOTHING)
    ob_runs_renew (self->runs, upload->id);

  return TRUE;
}

void
ob_commands_amend (ObCommands *self, const char *id, const ObAmendment *amendment, ObCommandDone done,
                   gpointer user_data)
{
  Amending amending = { self, id, amendment };
  g_autoptr (GError) error = NULL;

  if (ob_amendment_check (amendment, ob_queue_get_now_ms (self->queue), &error))
    ob_queue_command (self->queue, amend, &amending, done, user_data);
  else
    done (error, user_data);
}
