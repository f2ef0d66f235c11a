/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Queues of several kinds for tests that try something in each of them: with nothing in it, with uploads that wait, run or
 * are over, with a destination, a group or the queue itself held. Main thread.
 */
#pragma once

#include "support/rig.h"

G_BEGIN_DECLS

/* No upload has that id. */
#define TEST_NOBODY "01890000-0000-7000-8000-000000000000"

#define TEST_N_SCENES 9

typedef struct
{
  TestRig *rig;
  char *target; /* an upload for "depot", in the group "case" */
  char *other;  /* one for "yard" */
  gboolean is_answered;
  gboolean has_failed; /* its turn, or a change of its own, when it was answered */
  gboolean is_written; /* all that it writes, when nothing has failed yet */
  char *id;
  GError *error;
  guint n_told; /* of uploads */
} TestScene;

const char *test_scene_get_name (guint i);

/* Sets the rig up with the scene of that number, on a network "home" without a limit, with videos asked about elsewhere. */
void test_scene_begin (TestScene *scene, TestRig *rig, guint i);
void test_scene_end (TestScene *scene);

/* For the next start, and to be put in force. */
void test_scene_read_rules (TestScene *scene, const char *text);

/* Another network, long enough to be believed. */
void test_scene_connect (TestScene *scene, const char *network, ObMetered metered);

G_END_DECLS
