/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one error table: every error that a caller can be given, its name on the bus and its HTTP status.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * OutboxError:
 * @OUTBOX_ERROR_FAILED: something that has no better name went wrong; the message says what
 * @OUTBOX_ERROR_INVALID_ARGUMENT: an option has a wrong name, type, size or value
 * @OUTBOX_ERROR_NOT_FOUND: no upload, destination or group has that id
 * @OUTBOX_ERROR_NOT_SUPPORTED: this version does not do that
 * @OUTBOX_ERROR_NOT_ALLOWED: the caller may not do that
 * @OUTBOX_ERROR_WRONG_STATE: the upload is in a state in which that cannot be done
 * @OUTBOX_ERROR_BUSY: the file was still being written while it was read; hand it over when it is complete
 * @OUTBOX_ERROR_KEY_REUSED: the submit key was used before, for a file with other bytes
 * @OUTBOX_ERROR_NO_DESTINATION: no destination is named, and no default is set
 * @OUTBOX_ERROR_DIGEST_MISMATCH: the bytes do not have the SHA-256 that the caller gave
 * @OUTBOX_ERROR_DISK_FULL: this device has no room for the file; nothing was kept of it
 * @OUTBOX_ERROR_TOO_MANY: too many requests are waiting; try again later
 * @OUTBOX_ERROR_STORAGE: the disk or the database of this device reported an error
 * @OUTBOX_ERROR_NO_BROKER: the broker is not running and could not be started
 * @OUTBOX_ERROR_QUOTA: the app has as much on this device as it may have; nothing was kept of the file
 * @OUTBOX_ERROR_ALREADY_SENT: the server has been told already, and what it was told cannot be changed from here
 *
 * Errors that the broker gives to its callers, in the domain %OUTBOX_ERROR.
 */
typedef enum
{
  OUTBOX_ERROR_FAILED,
  OUTBOX_ERROR_INVALID_ARGUMENT,
  OUTBOX_ERROR_NOT_FOUND,
  OUTBOX_ERROR_NOT_SUPPORTED,
  OUTBOX_ERROR_NOT_ALLOWED,
  OUTBOX_ERROR_WRONG_STATE,
  OUTBOX_ERROR_BUSY,
  OUTBOX_ERROR_KEY_REUSED,
  OUTBOX_ERROR_NO_DESTINATION,
  OUTBOX_ERROR_DIGEST_MISMATCH,
  OUTBOX_ERROR_DISK_FULL,
  OUTBOX_ERROR_TOO_MANY,
  OUTBOX_ERROR_STORAGE,
  OUTBOX_ERROR_NO_BROKER,
  OUTBOX_ERROR_QUOTA,
  OUTBOX_ERROR_ALREADY_SENT,
} OutboxError;

/**
 * OUTBOX_ERROR:
 *
 * Error domain of the broker, registered with GDBus under the names of the bus. See #OutboxError.
 */
#define OUTBOX_ERROR (outbox_error_quark ())
GQuark outbox_error_quark (void);

/**
 * outbox_error_get_name:
 * @code: the error
 *
 * Returns: (transfer none): the last part of the error's name on the bus, such as `Busy`
 */
const char *outbox_error_get_name (OutboxError code);

/**
 * outbox_error_get_http_status:
 * @code: the error
 *
 * Returns: the HTTP status that REST answers for it (RFC 9110 section 15)
 */
guint outbox_error_get_http_status (OutboxError code);

G_END_DECLS
