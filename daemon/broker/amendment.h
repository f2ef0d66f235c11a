/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes to what an app said of its file, after it was handed over. Pure.
 */
#pragma once

#include "model/upload.h"
#include "transfer/protocol.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;   /* NULL: stays */
  GVariant *metadata; /* a{ss}: the pairs that change; an empty value takes its pair away. NULL: stays */
  gboolean has_priority;
  gint priority;
} ObAmendment;

/* How much of it an upload's server has been told, or may have been. */
typedef enum
{
  OB_TOLD_NOTHING,
  OB_TOLD_NAME, /* its URL there is made from it */
  OB_TOLD_ALL,
  OB_TOLD_AND_HEARS, /* all; and it hears of changes by a request of their own */
} ObTold;

/* @protocol: (nullable): of its destination, as is @amend_url. @has_place: the record of its copy says where a server has it */
ObTold ob_amendment_find_told (const ObUpload *upload, const ObProtocol *protocol, const char *amend_url,
                               gboolean has_place);

/* Errors: InvalidArgument. */
gboolean ob_amendment_check (const ObAmendment *amendment, gint64 now_ms, GError **error);

/**
 * ob_amendment_apply:
 * @what: (out) (transfer full) (nullable): what has changed, for the log: names of fields and of pairs; %NULL: nothing
 *
 * Changes the upload, whose state allows it. Errors: InvalidArgument if it would have more than a submit may say; AlreadySent if that
 * would be another thing than its server was told.
 */
gboolean ob_amendment_apply (const ObAmendment *amendment, ObTold told, ObUpload *upload, char **what, GError **error);

G_END_DECLS
