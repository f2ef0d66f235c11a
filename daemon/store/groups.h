/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups: uploads that belong together by the app's own key. Each sandboxed app has its own groups; programs of the host
 * act for the person and share theirs, under the empty app. A group exists as long as it has uploads. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  char *app; /* the sandboxed app that owns it; empty: programs of the host */
  char *key;
  char *title; /* NULL: none */
  gboolean is_paused;
  gint64 updated_at_ms; /* when anything in it last changed */
  gint64 swept_number;  /* its uploads up to that number follow its pause, or the end of that; -1: all of them do */
  gint64
      sent_number; /* its uploads up to that number are sent now, as a person said; -1: all of them are, or nobody did */
  gint64 sent_after; /* the journal's last sequence before a person said so */
  char *sent_on;     /* the network on which it is sent now; NULL: nobody said so */
} ObGroup;

void ob_group_free (ObGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObGroup, ob_group_free)

/* Returns: (transfer full): the group's name for holds, the journal and programs of the host: its key, or APP/KEY. App
 * ids have no slash. */
char *ob_group_dup_name (const char *app, const char *key);

/* Returns: (transfer full) (nullable): the group. Errors: NotFound, Storage. */
ObGroup *ob_groups_get (ObDatabase *database, const char *app, const char *key, GError **error);

/**
 * ob_groups_find:
 * @app: (nullable): the sandboxed app that asks, which knows its own groups alone; NULL: a program of the host
 * @name: as a caller gives it: by key a program of the host means the group of programs of the host, else the one of the only app
 *   that has one; by APP/KEY that app's
 *
 * Returns: (transfer full) (nullable): the group. Errors: NotFound, InvalidArgument where several apps have a group of that key,
 * Storage.
 */
ObGroup *ob_groups_find (ObDatabase *database, const char *app, const char *name, GError **error);

/* A filter of ob_groups_list(). */
typedef struct
{
  const char *app;        /* NULL: groups of all */
  gboolean is_unfinished; /* groups with something that has not arrived */
  const char *uploader;   /* groups in which this app has uploads; NULL: all */
  const char *after_key;
  const char *after_app; /* of after_key */
  guint limit;
} ObGroupsFilter;

/* Returns: (transfer full) (element-type ObGroup): in the order of their keys, then of apps. Errors: Storage. */
GPtrArray *ob_groups_list (ObDatabase *database, const ObGroupsFilter *filter, GError **error);

/* Returns: (transfer full) (element-type ObGroup): the paused ones. Errors: Storage. */
GPtrArray *ob_groups_list_paused (ObDatabase *database, GError **error);

/* Writes the group alone, which what comes into it from now on follows. A pause ends the sending of what is not sent yet. Errors:
 * Storage, DiskFull. */
gboolean ob_groups_set_paused (ObDatabase *database, const char *app, const char *key, gboolean is_paused,
                               GError **error);

/* Has the next @limit uploads that have not arrived follow the group. All do when its swept_number is -1. Errors: Storage,
 * DiskFull. */
gboolean ob_groups_sweep (ObDatabase *database, ObGroup *group, guint limit, GError **error);

/* Returns: (transfer full) (nullable): a group that not all of its uploads follow yet; NULL without an error: there is none.
 * Errors: Storage. */
ObGroup *ob_groups_find_unswept (ObDatabase *database, GError **error);

/* Remembers the network on which a person sends the whole group now, later uploads included, and that none of its uploads is sent
 * yet. @after: the journal's last sequence. Errors: Storage, DiskFull. */
gboolean ob_groups_set_sent_now (ObDatabase *database, ObGroup *group, const char *network, gint64 after,
                                 GError **error);

/* Writes how far the sending is, which @group says. Errors: Storage, DiskFull. */
gboolean ob_groups_set_sent_number (ObDatabase *database, const ObGroup *group, GError **error);

/* Returns: (transfer full) (nullable): a group that not all of its uploads are sent of yet; NULL without an error: there is none.
 * Errors: Storage. */
ObGroup *ob_groups_find_unsent (ObDatabase *database, GError **error);

/* Returns: whether the group is sent now on that network. */
gboolean ob_groups_is_sent_now (ObDatabase *database, const char *app, const char *key, const char *network);

/* Lets one upload of a paused group go on alone. Errors: Storage, DiskFull. */
gboolean ob_groups_release_one (ObDatabase *database, const char *upload_id, GError **error);

/* Returns: when the next retry of a group is due, in Unix milliseconds, or 0 */
gint64 ob_groups_get_retry_ms (ObDatabase *database, const char *app, const char *key);

/* Has the servers of what is confirming in a group asked from @at_ms on, as if nothing had failed before, and time to begin now. Calls
 * @on_upload for each. Errors: Storage, DiskFull. */
gboolean ob_groups_hasten_confirming (ObDatabase *database, const char *app, const char *key, gint64 now_ms,
                                      gint64 at_ms, void (*on_upload) (const char *id, gpointer user_data),
                                      gpointer user_data, GError **error);

G_END_DECLS
