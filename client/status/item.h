/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The icon in the panel of KDE, Xfce, MATE, LXQt and others, by the StatusNotifierItem specification of freedesktop.org, and its menu, by
 * dbusmenu. It is there for the panel while something has not arrived. Main thread.
 */
#pragma once

#include "model.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _StatusItem StatusItem;

/* What the person presses. */
typedef struct
{
  void (*open) (gpointer user_data);
  void (*set_paused) (gboolean is_paused, gpointer user_data);
} StatusActions;

/* @actions: static */
StatusItem *status_item_new (GDBusConnection *bus, const StatusActions *actions, gpointer user_data);
void status_item_free (StatusItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatusItem, status_item_free)

/* @label: how the whole stands */
void status_item_show (StatusItem *item, StatusMood mood, const char *label, gboolean is_paused);

G_END_DECLS
