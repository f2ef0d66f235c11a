/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "day.h"

#include "policy/rules-file.h"
#include "support/wait.h"

#include <sys/mman.h>
#include <unistd.h>

#define RULES                                                      \
  "[Rule large]\nmin-size=1000\nmetered=ask\n"                     \
  "[Rule video]\nmatch-type=video/*\nmetered=deny\npriority=-10\n" \
  "[Rule form]\nmatch-form=true\nmax-size=10M\npriority=100\n"

#define TICK_MS (10 * RIG_SECOND)
#define HELD_BACK (OUTBOX_REASON_BIT (OUTBOX_REASON_ASK) | OUTBOX_REASON_BIT (OUTBOX_REASON_WAIT_UNMETERED))

static const struct
{
  ObLink link;
  ObMetered metered;
  guint64 rate_bytes_per_s; /* 0: nothing gets through */
  gboolean is_metered;
} places[N_PLACES] = {
  [PLACE_DEPOT] = { OB_LINK_WIFI, OB_METERED_NO, 50, FALSE },
  [PLACE_MOBILE] = { OB_LINK_CELLULAR, OB_METERED_YES, 5, TRUE },
  [PLACE_UNKNOWN] = { OB_LINK_CELLULAR, OB_METERED_UNKNOWN, 5, TRUE },
  [PLACE_PORTAL] = { OB_LINK_WIFI, OB_METERED_NO, 0, FALSE },
  [PLACE_BASEMENT] = { OB_LINK_WIFI, OB_METERED_GUESS_NO, 0, FALSE },
};

static const struct
{
  const char *media_type;
  guint64 size_bytes;
} kinds[N_KINDS] = { { "application/json", 1 }, { "image/jpeg", 40 }, { "video/mp4", 9000 }, { "image/tiff", 2000 } };

guint64
day_get_size_bytes (DayKind kind)
{
  return kinds[kind].size_bytes;
}

gint32
day_roll (Day *day, gint32 begin, gint32 end)
{
  return g_rand_int_range (day->random, begin, end);
}

static guint
server_of (const char *destination)
{
  return g_str_equal (destination, "yard");
}

void
day_excuse (Day *day)
{
  day->n_excuses[0]++;
  day->n_excuses[1]++;
}

/* By the place alone, and not by the code that decides. */
static gboolean
may_travel (const Day *day, const DayFile *file)
{
  if (day->place == PLACE_NOWHERE || day->place == PLACE_PORTAL)
    return FALSE;

  return !places[day->place].is_metered || file->kind == KIND_FORM || file->kind == KIND_PHOTO
         || (file->is_sent_now && day->place == PLACE_MOBILE);
}

/* What the server has whole is only asked about, and a question is no load. */
static gboolean
may_run (const Day *day, const DayFile *file)
{
  gboolean is_whole = file->offset_bytes == kinds[file->kind].size_bytes;

  return may_travel (day, file) || (is_whole && day->place != PLACE_NOWHERE && day->place != PLACE_PORTAL);
}

void
day_check_running (Day *day)
{
  guint n_running[2] = { 0, 0 };
  g_autoptr (GPtrArray) actives = test_rig_list_active (day->rig);

  for (guint i = 0; i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];
      const DayFile *file = g_hash_table_lookup (day->files, active->id);

      n_running[server_of (active->lane.destination)]++;
      if (!ob_stop_is_asked (active->stop) && !may_run (day, file))
        g_error ("%s of kind %u runs at place %u by rule %s", active->id, file->kind, day->place, active->lane.rule);
    }
  g_assert_cmpuint (n_running[0], <=, 3); /* two that send, and one that asks */
  g_assert_cmpuint (n_running[1], <=, 3);
  g_assert_cmpuint (n_running[0] + n_running[1], <=, 4);
}

static void
check (Day *day)
{
  GHashTableIter iter;
  gpointer id, value;

  day_check_running (day);
  g_hash_table_iter_init (&iter, day->files);
  while (g_hash_table_iter_next (&iter, &id, &value))
    {
      const DayFile *file = value;
      g_autoptr (ObUpload) upload = ob_broker_get (day->rig->broker, id, NULL);
      ObStatus status;

      g_assert_nonnull (upload);
      status = ob_broker_get_status (day->rig->broker, upload);
      g_assert_cmpuint (file->n_finished, <=, 1);
      g_assert_cmpint (file->n_finished == 1, ==, upload->stored == OB_STORED_DONE);
      g_assert_cmpuint (upload->offset_bytes, <=, file->offset_bytes);
      if (status.state == OUTBOX_STATE_PAUSED || status.state == OUTBOX_STATE_RETRYING
          || status.state == OUTBOX_STATE_FAILED)
        g_assert_cmpuint (status.reasons, !=, 0);
      if (status.state == OUTBOX_STATE_QUEUED)
        g_assert_true (may_travel (day, file));
      if (status.reasons & HELD_BACK)
        g_assert_true (file->kind == KIND_VIDEO || file->kind == KIND_SCAN);
      if (upload->stored != OB_STORED_DONE)
        g_assert_true (ob_spool_has (day->rig->spool, id));
    }
}

/* A server that is down is asked by one attempt at a time, ever less often. */
static void
check_patience (const Day *day, guint server)
{
  gint64 down_ms = ob_broker_get_now_ms (day->rig->broker) - day->down_at_ms[server];
  guint most = 2 + 9 * (1 + day->n_excuses[server]) + (guint) (down_ms / (12 * RIG_MINUTE));

  g_assert_cmpuint (day->n_tries[server], <=, most);
}

void
day_drain (Day *day)
{
  gboolean is_stopping = TRUE;

  while (is_stopping)
    {
      g_autoptr (GPtrArray) actives = NULL;

      is_stopping = FALSE;
      test_rig_settle (day->rig);
      actives = test_rig_list_active (day->rig);
      for (guint i = 0; !is_stopping && i < actives->len; i++)
        is_stopping = ob_stop_is_asked (((const ObActive *) actives->pdata[i])->stop);
      if (is_stopping)
        g_main_context_iteration (NULL, TRUE);
    }
}

void
day_go_to (Day *day, DayPlace place)
{
  static const char *const names[] = { "nowhere", "depot", "mobile", "unknown", "portal", "basement" };
  ObConditions conditions;

  ob_conditions_init (&conditions);
  conditions.is_network_available = place != PLACE_NOWHERE;
  conditions.connectivity = place == PLACE_PORTAL ? OB_CONNECTIVITY_PORTAL : OB_CONNECTIVITY_FULL;
  conditions.link = places[place].link;
  conditions.metered = places[place].metered;
  ob_conditions_set_network (&conditions, names[place], names[place]);
  if (place != day->place)
    day_excuse (day);
  day->place = place;
  test_conditions_set (day->rig->conditions, &conditions);
  day_check_running (day);
  day_drain (day);
}

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(char **) user_data = g_strdup (id);
}

static gboolean
is_answered (gpointer data)
{
  return *(char **) data != NULL;
}

char *
day_submit (Day *day, DayKind kind, const char *app, const char *destination)
{
  const ObSubmission submission = { .app = app,
                                    .name = "IMG_0001",
                                    .media_type = kinds[kind].media_type,
                                    .destination = destination,
                                    .group = "report",
                                    .is_form = kind == KIND_FORM };
  DayFile *file = g_new0 (DayFile, 1);
  int fd = memfd_create ("file", MFD_CLOEXEC);
  char *id = NULL;

  file->kind = kind;
  g_assert_cmpint (ftruncate (fd, (off_t) kinds[kind].size_bytes), ==, 0);
  ob_broker_submit (day->rig->broker, &submission, fd, on_submitted, &id);
  test_wait_until (is_answered, &id, 10);
  g_hash_table_insert (day->files, id, file);
  day_drain (day);

  return id;
}

static gboolean
is_met (Day *day, const char *id)
{
  const ObActive *active;

  while ((active = test_rig_find_active (day->rig, id)))
    {
      if (!ob_stop_is_asked (active->stop) && test_server_has (day->rig->server, id))
        return TRUE;
      g_main_context_iteration (NULL, TRUE);
    }

  return FALSE;
}

static void
finish (Day *day, const char *id, DayFile *file)
{
  if (day_roll (day, 0, 10) == 0)
    {
      test_rig_end (day->rig, id, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
      return;
    }
  test_rig_finish (day->rig, id);
  file->n_finished++;
}

/* What one attempt does in a tick. */
static void
work (Day *day, const char *id, guint64 most_bytes)
{
  DayFile *file = g_hash_table_lookup (day->files, id);
  const ObActive *active;
  const ObJob *job;
  guint server;

  if (!is_met (day, id))
    return;
  active = test_rig_find_active (day->rig, id);
  server = server_of (active->lane.destination);
  if (!day->is_up[server] || most_bytes == 0)
    {
      day->n_tries[server]++;
      test_rig_end (day->rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      if (!day->is_up[server])
        check_patience (day, server);
      return;
    }
  job = test_server_wait_for (day->rig->server, id);
  if (!job->resume && !job->is_stored)
    {
      g_autofree char *url = g_strconcat ("http://depot.example/files/", id, NULL);

      test_server_report_created (day->rig->server, id, url);
    }
  file->offset_bytes = MIN (file->offset_bytes + most_bytes, kinds[file->kind].size_bytes);
  if (file->offset_bytes < kinds[file->kind].size_bytes)
    test_server_report_progress (day->rig->server, id, file->offset_bytes);
  else
    {
      if (!job->is_stored)
        test_server_report_stored (day->rig->server, id);
      test_rig_settle (day->rig);
      if (is_met (day, id))
        finish (day, id, file);
    }
  day_drain (day);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

GStrv
day_list_ids (GHashTable *table)
{
  guint n_ids;
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (table, &n_ids);

  qsort (ids, n_ids, sizeof *ids, compare_ids);

  return g_strdupv ((char **) ids);
}

/* The same order in every run. */
static GStrv
list_active (Day *day)
{
  g_autoptr (GPtrArray) actives = test_rig_list_active (day->rig);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < actives->len; i++)
    g_hash_table_add (ids, ((const ObActive *) actives->pdata[i])->id);

  return day_list_ids (ids);
}

static void
tick (Day *day)
{
  guint n_active = MAX (test_rig_count_active (day->rig), 1u);
  guint64 most_bytes = places[day->place].rate_bytes_per_s * TICK_MS / 1000;
  g_auto (GStrv) active = list_active (day);

  for (guint i = 0; active[i]; i++)
    work (day, active[i], most_bytes == 0 ? 0 : MAX (most_bytes / n_active, 1));
  test_rig_advance (day->rig, TICK_MS);
  day_drain (day);
}

void
day_pass (Day *day, gint64 duration_ms)
{
  for (gint64 end_ms = ob_broker_get_now_ms (day->rig->broker) + duration_ms;
       ob_broker_get_now_ms (day->rig->broker) < end_ms;)
    {
      /* Nothing happens in hours in which nothing runs but what time itself brings. */
      if (test_rig_count_active (day->rig) > 0)
        tick (day);
      else
        {
          gint64 alarm_ms = test_clock_get_alarm_ms (day->rig->clock);
          gint64 now_ms = ob_broker_get_now_ms (day->rig->broker);

          test_rig_advance (day->rig, CLAMP ((alarm_ms > 0 ? MIN (alarm_ms, end_ms) : end_ms) - now_ms, 1, end_ms));
          day_drain (day);
        }
    }
  check (day);
}

void
day_set_up (Day *day, TestRig *rig, guint32 seed)
{
  g_autoptr (GError) error = NULL;

  day->rig = rig;
  day->random = g_rand_new_with_seed (seed);
  g_random_set_seed (seed); /* of the back-off */
  day->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  day->is_up[0] = day->is_up[1] = TRUE;
  rig->rules = ob_rules_new ();
  (void) ob_rules_read (rig->rules, RULES, strlen (RULES), "days.conf", &error);
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
  g_assert_true (ob_database_run (rig->database, "PRAGMA synchronous = OFF", NULL));
}

void
day_end (Day *day)
{
  GHashTableIter iter;
  gpointer id;

  day->is_up[0] = day->is_up[1] = TRUE;
  day_go_to (day, PLACE_DEPOT);
  day_pass (day, 14 * RIG_HOUR);
  g_hash_table_iter_init (&iter, day->files);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    test_rig_assert_status (day->rig, id, "done");
  /* What the journal said last of each lane is what is so. */
  g_assert_cmpint (test_rig_ask (day->rig, "SELECT count(*) FROM lanes"), ==, 0);
  g_hash_table_unref (day->files);
  g_rand_free (day->random);
}

DayFile *
day_find (Day *day, const char *id)
{
  return g_hash_table_lookup (day->files, id);
}
