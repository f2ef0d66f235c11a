/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and replaces records. Any thread.
 */
#include "broker/place.h"

#include "broker/record-file.h"
#include "transfer/protocols.h"

#define MEMBER "server_url"

static gboolean
set_place (JsonObject *record, gpointer resume)
{
  json_object_set_string_member (record, MEMBER, resume);

  return TRUE;
}

/* A disk that has taken the row and does not take the record is no reason not to send. */
static void
keep (const char *copy_path, const char *resume)
{
  g_autoptr (GError) error = NULL;

  if (!ob_record_file_change (copy_path, set_place, (gpointer) resume, "place", &error))
    g_info ("The record of %s does not tell where the server has it: %s", copy_path, error->message);
}

/* Returns: (transfer full) (nullable): NULL: none was kept, or the record cannot be read */
static char *
find_place (const ObJob *job)
{
  g_autoptr (JsonNode) record = ob_record_file_load (job->path, NULL);
  g_autofree char *place = record ? ob_json_dup_clean_text (json_node_get_object (record), MEMBER) : NULL;
  const ObProtocol *protocol = place ? ob_protocol_find (job->protocol) : NULL;

  return protocol && protocol->is_resume (place) ? g_steal_pointer (&place) : NULL;
}

void
ob_place_take_up (ObJob *job, ObPlaceTell tell, gpointer user_data)
{
  g_autofree char *place = job->is_place_unknown ? find_place (job) : NULL;

  if (place && tell (place, TRUE, user_data) == OB_CREATED_DURABLE)
    job->resume = g_steal_pointer (&place);
}

/* Returns: whether the row has the record's place now, which is another than the one that led to nothing */
static gboolean
take_other (const ObJob *job, ObPlaceTell tell, gpointer user_data)
{
  g_autofree char *place = job->resume ? find_place (job) : NULL;

  return place && strcmp (place, job->resume) != 0 && tell (place, TRUE, user_data) == OB_CREATED_DURABLE;
}

ObCreated
ob_place_change (const ObJob *job, gboolean *has_begun, const char *resume, ObPlaceTell tell, gpointer user_data)
{
  ObCreated fate;

  *has_begun |= resume != NULL;
  if (!*has_begun && take_other (job, tell, user_data))
    return OB_CREATED_STOP;
  fate = tell (resume, FALSE, user_data);
  if (fate == OB_CREATED_DURABLE && resume)
    keep (job->path, resume);

  return fate;
}

void
ob_place_look_elsewhere (const ObJob *job, gboolean has_begun, ObAttemptResult *result, ObPlaceTell tell,
                         gpointer user_data)
{
  if (result->is_url_strange && !has_begun && take_other (job, tell, user_data))
    result->is_cancelled = TRUE;
}

gboolean
ob_place_is_known (const char *copy_path)
{
  g_autoptr (JsonNode) record = ob_record_file_load (copy_path, NULL);

  return record && json_object_has_member (json_node_get_object (record), MEMBER);
}
