/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unshare(), for whoever runs it. Owns nothing.
 */
#include "namespace.h"

#include "support/namespace.h"

#include <sched.h>

gboolean
bench_unshare (int flags)
{
  return unshare (flags) == 0 || test_namespace_keep_ids (flags);
}
