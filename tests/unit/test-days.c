/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Days in the field: people with two apps hand photos, videos and forms over for two servers, while networks come, go, cost
 * and lie, servers fail, and the device sleeps and starts anew. A byte of a test stands for 100 kB. Random days are by the
 * seed that is printed (give it back by --seed).
 */
#include "policy/rules-file.h"
#include "support/rig.h"
#include "support/wait.h"

#include <sys/mman.h>
#include <unistd.h>

#define RULES                                                      \
  "[Rule large]\nmin-size=1000\nmetered=ask\n"                     \
  "[Rule video]\nmatch-type=video/*\nmetered=deny\npriority=-10\n" \
  "[Rule form]\nmatch-form=true\nmax-size=10M\npriority=100\n"

#define TICK_MS (10 * RIG_SECOND)
#define HELD_BACK (OUTBOX_REASON_BIT (OUTBOX_REASON_ASK) | OUTBOX_REASON_BIT (OUTBOX_REASON_WAIT_UNMETERED))

typedef enum
{
  PLACE_NOWHERE,  /* no network */
  PLACE_DEPOT,    /* Wi-Fi without a limit */
  PLACE_MOBILE,   /* metered, and known to be */
  PLACE_UNKNOWN,  /* a cellular link of which nobody says what it costs */
  PLACE_PORTAL,   /* Wi-Fi that wants a sign-in */
  PLACE_BASEMENT, /* a network that says it is there, and carries nothing */
  N_PLACES,
} Place;

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

typedef enum
{
  KIND_FORM,
  KIND_PHOTO,
  KIND_VIDEO,
  KIND_SCAN, /* large, and no video */
  N_KINDS,
} Kind;

static const struct
{
  const char *media_type;
  guint64 size_bytes;
} kinds[N_KINDS] = { { "application/json", 1 }, { "image/jpeg", 40 }, { "video/mp4", 9000 }, { "image/tiff", 2000 } };

typedef struct
{
  Kind kind;
  guint64 offset_bytes; /* that the server has */
  guint n_finished;
  gboolean is_sent_now;
} File;

typedef struct
{
  TestRig *rig;
  GRand *random;
  GHashTable *files; /* id → File */
  Place place;
  gboolean is_up[2];  /* the servers of "depot" and "yard" */
  guint n_tries[2];   /* since that server went down */
  guint n_excuses[2]; /* for which it may be tried once more: taps, new networks, starts */
  gint64 down_at_ms[2];
} Day;

static gint32
roll (Day *day, gint32 begin, gint32 end)
{
  return g_rand_int_range (day->random, begin, end);
}

static guint
server_of (const char *destination)
{
  return g_str_equal (destination, "yard");
}

static void
excuse (Day *day)
{
  day->n_excuses[0]++;
  day->n_excuses[1]++;
}

/* --- What holds at every moment --- */

/* By the place alone, and not by the code that decides. */
static gboolean
may_travel (const Day *day, const File *file)
{
  if (day->place == PLACE_NOWHERE || day->place == PLACE_PORTAL)
    return FALSE;

  return !places[day->place].is_metered || file->kind == KIND_FORM || file->kind == KIND_PHOTO
         || (file->is_sent_now && day->place == PLACE_MOBILE);
}

/* What the server has whole is only asked about, and a question is no load. */
static gboolean
may_run (const Day *day, const File *file)
{
  gboolean is_whole = file->offset_bytes == kinds[file->kind].size_bytes;

  return may_travel (day, file) || (is_whole && day->place != PLACE_NOWHERE && day->place != PLACE_PORTAL);
}

static void
check_running (Day *day)
{
  guint n_running[2] = { 0, 0 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, day->rig->broker->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObActive *active = value;
      const File *file = g_hash_table_lookup (day->files, active->id);

      n_running[server_of (active->destination)]++;
      if (!ob_stop_is_asked (active->stop) && !may_run (day, file))
        g_error ("%s of kind %u runs at place %u by rule %s", active->id, file->kind, day->place, active->rule);
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

  check_running (day);
  g_hash_table_iter_init (&iter, day->files);
  while (g_hash_table_iter_next (&iter, &id, &value))
    {
      const File *file = value;
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

/* --- What happens --- */

/* Attempts that were told to stop have stopped. */
static void
drain (Day *day)
{
  gboolean is_stopping = TRUE;

  while (is_stopping)
    {
      GHashTableIter iter;
      gpointer value;

      is_stopping = FALSE;
      test_rig_settle (day->rig);
      g_hash_table_iter_init (&iter, day->rig->broker->active);
      while (!is_stopping && g_hash_table_iter_next (&iter, NULL, &value))
        is_stopping = ob_stop_is_asked (((ObActive *) value)->stop);
      if (is_stopping)
        g_main_context_iteration (NULL, TRUE);
    }
}

static void
go_to (Day *day, Place place)
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
    excuse (day);
  day->place = place;
  test_conditions_set (day->rig->conditions, &conditions);
  check_running (day);
  drain (day);
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

static char *
submit (Day *day, Kind kind, const char *app, const char *destination)
{
  const ObSubmission submission = { .app = app,
                                    .name = "IMG_0001",
                                    .media_type = kinds[kind].media_type,
                                    .destination = destination,
                                    .group = "report",
                                    .is_form = kind == KIND_FORM };
  File *file = g_new0 (File, 1);
  int fd = memfd_create ("file", MFD_CLOEXEC);
  char *id = NULL;

  file->kind = kind;
  g_assert_cmpint (ftruncate (fd, (off_t) kinds[kind].size_bytes), ==, 0);
  ob_broker_submit (day->rig->broker, &submission, fd, on_submitted, &id);
  test_wait_until (is_answered, &id, 10);
  g_hash_table_insert (day->files, id, file);
  drain (day);

  return id;
}

static gboolean
is_met (Day *day, const char *id)
{
  const ObActive *active;

  while ((active = g_hash_table_lookup (day->rig->broker->active, id)))
    {
      if (!ob_stop_is_asked (active->stop) && test_server_has (day->rig->server, id))
        return TRUE;
      g_main_context_iteration (NULL, TRUE);
    }

  return FALSE;
}

static void
finish (Day *day, const char *id, File *file)
{
  if (roll (day, 0, 10) == 0)
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
  File *file = g_hash_table_lookup (day->files, id);
  const ObActive *active;
  const ObJob *job;
  guint server;

  if (!is_met (day, id))
    return;
  active = g_hash_table_lookup (day->rig->broker->active, id);
  server = server_of (active->destination);
  if (!day->is_up[server] || most_bytes == 0)
    {
      day->n_tries[server]++;
      test_rig_end (day->rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      if (!day->is_up[server])
        check_patience (day, server);
      return;
    }
  job = test_server_wait_for (day->rig->server, id);
  if (!job->server_url && !job->is_stored)
    test_server_report_created (day->rig->server, id, "http://depot.example/files/x");
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
  drain (day);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Returns: (transfer full): the keys as they came, which is how ids sort; the order of a table is another in each run. */
static GStrv
list_ids (GHashTable *table)
{
  guint n_ids;
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (table, &n_ids);

  qsort (ids, n_ids, sizeof *ids, compare_ids);

  return g_strdupv ((char **) ids);
}

static void
tick (Day *day)
{
  guint n_active = MAX (test_rig_count_active (day->rig), 1u);
  guint64 most_bytes = places[day->place].rate_bytes_per_s * TICK_MS / 1000;
  g_auto (GStrv) active = list_ids (day->rig->broker->active);

  for (guint i = 0; active[i]; i++)
    work (day, active[i], most_bytes == 0 ? 0 : MAX (most_bytes / n_active, 1));
  test_rig_advance (day->rig, TICK_MS);
  drain (day);
}

static void
pass (Day *day, gint64 duration_ms)
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
          drain (day);
        }
    }
  check (day);
}

static void
set_up (Day *day, TestRig *rig, guint32 seed)
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

/* In the evening, at the depot, with servers that work: everything has arrived, once. */
static void
end_day (Day *day)
{
  GHashTableIter iter;
  gpointer id;

  day->is_up[0] = day->is_up[1] = TRUE;
  go_to (day, PLACE_DEPOT);
  pass (day, 14 * RIG_HOUR);
  g_hash_table_iter_init (&iter, day->files);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    test_rig_assert_status (day->rig, id, "done");
  /* What the journal said last of each lane is what is so. */
  g_assert_cmpint (test_rig_ask (day->rig, "SELECT count(*) FROM lanes"), ==, 0);
  g_hash_table_unref (day->files);
  g_rand_free (day->random);
}

static File *
find (Day *day, const char *id)
{
  return g_hash_table_lookup (day->files, id);
}

/* --- One day, told --- */

static void
test_a_day_in_the_field (TestRig *rig, gconstpointer data)
{
  Day day = { 0 };
  const char *first_video, *second_video, *form, *photos[20];

  set_up (&day, rig, 1);
  go_to (&day, PLACE_DEPOT);
  pass (&day, RIG_MINUTE);
  /* The first site: a video of 900 MB is begun on its Wi-Fi, and left in the middle. */
  first_video = submit (&day, KIND_VIDEO, "camera", "depot");
  pass (&day, 60 * RIG_SECOND);
  g_assert_cmpuint (find (&day, first_video)->offset_bytes, >, 0);
  go_to (&day, PLACE_MOBILE);
  test_rig_assert_status (rig, first_video, "paused wait-unmetered");
  for (guint i = 0; i < 10; i++)
    photos[i] = submit (&day, KIND_PHOTO, "camera", "depot");
  form = submit (&day, KIND_FORM, "forms", "yard");
  pass (&day, 10 * RIG_MINUTE);
  for (guint i = 0; i < 10; i++)
    test_rig_assert_status (rig, photos[i], "done");
  test_rig_assert_status (rig, form, "done");
  g_assert_cmpuint (find (&day, first_video)->offset_bytes, <, kinds[KIND_VIDEO].size_bytes);

  /* The train: a minute of signal, a minute of none. */
  for (guint i = 10; i < 20; i++)
    {
      photos[i] = submit (&day, KIND_PHOTO, "camera", "depot");
      go_to (&day, i % 2 == 0 ? PLACE_NOWHERE : PLACE_MOBILE);
      pass (&day, RIG_MINUTE);
    }
  /* The second site, in a basement whose network carries nothing; one of the servers is down as well. */
  second_video = submit (&day, KIND_VIDEO, "camera", "yard");
  day.is_up[1] = FALSE;
  day.down_at_ms[1] = ob_broker_get_now_ms (rig->broker);
  go_to (&day, PLACE_BASEMENT);
  pass (&day, 2 * RIG_HOUR);
  /* A hotel. */
  go_to (&day, PLACE_PORTAL);
  pass (&day, RIG_HOUR);
  test_rig_assert_status (rig, first_video, "paused captive-portal");
  /* Home by mobile data, overnight at the depot. */
  go_to (&day, PLACE_UNKNOWN);
  pass (&day, RIG_HOUR);
  for (guint i = 10; i < 20; i++)
    test_rig_assert_status (rig, photos[i], "done");
  g_assert_cmpuint (find (&day, second_video)->n_finished, ==, 0);
  end_day (&day);
}

/* --- Random days --- */

static void
change_servers (Day *day)
{
  guint server = (guint) roll (day, 0, 2);

  day->is_up[server] = roll (day, 0, 3) > 0;
  day->down_at_ms[server] = ob_broker_get_now_ms (day->rig->broker);
  day->n_tries[server] = day->n_excuses[server] = 0;
}

/* A person says: this one, now. */
static void
answer (Day *day)
{
  g_auto (GStrv) ids = list_ids (day->files);

  for (char **id = ids; *id; id++)
    {
      File *file = find (day, *id);

      if (file->n_finished > 0 || day->place != PLACE_MOBILE || roll (day, 0, 4) > 0)
        continue;
      g_assert_true (test_rig_command (day->rig, OB_COMMAND_SEND_NOW, *id, 0, NULL));
      file->is_sent_now = TRUE;
      excuse (day);
      break;
    }
  drain (day);
}

static void
sleep_a_while (Day *day)
{
  ObConditions conditions = *test_conditions_get (day->rig->conditions);

  conditions.is_sleeping = TRUE;
  test_conditions_set (day->rig->conditions, &conditions);
  drain (day);
  g_assert_cmpuint (test_rig_count_active (day->rig), ==, 0);
  g_assert_cmpuint (test_conditions_count_let_go (day->rig->conditions), >, 0);
  test_clock_advance (day->rig->clock, roll (day, 1, (gint32) RIG_HOUR));
  conditions.is_sleeping = FALSE;
  excuse (day);
  test_conditions_set (day->rig->conditions, &conditions);
  drain (day);
}

static void
start_anew (Day *day)
{
  test_rig_stop (day->rig);
  test_rig_start (day->rig);
  g_assert_true (ob_database_run (day->rig->database, "PRAGMA synchronous = OFF", NULL));
  excuse (day);
  drain (day);
}

static void
step (Day *day)
{
  const char *app = roll (day, 0, 2) == 0 ? "camera" : "forms";
  const char *destination = roll (day, 0, 2) == 0 ? "depot" : "yard";

  switch (roll (day, 0, 10))
    {
    case 0:
    case 1:
    case 2:
      for (gint32 i = roll (day, 1, 5); i > 0; i--)
        (void) submit (day, roll (day, 0, 4) > 0 ? KIND_PHOTO : (Kind) roll (day, 0, N_KINDS), app, destination);
      break;
    case 3:
    case 4:
    case 5:
      go_to (day, (Place) roll (day, 0, N_PLACES));
      break;
    case 6:
      change_servers (day);
      break;
    case 7:
      answer (day);
      break;
    case 8:
      sleep_a_while (day);
      break;
    default:
      start_anew (day);
      break;
    }
  /* An answer was for one network. */
  if (day->place != PLACE_MOBILE)
    check_running (day);
  pass (day, roll (day, 1, (gint32) (20 * RIG_MINUTE)));
}

static void
test_a_random_day (TestRig *rig, gconstpointer data)
{
  Day day = { 0 };

  set_up (&day, rig, GPOINTER_TO_UINT (data));
  go_to (&day, PLACE_DEPOT);
  for (guint i = 0; i < 30; i++)
    step (&day);
  end_day (&day);
}

/* Returns: what tells one journal from another. */
static gint64
sum_up_a_day (guint32 seed)
{
  TestRig rig = { 0 };
  gint64 sum;

  test_rig_set_up (&rig, NULL);
  test_a_random_day (&rig, GUINT_TO_POINTER (seed));
  sum = test_rig_ask (&rig, "SELECT sum (sequence * (at % 1000003 + length (event) + ifnull (state, 9))) FROM journal");
  test_rig_tear_down (&rig, NULL);

  return sum;
}

static void
test_a_seed_is_a_day (gconstpointer data)
{
  guint32 seed = GPOINTER_TO_UINT (data);
  gint64 sum = sum_up_a_day (seed);

  g_assert_cmpint (sum_up_a_day (seed), ==, sum);
  g_assert_cmpint (sum_up_a_day (seed + 1), !=, sum);
}

int
main (int argc, char *argv[])
{
  const char *wanted = g_getenv ("OUTBOX_DAYS");
  guint n_days = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  guint32 seed;
  int result;

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  g_test_add ("/days/in-the-field", TestRig, NULL, test_rig_set_up, test_a_day_in_the_field, test_rig_tear_down);
  seed = g_getenv ("OUTBOX_SEED") ? (guint32) g_ascii_strtoull (g_getenv ("OUTBOX_SEED"), NULL, 10)
                                  : (guint32) g_test_rand_int ();
  g_test_add_data_func ("/days/a-seed-is-a-day", GUINT_TO_POINTER (seed), test_a_seed_is_a_day);
  for (guint32 i = 0; i < n_days; i++)
    {
      g_autofree char *name = g_strdup_printf ("/days/random-%u", i + 1);

      g_test_add (name, TestRig, GUINT_TO_POINTER (seed + i), test_rig_set_up, test_a_random_day, test_rig_tear_down);
    }

  result = g_test_run ();
  g_test_message ("%u days", n_days);

  return result;
}
