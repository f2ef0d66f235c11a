/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Progress in KDE's list of jobs (org.kde.JobViewServer, JobViewV2), and on the icon of docks (com.canonical.Unity.LauncherEntry). Both are
 * told only where it changes. Main thread.
 */
#pragma once

#include "item.h"

G_BEGIN_DECLS

typedef struct _StatusJob StatusJob;

/* @actions: static; only set_paused is used */
StatusJob *status_job_new (GDBusConnection *bus, const StatusActions *actions, gpointer user_data);

/* The job ends in the list. */
void status_job_free (StatusJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatusJob, status_job_free)

void status_job_show (StatusJob *job, const StatusBatch *batch, StatusMood mood, const char *label, gboolean is_paused);

G_END_DECLS
