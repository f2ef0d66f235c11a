/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/app: a `.flatpak-info` of any bytes names an app as a caller may be called, or none.
 */
#include "fuzz.h"
#include "ipc/app.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_malloc (size + 1);
  g_autofree char *app = NULL;

  if (size > 0)
    memcpy (text, data, size);
  text[size] = '\0';
  app = ob_app_from_sandbox_info (text, size);
  g_assert_true (!app || ob_app_is_name (app));

  return 0;
}
