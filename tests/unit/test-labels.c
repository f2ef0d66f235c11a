/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Labels in every language, by the real catalogues. The program names no text domain of its own, as an app would not.
 */
#include "dbus/messages.h"

#include <json-glib/json-glib.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#define NOW_MS (1000 * G_GINT64_CONSTANT (1000000))
#define MINUTE_MS (60 * G_GINT64_CONSTANT (1000))
#define NBSP "\302\240"
#define NARROW_NBSP "\342\200\257"

static guint
form_of_one (gulong n)
{
  return n != 1;
}

static guint
form_of_none_or_one (gulong n)
{
  return n > 1;
}

static guint
form_of_all (gulong n)
{
  return 0;
}

static const struct
{
  const char *name;
  guint (*form) (gulong n);
} languages[] = {
  { "en", form_of_one },         { "de", form_of_one }, { "es", form_of_one },
  { "fr", form_of_none_or_one }, { "ja", form_of_all }, { "pt_BR", form_of_none_or_one },
  { "zh_CN", form_of_all },
};

/* C.UTF-8 is there on every system. The change through C makes gettext look again. */
static void
speak (const char *language)
{
  g_setenv ("LANGUAGE", language, TRUE);
  g_assert_nonnull (setlocale (LC_ALL, "C"));
  g_assert_nonnull (setlocale (LC_ALL, "C.UTF-8"));
}

static const OutboxLabelLength lengths[] = { OUTBOX_LABEL_TERMINAL, OUTBOX_LABEL_NOTIFICATION, OUTBOX_LABEL_WEB };

static void
test_samples (void)
{
  const struct
  {
    const char *language;
    OutboxState state;
    OutboxReason reason;
    gint64 delay_ms;
    OutboxLabelLength length;
    const char *label;
  } rows[] = {
    { "en", OUTBOX_STATE_UPLOADING, 0, 0, 0, "Uploading · 42 %" },
    { "de", OUTBOX_STATE_UPLOADING, 0, 0, 0, "Wird hochgeladen · 42" NBSP "%" },
    { "fr", OUTBOX_STATE_UPLOADING, 0, 0, 2, "Envoi en cours · 42" NARROW_NBSP "%" },
    { "ja", OUTBOX_STATE_UPLOADING, 0, 0, 0, "アップロード中 · 42%" },
    { "zh_CN", OUTBOX_STATE_UPLOADING, 0, 0, 1, "文件正在路上：已送达 42%。" },
    { "en", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 2 * MINUTE_MS, 0, "Retrying in 2 min" },
    { "en", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 60 * MINUTE_MS, 1,
      "The last attempt failed. The next one is in 1 hour." },
    { "de", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 2 * MINUTE_MS, 0, "Neuer Versuch in 2" NBSP "min" },
    { "de", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 1440 * MINUTE_MS, 0, "Neuer Versuch in 1 Tag" },
    { "de", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 4320 * MINUTE_MS, 0, "Neuer Versuch in 3 Tagen" },
    { "fr", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 5000, 1,
      "La dernière tentative a échoué. La prochaine aura lieu dans 5 secondes." },
    { "es", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 4320 * MINUTE_MS, 0, "Reintento en 3 días" },
    { "pt_BR", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 0, 0, "Aguardando nova tentativa" },
    { "ja", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 2 * MINUTE_MS, 0, "2 分後に再試行" },
    { "zh_CN", OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 300 * MINUTE_MS, 0, "5 小时后重试" },
    { "de", OUTBOX_STATE_PAUSED, OUTBOX_REASON_WAIT_WIFI, 0, 0, "Angehalten · wartet auf WLAN" },
    { "fr", OUTBOX_STATE_PAUSED, OUTBOX_REASON_SIGN_IN, 0, 0, "En pause · identifiez-vous pour continuer" },
    { "es", OUTBOX_STATE_PAUSED, OUTBOX_REASON_NO_NETWORK, 0, 2, "Sin red" },
    { "pt_BR", OUTBOX_STATE_PAUSED, OUTBOX_REASON_BATTERY, 0, 0, "Em pausa · poupando bateria" },
    { "ja", OUTBOX_STATE_PAUSED, OUTBOX_REASON_NO_NETWORK, 0, 0, "一時停止 · ネットワークなし" },
    { "zh_CN", OUTBOX_STATE_FAILED, OUTBOX_REASON_TOO_LARGE, 0, 2, "太大" },
    { "de", OUTBOX_STATE_FAILED, 0, 0, 0, "Fehlgeschlagen · zum erneuten Versuch antippen" },
    { "fr", OUTBOX_STATE_DONE, 0, 0, 0, "Envoyé" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *label = NULL;

      speak (rows[i].language);
      label = outbox_status_label (rows[i].state, rows[i].reason, rows[i].delay_ms > 0 ? NOW_MS + rows[i].delay_ms : 0,
                                   NOW_MS, 42, 100, rows[i].length);
      g_assert_cmpstr (label, ==, rows[i].label);
    }
}

/* Paused, and until when: in the zone of Berlin, told by rule so that no zone file is needed. */
static void
test_times_of_day (void)
{
  const struct
  {
    const char *language;
    const char *now;
    const char *until;
    OutboxLabelLength length;
    const char *label;
  } rows[] = {
    { "en", "2026-11-24T13:30:00", "2026-11-24T18:00:00", 0, "Paused · until 18:00" },
    { "en", "2026-11-24T13:30:00", "2026-11-24T18:00:00", 2, "Paused · until 18:00" },
    { "en", "2026-11-24T13:30:00", "2026-11-24T18:00:00", 1, "It waits until 18:00 and then continues automatically." },
    { "en", "2026-11-24T13:30:00", "2026-11-24T17:59:01", 0, "Paused · until 18:00" },
    { "en", "2026-11-24T00:00:00", "2026-11-24T23:59:00", 0, "Paused · until 23:59" },
    { "en", "2026-11-24T23:59:59", "2026-11-25T00:00:00", 0, "Paused · until tomorrow, 00:00" },
    { "en", "2026-11-24T13:30:00", "2026-11-24T23:59:30", 0, "Paused · until tomorrow, 00:00" },
    { "en", "2026-12-31T23:00:00", "2027-01-01T06:00:00", 0, "Paused · until tomorrow, 06:00" },
    { "en", "2026-11-24T13:30:00", "2026-11-27T06:00:00", 0, "Paused · until Friday, 06:00" },
    { "en", "2026-11-24T13:30:00", "2026-11-30T09:05:00", 0, "Paused · until Monday, 09:05" },
    { "en", "2026-11-24T13:30:00", "2026-12-01T00:00:00", 0, "Paused · until 2026-12-01" },
    /* A day of 23 hours, and one of 25. */
    { "en", "2026-03-28T23:30:00", "2026-03-29T23:45:00", 0, "Paused · until tomorrow, 23:45" },
    { "en", "2026-10-25T00:10:00", "2026-10-25T23:50:00", 0, "Paused · until 23:50" },
    /* A time that is over tells nothing. */
    { "en", "2026-11-24T13:30:00", "2026-11-24T13:30:00", 0, "Paused · outside allowed hours" },
    { "de", "2026-11-24T13:30:00", "2026-11-24T18:00:00", 0, "Angehalten · bis 18:00" NBSP "Uhr" },
    { "de", "2026-11-24T13:30:00", "2026-11-27T06:00:00", 0, "Angehalten · bis Freitag um 06:00" NBSP "Uhr" },
    { "de", "2026-11-24T13:30:00", "2026-12-01T06:00:00", 0, "Angehalten · bis 01.12.2026" },
    { "fr", "2026-11-24T13:30:00", "2026-11-25T06:00:00", 0, "En pause · jusqu’à demain à 06" NBSP "h" NBSP "00" },
    { "fr", "2026-11-24T13:30:00", "2026-12-01T06:00:00", 1,
      "L’envoi attend jusqu’au 01/12/2026 puis reprend automatiquement." },
    { "es", "2026-11-24T13:30:00", "2026-11-28T06:00:00", 0, "En pausa · hasta el sábado a las 06:00" },
    { "pt_BR", "2026-11-24T13:30:00", "2026-11-29T06:00:00", 0, "Em pausa · até domingo às 06:00" },
    { "zh_CN", "2026-11-24T13:30:00", "2026-11-25T06:00:00", 0, "已暂停 · 等到明天 06:00" },
    { "ja", "2026-11-24T13:30:00", "2026-12-01T06:00:00", 0, "一時停止 · 2026年12月01日まで待機" },
  };
  g_autoptr (GTimeZone) zone = NULL;

  g_setenv ("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
  zone = g_time_zone_new_local ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GDateTime) now = g_date_time_new_from_iso8601 (rows[i].now, zone);
      g_autoptr (GDateTime) until = g_date_time_new_from_iso8601 (rows[i].until, zone);
      g_autofree char *label = NULL;

      speak (rows[i].language);
      label = outbox_status_label (OUTBOX_STATE_PAUSED, OUTBOX_REASON_SCHEDULE, g_date_time_to_unix (until) * 1000,
                                   g_date_time_to_unix (now) * 1000, 0, 0, rows[i].length);
      g_assert_cmpstr (label, ==, rows[i].label);
    }
}

static void
test_waits_in_the_largest_unit (void)
{
  const struct
  {
    gint64 delay_ms;
    const char *label;
  } rows[] = {
    { -5000, "Retrying now" },
    { 0, "Retrying now" },
    { 1, "Retrying in 1 s" },
    { 59000, "Retrying in 59 s" },
    { 59001, "Retrying in 1 min" },
    { 89 * 1000, "Retrying in 1 min" },
    { 90 * 1000, "Retrying in 2 min" },
    { 3569 * 1000, "Retrying in 59 min" },
    { 3570 * 1000, "Retrying in 1 h" },
    { 90 * MINUTE_MS, "Retrying in 2 h" },
    { 1409 * MINUTE_MS, "Retrying in 23 h" },
    { 1410 * MINUTE_MS, "Retrying in 1 day" },
    { 2160 * MINUTE_MS, "Retrying in 2 days" },
    { G_MAXINT64 - NOW_MS - 1000, "Retrying in 2147483647 days" },
  };

  speak ("en");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *label = outbox_status_label (OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING,
                                                    NOW_MS + rows[i].delay_ms, NOW_MS, 0, 0, OUTBOX_LABEL_TERMINAL);

      g_assert_cmpstr (label, ==, rows[i].label);
    }
}

static void
test_group_samples (void)
{
  const OutboxGroupCounts running = {
    .states
    = { [OUTBOX_STATE_UPLOADING] = 1, [OUTBOX_STATE_DONE] = 5, [OUTBOX_STATE_QUEUED] = 15, [OUTBOX_STATE_PAUSED] = 1 },
    .reasons = { [OUTBOX_REASON_WAIT_WIFI] = 1 }
  };
  const OutboxGroupCounts failed = { .states = { [OUTBOX_STATE_FAILED] = 2, [OUTBOX_STATE_DONE] = 20 } };
  const struct
  {
    const char *language;
    const char *running;
    const char *sentences;
    const char *failed;
  } rows[] = {
    { "en", "Uploading 5 of 22 · 1 waits for Wi-Fi", "Uploading 5 of 22. 1 waits for Wi-Fi.",
      "Failed · 2 of 22 need attention · 20 of 22 uploaded" },
    { "de", "Datei 5 von 22 wird hochgeladen · 1 wartet auf WLAN",
      "Datei 5 von 22 wird hochgeladen. 1 wartet auf WLAN.",
      "Fehlgeschlagen · 2 von 22 erfordern Ihr Eingreifen · 20 von 22 hochgeladen" },
    { "es", "Subiendo 5 de 22 · 1 espera Wi-Fi", "Subiendo 5 de 22. 1 espera Wi-Fi.",
      "Fallido · 2 de 22 requieren su atención · 20 de 22 subidos" },
    { "fr", "Envoi : 5 sur 22 · 1 attend le Wi-Fi", "Envoi : 5 sur 22. 1 attend le Wi-Fi.",
      "Échec · 2 sur 22 requièrent votre intervention · 20 sur 22 envoyés" },
    { "ja", "アップロード中 5/22 · 1 件が Wi-Fi 待ち", "アップロード中 5/22。1 件が Wi-Fi 待ち。",
      "失敗 · 2/22 件に対応が必要 · 20/22 件をアップロード済み" },
    { "pt_BR", "Enviando 5 de 22 · 1 aguarda Wi-Fi", "Enviando 5 de 22. 1 aguarda Wi-Fi.",
      "Falhou · 2 de 22 requerem sua atenção · 20 de 22 enviados" },
    { "zh_CN", "正在上传 5/22 · 1 个等待 Wi-Fi", "正在上传 5/22。1 个等待 Wi-Fi。",
      "失败 · 2/22 需要处理 · 已上传 20 个，共 22 个" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = NULL;
      g_autofree char *sentences = NULL;
      g_autofree char *failure = NULL;

      speak (rows[i].language);
      line = outbox_group_label (&running, NOW_MS, OUTBOX_LABEL_TERMINAL);
      sentences = outbox_group_label (&running, NOW_MS, OUTBOX_LABEL_NOTIFICATION);
      failure = outbox_group_label (&failed, NOW_MS, OUTBOX_LABEL_TERMINAL);
      g_assert_cmpstr (line, ==, rows[i].running);
      g_assert_cmpstr (sentences, ==, rows[i].sentences);
      g_assert_cmpstr (failure, ==, rows[i].failed);
    }
}

/* --- All of them --- */

static void
assert_whole (const char *label)
{
  g_assert_true (label && *label && g_utf8_validate (label, -1, NULL));
  g_assert_false (g_ascii_isspace (label[0]) || g_ascii_isspace (label[strlen (label) - 1]));
  for (const char *percent = strchr (label, '%'); percent; percent = strchr (percent + 1, '%'))
    g_assert_false (g_ascii_isalpha (percent[1]));
}

/* Every state, reason, time and length, in one order. */
static GPtrArray *
list_labels (const char *language)
{
  const gint64 delays_ms[] = { -1, 0, 5000, 61000, 3 * 60 * MINUTE_MS, 30 * 60 * MINUTE_MS, 8 * 24 * 60 * MINUTE_MS };
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);

  speak (language);
  for (guint state = 0; state < OUTBOX_N_STATES; state++)
    for (guint reason = 0; reason < OUTBOX_N_REASONS; reason++)
      for (guint i = 0; i < G_N_ELEMENTS (delays_ms); i++)
        for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
          g_ptr_array_add (labels, outbox_status_label (state, reason, delays_ms[i] < 0 ? 0 : NOW_MS + delays_ms[i],
                                                        NOW_MS, 42, 100, lengths[j]));
  for (guint rung = 0; rung < OUTBOX_N_RUNGS; rung++)
    for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
      g_ptr_array_add (labels, outbox_rung_label (rung, lengths[j]));

  return labels;
}

/* Groups of every make: each state alone and with each reason, by counts of every plural form. */
static GPtrArray *
list_group_labels (const char *language)
{
  const guint numbers[] = { 1, 2, 5, 21, 1000000 };
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);

  speak (language);
  for (guint state = 0; state < OUTBOX_N_STATES; state++)
    for (guint reason = 0; reason < OUTBOX_N_REASONS; reason++)
      for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
          {
            OutboxGroupCounts counts = { .until_ms = NOW_MS + 5000 };

            counts.states[state] = numbers[i];
            if (reason != OUTBOX_REASON_NONE && state != OUTBOX_STATE_DONE)
              {
                counts.states[OUTBOX_STATE_PAUSED] += 1;
                counts.reasons[reason] = 1;
              }
            g_ptr_array_add (labels, outbox_group_label (&counts, NOW_MS, lengths[j]));
          }

  return labels;
}

static void
compare_languages (GPtrArray *(*list) (const char *) )
{
  g_autoptr (GPtrArray) english = list ("en");

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autoptr (GPtrArray) labels = list (languages[i].name);

      g_assert_cmpuint (labels->len, ==, english->len);
      for (guint j = 0; j < labels->len; j++)
        {
          assert_whole (labels->pdata[j]);
          if (i > 0)
            g_assert_cmpstr (labels->pdata[j], !=, english->pdata[j]);
        }
      g_test_message ("%s: %u labels", languages[i].name, labels->len);
    }
}

static void
test_all_are_translated (void)
{
  compare_languages (list_labels);
}

static void
test_all_groups_are_translated (void)
{
  compare_languages (list_group_labels);
}

/* --- JSON --- */

static JsonNode *
load (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("LABELS"), name, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);

  return json_parser_steal_root (parser);
}

/* Where the messages have an id, the language has what gettext says for it. Returns: how many were compared. */
static guint
compare (JsonNode *ids, JsonNode *words, guint (*form) (gulong))
{
  const gulong numbers[] = { 0, 1, 2, 5, 21, 100, 1000000 };
  guint n_compared = 0;

  if (JSON_NODE_HOLDS_VALUE (ids))
    {
      g_assert_cmpstr (json_node_get_string (words), ==, dgettext ("outbox", json_node_get_string (ids)));
      return 1;
    }
  if (JSON_NODE_HOLDS_ARRAY (ids))
    {
      JsonArray *array = json_node_get_array (ids);

      g_assert_cmpuint (json_array_get_length (json_node_get_array (words)), ==, json_array_get_length (array));
      for (guint i = 0; i < json_array_get_length (array); i++)
        n_compared += compare (json_array_get_element (array, i),
                               json_array_get_element (json_node_get_array (words), i), form);
      return n_compared;
    }
  if (json_object_has_member (json_node_get_object (ids), "one"))
    {
      const char *one = json_object_get_string_member (json_node_get_object (ids), "one");
      const char *many = json_object_get_string_member (json_node_get_object (ids), "many");

      for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        g_assert_cmpstr (json_array_get_string_element (json_node_get_array (words), form (numbers[i])), ==,
                         dngettext ("outbox", one, many, numbers[i]));
      g_assert_cmpuint (json_array_get_length (json_node_get_array (words)), ==, form (1000000) + 1);
      return 1;
    }

  {
    g_autoptr (GList) names = json_object_get_members (json_node_get_object (ids));

    for (GList *name = names; name; name = name->next)
      n_compared += compare (json_object_get_member (json_node_get_object (ids), name->data),
                             json_object_get_member (json_node_get_object (words), name->data), form);
  }

  return n_compared;
}

static void
test_json_says_the_same (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, g_getenv ("LABEL_MESSAGES"), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *name = g_strdup_printf ("labels-%s.json", languages[i].name);
      g_autoptr (JsonNode) words = load (name);
      guint n_compared;

      speak (languages[i].name);
      n_compared = compare (json_parser_get_root (parser), words, languages[i].form);
      g_test_message ("%s: %u messages", name, n_compared);
      g_assert_cmpuint (n_compared, >, 6 * OUTBOX_N_STATES + 5 * OUTBOX_N_REASONS + 3 * (OUTBOX_N_RUNGS - 1));
    }
}

static void
test_json_has_every_state_and_reason (void)
{
  static const char *const names[] = { "terminal", "notification", "web" };

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *name = g_strdup_printf ("labels-%s.json", languages[i].name);
      g_autoptr (JsonNode) words = load (name);
      JsonObject *states = json_object_get_object_member (json_node_get_object (words), "states");
      JsonObject *reasons = json_object_get_object_member (json_node_get_object (words), "reasons");

      speak (languages[i].name);
      g_assert_cmpuint (json_object_get_size (states), ==, OUTBOX_N_STATES);
      g_assert_cmpuint (json_object_get_size (reasons), ==, OUTBOX_N_REASONS - 1);
      for (guint reason = 1; reason < OUTBOX_N_REASONS; reason++)
        for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
          {
            JsonObject *its = json_object_get_object_member (reasons, outbox_reason_get_info (reason)->name);
            g_autofree char *label = outbox_status_label (OUTBOX_STATE_PAUSED, reason, 0, NOW_MS, 0, 0, lengths[j]);

            g_assert_cmpstr (json_object_get_string_member (its, names[j]), ==, label);
          }
      for (guint state = 0; state < OUTBOX_N_STATES; state++)
        for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
          {
            JsonObject *its = json_object_get_object_member (states, outbox_state_get_info (state)->name);
            g_autofree char *label = outbox_status_label (state, 0, 0, NOW_MS, 42, 100, lengths[j]);

            if (state != OUTBOX_STATE_UPLOADING)
              g_assert_cmpstr (json_object_get_string_member (its, names[j]), ==, label);
          }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/samples", test_samples);
  g_test_add_func ("/labels/times-of-day", test_times_of_day);
  g_test_add_func ("/labels/waits-in-the-largest-unit", test_waits_in_the_largest_unit);
  g_test_add_func ("/labels/group-samples", test_group_samples);
  g_test_add_func ("/labels/all-are-translated", test_all_are_translated);
  g_test_add_func ("/labels/all-groups-are-translated", test_all_groups_are_translated);
  g_test_add_func ("/labels/json-says-the-same", test_json_says_the_same);
  g_test_add_func ("/labels/json-has-every-state-and-reason", test_json_has_every_state_and_reason);

  return g_test_run ();
}
