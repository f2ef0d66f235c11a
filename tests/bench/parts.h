/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the benchmarks; each reports its rows. Main thread.
 */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/* send.c: a large file against curl, connections, memory. */
void bench_send (const Bench *bench);

/* submit.c: a durable hand-over against a bare program, one at a time and pipelined. */
void bench_submit (const Bench *bench);

/* library.c: a hand-over from Python by liboutbox against one in C. */
void bench_library (const Bench *bench);

/* queue.c: a long queue against a short one. */
void bench_queue (const Bench *bench);

/* flips.c: a network that changes while many wait. */
void bench_flips (const Bench *bench);

/* crowd.c: a hand-over while another app floods the broker. */
void bench_crowd (const Bench *bench);

/* wear.c: bytes written for a small upload. */
void bench_wear (const Bench *bench);

/* turn.c: how long others wait while much is done. */
void bench_turn (const Bench *bench);

/* rest.c: REST against the bus and a bare sink; many streams, slow clients. */
void bench_rest (const Bench *bench);

/* watch.c: what watchers are told, and what that costs a GNOME Shell. */
void bench_watch (const Bench *bench);

/* idle.c: a full queue without a network, and idle event streams. */
void bench_idle (const Bench *bench);

G_END_DECLS
