/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names under which the broker is reached. They are a contract with every client and never change within
 * the version that they carry.
 */
#pragma once

#define OUTBOX_BUS_NAME "org.outbox.Outbox1"
#define OUTBOX_OBJECT_PATH "/org/outbox/Outbox1"
#define OUTBOX_ERROR_PREFIX "org.outbox.Outbox1.Error."
