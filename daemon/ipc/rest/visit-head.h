/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The head of a visit as libsoup gets it. Pure.
 */
#pragma once

#include "ipc/rest/guard.h"

G_BEGIN_DECLS

/* @bytes: as they came. @head_bytes: how many of them are the head. @come_bytes: how many of the body are behind it. Returns: (transfer
 * full): both */
GBytes *ob_visit_head_make (const guint8 *bytes, gsize head_bytes, gsize come_bytes, const ObGuardVerdict *verdict);

/* @bytes: of a request that is refused. Returns: (transfer full): a head of ours in its place, so that all answers are written in one
 * way */
GBytes *ob_visit_head_make_stand_in (const GByteArray *bytes);

G_END_DECLS
