// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cases, each a line of TAP when it ends. One that fails says why, and those after it are tried all the same.
const CASE_MS = 90000;

let n = 0;
let nFailed = 0;

function explain(error) {
  return (error?.stack ?? String(error)).split('\n').map(line => `# ${line}`).join('\n');
}

// A case that never ends is a case that failed.
function within(delayMs, work) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${delayMs / 1000} s`)), delayMs);
  });

  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

// Thrown by a case that cannot be tried here.
export class Skip extends Error {}

export async function tryCase(name, work) {
  try {
    await within(CASE_MS, work());
    console.log(`ok ${++n} /browser/${name}`);
  } catch (error) {
    if (error instanceof Skip) {
      skipCase(name, error.message);
      return;
    }
    nFailed++;
    console.log(`${explain(error)}\nnot ok ${++n} /browser/${name}`);
  }
}

export function skipCase(name, why) {
  console.log(`ok ${++n} /browser/${name} # SKIP ${why}`);
}

export function endCases() {
  console.log(`1..${n}`);
  return nFailed;
}

// Asks again until it is so: for what no event tells. Returns: what look() gave, which is not false.
export async function until(what, look, mostMs = 30000) {
  const end = Date.now() + mostMs;

  for (;;) {
    const result = await look();

    if (result)
      return result;
    if (Date.now() > end)
      throw new Error(`after ${mostMs / 1000} s there was still no ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
