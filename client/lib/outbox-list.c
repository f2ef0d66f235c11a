/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list as a model: its uploads in the order of their ids, which is that of their creation. Owns them. On the client's thread.
 */
#include "outbox-list-private.h"

enum
{
  PROPERTY_CLIENT = 1,
  PROPERTY_FILTER,
  PROPERTY_IS_FILLING,
  PROPERTY_ERROR,
  PROPERTY_N_ITEMS,
  PROPERTY_ITEM_TYPE,
};

static GType
outbox_list_get_item_type (GListModel *model)
{
  return OUTBOX_TYPE_UPLOAD;
}

static guint
outbox_list_get_n_items (GListModel *model)
{
  return outbox_items_get_size (OUTBOX_LIST (model)->items);
}

static gpointer
outbox_list_get_item (GListModel *model, guint position)
{
  OutboxItems *items = OUTBOX_LIST (model)->items;

  return position < outbox_items_get_size (items) ? g_object_ref (outbox_items_get (items, position)) : NULL;
}

static void
outbox_list_model_init (GListModelInterface *interface)
{
  interface->get_item_type = outbox_list_get_item_type;
  interface->get_n_items = outbox_list_get_n_items;
  interface->get_item = outbox_list_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (OutboxList, outbox_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, outbox_list_model_init))

/* --- Life --- */

static void
outbox_list_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  OutboxList *self = OUTBOX_LIST (object);

  if (id == PROPERTY_CLIENT)
    self->client = g_value_dup_object (value);
  else
    self->filter = outbox_document_or_empty (g_value_get_variant (value));
}

static void
outbox_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  OutboxList *self = OUTBOX_LIST (object);

  switch (id)
    {
    case PROPERTY_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROPERTY_FILTER:
      g_value_set_variant (value, self->filter);
      break;
    case PROPERTY_IS_FILLING:
      g_value_set_boolean (value, outbox_list_get_is_filling (self));
      break;
    case PROPERTY_ERROR:
      g_value_set_string (value, self->error);
      break;
    case PROPERTY_N_ITEMS:
      g_value_set_uint (value, outbox_list_get_n_items (G_LIST_MODEL (self)));
      break;
    case PROPERTY_ITEM_TYPE:
    default:
      g_value_set_gtype (value, OUTBOX_TYPE_UPLOAD);
      break;
    }
}

static void
outbox_list_constructed (GObject *object)
{
  OutboxList *self = OUTBOX_LIST (object);

  G_OBJECT_CLASS (outbox_list_parent_class)->constructed (object);
  self->follower = outbox_list_make_follower (self);
  if (self->client && outbox_client_get_watch (self->client))
    outbox_watch_follow (outbox_client_get_watch (self->client), &self->follower);
}

static void
outbox_list_dispose (GObject *object)
{
  OutboxList *self = OUTBOX_LIST (object);

  outbox_list_stop_filling (self);
  if (self->client && outbox_client_get_watch (self->client))
    outbox_watch_unfollow (outbox_client_get_watch (self->client), &self->follower);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (outbox_list_parent_class)->dispose (object);
}

static void
outbox_list_finalize (GObject *object)
{
  OutboxList *self = OUTBOX_LIST (object);

  outbox_items_free (self->items);
  g_variant_unref (self->filter);
  g_variant_unref (self->follower.filter);
  g_main_context_unref (self->context);
  g_free (self->error);
  G_OBJECT_CLASS (outbox_list_parent_class)->finalize (object);
}

static void
outbox_list_class_init (OutboxListClass *klass)
{
  const GParamFlags given = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  const GParamFlags told = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = outbox_list_set_property;
  object_class->get_property = outbox_list_get_property;
  object_class->constructed = outbox_list_constructed;
  object_class->dispose = outbox_list_dispose;
  object_class->finalize = outbox_list_finalize;
  /**
   * OutboxList:client: (getter get_client)
   *
   * The client that it asks.
   */
  g_object_class_install_property (object_class, PROPERTY_CLIENT,
                                   g_param_spec_object ("client", NULL, NULL, OUTBOX_TYPE_CLIENT, given));
  /**
   * OutboxList:filter: (getter get_filter)
   *
   * Which uploads it has, of type a{sv}.
   */
  g_object_class_install_property (object_class, PROPERTY_FILTER,
                                   g_param_spec_variant ("filter", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL, given));
  /**
   * OutboxList:is-filling: (getter get_is_filling)
   *
   * Whether it does not have everything yet.
   */
  g_object_class_install_property (object_class, PROPERTY_IS_FILLING,
                                   g_param_spec_boolean ("is-filling", NULL, NULL, FALSE, told));
  /**
   * OutboxList:error: (getter dup_error)
   *
   * Why it could not be filled.
   */
  g_object_class_install_property (object_class, PROPERTY_ERROR, g_param_spec_string ("error", NULL, NULL, NULL, told));
  /**
   * OutboxList:n-items:
   *
   * How many uploads it has.
   */
  g_object_class_install_property (object_class, PROPERTY_N_ITEMS,
                                   g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, told));
  /**
   * OutboxList:item-type:
   *
   * [class@Upload].
   */
  g_object_class_install_property (object_class, PROPERTY_ITEM_TYPE,
                                   g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
outbox_list_init (OutboxList *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->items = outbox_items_new ();
}

OutboxList *
outbox_list_new (OutboxClient *client, GVariant *filter)
{
  g_autoptr (GVariant) owned = outbox_document_or_empty (filter);

  g_return_val_if_fail (OUTBOX_IS_CLIENT (client), NULL);

  return g_object_new (OUTBOX_TYPE_LIST, "client", client, "filter", owned, NULL);
}

OutboxClient *
outbox_list_get_client (OutboxList *self)
{
  g_return_val_if_fail (OUTBOX_IS_LIST (self), NULL);

  return self->client;
}

GVariant *
outbox_list_get_filter (OutboxList *self)
{
  g_return_val_if_fail (OUTBOX_IS_LIST (self), NULL);

  return self->filter;
}

gboolean
outbox_list_get_is_filling (OutboxList *self)
{
  g_return_val_if_fail (OUTBOX_IS_LIST (self), FALSE);

  return self->client && !self->has_all;
}

char *
outbox_list_dup_error (OutboxList *self)
{
  g_return_val_if_fail (OUTBOX_IS_LIST (self), NULL);

  return g_strdup (self->error);
}

gboolean
outbox_list_find (OutboxList *self, const char *id, guint *position)
{
  gboolean is_there;

  if (position)
    *position = G_MAXUINT;
  g_return_val_if_fail (OUTBOX_IS_LIST (self) && id, FALSE);
  is_there = outbox_items_find (self->items, id, position) != NULL;
  if (!is_there && position)
    *position = G_MAXUINT;

  return is_there;
}
