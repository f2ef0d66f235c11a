/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The faults of the receiver: one table of names with their defaults, a list of those that wait. Main thread.
 */
#include "faults.h"

#include <string.h>

#include <gio/gio.h>

#define PORTAL_PAGE "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Sign in to go online</body></html>\n"

typedef struct
{
  const char *name;
  FaultKind kind;
  FaultStage stage;
  const char *method; /* NULL: any */
  guint status;
  int count;
  const char *body;
  const char *content_type;
} FaultType;

/* Methods with a comma are any of these. */
static const FaultType fault_types[] = {
  { "status", FAULT_STATUS, FAULT_STAGE_REQUEST, NULL, 503, 1, "", "text/plain" },
  { "html-200", FAULT_STATUS, FAULT_STAGE_REQUEST, NULL, 200, 1, PORTAL_PAGE, "text/html" },
  { "redirect", FAULT_STATUS, FAULT_STAGE_REQUEST, NULL, 302, 1, "", "text/html" },
  { "lock", FAULT_STATUS, FAULT_STAGE_REQUEST, "HEAD,PATCH,DELETE", 423, 1, "locked\n", "text/plain" },
  { "expire", FAULT_STATUS, FAULT_STAGE_REQUEST, "HEAD,PATCH", 410, -1, "expired\n", "text/plain" },
  { "garbage", FAULT_GARBAGE, FAULT_STAGE_REQUEST, NULL, 0, 1, "\x01\x02 this is no HTTP\r\n\r\n\xff\xfe", NULL },
  { "endless-headers", FAULT_ENDLESS_HEADERS, FAULT_STAGE_REQUEST, NULL, 0, 1, NULL, NULL },
  { "reset", FAULT_RESET, FAULT_STAGE_REQUEST, NULL, 0, 1, NULL, NULL },
  { "cut-after", FAULT_CUT_AFTER, FAULT_STAGE_BODY, NULL, 0, 1, NULL, NULL },
  { "stall-after", FAULT_STALL_AFTER, FAULT_STAGE_BODY, NULL, 0, 1, NULL, NULL },
  { "short-204", FAULT_SHORT, FAULT_STAGE_BODY, "PATCH", 0, 1, NULL, NULL },
  { "lost-answer", FAULT_LOST_ANSWER, FAULT_STAGE_REPLY, NULL, 0, 1, NULL, NULL },
  { "wrong-offset", FAULT_WRONG_OFFSET, FAULT_STAGE_REPLY, "HEAD,PATCH", 0, 1, NULL, NULL },
  { "delay", FAULT_DELAY, FAULT_STAGE_REPLY, NULL, 0, 1, NULL, NULL },
  { "backwards", FAULT_BACKWARDS, FAULT_STAGE_HEAD, "HEAD", 0, 1, NULL, NULL },
  { "confirm", FAULT_CONFIRM, FAULT_STAGE_CONFIRM, NULL, 0, 1, NULL, NULL },
};

typedef struct
{
  FaultStage stage;
  Fault *fault; /* owned */
} Waiting;

struct Faults
{
  GPtrArray *waiting; /* Waiting */
  Habits habits;
};

static void
fault_clear (Fault *fault)
{
  g_free (fault->method);
  g_free (fault->id);
  g_free (fault->path);
  g_free (fault->mode);
  g_free (fault->body);
  g_free (fault->content_type);
  g_hash_table_unref (fault->headers);
}

void
fault_unref (Fault *fault)
{
  g_rc_box_release_full (fault, (GDestroyNotify) fault_clear);
}

static void
waiting_free (Waiting *waiting)
{
  fault_unref (waiting->fault);
  g_free (waiting);
}

static void
habits_reset (Habits *habits)
{
  g_free (habits->location);
  g_free (habits->header_name);
  g_free (habits->header_value);
  *habits = (Habits){ .location = g_strdup ("absolute"), .checksum = TRUE };
}

Faults *
faults_new (void)
{
  Faults *faults = g_new0 (Faults, 1);

  faults->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) waiting_free);
  habits_reset (&faults->habits);
  return faults;
}

void
faults_free (Faults *faults)
{
  g_ptr_array_unref (faults->waiting);
  habits_reset (&faults->habits);
  g_free (faults->habits.location);
  g_free (faults);
}

void
faults_clear (Faults *faults)
{
  g_ptr_array_set_size (faults->waiting, 0);
  habits_reset (&faults->habits);
}

static const char *
string_member (JsonObject *object, const char *name, const char *otherwise)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : otherwise;
}

static gint64
int_member (JsonObject *object, const char *name, gint64 otherwise)
{
  return json_object_get_int_member_with_default (object, name, otherwise);
}

/* A fault's own words become headers too: "retry_after" and "location" are common enough to have a name. null takes one away that
 * the receiver sends of itself. */
static void
read_headers (Fault *fault, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "headers");

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObject *headers = json_node_get_object (node);
      g_autoptr (GList) names = json_object_get_members (headers);

      for (GList *item = names; item != NULL; item = item->next)
        g_hash_table_insert (fault->headers, g_strdup (item->data), g_strdup (string_member (headers, item->data, NULL)));
    }
  if (json_object_has_member (object, "retry_after"))
    g_hash_table_insert (fault->headers, g_strdup ("Retry-After"),
                         g_strdup_printf ("%" G_GINT64_FORMAT, int_member (object, "retry_after", 0)));
  if (fault->status / 100 == 3)
    g_hash_table_insert (fault->headers, g_strdup ("Location"),
                         g_strdup (string_member (object, "location", "http://portal.invalid/login")));
}

static Fault *
fault_new (const FaultType *type, JsonObject *object)
{
  Fault *fault = g_rc_box_new0 (Fault);

  fault->kind = type->kind;
  fault->name = type->name;
  fault->count = int_member (object, "count", type->count);
  fault->skip = int_member (object, "skip", 0);
  fault->method = g_strdup (string_member (object, "method", type->method));
  fault->id = g_strdup (string_member (object, "id", NULL));
  fault->path = g_strdup (string_member (object, "path", NULL));
  fault->status = int_member (object, "status", type->status);
  fault->bytes = int_member (object, "bytes", int_member (object, "offset", 0));
  fault->delay_ms = int_member (object, "delay_ms", 0);
  fault->is_early = json_object_get_boolean_member_with_default (object, "early", FALSE);
  fault->mode = g_strdup (string_member (object, "mode", NULL));
  fault->body = g_strdup (string_member (object, "body", type->body));
  fault->content_type = g_strdup (string_member (object, "content_type", type->content_type));
  fault->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  read_headers (fault, object);
  return fault;
}

/* Returns FALSE where the name is no habit. */
static gboolean
set_habit (Habits *habits, const char *name, JsonObject *object)
{
  if (g_str_equal (name, "location"))
    {
      g_free (habits->location);
      habits->location = g_strdup (string_member (object, "mode", "absolute"));
    }
  else if (g_str_equal (name, "checksum"))
    habits->checksum = json_object_get_boolean_member_with_default (object, "on", TRUE);
  else if (g_str_equal (name, "buffering"))
    habits->buffering = json_object_get_boolean_member_with_default (object, "on", TRUE);
  else if (g_str_equal (name, "rate"))
    habits->rate = int_member (object, "bytes", 0);
  else if (g_str_equal (name, "max-size"))
    habits->max_size = int_member (object, "bytes", 0);
  else if (g_str_equal (name, "require-header"))
    {
      g_free (habits->header_name);
      g_free (habits->header_value);
      habits->header_name = g_strdup (string_member (object, "name", NULL));
      habits->header_value = g_strdup (string_member (object, "value", NULL));
    }
  else
    return FALSE;
  return TRUE;
}

gboolean
faults_add (Faults *faults, JsonObject *object, GError **error)
{
  const char *name = string_member (object, "fault", NULL);

  if (name == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"fault\" is missing");
      return FALSE;
    }
  if (g_str_equal (name, "none"))
    {
      faults_clear (faults);
      return TRUE;
    }
  if (set_habit (&faults->habits, name, object))
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (fault_types); i++)
    if (g_str_equal (name, fault_types[i].name))
      {
        Waiting *waiting = g_new0 (Waiting, 1);

        waiting->stage = fault_types[i].stage;
        waiting->fault = fault_new (&fault_types[i], object);
        g_ptr_array_add (faults->waiting, waiting);
        return TRUE;
      }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no fault is called %s", name);
  return FALSE;
}

static gboolean
method_matches (const char *wanted, const char *method)
{
  g_auto (GStrv) words = NULL;

  if (wanted == NULL)
    return TRUE;
  words = g_strsplit (wanted, ",", -1);
  return g_strv_contains ((const char *const *) words, method);
}

static gboolean
fault_matches (const Fault *fault, const FaultSubject *subject)
{
  return method_matches (fault->method, subject->method)
         && (fault->path == NULL || g_str_has_prefix (subject->path, fault->path))
         && (fault->id == NULL || g_strcmp0 (fault->id, subject->id) == 0
             || g_strcmp0 (fault->id, subject->key) == 0 || g_strcmp0 (fault->id, subject->outbox_id) == 0);
}

Fault *
faults_take (Faults *faults, FaultStage stage, const FaultSubject *subject)
{
  for (guint i = 0; i < faults->waiting->len; i++)
    {
      Waiting *waiting = g_ptr_array_index (faults->waiting, i);
      Fault *taken;

      if (waiting->stage != stage || !fault_matches (waiting->fault, subject))
        continue;
      if (waiting->fault->skip > 0)
        {
          waiting->fault->skip--;
          continue;
        }
      taken = g_rc_box_acquire (waiting->fault);
      if (taken->count > 0 && --taken->count == 0)
        g_ptr_array_remove_index (faults->waiting, i);
      return taken;
    }
  return NULL;
}

const Habits *
faults_get_habits (Faults *faults)
{
  return &faults->habits;
}

JsonObject *
faults_describe (Faults *faults)
{
  JsonObject *object = json_object_new ();
  JsonArray *waiting = json_array_new ();

  for (guint i = 0; i < faults->waiting->len; i++)
    {
      const Fault *fault = ((Waiting *) g_ptr_array_index (faults->waiting, i))->fault;
      JsonObject *entry = json_object_new ();

      json_object_set_string_member (entry, "fault", fault->name);
      json_object_set_int_member (entry, "count", fault->count);
      json_object_set_int_member (entry, "skip", fault->skip);
      json_array_add_object_element (waiting, entry);
    }
  json_object_set_array_member (object, "waiting", waiting);
  json_object_set_string_member (object, "location", faults->habits.location);
  json_object_set_boolean_member (object, "checksum", faults->habits.checksum);
  json_object_set_boolean_member (object, "buffering", faults->habits.buffering);
  json_object_set_int_member (object, "rate", faults->habits.rate);
  json_object_set_int_member (object, "max_size", faults->habits.max_size);
  return object;
}
