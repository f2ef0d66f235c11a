/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A SecretService that refuses to prompt. Main thread.
 */
#include "store/keyring-service.h"

#include "dbus/error.h"
#include "dbus/mark.h"

/* At the end, calls that were cancelled have so long to come back. */
#define END_MS 2000

struct _ObKeyringService
{
  SecretService parent;
};

G_DEFINE_TYPE (ObKeyringService, ob_keyring_service, SECRET_TYPE_SERVICE)

static void
set_refused (GError **error)
{
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("The keyring wants to ask its person"));
}

/* The service keeps a prompt that nobody dismisses. */
static void
prompt_async (SecretService *service, SecretPrompt *prompt, const GVariantType *return_type, GCancellable *cancellable,
              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (service, cancellable, callback, user_data);
  GError *error = NULL;

  g_dbus_proxy_call (G_DBUS_PROXY (prompt), "Dismiss", NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
  set_refused (&error);
  g_task_return_error (task, error);
}

static GVariant *
prompt_finish (SecretService *service, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GVariant *
prompt_sync (SecretService *service, SecretPrompt *prompt, GCancellable *cancellable, const GVariantType *return_type,
             GError **error)
{
  set_refused (error);

  return NULL;
}

static void
ob_keyring_service_class_init (ObKeyringServiceClass *class)
{
  SecretServiceClass *service_class = SECRET_SERVICE_CLASS (class);

  service_class->prompt_async = prompt_async;
  service_class->prompt_finish = prompt_finish;
  service_class->prompt_sync = prompt_sync;
}

static void
ob_keyring_service_init (ObKeyringService *self)
{
}

/* libsecret sets the names of the service itself. */
void
ob_keyring_service_open (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  secret_service_open (OB_TYPE_KEYRING_SERVICE, NULL, SECRET_SERVICE_OPEN_SESSION, cancellable, callback, user_data);
}

SecretService *
ob_keyring_service_open_finish (GAsyncResult *result, GError **error)
{
  return secret_service_open_finish (result, error);
}

static gboolean
on_late (gpointer is_late)
{
  *(gboolean *) is_late = TRUE;

  return G_SOURCE_REMOVE;
}

gboolean
ob_keyring_service_wait (const guint *n_pending)
{
  gboolean is_late = FALSE;
  guint source;

  if (*n_pending == 0)
    return TRUE;
  source = g_timeout_add (END_MS, on_late, &is_late);
  while (!is_late && *n_pending > 0)
    g_main_context_iteration (NULL, TRUE);
  if (!is_late)
    g_source_remove (source);

  return *n_pending == 0;
}
