/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A certificate that this process and its children trust, and nobody else. Main thread.
 */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/**
 * bench_trust_own_certificate:
 * @bench: its folder is used, its certificate and key are set
 * @argv: of the program
 *
 * The daemon trusts what the system trusts, so the certificate takes the place of the system's authorities by a mount
 * that only this process sees. For that the program starts itself again. Where it may not, TLS is not measured.
 */
void bench_trust_own_certificate (Bench *bench, char *argv[]);

G_END_DECLS
