/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload as a plain record, its stored state and the edges between stored states. Owned by one thread at a time.
 */
#pragma once

#include "model/checked.h"
#include "dbus/status.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The stored state, as in the database. The public state follows from it and the holds. The numbers are stored and never
 * change. */
typedef enum
{
  OB_STORED_SAVING = 0,
  OB_STORED_QUEUED = 1,
  OB_STORED_UPLOADING = 2,
  OB_STORED_CONFIRMING = 3,
  OB_STORED_FAILED = 4,
  OB_STORED_DONE = 5,
} ObStored;

#define OB_N_STORED (OB_STORED_DONE + 1)

/* Priorities of uploads and of rules range from minus to plus this. */
#define OB_PRIORITY_MOST 1000
#define OB_PRIORITY_WORDS "from -" G_STRINGIFY (OB_PRIORITY_MOST) " to " G_STRINGIFY (OB_PRIORITY_MOST)

gboolean ob_priority_is_good (gint64 priority);

/* What the server said when it confirmed. */
typedef struct
{
  char *url;
  char *record;
  char *digest;
  char *confirmed_by;     /* "confirm-url" or the protocol's name */
  OutboxRung rung;        /* how far it goes */
  gint64 confirmed_at_ms; /* 0: no receipt */
} ObReceipt;

/* What the server said when it was asked again after it had confirmed. */
typedef struct
{
  char *answer;    /* asked, confirmed, less, gone, changed, unknown; NULL: it was never asked */
  char *message;   /* the server's words, or the system's */
  OutboxRung rung; /* how far the answer goes */
  gint64 at_ms;
} ObVerification;

/* What became of the request that tells the server what was changed after it had been told. */
typedef struct
{
  char *result;  /* OB_UPDATE_…; NULL: there was none */
  char *message; /* the server's words, or the system's */
  gint64 at_ms;  /* of the last answer; 0: none yet */
} ObUpdate;

#define OB_UPDATE_ASKED "asked"     /* it is wanted, and not answered */
#define OB_UPDATE_TAKEN "taken"     /* the server has it */
#define OB_UPDATE_REFUSED "refused" /* the server does not want it */
#define OB_UPDATE_GAVE_UP "gave-up" /* it was not answered for too long */

/* Why the last attempt ended. */
typedef struct
{
  char *code;
  char *message;
  gint64 at_ms; /* 0: none */
} ObLastError;

typedef struct
{
  gint64 number; /* order of arrival; 0: no row yet */
  char *id;
  char *key;
  char *app;
  char *name;
  char *media_type;
  char *sha256; /* lower-case hexadecimal */
  char *group;
  char *group_app; /* the sandboxed app that owns the group; empty: programs of the host. Never NULL */
  char *group_title;
  char *destination;
  char *rule;         /* the name of its rule */
  char *sent_on;      /* the network on which a person sends it now, whatever its rule says; empty: none. Never NULL */
  char *server_url;   /* where the protocol resumes: what the server calls the upload */
  GVariant *metadata; /* a{ss}, never NULL */
  char *tus_metadata; /* Upload-Metadata as its client gave it, to be told it again; NULL: it came in another way */
  guint64 size_bytes;
  guint64 offset_bytes;   /* confirmed by the server */
  guint64 furthest_bytes; /* the most that the server ever confirmed; only more than this is progress */
  ObChecked checked;      /* what of that came with checksums */
  guint losses;           /* how often it lost confirmed bytes since then */
  guint64 wire_bytes;     /* that went out in all attempts, lost ones included; never fewer than the offset */
  gint priority;
  guint amended; /* how often its app or a person has changed what is said of it */
  guint attempts;
  guint failures; /* attempts without progress, in a row */
  ObStored stored;
  OutboxReason reason; /* of a failed or confirming upload, or of a recording */
  gboolean is_form;
  gboolean is_moved;  /* its app lets go of its own file: the copy goes only after the server was asked once more */
  gboolean is_paused; /* by a person */
  gboolean is_group_paused; /* with its group; read only, see store/groups.h */
  gboolean has_local_copy;
  gint64 retry_at_ms;    /* 0: no such hold */
  gint64 not_before_ms;  /* 0: no such hold */
  gint64 modified_at_ms; /* when the file was made, as the app says or else its file system; 0: not known */
  gint64 created_at_ms;
  gint64 saved_at_ms;
  gint64 updated_at_ms;
  gint64 done_at_ms;
  gint64 silent_since_ms; /* since when server_url has not answered, while the destination has; 0: it answers */
  guint idle_hours;       /* in which the broker ran, and nobody sent more of a file that it writes itself */
  gint64 progress_at_ms;  /* when the offset last grew; giving up counts from here */
  ObLastError last_error;
  ObReceipt receipt;
  ObVerification verified;
  ObUpdate update;
  gint64 sequence;       /* of its last journal row */
  gboolean needs_repair; /* read only: the row had bad values, which were repaired in this record */
} ObUpload;

/* Returns: (transfer full): an empty upload in OB_STORED_SAVING. */
ObUpload *ob_upload_new (void);
void ob_upload_free (ObUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObUpload, ob_upload_free)

/* GHashFunc and GEqualFunc of uploads that have a submit key: its scope is the app. */
guint ob_upload_hash_key (gconstpointer upload);
gboolean ob_upload_has_same_key (gconstpointer upload, gconstpointer other);

/* Returns: whether it belongs to that group */
gboolean ob_upload_is_in_group (const ObUpload *upload, const char *group_app, const char *group);

/* Notes what the spool has. @sha256: lower-case hexadecimal */
void ob_upload_set_bytes (ObUpload *upload, guint64 size_bytes, const char *sha256);

/* Sets what the server has. All of it must have gone out, even if the process was killed before it counted that. */
void ob_upload_set_offset (ObUpload *upload, guint64 offset_bytes);

void ob_receipt_clear (ObReceipt *receipt);

/* One more word for it: what another one has said before may be more. */
void ob_receipt_raise (ObReceipt *receipt, OutboxRung rung);

void ob_verification_set (ObVerification *verification, const char *answer, const char *message, OutboxRung rung,
                          gint64 at_ms);
void ob_update_set (ObUpdate *update, const char *result, const char *message, gint64 at_ms);
gboolean ob_update_is_asked (const ObUpdate *update);
void ob_last_error_set (ObLastError *last_error, const char *code, const char *message, gint64 at_ms);

/**
 * ob_upload_mend:
 * @upload: with numbers that are each within their limits
 * @is_state_known: whether its stored state was
 *
 * Makes what it says agree: no offset beyond the end, no failure without a reason. One of which the state is not known waits,
 * so that the server is asked, but for one that has a receipt.
 *
 * Returns: whether something had to be changed
 */
gboolean ob_upload_mend (ObUpload *upload, gboolean is_state_known);

/**
 * ob_upload_adopt_end:
 * @upload: one without a row, as the record beside its copy has it: with a receipt, or the reason why that counts no more, or neither
 * @promise: the rung that its destination promises
 *
 * An upload whose receipt reaches the promise is done, one whose server has it no longer failed; what is neither has no receipt
 * then: its server has to be asked. The row that is made of it is the first of its journal. Returns: whether it has come to its end
 */
gboolean ob_upload_adopt_end (ObUpload *upload, OutboxRung promise, gint64 now_ms);

const char *ob_stored_get_name (ObStored stored);

/* Returns: whether the table has that edge */
gboolean ob_stored_can_become (ObStored from, ObStored to);

G_END_DECLS
