/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One app that hands over thousands of files without waiting for answers. Main thread.
 */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/* Submits that many and waits for all answers. Returns: how many were refused. */
guint bench_flood (Rig *rig, const char *path, guint n_files);

G_END_DECLS
