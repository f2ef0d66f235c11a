/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A destination's health: stories of attempts that begin, fail and go through, and what each leaves held.
 */
#include "policy/health.h"
#include "policy/retry.h"

#define NOW_MS G_GINT64_CONSTANT (1750000000000)

/* A story is told in steps, each of one letter for what happens and one for the upload: "+a" begins an attempt of a, "!a" ends
 * it in trouble of which it is not known whose it is, "xa" in trouble of the destination, "@a" with an answer of something
 * that is not the server and "?a" with one while others wait as well, "#a" with 403 where there are credentials and "&a" while
 * others wait as well, "%a" with 403 where there are none, "-a" without a certificate that is taken, "=a" bytes of it arrive; "~." lets the wait end, "p." a person
 * acts. After the trouble stands whom it holds: u, the upload; d, the destination; w, the upload until another was tried. At
 * the end stands what the destination says: well, tried, held for how many seconds, or a reason. */
typedef struct
{
  const char *steps;
  const char *end;
} Story;

static const Story stories[] = {
  /* One server that is down. */
  { "+a xad", "15" },
  { "+a xad ~. +a xad", "30" },
  { "+a +b xad xbd", "15" },
  { "+a xad ~. +b xbd ~. +c xcd", "60" },
  { "+a xad ~.", "tried" },
  { "+a xad ~. +b =b", "well" },
  { "+a +b xad =b", "well" },
  /* An answer that may be about one upload: the next one tells. */
  { "+a !au", "tried" },
  { "+a !au +b =b", "well" },
  { "+a !au +b !bd", "15" },
  { "+a !au +b !bd ~. +c !cd", "30" },
  { "+a +b !au !bu", "tried" },
  { "+a +b !au !bu +c =c", "well" },
  { "+a +b !au !bu +c !cd", "15" },
  { "+a !au +a !ad", "30" },
  /* Others go through: it is its own, and stays so. */
  { "+a +b =b !au", "well" },
  { "+a !au +b =b +a !au +a !au +a !au", "well" },
  { "+a +b !au !bu +c =c +a !au +b !bu +a +b !au !bu", "well" },
  { "+a +b =b !au +b =b +c !cu", "tried" },
  { "+a +b =b !au =a +c =c +a !au", "tried" },
  /* What the server is known to be down for is not laid to one upload's charge. */
  { "+a +b =b !au +c xcd !bd", "15" },
  { "+a xad ~. +b !bd", "30" },
  /* Something else answers. */
  { "+a @ad", "wrong-address" },
  { "+a @ad ~.", "wrong-address" },
  { "+a @ad ~. +b =b", "well" },
  { "+a @ad ~. +b xbd", "30" },
  { "+a +b =b @au", "well" },
  { "+a !au +b @bd", "wrong-address" },
  { "+a @ad p.", "tried" },
  { "+a ?au", "tried" },
  { "+a ?au +b ?bd", "wrong-address" },
  { "+a ?au +b =b", "well" },
  { "+a +b ?au ?bu +c =c +a ?au +b ?bu", "well" },
  { "+a ?au +b =b +a ?au", "well" },
  /* Credentials that are over, and a file that is forbidden. */
  { "+a #ad", "sign-in" },
  { "+a +b #ad #bd", "sign-in" },
  { "+a +b #ad =b", "sign-in" },
  { "+a #ad p. +a #ad", "sign-in" },
  { "+a #ad p. +a =a", "well" },
  { "+a #ad p. +b =b +a #au", "well" },
  { "+a +b #ad =b p. +c =c +a #au", "well" },
  { "+a &aw", "tried" },
  { "+a &aw +b &bd", "sign-in" },
  { "+a &aw +b #bd", "sign-in" },
  { "+a +b &aw &bw", "tried" },
  { "+a +b &aw #bd", "sign-in" },
  { "+a +b &aw &bw +c &cd", "sign-in" },
  { "+a +b &aw =b", "well" },
  { "+a +b &aw =b +c &cd", "sign-in" },
  { "+a &aw +a &ad", "sign-in" },
  { "+a &aw +b =b +a &au", "well" },
  { "+a +b &aw &bw +c =c +a &au +b &bu", "well" },
  { "+a &aw +b &bd p. +a =a +b =b", "well" },
  { "+a #ad ~. +a #ad", "sign-in" },
  { "+a #ad ~. +b =b", "well" },
  { "+a #ad ~. +b =b +a &au", "well" },
  { "+a +b #ad ~. =b", "sign-in" },
  { "+a #ad ~. +a xad", "30" },
  /* A certificate that is not taken: its files may have been replaced by then. */
  { "+a -ad", "sign-in" },
  { "+a +b -ad -bd", "sign-in" },
  { "+a +b -ad =b", "sign-in" },
  { "+a -ad ~.", "sign-in" },
  { "+a -ad ~. +b -bd ~.", "sign-in" },
  { "+a -ad ~. +b =b", "well" },
  { "+a -ad ~. +b =b +a &aw", "tried" },
  { "+a -ad p. +b =b", "well" },
  { "+a -ad ~. +b #bd", "sign-in" },
  { "+a %au", "well" },
  { "+a %au +a %au", "well" },
  { "+a %au +b %bd", "sign-in" },
  { "+a %au +b =b +c %cu", "well" },
  { "+a +b %au =b +c %cd", "sign-in" },
};

typedef struct
{
  ObHealth health;
  guint64 begun_at[256];
  gboolean has_failed[256];
  gint64 now_ms;
} Tale;

static char
tell_trouble (Tale *tale, guchar who, guint scope, OutboxReason reason, gboolean has_others)
{
  const char id[] = { (char) who, '\0' };
  const ObTrouble trouble = { .upload_id = id,
                              .scope = scope,
                              .reason = reason,
                              .words = "words",
                              .begun_at = tale->begun_at[who],
                              .retry_after_ms = -1,
                              .now_ms = tale->now_ms,
                              .spread = 0.5,
                              .has_others = has_others };

  return ob_health_note_trouble (&tale->health, &trouble) == OUTBOX_SCOPE_UPLOAD ? 'u' : 'd';
}

static char
tell_refusal (Tale *tale, guchar who, gboolean has_credentials, gboolean has_others)
{
  const char id[] = { (char) who, '\0' };

  switch (ob_health_refuse (&tale->health, id, tale->begun_at[who], has_credentials, has_others, "words"))
    {
    case OB_REFUSAL_OWN:
      return 'u';
    case OB_REFUSAL_WAIT:
      return 'w';
    case OB_REFUSAL_BLOCK:
    default:
      ob_health_doubt_credentials (&tale->health, "words", tale->now_ms, 0.5);
      return 'd';
    }
}

/* Returns: whom it holds. */
static char
tell (Tale *tale, char what, guchar who)
{
  const char id[] = { (char) who, '\0' };

  switch (what)
    {
    case '+':
      tale->begun_at[who] = ob_health_begin (&tale->health);
      return '\0';
    case '=':
      (void) ob_health_note_success (&tale->health, id, tale->begun_at[who]);
      return '\0';
    case '!':
      return tell_trouble (tale, who, OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_NONE, TRUE);
    case '@':
      return tell_trouble (tale, who, OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_WRONG_ADDRESS,
                           FALSE);
    case '?':
      return tell_trouble (tale, who, OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_WRONG_ADDRESS,
                           TRUE);
    case '-':
      return tell_trouble (tale, who, OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_SIGN_IN, TRUE);
    case 'x':
      return tell_trouble (tale, who, OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_NONE, TRUE);
    case '#':
      return tell_refusal (tale, who, TRUE, FALSE);
    case '&':
      return tell_refusal (tale, who, TRUE, TRUE);
    case '%':
      return tell_refusal (tale, who, FALSE, TRUE);
    case '~':
      tale->now_ms = tale->health.retry_at_ms;
      g_assert_true (ob_health_wake (&tale->health, tale->now_ms));
      return '\0';
    case 'p':
    default:
      ob_health_renew (&tale->health);
      return '\0';
    }
}

static char *
describe (const Tale *tale)
{
  ObHold hold;

  if (ob_health_get_holds (&tale->health, tale->now_ms, &hold) == 0)
    return g_strdup (ob_health_is_tried (&tale->health) ? "tried" : "well");
  /* What passes by itself lets one try when its time has come. */
  g_assert_cmpint ((hold.flags & OB_HOLD_LETS_ONE_TRY) != 0, ==, tale->health.retry_at_ms == 0);
  if (hold.reason != OUTBOX_REASON_RETRYING)
    return g_strdup (outbox_reason_get_info (hold.reason)->name);

  return g_strdup_printf ("%" G_GINT64_FORMAT, (hold.until_ms - tale->now_ms) / 1000);
}

static void
test_stories (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      g_auto (GStrv) steps = g_strsplit (stories[i].steps, " ", -1);
      Tale tale = { .now_ms = NOW_MS };
      g_autofree char *end = NULL;

      g_test_message ("%s", stories[i].steps);
      ob_health_init (&tale.health);
      for (guint j = 0; steps[j]; j++)
        g_assert_cmpint (tell (&tale, steps[j][0], (guchar) steps[j][1]), ==, steps[j][2]);
      end = describe (&tale);
      g_assert_cmpstr (end, ==, stories[i].end);
      ob_health_clear (&tale.health);
    }
}

/* Of a file that the server never takes, and of a few of them, nobody else hears much. */
static void
test_lone_errors_hold_nobody_for_long (void)
{
  Tale tale = { .now_ms = NOW_MS };
  guint n_held = 0;

  ob_health_init (&tale.health);
  for (guint i = 0; i < 10000; i++)
    {
      (void) tell (&tale, '+', 'a' + i % 26);
      if (i % 67 == 0) /* 1.5 % */
        (void) tell (&tale, '!', 'a' + i % 26);
      else
        (void) tell (&tale, '=', 'a' + i % 26);
      n_held += tale.health.retry_at_ms > 0;
    }
  g_assert_cmpuint (n_held, ==, 0);
  ob_health_clear (&tale.health);
}

static void
test_a_wrong_address_needs_a_person_after_a_while (void)
{
  Tale tale = { .now_ms = NOW_MS };
  ObHold hold;

  ob_health_init (&tale.health);
  while (tale.now_ms < NOW_MS + 2 * OB_HEALTH_PATIENCE_MS)
    {
      (void) tell (&tale, '+', 'a');
      g_assert_cmpint (tell (&tale, '@', 'a'), ==, 'd');
      g_assert_cmpuint (ob_health_get_holds (&tale.health, tale.now_ms, &hold), ==, 1);
      g_assert_cmpint ((hold.flags & OB_HOLD_NEEDS_USER) != 0, ==, tale.now_ms >= NOW_MS + OB_HEALTH_PATIENCE_MS);
      g_assert_cmpint (ob_health_next_ms (&tale.health, tale.now_ms), >, tale.now_ms);
      g_assert_cmpint (ob_health_next_ms (&tale.health, tale.now_ms), <=, tale.health.retry_at_ms);
      (void) tell (&tale, '~', '.');
    }
  ob_health_clear (&tale.health);
}

/* Waits move with a clock that is set, and one from a clock that was far off is cut when it is found. */
static void
test_clocks (void)
{
  const gint64 jumps_ms[] = { -NOW_MS / 2, -86400000, -5000, 5000, 86400000, NOW_MS };
  Tale tale = { .now_ms = NOW_MS };

  ob_health_init (&tale.health);
  (void) tell (&tale, '+', 'a');
  (void) tell (&tale, 'x', 'a');
  for (guint i = 0; i < G_N_ELEMENTS (jumps_ms); i++)
    {
      gint64 wait_ms = tale.health.retry_at_ms - tale.now_ms;

      g_assert_true (ob_health_shift (&tale.health, jumps_ms[i]));
      tale.now_ms += jumps_ms[i];
      g_assert_cmpint (tale.health.retry_at_ms - tale.now_ms, ==, wait_ms);
    }
  tale.health.retry_at_ms = tale.now_ms + 4051 * G_GINT64_CONSTANT (86400000);
  g_assert_true (ob_health_wake (&tale.health, tale.now_ms));
  g_assert_cmpint (tale.health.retry_at_ms, <=, tale.now_ms + OB_RETRY_AFTER_MAX_MS);
  /* While it is tried again there is no wait, and "since" moves all the same: unsaved, the next start would call a person for a
   * server that has been missing for a minute. */
  tale.health.reason = OUTBOX_REASON_WRONG_ADDRESS;
  tale.health.retry_at_ms = 0;
  tale.health.since_ms = tale.now_ms - 60000;
  g_assert_true (ob_health_shift (&tale.health, 86400000));
  tale.now_ms += 86400000;
  g_assert_cmpint (tale.health.since_ms, ==, tale.now_ms - 60000);
  /* What may have been the clock's fault is looked at as soon as that is set. */
  tale.health.reason = OUTBOX_REASON_CERTIFICATE;
  g_assert_true (ob_health_shift (&tale.health, 86400000));
  g_assert_cmpint (tale.health.retry_at_ms, ==, 0);
  ob_health_clear (&tale.health);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/health/stories", test_stories);
  g_test_add_func ("/health/lone-errors-hold-nobody-for-long", test_lone_errors_hold_nobody_for_long);
  g_test_add_func ("/health/a-wrong-address-needs-a-person-after-a-while",
                   test_a_wrong_address_needs_a_person_after_a_while);
  g_test_add_func ("/health/clocks", test_clocks);

  return g_test_run ();
}
