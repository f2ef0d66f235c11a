/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GET /confirm?id=&group=&sha256=: is the upload stored, and attached to which record? 200 says yes in JSON, 404 with
 * "stored": false and 202 say not yet, 409, 410 and 422 refuse with words. Main thread.
 */
#include "exchange.h"

#define ROUTE "/confirm"

static void
deny_it (SoupServerMessage *message)
{
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "stored", FALSE);
  reply_json (message, SOUP_STATUS_NOT_FOUND, object);
}

static void
confirm_it (SoupServerMessage *message, const Deposit *deposit, const char *id, const char *sha256,
            gboolean is_attached)
{
  JsonObject *object = json_object_new ();
  g_autofree char *record = g_strconcat ("rec-", id, NULL);

  json_object_set_boolean_member (object, "stored", TRUE);
  json_object_set_boolean_member (object, "attached", is_attached);
  json_object_set_string_member (object, "record", record);
  if (sha256 == NULL)
    sha256 = deposit->sha256;
  if (sha256 != NULL)
    json_object_set_string_member (object, "sha256", sha256);
  reply_json (message, SOUP_STATUS_OK, object);
}

/* Returns TRUE where the fault is the answer. */
static gboolean
answer_by_mode (SoupServerMessage *message, const Fault *fault, const Deposit *deposit, const char *id)
{
  static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";

  if (g_strcmp0 (fault->mode, "not-yet") == 0)
    deny_it (message);
  else if (g_strcmp0 (fault->mode, "attaching") == 0)
    reply_text (message, SOUP_STATUS_ACCEPTED, "attaching\n");
  else if (g_strcmp0 (fault->mode, "refuse") == 0)
    reply_text (message, fault->status != 0 ? fault->status : 409,
                fault->body != NULL ? fault->body : "the record is closed\n");
  else if (g_strcmp0 (fault->mode, "garbage") == 0)
    reply_text (message, SOUP_STATUS_OK, "{\"stored\": yes");
  else if (g_strcmp0 (fault->mode, "html") == 0)
    reply_text (message, SOUP_STATUS_OK, "<html><body>Sign in</body></html>\n");
  else if (g_strcmp0 (fault->mode, "wrong-digest") == 0 && deposit != NULL)
    confirm_it (message, deposit, id, wrong, TRUE);
  else if (g_strcmp0 (fault->mode, "unattached") == 0 && deposit != NULL)
    confirm_it (message, deposit, id, NULL, FALSE);
  else
    return FALSE;
  return TRUE;
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  const char *id = query != NULL ? g_hash_table_lookup (query, "id") : NULL;
  const Deposit *deposit = id != NULL ? shelf_find_key (receiver->shelf, id, NULL) : NULL;
  FaultSubject subject = { soup_server_message_get_method (message), path, NULL, id, id };
  g_autoptr (Fault) fault = NULL;
  JsonObject *facts = json_object_new ();

  if (receiver_admit (receiver, message, path, deposit))
    {
      json_object_unref (facts);
      return;
    }
  fault = faults_take (receiver->faults, FAULT_STAGE_CONFIRM, &subject);
  if (id == NULL)
    reply_text (message, SOUP_STATUS_BAD_REQUEST, "id is missing\n");
  else if (fault == NULL || !answer_by_mode (message, fault, deposit, id))
    {
      if (deposit == NULL || !deposit->is_finished)
        deny_it (message);
      else
        confirm_it (message, deposit, id, NULL, TRUE);
    }
  json_object_set_string_member (facts, "key", id != NULL ? id : "");
  json_object_set_int_member (facts, "status", soup_server_message_get_status (message));
  ledger_write (receiver->ledger, "confirm", facts);
  receiver_conclude (receiver, message, path, deposit);
}

void
confirm_add_routes (Receiver *receiver)
{
  soup_server_add_handler (receiver->server, ROUTE, on_request, receiver, NULL);
}
