/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups: uploads that belong together by the app's own key. Each sandboxed app has its own; programs of the host, which act for
 * the person, share theirs under the empty app. A group is there as long as it has uploads. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  char *app; /* the sandboxed app whose group it is; empty: programs of the host */
  char *key;
  char *title; /* NULL: none */
  gboolean is_paused;
  gint64 updated_at_ms; /* of what changed last in it */
} ObGroup;

void ob_group_free (ObGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObGroup, ob_group_free)

/* Returns: (transfer full): how holds, the journal and a program of the host name a group: by its key, or as APP/KEY. No id
 * of an app has a slash. */
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

/* What ob_groups_list() is asked for. */
typedef struct
{
  const char *app;      /* NULL: of all */
  const char *uploader; /* NULL: of all; those in which that app has uploads */
  const char *after_key;
  const char *after_app; /* of that key */
  guint limit;
} ObGroupsFilter;

/* Returns: (transfer full) (element-type ObGroup): in the order of keys, then of apps. Errors: Storage. */
GPtrArray *ob_groups_list (ObDatabase *database, const ObGroupsFilter *filter, GError **error);

/* Returns: (transfer full) (element-type ObGroup): those that are paused. Errors: Storage. */
GPtrArray *ob_groups_list_paused (ObDatabase *database, GError **error);

/* Writes the group and the uploads of it that have not arrived. Errors: Storage, DiskFull. */
gboolean ob_groups_set_paused (ObDatabase *database, const char *app, const char *key, gboolean is_paused,
                               GError **error);

/* The network on which a person lets all of it go, what comes later included; NULL: none. Errors: Storage, DiskFull. */
gboolean ob_groups_set_sent_now (ObDatabase *database, const char *app, const char *key, const char *network,
                                 GError **error);

/* Whether it is that network. */
gboolean ob_groups_is_sent_now (ObDatabase *database, const char *app, const char *key, const char *network);

/* Lets one upload of a paused group go on alone. Errors: Storage, DiskFull. */
gboolean ob_groups_release_one (ObDatabase *database, const char *upload_id, GError **error);

/* Returns: when the first of a group that waits for its next try goes on, in Unix milliseconds, or 0. */
gint64 ob_groups_get_retry_ms (ObDatabase *database, const char *app, const char *key);

G_END_DECLS
