/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * liboutbox: the header that an app includes.
 */
#pragma once

#include <outbox-client.h>
#include <outbox-command.h>
#include <outbox-enum-types.h>
#include <outbox-group.h>
#include <outbox-list.h>
#include <outbox-submit.h>
#include <outbox-upload.h>
