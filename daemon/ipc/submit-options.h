/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options of Submit. Pure.
 */
#pragma once

#include "broker/broker.h"

G_BEGIN_DECLS

/**
 * ob_submit_options_read:
 * @options: a{sv} from a caller
 * @submission: has the caller's app, which an option may replace
 * @metadata: (out) (transfer full) (nullable): what @submission borrows. Its strings are those of @options
 * @error: InvalidArgument, naming the option
 *
 * What the options say is checked by ob_submission_check(), and who may say it by whoever knows the caller.
 */
gboolean ob_submit_options_read (GVariant *options, ObSubmission *submission, GVariant **metadata, GError **error);

G_END_DECLS
