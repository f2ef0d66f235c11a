/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/rest/page-head: whatever the fields say, nothing is good but the names of this port, origins in the one spelling, and tokens that
 * can be one.
 */
#include "fuzz.h"
#include "ipc/pairing-origin.h"
#include "ipc/rest/page-head.h"

#define PORT 7363
#define DASHBOARD "outbox-bcdf-ghjk.localhost:7363"

static gboolean
is_name_of_port (const char *host)
{
  static const char *const names[] = { "127.0.0.1:7363", "localhost:7363", DASHBOARD, NULL };

  return g_strv_contains (names, host);
}

static void
check_good (const ObPageHead *head, const ObPageFields *fields)
{
  g_autofree char *origin = head->origin ? ob_pairing_dup_origin (head->origin, NULL) : NULL;

  g_assert_true (is_name_of_port (fields->host));
  g_assert_cmpstr (origin, ==, head->origin);
  g_assert_true (!fields->origin || g_str_equal (fields->origin, origin));
  g_assert_true (fields->origin || !origin || g_strcmp0 (fields->site, "same-origin") == 0);
  g_assert_true (!head->is_own || is_name_of_port (origin + strlen ("http://")));
  for (const char *c = head->token; c && *c; c++)
    g_assert_true (g_ascii_isalnum (*c) || strchr ("-_", *c));
  g_assert_true (!head->token || (*head->token != '\0' && strlen (head->token) <= 128));
  g_assert_true (!head->is_preflight || (origin && fields->wanted_method));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  char *texts[8];
  ObPageFields fields;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    texts[i] = fuzz_take_text (&data, &size);
  /* An empty text stands for a field that did not come; only method and host always do. */
  for (guint i = 2; i < G_N_ELEMENTS (texts); i++)
    if (*texts[i] == '\0')
      g_clear_pointer (&texts[i], g_free);
  fields = (ObPageFields){ texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7] };
  {
    g_auto (ObPageHead) head = ob_page_head_read (&fields, PORT, "http://" DASHBOARD);

    g_assert_true ((head.status == 0) == (head.detail == NULL));
    g_assert_true (head.status == 0 || head.status == 401 || head.status == 403);
    if (head.status == 0)
      check_good (&head, &fields);
    else
      g_assert_false (head.is_preflight);
  }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);

  return 0;
}
