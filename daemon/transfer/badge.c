/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps a credential, and asks for the next one. Worker thread.
 */
#include "transfer/badge.h"

struct _ObBadge
{
  ObBadgeAsk ask;
  gconstpointer job;
  gpointer user_data;
  ObCredential *shown; /* NULL: not asked yet, or the attempt has to end */
};

ObBadge *
ob_badge_new (ObBadgeAsk ask, gconstpointer job, gpointer user_data)
{
  ObBadge *self = g_new0 (ObBadge, 1);

  self->ask = ask;
  self->job = job;
  self->user_data = user_data;

  return self;
}

void
ob_badge_free (ObBadge *self)
{
  g_clear_pointer (&self->shown, ob_credential_unref);
  g_free (self);
}

ObCredential *
ob_badge_show (ObBadge *self)
{
  if (self->shown && !ob_credential_is_due (self->shown))
    return self->shown;
  g_clear_pointer (&self->shown, ob_credential_unref);
  self->shown = self->ask (self->job, self->user_data);

  return self->shown;
}

ObCredential *
ob_badge_get_shown (ObBadge *self)
{
  return self->shown;
}
