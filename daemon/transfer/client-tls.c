/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GTlsInteraction that answers at once, on whichever thread it is asked.
 */
#include "transfer/client-tls.h"

#include "config.h"

#define OB_TYPE_INTERACTION (ob_interaction_get_type ())
G_DECLARE_FINAL_TYPE (ObInteraction, ob_interaction, OB, INTERACTION, GTlsInteraction)

struct _ObInteraction
{
  GTlsInteraction parent_instance;

  GMutex lock;
  GTlsCertificate *certificate; /* under the lock, as are the next two; NULL: none is shown */
  char *host;
  guint16 port;
};

G_DEFINE_FINAL_TYPE (ObInteraction, ob_interaction, G_TYPE_TLS_INTERACTION)

struct _ObClientTls
{
  ObInteraction *interaction;
};

/* Returns: whether the handshake is with the server that the certificate is for. Under the lock. */
static gboolean
is_for (ObInteraction *self, GTlsConnection *connection)
{
  GSocketConnectable *identity
      = G_IS_TLS_CLIENT_CONNECTION (connection)
            ? g_tls_client_connection_get_server_identity (G_TLS_CLIENT_CONNECTION (connection))
            : NULL;

  return self->certificate && G_IS_NETWORK_ADDRESS (identity)
         && g_network_address_get_port (G_NETWORK_ADDRESS (identity)) == self->port
         && g_ascii_strcasecmp (g_network_address_get_hostname (G_NETWORK_ADDRESS (identity)), self->host) == 0;
}

static GTlsInteractionResult
request_certificate (GTlsInteraction *interaction, GTlsConnection *connection, GTlsCertificateRequestFlags flags,
                     GCancellable *cancellable, GError **error)
{
  ObInteraction *self = OB_INTERACTION (interaction);

  g_mutex_lock (&self->lock);
  if (is_for (self, connection))
    g_tls_connection_set_certificate (connection, self->certificate);
  g_mutex_unlock (&self->lock);

  return G_TLS_INTERACTION_HANDLED;
}

static void
ob_interaction_finalize (GObject *object)
{
  ObInteraction *self = OB_INTERACTION (object);

  g_clear_object (&self->certificate);
  g_free (self->host);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (ob_interaction_parent_class)->finalize (object);
}

static void
ob_interaction_class_init (ObInteractionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_interaction_finalize;
  G_TLS_INTERACTION_CLASS (klass)->request_certificate = request_certificate;
}

static void
ob_interaction_init (ObInteraction *self)
{
  g_mutex_init (&self->lock);
}

/* GLib asks an interaction in the context in which it was made. A thread that waits for a handshake does not serve its own
 * context meanwhile: make it in the main one. */
ObClientTls *
ob_client_tls_new (void)
{
  ObClientTls *self = g_new0 (ObClientTls, 1);
  GMainContext *own = g_main_context_get_thread_default ();

  if (own)
    g_main_context_pop_thread_default (own);
  self->interaction = g_object_new (OB_TYPE_INTERACTION, NULL);
  if (own)
    g_main_context_push_thread_default (own);

  return self;
}

void
ob_client_tls_free (ObClientTls *self)
{
  g_object_unref (self->interaction);
  g_free (self);
}

/* No time limits of libsoup's: it counts bytes written, and would fire while the kernel still sends them. */
SoupSession *
ob_client_tls_make_session (ObClientTls *self)
{
  return soup_session_new_with_options ("timeout", 0, "idle-timeout", 0, "max-conns", 4, "max-conns-per-host", 2,
                                        "user-agent", "outbox/" OB_VERSION " ", "tls-interaction", self->interaction,
                                        NULL);
}

void
ob_client_tls_show (SoupSession *session, const char *url, GTlsCertificate *certificate)
{
  GTlsCertificate *shown;
  GTlsInteraction *interaction = soup_session_get_tls_interaction (session);
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  ObInteraction *self = interaction && OB_IS_INTERACTION (interaction) ? OB_INTERACTION (interaction) : NULL;

  if (!self)
    return;
  shown = uri ? certificate : NULL;
  g_mutex_lock (&self->lock);
  g_set_object (&self->certificate, shown);
  g_free (self->host);
  self->host = g_strdup (uri ? g_uri_get_host (uri) : "");
  self->port = uri ? (guint16) g_uri_get_port (uri) : 0;
  g_mutex_unlock (&self->lock);
}
