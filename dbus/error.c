/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The error table, registered with GDBus so that a GError crosses the bus with its code. Any thread.
 */
#include "dbus/error.h"

#include "dbus/names.h"

static const struct
{
  const char *name;
  guint http_status;
} errors[] = {
  [OUTBOX_ERROR_FAILED] = { "Failed", 500 },
  [OUTBOX_ERROR_INVALID_ARGUMENT] = { "InvalidArgument", 400 },
  [OUTBOX_ERROR_NOT_FOUND] = { "NotFound", 404 },
  [OUTBOX_ERROR_NOT_SUPPORTED] = { "NotSupported", 501 },
  [OUTBOX_ERROR_NOT_ALLOWED] = { "NotAllowed", 403 },
  [OUTBOX_ERROR_WRONG_STATE] = { "WrongState", 409 },
  [OUTBOX_ERROR_BUSY] = { "Busy", 409 },
  [OUTBOX_ERROR_KEY_REUSED] = { "KeyReused", 422 },
  [OUTBOX_ERROR_NO_DESTINATION] = { "NoDestination", 422 },
  [OUTBOX_ERROR_DIGEST_MISMATCH] = { "DigestMismatch", 422 },
  [OUTBOX_ERROR_DISK_FULL] = { "DiskFull", 507 },
  [OUTBOX_ERROR_TOO_MANY] = { "TooMany", 429 },
  [OUTBOX_ERROR_STORAGE] = { "Storage", 500 },
  [OUTBOX_ERROR_NO_BROKER] = { "NoBroker", 503 },
  [OUTBOX_ERROR_QUOTA] = { "Quota", 507 },
  [OUTBOX_ERROR_ALREADY_SENT] = { "AlreadySent", 409 },
};

GQuark
outbox_error_quark (void)
{
  static gsize registered = 0;

  if (g_once_init_enter (&registered))
    {
      GQuark quark = g_quark_from_static_string ("outbox-error-quark");

      for (guint code = 0; code < G_N_ELEMENTS (errors); code++)
        {
          g_autofree char *name = g_strconcat (OUTBOX_ERROR_PREFIX, errors[code].name, NULL);

          g_dbus_error_register_error (quark, code, name);
        }
      g_once_init_leave (&registered, quark);
    }

  return registered;
}

const char *
outbox_error_get_name (OutboxError code)
{
  g_return_val_if_fail (code < G_N_ELEMENTS (errors), "Failed");

  return errors[code].name;
}

guint
outbox_error_get_http_status (OutboxError code)
{
  g_return_val_if_fail (code < G_N_ELEMENTS (errors), 500);

  return errors[code].http_status;
}
