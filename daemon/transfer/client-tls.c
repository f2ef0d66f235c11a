/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GTlsInteraction that answers at once, on whichever thread it is asked.
 */
#include "transfer/client-tls.h"

#include "config.h"

/* A session that has spoken to so many servers is given up, with what is known of it. */
#define MOST_SHOWN 32

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
  GHashTable *shown; /* host:port → GTlsCertificate or NULL: of the session that was made last; worker thread */
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

static void
unref_certificate (gpointer certificate)
{
  g_clear_object (&certificate);
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
  self->shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unref_certificate);

  return self;
}

void
ob_client_tls_free (ObClientTls *self)
{
  g_object_unref (self->interaction);
  g_hash_table_unref (self->shown);
  g_free (self);
}

/* No time limits of libsoup's: it counts bytes written, and would fire while the kernel still sends them. */
SoupSession *
ob_client_tls_make_session (ObClientTls *self)
{
  g_hash_table_remove_all (self->shown);

  return soup_session_new_with_options ("timeout", 0, "idle-timeout", 0, "max-conns", 4, "max-conns-per-host", 2,
                                        "user-agent", "outbox/" OB_VERSION " ", "tls-interaction", self->interaction,
                                        NULL);
}

static char *
dup_server (GUri *uri)
{
  return g_strdup_printf ("%s:%d", g_uri_get_host (uri), g_uri_get_port (uri));
}

void
ob_client_tls_show (ObClientTls *self, GUri *uri, GTlsCertificate *certificate)
{
  ObInteraction *interaction = self->interaction;

  g_hash_table_replace (self->shown, dup_server (uri), certificate ? g_object_ref (certificate) : NULL);
  g_mutex_lock (&interaction->lock);
  g_set_object (&interaction->certificate, certificate);
  g_free (interaction->host);
  interaction->host = g_strdup (g_uri_get_host (uri));
  interaction->port = (guint16) g_uri_get_port (uri);
  g_mutex_unlock (&interaction->lock);
}

gboolean
ob_client_tls_has_shown_other (ObClientTls *self, GUri *uri, GTlsCertificate *certificate)
{
  g_autofree char *server = dup_server (uri);
  gpointer shown;

  if (g_hash_table_size (self->shown) >= MOST_SHOWN)
    return TRUE;

  return g_hash_table_lookup_extended (self->shown, server, NULL, &shown) && shown != certificate;
}

/* Offer HTTP/1.1 alone: libsoup 3.2 hangs for ever, deaf to its cancellable, when a server ends an HTTP/2 connection
 * under it, and an upload gains nothing from HTTP/2. See docs/network.md.
 *
 * The certificate is known before the handshake, and not only when the server asks: GLib keeps a server's TLS session under its
 * name and this certificate, and would go on with one that was made by another certificate or by none. */
void
ob_client_tls_prepare (ObClientTls *self, GTlsConnection *connection)
{
  static const char *const protocols[] = { "http/1.1", NULL };

  g_tls_connection_set_advertised_protocols (connection, protocols);
  (void) request_certificate (G_TLS_INTERACTION (self->interaction), connection, 0, NULL, NULL);
}
