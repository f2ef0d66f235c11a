/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload as a plain record, its stored state and the edges between stored states. Owned by one thread at a time.
 */
#pragma once

#include "dbus/status.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The stored state: what the database says. The public state is made from it and the holds. The numbers stand in the
 * database and never change. */
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

/* Of an upload and of a rule: the most that a priority may be either way, as one says it. */
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
  gint64 confirmed_at_ms; /* 0: no receipt */
} ObReceipt;

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
  char *group_app; /* the sandboxed app whose group it is; empty: programs of the host share theirs. Never NULL */
  char *group_title;
  char *destination;
  char *rule;         /* the name of its rule */
  char *sent_on;      /* the network on which a person sends it now, whatever its rule says; empty: none. Never NULL */
  char *server_url;   /* where the protocol resumes; the server's own name for it */
  GVariant *metadata; /* a{ss}, never NULL */
  guint64 size_bytes;
  guint64 offset_bytes;   /* confirmed by the server */
  guint64 furthest_bytes; /* the most that it ever confirmed: progress is what goes beyond */
  guint losses;           /* of what it had confirmed, since then */
  guint64
      wire_bytes; /* what went out for it in all attempts, what was lost on the way included; never less than the offset */
  gint priority;
  guint attempts;
  guint failures; /* attempts without progress, in a row */
  ObStored stored;
  OutboxReason reason; /* of a failed or confirming upload, or of one that an app records */
  gboolean is_form;
  gboolean is_paused;       /* by a person */
  gboolean is_group_paused; /* with its group; read only: see store/groups.h */
  gboolean has_local_copy;
  gint64 retry_at_ms;    /* 0: no such hold */
  gint64 not_before_ms;  /* 0: no such hold */
  gint64 modified_at_ms; /* when the file was made, as the app or else its file system says; 0: not known */
  gint64 created_at_ms;
  gint64 saved_at_ms;
  gint64 updated_at_ms;
  gint64 done_at_ms;
  gint64
      silent_since_ms; /* nothing answers at server_url, another server than the destination, which does; 0: it answers */
  gint64 progress_at_ms; /* the last time the offset grew; give-up counts from here */
  ObLastError last_error;
  ObReceipt receipt;
  gint64 sequence;       /* of its last journal row */
  gboolean needs_repair; /* read only: its row has what was never written, and this is what was made of it */
} ObUpload;

/* Returns: (transfer full): an empty upload in OB_STORED_SAVING. */
ObUpload *ob_upload_new (void);
void ob_upload_free (ObUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObUpload, ob_upload_free)

/* GHashFunc and GEqualFunc of uploads that have a submit key: its scope is the app. */
guint ob_upload_hash_key (gconstpointer upload);
gboolean ob_upload_has_same_key (gconstpointer upload, gconstpointer other);

/* Whether it belongs to that group of that app. */
gboolean ob_upload_is_in_group (const ObUpload *upload, const char *group_app, const char *group);

/* Notes what the spool has. @sha256: lower-case hexadecimal */
void ob_upload_set_bytes (ObUpload *upload, guint64 size_bytes, const char *sha256);

/* Notes what the server has. All of it went out, even if nobody lived to count it: a process that was killed. */
void ob_upload_set_offset (ObUpload *upload, guint64 offset_bytes);

void ob_receipt_clear (ObReceipt *receipt);
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

const char *ob_stored_get_name (ObStored stored);

/* Whether the table of edges has this one. */
gboolean ob_stored_can_become (ObStored from, ObStored to);

G_END_DECLS
