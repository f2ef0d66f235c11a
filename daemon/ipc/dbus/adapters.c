/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns calls into requests and answers into replies, as the interface XML has them. Main thread.
 */
#include "ipc/dbus/adapters.h"

#include "base/debug.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "dbus/names.h"
#include "ipc/requests/table.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

/* Returns: (transfer full): a name such as "Uploads.Get" */
static char *
dup_request_name (const char *interface, const char *method)
{
  return g_strconcat (interface + strlen (OUTBOX_BUS_NAME "."), ".", method, NULL);
}

/* --- A call --- */

typedef struct
{
  const ObAdapterContext *context;
  GDBusMethodInvocation *invocation; /* owned until it is answered */
} Call;

/* Returns: floating. */
static GVariant *
pack_arguments (GDBusMethodInvocation *invocation)
{
  GDBusArgInfo **arguments = g_dbus_method_invocation_get_method_info (invocation)->in_args;
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  GVariantBuilder packed;

  g_variant_builder_init (&packed, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; arguments && arguments[i]; i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, i);

      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE))
        g_variant_builder_add (&packed, "{sv}", arguments[i]->name, value);
    }

  return g_variant_builder_end (&packed);
}

/* @value: a descriptor, which is moved to @fds. Returns: floating: its index there */
static GVariant *
pack_descriptor (GVariant *value, GUnixFDList *fds)
{
  int fd = g_variant_get_handle (value);
  gint place = g_unix_fd_list_append (fds, fd, NULL);

  (void) close (fd);

  return g_variant_new_handle (place);
}

/* @results: (nullable). Returns: floating: in the order of the XML */
static GVariant *
unpack_results (GDBusMethodInvocation *invocation, GVariant *results, GUnixFDList *fds)
{
  GDBusArgInfo **arguments = g_dbus_method_invocation_get_method_info (invocation)->out_args;
  GVariantBuilder reply;

  g_variant_builder_init (&reply, G_VARIANT_TYPE_TUPLE);
  for (gsize i = 0; arguments && arguments[i]; i++)
    {
      g_autoptr (GVariant) value
          = g_variant_lookup_value (results, arguments[i]->name, G_VARIANT_TYPE (arguments[i]->signature));

      g_variant_builder_add_value (&reply, g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE)
                                               ? pack_descriptor (value, fds)
                                               : value);
    }

  return g_variant_builder_end (&reply);
}

static void
on_answered (GVariant *results, const GError *error, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GVariant) owned = results ? g_variant_ref_sink (results) : NULL;
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  ob_debug (OB_DEBUG_IPC, NULL, "the answer to %s of %s: %s",
            g_dbus_method_invocation_get_method_name (call->invocation),
            g_dbus_method_invocation_get_sender (call->invocation), ob_debug_name_error (error));
  if (error)
    g_dbus_method_invocation_return_gerror (call->invocation, error);
  else
    {
      GVariant *reply = unpack_results (call->invocation, owned, fds);
      gboolean has_fds = g_unix_fd_list_get_length (fds) > 0;

      g_dbus_method_invocation_return_value_with_unix_fd_list (call->invocation, reply, has_fds ? fds : NULL);
    }
}

/* Returns: the index of the first handle among the parameters' values, or -1. */
static gint32
find_handle (GVariant *parameters)
{
  for (gsize i = 0; i < g_variant_n_children (parameters); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, i);

      if (g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE))
        return g_variant_get_handle (value);
    }

  return -1;
}

/* Takes the descriptor itself out of the call, not a duplicate: in a burst each waiting file holds one. The handle is an
 * index that the bus does not check. Returns: -1 with @error if there is none */
static int
take_file (gpointer user_data, GError **error)
{
  const Call *call = user_data;
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);
  gint32 handle = find_handle (g_dbus_method_invocation_get_parameters (call->invocation));
  gint n_fds = 0;
  g_autofree int *fds = list ? g_unix_fd_list_steal_fds (list, &n_fds) : NULL;
  int taken = -1;

  for (gint i = 0; i < n_fds; i++)
    if (i == handle)
      taken = fds[i];
    else
      (void) close (fds[i]);
  /* The kernel drops descriptors that the process has no room for; the message still counts them. */
  if (taken < 0 && n_fds == 0 && g_dbus_message_get_num_unix_fds (message) > 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, S_ ("Too many descriptors are open; try again"));
  else if (taken < 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The call carries no descriptor");

  return taken;
}

static void
on_caller_found (const ObCaller *caller, const GError *error, gpointer user_data)
{
  Call *call = user_data;
  g_autofree char *name = dup_request_name (g_dbus_method_invocation_get_interface_name (call->invocation),
                                            g_dbus_method_invocation_get_method_name (call->invocation));
  g_autoptr (GVariant) arguments = NULL;

  if (!caller)
    {
      on_answered (NULL, error, call);
      return;
    }
  arguments = g_variant_ref_sink (pack_arguments (call->invocation));
  ob_request_run (name, &(ObRequest){ .context = &call->context->requests,
                                      .caller = caller,
                                      .arguments = arguments,
                                      .take_file = take_file,
                                      .done = on_answered,
                                      .user_data = call });
}

static void
serve (gpointer data)
{
  Call *call = data;

  ob_callers_find (call->context->callers, g_dbus_method_invocation_get_sender (call->invocation), on_caller_found,
                   call);
}

static void
drop (gpointer data)
{
  g_autofree Call *call = data;

  g_dbus_method_invocation_return_error (call->invocation, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                         S_ ("Outbox is ending; try again"));
}

/* Connected swapped: whatever else these signals have, the invocation comes second. */
static gboolean
on_call (gpointer data, GDBusMethodInvocation *invocation)
{
  static const ObLineCall kind = { serve, drop };
  const ObAdapterContext *context = data;
  Call *call = g_new (Call, 1);

  *call = (Call){ context, invocation };
  ob_line_add (context->requests.line, g_dbus_method_invocation_get_sender (invocation), &kind, call);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_refused (gpointer context, GDBusMethodInvocation *invocation)
{
  g_autofree char *name = dup_request_name (g_dbus_method_invocation_get_interface_name (invocation),
                                            g_dbus_method_invocation_get_method_name (invocation));
  g_autoptr (GError) error = NULL;

  ob_request_set_unknown (&error, name);
  g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- Interfaces --- */

/* Returns: (transfer full): the skeleton's signal, such as "handle-set-priority" */
static char *
dup_signal_name (const char *method)
{
  GString *name = g_string_new ("handle");

  for (; *method; method++)
    {
      if (g_ascii_isupper (*method))
        g_string_append_c (name, '-');
      g_string_append_c (name, g_ascii_tolower (*method));
    }

  return g_string_free (name, FALSE);
}

void
ob_adapter_connect (const ObAdapterContext *context, GDBusInterfaceSkeleton *skeleton, const char *const *own)
{
  const GDBusInterfaceInfo *interface = g_dbus_interface_skeleton_get_info (skeleton);

  for (GDBusMethodInfo **method = interface->methods; method && *method; method++)
    {
      g_autofree char *signal = dup_signal_name ((*method)->name);
      g_autofree char *request = dup_request_name (interface->name, (*method)->name);

      if (!own || !g_strv_contains (own, (*method)->name))
        g_signal_connect_swapped (skeleton, signal,
                                  ob_request_is_known (request) ? G_CALLBACK (on_call) : G_CALLBACK (on_refused),
                                  (gpointer) context);
    }
}

static GDBusInterfaceSkeleton *
connect_all (const ObAdapterContext *context, gpointer skeleton)
{
  ob_adapter_connect (context, skeleton, NULL);

  return skeleton;
}

GDBusInterfaceSkeleton *
ob_destinations_adapter_new (const ObAdapterContext *context)
{
  return connect_all (context, outbox_dbus_destinations_skeleton_new ());
}

GDBusInterfaceSkeleton *
ob_groups_adapter_new (const ObAdapterContext *context)
{
  return connect_all (context, outbox_dbus_groups_skeleton_new ());
}

GDBusInterfaceSkeleton *
ob_policy_adapter_new (const ObAdapterContext *context)
{
  OutboxDBusPolicy *skeleton = outbox_dbus_policy_skeleton_new ();

  g_signal_connect_object (context->requests.configuration, "changed", G_CALLBACK (outbox_dbus_policy_emit_changed),
                           skeleton, G_CONNECT_SWAPPED);

  return connect_all (context, skeleton);
}
