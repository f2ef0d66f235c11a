/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's struct, for its life (broker.c) and for what callers ask of it (broker-doors.c). Main thread.
 */
#pragma once

#include "broker/broker.h"

#include "broker/members.h"

G_BEGIN_DECLS

struct _ObBroker
{
  GObject parent_instance;

  ObClock *clock; /* borrowed */
  ObMembers *members;
  GPtrArray *between;    /* of ObUpload: while a commit is told, those that may be between two attempts */
  gboolean is_in_memory; /* the data folder is in memory */
  gboolean is_started;
};

G_END_DECLS
