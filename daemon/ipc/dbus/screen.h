/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The person's screen as far as notifications go: shows at most one of each kind, which the next of its kind replaces, by the server of
 * org.freedesktop.Notifications (Desktop Notifications Specification 1.2), whatever that can and whenever it comes and goes. Knows no
 * uploads. Main thread.
 */
#pragma once

#include "dbus/notice.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObScreen ObScreen;

typedef enum
{
  OB_SLOT_REMINDER,
  OB_SLOT_PAGE,
  OB_SLOT_NEWS,
  OB_N_SLOTS,
} ObSlot;

/* What it tells. */
typedef struct
{
  /* There is a server from now on, perhaps another one than before. What an earlier one showed is gone. */
  void (*appeared) (gpointer user_data);

  /* There is none, at the start or any more. */
  void (*vanished) (gpointer user_data);

  /* What was last to be shown in the slot is. */
  void (*shown) (ObSlot slot, gpointer user_data);

  /* The person, or time, has closed it. */
  void (*closed) (ObSlot slot, gpointer user_data);

  /* The person wants to see more. */
  void (*clicked) (ObSlot slot, gpointer user_data);
} ObScreenEvents;

/* @connection: of the session bus; a reference is taken. @events: static. */
ObScreen *ob_screen_new (GDBusConnection *connection, const ObScreenEvents *events, gpointer user_data);

/* What is shown stays: take back what shall not. */
void ob_screen_free (ObScreen *screen);

/* @notice: (inout): its words are taken */
void ob_screen_show (ObScreen *screen, ObSlot slot, OutboxNotice *notice);
void ob_screen_take_back (ObScreen *screen, ObSlot slot);

/* Returns: whether something is shown, or about to be */
gboolean ob_screen_has (ObScreen *screen, ObSlot slot);

/* Returns: (transfer full) (nullable): where it is shown, by which a later process knows it again; NULL: nowhere */
char *ob_screen_dup_place (ObScreen *screen, ObSlot slot);

/* What a process before has shown there is shown in the slot. Returns: FALSE if it is shown no more */
gboolean ob_screen_adopt (ObScreen *screen, ObSlot slot, const char *place);

G_END_DECLS
