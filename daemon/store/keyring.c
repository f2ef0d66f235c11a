/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked of the keyring: each question is one search, one new item, or one item after another that is deleted. Main thread.
 */
#include "store/keyring.h"

#include "base/debug.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#define MOST_BYTES (256 * 1024)

static const SecretSchema schema = { .name = "org.outbox.Outbox1.SignIn",
                                     .flags = SECRET_SCHEMA_NONE,
                                     .attributes = { { "id", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

struct _ObKeyring
{
  ObKeyringWatch *watch;
  GPtrArray *questions; /* borrowed: those that have no answer yet */
  guint patience_ms;
  guint n_pending; /* questions that libsecret has not ended, those that nobody waits for any more included */
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

typedef enum
{
  READ,
  WRITE,
  REMOVE
} Kind;

typedef struct
{
  ObKeyring *keyring; /* NULL once it has been answered */
  Kind kind;
  char *id;
  char *label;
  char *secret; /* to be written, or NULL */
  GList *items; /* to be removed */
  GCancellable *cancellable;
  guint timeout;
  gboolean is_asked;
  ObKeyringDone done;
  gpointer user_data;
} Question;

static void ask_service (Question *question);

/* --- Questions and their end --- */

static void
question_free (Question *question)
{
  g_clear_handle_id (&question->timeout, g_source_remove);
  ob_secret_free (question->secret);
  g_list_free_full (question->items, g_object_unref);
  g_object_unref (question->cancellable);
  g_free (question->id);
  g_free (question->label);
  g_free (question);
}

/* Tells whoever asked. The question itself lives until libsecret is done with it. */
static void
answer (Question *question, const char *secret, const GError *error)
{
  ObKeyring *keyring = question->keyring;

  question->keyring = NULL;
  (void) g_ptr_array_remove (keyring->questions, question);
  g_clear_handle_id (&question->timeout, g_source_remove);
  ob_debug (OB_DEBUG_STORE, question->id, "the keyring %s",
            error                    ? error->message
            : question->kind == READ ? "had it"
                                     : "did it");
  question->done (secret, error, question->user_data);
}

static void
refuse (Question *question, OutboxError code, const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, code, words);

  answer (question, NULL, error);
}

/* Returns: (nullable): why nothing can be asked now */
static const char *
get_trouble (ObKeyring *keyring)
{
  switch (ob_keyring_watch_get_state (keyring->watch))
    {
    case OB_KEYRING_ABSENT:
      return S_ ("There is no keyring in this session, and the secret is in it");
    case OB_KEYRING_SILENT:
      return S_ ("The keyring does not answer");
    case OB_KEYRING_LOCKED:
      return S_ ("The keyring is locked");
    case OB_KEYRING_OPENING:
    case OB_KEYRING_OPEN:
    default:
      return NULL;
    }
}

/* What is asked while nobody knows how the keyring is waits until somebody does. */
static void
take_up (Question *question)
{
  const char *trouble = get_trouble (question->keyring);

  if (trouble)
    {
      refuse (question, OUTBOX_ERROR_WRONG_STATE, trouble);
      question_free (question);
    }
  else if (ob_keyring_get_state (question->keyring) == OB_KEYRING_OPEN)
    {
      question->is_asked = TRUE;
      question->keyring->n_pending++;
      ask_service (question);
    }
}

static void
take_up_all (ObKeyring *keyring)
{
  g_autoptr (GPtrArray) questions = g_ptr_array_copy (keyring->questions, NULL, NULL);

  /* One that was answered may have had another answered. */
  for (guint i = 0; i < questions->len; i++)
    if (g_ptr_array_find (keyring->questions, questions->pdata[i], NULL)
        && !((const Question *) questions->pdata[i])->is_asked)
      take_up (questions->pdata[i]);
}

static void
end_question (Question *question, OutboxError code, const char *words)
{
  const gboolean is_asked = question->is_asked;

  g_cancellable_cancel (question->cancellable);
  refuse (question, code, words);
  if (!is_asked)
    question_free (question);
}

static void
end_all (ObKeyring *keyring, OutboxError code, const char *words)
{
  while (keyring->questions->len > 0)
    end_question (keyring->questions->pdata[0], code, words);
}

static gboolean
on_question_late (gpointer user_data)
{
  Question *question = user_data;

  question->timeout = 0;
  end_question (question, OUTBOX_ERROR_WRONG_STATE, S_ ("The keyring does not answer"));

  return G_SOURCE_REMOVE;
}

/* Called as libsecret ends. Returns: whether somebody still waits; else the question is gone */
static gboolean
is_awaited (ObKeyring *keyring, Question *question)
{
  if (question->keyring)
    return TRUE;
  keyring->n_pending--;
  question_free (question);

  return FALSE;
}

static void
end_asked (ObKeyring *keyring, Question *question)
{
  keyring->n_pending--;
  question_free (question);
}

static void
fail (ObKeyring *keyring, Question *question, const GError *error)
{
  g_autofree char *words = g_strdup_printf (S_ ("The keyring is in trouble: %s"), error->message);

  refuse (question, OUTBOX_ERROR_WRONG_STATE, words);
  end_asked (keyring, question);
}

/* --- Reading --- */

typedef struct
{
  ObKeyring *keyring;
  Question *question;
} Call;

static Call *
call_new (Question *question)
{
  Call *call = g_new (Call, 1);

  *call = (Call){ question->keyring, question };

  return call;
}

/* Returns: (transfer full) (nullable): the text of a value that is one */
static char *
dup_text (SecretValue *value)
{
  gsize length = 0;
  const char *text = value ? secret_value_get (value, &length) : NULL;

  return text && length <= MOST_BYTES && g_utf8_validate_len (text, length, NULL) ? g_strndup (text, length) : NULL;
}

/* Returns: (transfer full) (nullable): what the newest item has that can be read. @is_locked: (out): one cannot */
static char *
dup_newest (GList *items, gboolean *is_locked)
{
  char *newest = NULL;
  guint64 modified = 0;

  *is_locked = FALSE;
  for (GList *link = items; link; link = link->next)
    {
      g_autoptr (SecretValue) value = secret_item_get_secret (link->data);
      const guint64 its = secret_item_get_modified (link->data);
      char *text = dup_text (value);

      *is_locked |= secret_item_get_locked (link->data);
      if (text && (!newest || its >= modified))
        {
          ob_secret_free (newest);
          newest = g_steal_pointer (&text);
          modified = its;
        }
      ob_secret_free (text);
    }

  return newest;
}

static gboolean
is_written (const Question *question, const char *found)
{
  return ob_secret_is_same (found, question->secret);
}

static void
tell_found (Question *question, GList *items)
{
  gboolean is_locked;
  char *found = dup_newest (items, &is_locked);

  if (!found && is_locked)
    refuse (question, OUTBOX_ERROR_WRONG_STATE, S_ ("The keyring is locked"));
  else if (!found)
    refuse (question, OUTBOX_ERROR_NOT_FOUND, S_ ("The keyring has no such secret"));
  else if (question->kind == WRITE && !is_written (question, found))
    refuse (question, OUTBOX_ERROR_WRONG_STATE, S_ ("The keyring does not keep what it is given"));
  else
    answer (question, question->kind == READ ? found : NULL, NULL);
  ob_secret_free (found);
}

static void remove_next (ObKeyring *keyring, Question *question);

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (source), result, &error);

  if (!is_awaited (call->keyring, call->question))
    g_list_free_full (items, g_object_unref);
  else if (error)
    fail (call->keyring, call->question, error);
  else if (call->question->kind == REMOVE)
    {
      call->question->items = items;
      remove_next (call->keyring, call->question);
    }
  else
    {
      tell_found (call->question, items);
      g_list_free_full (items, g_object_unref);
      end_asked (call->keyring, call->question);
    }
}

static void
search (Question *question)
{
  g_autoptr (GHashTable) attributes = secret_attributes_build (&schema, "id", question->id, NULL);
  SecretSearchFlags flags = SECRET_SEARCH_ALL;

  if (question->kind != REMOVE)
    flags |= SECRET_SEARCH_LOAD_SECRETS;
  secret_service_search (ob_keyring_watch_get_service (question->keyring->watch), &schema, attributes, flags,
                         question->cancellable, on_found, call_new (question));
}

/* --- Removing --- */

static void
on_item_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GError) error = NULL;

  (void) secret_item_delete_finish (SECRET_ITEM (source), result, &error);
  if (!is_awaited (call->keyring, call->question))
    return;
  if (error && !g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT)
      && !g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD))
    fail (call->keyring, call->question, error);
  else
    remove_next (call->keyring, call->question);
}

static void
remove_next (ObKeyring *keyring, Question *question)
{
  g_autoptr (SecretItem) item = NULL;

  if (!question->items)
    {
      answer (question, NULL, NULL);
      end_asked (keyring, question);
      return;
    }
  item = question->items->data;
  question->items = g_list_delete_link (question->items, question->items);
  secret_item_delete (item, question->cancellable, on_item_removed, call_new (question));
}

/* --- Writing --- */

static void
on_item_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretItem) item = secret_item_create_finish (result, &error);

  if (!is_awaited (call->keyring, call->question))
    return;
  if (error)
    fail (call->keyring, call->question, error);
  else
    search (call->question);
}

static void
ask_service (Question *question)
{
  g_autoptr (GHashTable) attributes = NULL;
  g_autoptr (SecretValue) value = NULL;

  if (question->kind != WRITE)
    {
      search (question);
      return;
    }
  attributes = secret_attributes_build (&schema, "id", question->id, NULL);
  value = secret_value_new (question->secret, -1, "text/plain");
  secret_item_create (ob_keyring_watch_get_collection (question->keyring->watch), &schema, attributes, question->label,
                      value, SECRET_ITEM_CREATE_REPLACE, question->cancellable, on_item_written, call_new (question));
}

/* --- Asking --- */

static Question *
question_new (ObKeyring *self, Kind kind, const char *id, ObKeyringDone done, gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  question->keyring = self;
  question->kind = kind;
  question->id = g_strdup (id);
  question->done = done;
  question->user_data = user_data;
  question->cancellable = g_cancellable_new ();
  question->timeout = g_timeout_add (self->patience_ms, on_question_late, question);
  g_ptr_array_add (self->questions, question);

  return question;
}

void
ob_keyring_read (ObKeyring *self, const char *id, ObKeyringDone done, gpointer user_data)
{
  if (ob_keyring_get_state (self) == OB_KEYRING_ABSENT)
    ob_keyring_watch_start_service (self->watch);
  take_up (question_new (self, READ, id, done, user_data));
}

void
ob_keyring_write (ObKeyring *self, const char *id, const char *label, const char *secret, ObKeyringDone done,
                  gpointer user_data)
{
  Question *question = question_new (self, WRITE, id, done, user_data);

  question->label = g_strdup (label);
  question->secret = g_strdup (secret);
  take_up (question);
}

void
ob_keyring_remove (ObKeyring *self, const char *id, ObKeyringDone done, gpointer user_data)
{
  take_up (question_new (self, REMOVE, id, done, user_data));
}

/* --- Life --- */

static void
on_watch_changed (gpointer user_data)
{
  ObKeyring *self = user_data;

  take_up_all (self);
  if (ob_keyring_get_state (self) == OB_KEYRING_ABSENT)
    end_all (self, OUTBOX_ERROR_WRONG_STATE, S_ ("The keyring went away"));
  self->changed (self->user_data);
}

ObKeyring *
ob_keyring_new (guint patience_ms, void (*changed) (gpointer user_data), gpointer user_data)
{
  ObKeyring *self = g_new0 (ObKeyring, 1);

  self->patience_ms = patience_ms;
  self->changed = changed;
  self->user_data = user_data;
  self->questions = g_ptr_array_new ();
  self->watch = ob_keyring_watch_new (patience_ms, on_watch_changed, self);

  return self;
}

void
ob_keyring_attach (ObKeyring *self, GDBusConnection *connection, gboolean is_needed)
{
  ob_keyring_watch_attach (self->watch, connection, is_needed);
}

ObKeyringState
ob_keyring_get_state (ObKeyring *self)
{
  return ob_keyring_watch_get_state (self->watch);
}

void
ob_keyring_stop (ObKeyring *self)
{
  end_all (self, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; try again"));
  ob_keyring_watch_stop (self->watch);
}

void
ob_keyring_free (ObKeyring *self)
{
  ob_keyring_stop (self);
  ob_keyring_watch_free (self->watch);
  /* A question that never comes back still has it. */
  if (!ob_keyring_service_wait (&self->n_pending))
    return;
  g_ptr_array_unref (self->questions);
  g_free (self);
}
