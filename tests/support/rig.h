/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker on a real disk with a real database, and a clock, a network and a server that do what the test says. Main
 * thread.
 */
#pragma once

#include "broker/broker-private.h"
#include "support/clock.h"
#include "support/conditions.h"
#include "support/server.h"

G_BEGIN_DECLS

#define RIG_SECOND G_GINT64_CONSTANT (1000)
#define RIG_MINUTE (60 * RIG_SECOND)
#define RIG_HOUR (60 * RIG_MINUTE)
#define RIG_DAY (24 * RIG_HOUR)

/* When a rig's time begins. */
#define RIG_BEGIN_MS (G_GINT64_CONSTANT (1750000000) * 1000)

typedef struct
{
  char *folder;
  TestClock *clock;
  TestConditions *conditions;
  TestServer *server;
  ObRules *rules;       /* in force after the next start; NULL: everything may travel */
  ObDatabase *database; /* NULL while the broker is stopped, like the next two */
  ObSpool *spool;
  ObSecrets *secrets;
  ObTokens *tokens;
  ObBroker *broker;
  guint n_files;
} TestRig;

/* Starts the broker, with the destinations "depot" (the default) and "yard", which are not on loopback. */
void test_rig_set_up (TestRig *rig, gconstpointer data);
void test_rig_tear_down (TestRig *rig, gconstpointer data);

void test_rig_start (TestRig *rig);
void test_rig_stop (TestRig *rig);

/* Runs everything that is due on the main loop. */
void test_rig_settle (TestRig *rig);

/* Lets time pass and the broker act on it. */
void test_rig_advance (TestRig *rig, gint64 delay_ms);

/* Hands a file of 1000 bytes over. @destination: (nullable). Returns: (transfer full): its id. */
char *test_rig_submit (TestRig *rig, const char *destination, gint priority);

/* The same with every word of it. Returns: (transfer full) (nullable): its id. */
char *test_rig_submit_full (TestRig *rig, const ObSubmission *submission, GError **error);

/* What a call of the broker was answered, for one that has no function of its own here: test_rig_on_answered() is its callback, or ends it.
 * @error: (out): (transfer full). Returns: whether it was done */
typedef struct
{
  gboolean is_done;
  char *id; /* (nullable) */
  GError *error;
} TestRigAnswer;

void test_rig_on_answered (const GError *error, gpointer answer);
gboolean test_rig_wait_for (TestRig *rig, TestRigAnswer *answer, GError **error);

/* Commands and waits for the answer. */
gboolean test_rig_command (TestRig *rig, ObCommand command, const char *id, gint value, GError **error);
gboolean test_rig_pause_queue (TestRig *rig, gboolean is_paused, GError **error);
gboolean test_rig_pause_group (TestRig *rig, const char *key, gboolean is_paused, GError **error);
gboolean test_rig_resume_for (TestRig *rig, const ObResumeFor *what, GError **error);
gboolean test_rig_pause_destination (TestRig *rig, const char *name, gboolean is_paused, GError **error);

gboolean test_rig_set_destination (TestRig *rig, const char *name, const ObDestinationSettings *settings,
                                   GError **error);

/* Ends an attempt and waits until the broker has recorded it. */
void test_rig_finish (TestRig *rig, const char *id);
void test_rig_end (TestRig *rig, const char *id, ObVerdict verdict, OutboxReason reason);
void test_rig_end_silently (TestRig *rig, const char *id);
void test_rig_end_at_silent_url (TestRig *rig, const char *id);
void test_rig_end_after (TestRig *rig, const char *id, ObVerdict verdict, gint64 retry_after_ms);
void test_rig_end_kept (TestRig *rig, const char *id, gint64 retry_after_ms);

/* Waits until an upload's attempt is over, however. */
void test_rig_wait_for_end (TestRig *rig, const char *id);

/* The public status as "state" or "state reason reason", with "until" where it has one. */
#define test_rig_assert_status(rig, id, expected)           \
  G_STMT_START                                              \
  {                                                         \
    g_autofree char *status_ = test_rig_describe (rig, id); \
    g_assert_cmpstr (status_, ==, expected);                \
  }                                                         \
  G_STMT_END
char *test_rig_describe (TestRig *rig, const char *id);

/* When it goes on by itself, in milliseconds from now; -1: not known. */
gint64 test_rig_get_wait_ms (TestRig *rig, const char *id);

/* Whether the broker has an attempt of it, and how many there are in all. */
gboolean test_rig_is_active (TestRig *rig, const char *id);
guint test_rig_count_active (TestRig *rig);

/* Borrowed: until it ends, (nullable). And all of them: (transfer container) (element-type ObActive) */
const ObActive *test_rig_find_active (TestRig *rig, const char *id);
GPtrArray *test_rig_list_active (TestRig *rig);

/* Asks the database for a number. */
gint64 test_rig_ask (TestRig *rig, const char *sql);

/* Changes the database behind the broker's back. */
void test_rig_run (TestRig *rig, const char *sql);

/* A test that gets a fixture of its own. */
typedef struct
{
  const char *path;
  void (*run) (TestRig *rig, gconstpointer data);
} TestRigCase;

void test_rig_add (const TestRigCase *cases, gsize n_cases);

G_END_DECLS
