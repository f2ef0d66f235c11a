/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service's sentences in a person's language, by the real catalogues, and whatever else comes in their place.
 */
#include "dbus/messages.h"
#include "dbus/sentence.h"
#include "dbus/sentences.h"

#include <libintl.h>
#include <locale.h>
#include <string.h>

static const char *const languages[] = { "de", "es", "fr", "ja", "pt_BR", "zh_CN" };

/* C.UTF-8 is there on every system. The change through C makes gettext look again. */
static void
speak (const char *language)
{
  g_setenv ("LANGUAGE", language, TRUE);
  g_assert_nonnull (setlocale (LC_ALL, "C"));
  g_assert_nonnull (setlocale (LC_ALL, "C.UTF-8"));
}

/* Puts into each hole what no sentence has, the same into the same one wherever a language has it. @is_head: something follows */
static char *
fill (const char *format, gboolean is_head)
{
  static const char *const samples[] = { "Q1", "Q2", "Q3", "Q4" };
  g_autoptr (GRegex) hole = g_regex_new ("%(?:([0-9])\\$)?[.0-9]*(?:l*[du]|s)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  GString *filled = g_string_new (NULL);
  int end = 0;
  guint next = 0;

  for (g_regex_match (hole, format, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *place = g_match_info_fetch (match, 1);
      const guint index = *place ? (guint) (*place - '1') : next++;
      int from, to;

      g_match_info_fetch_pos (match, 0, &from, &to);
      g_assert_cmpuint (index, <, G_N_ELEMENTS (samples));
      g_string_append_len (filled, format + end, from - end);
      g_string_append (filled, samples[index] + (format[to - 1] == 's' ? 0 : 1));
      end = to;
    }
  g_string_append (filled, format + end);
  if (is_head)
    g_string_append (filled, "Q9");

  return g_string_free (filled, FALSE);
}

static void
test_each_sentence_is_known_as_itself (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      speak (languages[i]);
      for (guint j = 0; j < G_N_ELEMENTS (outbox_sentences); j++)
        {
          const gboolean is_head = g_str_has_suffix (outbox_sentences[j], ": ");
          g_autofree char *english = fill (outbox_sentences[j], is_head);
          g_autofree char *expected = fill (outbox_message_get (outbox_sentences[j]), is_head);
          g_autofree char *said = outbox_sentence_translate (english);

          if (strcmp (said, expected) != 0)
            g_test_message ("%s: %s", languages[i], english);
          g_assert_cmpstr (said, ==, expected);
        }
    }
}

/* In German, of which the words are those of the catalogue. */
static const struct
{
  const char *name, *text, *expected;
} samples[] = {
  { "a-sentence", "The keyring is locked", "Der Schlüsselbund ist gesperrt" },
  { "a-name-in-it", "There is no group case 8: left", "Es gibt keine Gruppe case 8: left" },
  { "numbers-in-it", "The server has 5 bytes and no longer 70", "Der Server hat 5 Bytes und nicht mehr 70" },
  { "what-is-no-number-there", "The server has all bytes and no longer 70",
    "The server has all bytes and no longer 70" },
  { "a-sentence-in-a-sentence", "The sign-in server: The server did not answer in time",
    "Der Anmeldeserver: Der Server hat nicht rechtzeitig geantwortet" },
  { "a-head", "3 of 7 are done: There is no network", "3 von 7 sind erledigt: Es gibt kein Netzwerk" },
  { "the-systems-words", "Cannot read /a/b: Permission denied", "/a/b kann nicht gelesen werden: Keine Berechtigung" },
  { "a-librarys-words", "Could not connect to depot.example: Name or service not known",
    "Keine Verbindung zu depot.example: Name oder Server unbekannt" },
  { "a-sentence-behind-a-librarys",
    "Unacceptable TLS certificate: its certificate has expired, or this device's clock is wrong",
    "Das TLS-Zertifikat ist nicht annehmbar: sein Zertifikat ist abgelaufen, oder die Uhr dieses Geräts geht falsch" },
  { "a-line-of-a-file", "/etc/outbox/outbox.conf: [Rule video] max-size: a size such as 500K, 100M or 1G",
    "/etc/outbox/outbox.conf: [Rule video] max-size: eine Größe wie 500K, 100M oder 1G" },
  { "a-group-of-a-file", "/etc/outbox/outbox.conf: [Rule video] less than min-size",
    "/etc/outbox/outbox.conf: [Rule video] kleiner als min-size" },
  { "a-servers-words", "Quota: 5 GB exceeded (HTTP 413)", "Quota: 5 GB exceeded (HTTP 413)" },
  { "a-servers-words-in-a-sentence", "The server does not take this device's certificate: no: thanks",
    "Der Server nimmt das Zertifikat dieses Geräts nicht an: no: thanks" },
  { "of-another-version", "The server has eaten it", "The server has eaten it" },
  { "almost", "The keyring is locked.", "The keyring is locked." },
  { "formats-of-others", "100 %s of %n: 5 %", "100 %s of %n: 5 %" },
  { "a-format-in-a-hole", "There is no upload %1$s%n", "Es gibt keinen Upload %1$s%n" },
  { "not-utf-8", "There is no upload \377\300", "Es gibt keinen Upload \377\300" },
  { "nothing-in-a-hole", "There is no upload ", "Es gibt keinen Upload " },
  { "nothing", "", "" },
  { "not-even-that", NULL, "" },
};

static void
test_samples (void)
{
  speak ("de");
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *said = outbox_sentence_translate (samples[i].text);

      g_test_message ("%s", samples[i].name);
      g_assert_cmpstr (said, ==, samples[i].expected);
    }
}

/* A server may have it search for long, but not for ever. */
static void
test_long_and_split_texts_end (void)
{
  const char *const parts[] = { ": ", "The sign-in server: ", "] ", "%s", "x", "Cannot read a: " };
  const gint64 begin_us = g_get_monotonic_time ();

  speak ("de");
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint n = 1; n <= 1000; n *= 10)
      {
        GString *text = g_string_new (NULL);
        g_autofree char *said = NULL;

        for (guint j = 0; j < n; j++)
          g_string_append (text, parts[i]);
        said = outbox_sentence_translate (text->str);
        g_assert_cmpuint (strlen (said), >=, text->len / 2);
        g_string_free (text, TRUE);
      }
  g_test_message ("%" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - begin_us) / 1000);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 10 * G_USEC_PER_SEC);
}

static void
test_english_stays_as_it_is (void)
{
  speak ("en");
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *said = outbox_sentence_translate (samples[i].text);

      g_assert_cmpstr (said, ==, samples[i].text ? samples[i].text : "");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sentences/each-is-known-as-itself", test_each_sentence_is_known_as_itself);
  g_test_add_func ("/sentences/samples", test_samples);
  g_test_add_func ("/sentences/long-and-split-texts-end", test_long_and_split_texts_end);
  g_test_add_func ("/sentences/english-stays-as-it-is", test_english_stays_as_it_is);

  return g_test_run ();
}
