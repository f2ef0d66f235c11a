/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upload's bytes from an offset, as the body of one request. Read on the worker thread that sends it.
 */
#pragma once

#include "transfer/deadline.h"
#include "transfer/pace.h"

G_BEGIN_DECLS

#define OB_TYPE_BODY (ob_body_get_type ())
G_DECLARE_FINAL_TYPE (ObBody, ob_body, OB, BODY, GInputStream)

/* @fd: borrowed; must stay open as long as the body lives. Its position is neither used nor moved.
 * @pace: (nullable): reading waits as it says. @deadline: kept while the file is read: a disk may hang */
GInputStream *ob_body_new (int fd, guint64 offset_bytes, guint64 size_bytes, ObPace *pace, ObDeadline *deadline);

G_END_DECLS
