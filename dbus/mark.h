/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mark of a sentence of the service that a person may read. It is stored, and sent, in English as it stands; who shows it to a
 * person translates it by dbus/sentence.h, which knows each that has the mark. The sentence is whole, and its numbers are %d, %u, %llu
 * and the like: xgettext does not know GLib's macros.
 */
#pragma once

#define S_(Sentence) (Sentence)
