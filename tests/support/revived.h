/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue that is opened as the daemon opens it, in whatever state its folder is, and works until everything has arrived at the
 * model of a server. Main thread.
 */
#pragma once

#include "store/integrity.h"
#include "support/model.h"
#include "support/rig.h"

G_BEGIN_DECLS

typedef struct
{
  TestRig rig; /* its folder is the data folder */
  TestModel *model;
  ObIntegrityWatch *integrity;
  gboolean is_damaged; /* as the daemon is told */
} TestRevived;

void test_revived_begin (TestRevived *revived, const char *folder, TestModel *model);
void test_revived_end (TestRevived *revived);

/* As the daemon does it. Returns: FALSE where damage was found meanwhile, so that it has to be opened again */
gboolean test_revived_open (TestRevived *revived);
void test_revived_close (TestRevived *revived);

/* Until all have arrived, or damage is found. What waits for its next try has it at once. @ids: (element-type utf8) */
void test_revived_work (TestRevived *revived, GPtrArray *ids);

/* Whether they are done. Or it arrived before the damage was found, in a row that nobody can read any more. */
gboolean test_revived_is_over (TestRevived *revived, const char *id);
gboolean test_revived_are_over (TestRevived *revived, GPtrArray *ids);

G_END_DECLS
