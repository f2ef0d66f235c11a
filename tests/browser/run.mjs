// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// client/js and its example page in real browsers, with a real broker and a real tus server. Prints TAP.
import {tryChromium} from './chromium.mjs';
import {endCases} from './tap.mjs';
import {World} from './world.mjs';

const world = await World.make();

await world.startBroker();
await world.startServer();
await tryChromium(world);
world.end();
process.exit(endCases() > 0 ? 1 : 0);
