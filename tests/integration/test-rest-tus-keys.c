/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creations of tus with a submit key, which come again: the same file is one upload, and no other file is taken for it.
 */
#include "rest.h"

#define PIECE "Content-Type: application/offset+octet-stream\r\n"

/* What a row does first. */
typedef enum
{
  NOTHING,
  PART,  /* three bytes come by PATCH, to where the row before was sent */
  REST,  /* and the others */
  KILL,  /* the daemon is killed, and started again */
  PLAIN, /* the file is handed over with the key, but not by tus */
} Before;

static const struct
{
  Before before;
  const char *key;
  const char *fields;
  const char *body;
  guint status;
  const char *offset;    /* of a 201 */
  gboolean is_as_before; /* it has the upload of the row before */
} rows[] = {
  { NOTHING, "a", "Upload-Length: 5\r\n", "", 201, "0", FALSE },
  { NOTHING, "a", "Upload-Length: 5\r\n", "", 201, "0", TRUE },
  { NOTHING, "\"a\"", "Upload-Length: 5\r\n", "", 201, "0", TRUE },
  { NOTHING, "a", "Upload-Length: 6\r\n", "", 422, NULL, FALSE },
  { NOTHING, "a", "Upload-Length: 5\r\nUpload-Metadata: note eA==\r\n", "", 422, NULL, FALSE },
  { NOTHING, "a", "Upload-Length: 5\r\n", "", 201, "0", FALSE },
  { PART, "a", "Upload-Length: 5\r\n", "", 201, "3", TRUE },
  /* What its client has sent is not sent again. */
  { NOTHING, "a", "Upload-Length: 5\r\n" PIECE, "hello", 201, "3", TRUE },
  { KILL, "a", "Upload-Length: 5\r\n", "", 201, "3", TRUE },
  /* From here on bytes can be compared, where they are there. */
  { REST, "a", "Upload-Length: 5\r\n" PIECE, "hello", 201, "5", TRUE },
  { NOTHING, "a", "Upload-Length: 5\r\n" PIECE, "hellO", 422, NULL, FALSE },
  { NOTHING, "a", "Upload-Length: 5\r\n" PIECE, "hel", 422, NULL, FALSE },
  { NOTHING, "a", "Upload-Length: 5\r\n", "", 422, NULL, FALSE },
  { NOTHING, "a", "Upload-Defer-Length: 1\r\n", "", 422, NULL, FALSE },
  { KILL, "a", "Upload-Length: 5\r\n" PIECE, "hello", 201, "5", FALSE },
  { NOTHING, "b", "Upload-Length: 5\r\n" PIECE, "hello", 201, "5", FALSE },
  { NOTHING, "b", "Upload-Length: 5\r\n" PIECE, "hello", 201, "5", TRUE },
  { PLAIN, "c", "Upload-Length: 5\r\n" PIECE, "hello", 201, "5", FALSE },
  { NOTHING, "c", "Upload-Length: 5\r\n" PIECE, "jello", 422, NULL, FALSE },
  { NOTHING, "d", "Upload-Length: 0\r\n", "", 201, "0", FALSE },
  { NOTHING, "d", "Upload-Length: 0\r\n", "", 201, "0", TRUE },
  { NOTHING, "e", "Upload-Defer-Length: 1\r\n", "", 201, "0", FALSE },
  { PART, "e", "Upload-Defer-Length: 1\r\n", "", 201, "3", TRUE },
  { NOTHING, "e", "Upload-Length: 2\r\n", "", 422, NULL, FALSE },
  { NOTHING, "", "Upload-Length: 5\r\n", "", 400, NULL, FALSE },
};

#define N_UPLOADS 5

static void
patch (TestBroker *broker, const char *path, guint offset, const char *bytes)
{
  g_autofree char *request = g_strdup_printf ("PATCH %s HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n" PIECE
                                              "Upload-Offset: %u\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                                              path, offset, strlen (bytes), bytes);
  g_auto (RestAnswer) answer = rest_send (broker, request, -1);

  g_assert_cmpuint (answer.status, ==, 204);
}

static void
submit_plain (TestBroker *broker, const char *key)
{
  g_autofree char *fields = g_strdup_printf ("Idempotency-Key: %s\r\n", key);
  g_auto (RestAnswer) answer = rest_submit (broker, "/v1/uploads", fields, "hello", 5);

  g_assert_cmpuint (answer.status, ==, 201);
}

static void
do_before (TestBroker *broker, guint i, const char *path)
{
  switch (rows[i].before)
    {
    case PART:
      patch (broker, path, 0, "hel");
      return;
    case REST:
      patch (broker, path, 3, "lo");
      return;
    case KILL:
      test_broker_kill (broker);
      test_broker_start (broker, NULL);
      rest_wait (broker);
      return;
    case PLAIN:
      submit_plain (broker, rows[i].key);
      return;
    case NOTHING:
    default:
      return;
    }
}

static void
check (guint i, const RestAnswer *answer, const char *path)
{
  g_autofree char *offset = rest_answer_dup_field (answer, "Upload-Offset");
  g_autofree char *location = rest_answer_dup_field (answer, "Location");
  g_autofree char *code = answer->status == 422 ? rest_answer_dup_member (answer, "code") : NULL;

  if (answer->status != rows[i].status || (rows[i].offset && g_strcmp0 (offset, rows[i].offset) != 0)
      || (rows[i].is_as_before && g_strcmp0 (location, path) != 0)
      || (answer->status == 422 && g_strcmp0 (code, "KeyReused") != 0))
    g_error ("row %u: %u, offset %s, %s (before: %s): %s", i, answer->status, offset ? offset : "none",
             location ? location : "nowhere", path, answer->body);
}

static void
test_creations_that_come_again (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_autofree char *path = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *fields
          = g_strdup_printf ("Tus-Resumable: 1.0.0\r\nIdempotency-Key: %s\r\n%s", rows[i].key, rows[i].fields);
      g_auto (RestAnswer) answer = { 0 };

      do_before (broker, i, path);
      answer = rest_submit (broker, "/v1/tus/", fields, rows[i].body, strlen (rows[i].body));
      check (i, &answer, path);
      if (answer.status == 201)
        {
          g_free (path);
          path = rest_answer_dup_field (&answer, "Location");
        }
    }
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, N_UPLOADS);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-tus-keys/creations-that-come-again", test_creations_that_come_again);

  return g_test_run ();
}
