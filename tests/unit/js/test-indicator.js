// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the indicator of GNOME Shell shows, whatever the broker answers. By gjs, which the shell runs its code with.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const { Labels } = await import(`file://${GLib.getenv('INDICATOR')}/labels.js`);
const { countLeft, describe, knowNothing, readFailed, readGroups, readHolds, readSummary, GROUPS_MOST, NEEDS_MOST } =
  await import(`file://${GLib.getenv('INDICATOR')}/model.js`);

const NOW_MS = Date.UTC(2026, 10, 30, 12);
const labels = new Labels(JSON.parse(new TextDecoder().decode(
  Gio.File.new_for_path(`${GLib.getenv('LABELS')}/labels-en.json`).load_contents(null)[1])));
const words = { _: message => message, ngettext: (one, many, n) => (n === 1 ? one : many), labels, formatSize: bytes => `${bytes} bytes` };

const hold = (scope, reason, key = 'depot', more = {}) => ({ scope, key, reason, needs_user: false, ...more });
const knows = more => ({ ...knowNothing(), broker: 'there', summary: readSummary({}), ...more });
const show = (known, onlyCounts = false) => describe(known, { onlyCounts, nowMs: NOW_MS }, words);
const withHolds = (...holds) => show(knows({ holds: readHolds(holds) }));
const buttons = ({ needs }) => needs.map(({ help }) => (help ? `${help.text}: ${help.call.interfaceName}.${help.call.method}` : '-')).join(' ');

// name: [what is shown, what it is to be]
const tests = {
  'nothing is shown of a broker that is not there': () => [show(knowNothing()), { icon: 'none', line: 'Outbox is not running', isRunning: false }],
  'a broker that is not there can be started': () => [show(knowNothing()).start, { text: 'Start' }],
  'work that a dead broker has left shows': () => [
    show({ ...knowNothing(), summary: readSummary({ queued: [2, 20] }) }), { icon: 'off', line: 'Outbox is not running' }],
  'a dead broker whose work was done is none of a person\'s business': () => [
    show({ ...knowNothing(), summary: readSummary({ done: [2, 20] }) }), { icon: 'none' }],
  'nothing is said before the first answer': () => [
    show({ ...knowNothing(), broker: 'asked' }), { icon: 'none', line: '', isRunning: false, start: null }],
  'a broker that does not answer is told': () => [
    show({ ...knowNothing(), broker: 'silent' }), { icon: 'off', line: 'Outbox does not answer', start: null }],
  'a broker tells its own trouble': () => [show({ ...knowNothing(), broker: 'silent', trouble: 'disk\u202e full' }), { line: 'disk\ufffd full' }],
  'an empty queue shows nothing': () => [show(knows({})), { icon: 'none', isRunning: true, isPaused: false }],
  'all that moves is a line': () => [
    show(knows({ summary: readSummary({ done: [5, 1], uploading: [1, 1], paused: [1, 1], all: [7, 3], reasons: { 'wait-wifi': 1 } }) })),
    { icon: 'sending', line: 'Uploading 5 of 7 · 1 waits for Wi-Fi' }],
  'what arrived before does not count': () => [
    show(knows({ summary: readSummary({ done: [300, 1], arrived: 5, uploading: [2, 1], all: [302, 3] }) })), { line: 'Uploading 5 of 7' }],
  'the first of many': () => [
    show(knows({ summary: readSummary({ done: [300, 1], arrived: 0, uploading: [2, 1], all: [302, 3] }) })), { line: 'Uploading 0 of 2' }],
  'the last of many': () => [
    show(knows({ summary: readSummary({ done: [300, 1], arrived: 7, all: [300, 3] }) })), { icon: 'none', line: '7 of 7 uploaded' }],
  'nothing since the start': () => [show(knows({ summary: readSummary({ done: [300, 1], arrived: 0 }) })), { line: '300 of 300 uploaded' }],
  'servers that are to be told of changes': () => [
    show(knows({ summary: readSummary({ done: [3, 1], arrived: 3, all: [3, 3], amendments: [2, 1] }) })), { icon: 'none' }],
  'what waits by itself is another icon': () => [
    show(knows({ summary: readSummary({ paused: [3, 1], reasons: { 'no-network': 3 } }) })), { icon: 'paused', line: 'Paused · no network' }],
  'what needs a person comes before what moves': () => [
    show(knows({ summary: readSummary({ uploading: [1, 1], paused: [1, 1], reasons: { 'sign-in': 1 }, needs_user: true }) })), { icon: 'attention' }],
  'a failed one needs a person': () => [show(knows({ summary: readSummary({ failed: [1, 1] }) })), { icon: 'attention' }],
  'a paused empty queue says so': () => [withHolds(hold('queue', 'queue', '')), { isPaused: true, line: 'Paused · the whole queue is paused', needs: [] }],

  'a hold has the button that answers it': () => [
    [...['sign-in', 'certificate', 'retrying', 'user', 'credentials-locked'].map(reason => buttons(withHolds(hold('destination', reason)))),
     buttons(withHolds(hold('lane', 'ask', 'depot/large'))), buttons(withHolds(hold('lane', 'wait-wifi', 'depot/video'))),
     buttons(withHolds(hold('group', 'user', 'case'))), buttons(withHolds(hold('queue', 'storage', '', { needs_user: true })))],
    ['Sign in…: .', 'Change its settings…: .', 'Try now: Destinations.Resume', 'Resume: Destinations.Resume', 'Try now: Destinations.Resume',
     'Send on this network: Queue.AllowNetwork', 'Continue for an hour: Queue.ResumeFor', 'Resume: Groups.Resume', 'Try now: Queue.Resume']],
  'what nobody can help by a button is not listed': () => [withHolds(hold('lane', 'no-network'), hold('queue', 'sleep', '')), { needs: [] }],
  'what needs a person comes first': () => [
    buttons(withHolds(hold('lane', 'wait-wifi', 'depot/video'), hold('destination', 'sign-in', 'yard', { needs_user: true }))),
    'Sign in…: . Continue for an hour: Queue.ResumeFor'],
  'one question has one row, in however many lanes': () => [
    buttons(withHolds(hold('lane', 'ask', 'depot/large', { needs_user: true }), hold('lane', 'ask', 'yard/video', { needs_user: true }))),
    'Send on this network: Queue.AllowNetwork'],
  'the rest is on the page': () => {
    const shown = withHolds(...Array.from({ length: 10000 }, (_, i) => hold('destination', 'sign-in', `d${i}`, { needs_user: true })));

    return [{ n: shown.needs.length, hasMore: shown.hasMore }, { n: NEEDS_MOST, hasMore: true }];
  },
  'a failed upload can be retried': () => [
    show(knows({ failed: readFailed([{ id: 'x', name: 'a.jpg', reasons: ['rejected'] }]) })).needs[0],
    { title: 'a.jpg', help: { text: 'Retry', call: { interfaceName: 'Uploads', method: 'Retry', args: [['x']] } } }],

  'groups have bars and buttons': () => [
    show(knows({ groups: readGroups([
      { key: 'b', states: { paused: 2 }, reasons: { 'wait-wifi': 2 }, bytes: 100, offset: 25, sent_bytes: 50, app: 'org.x' },
      { key: 'a', title: 'Case A', states: { failed: 1 }, bytes: 0, needs_user: true }, { key: 'c', states: { uploading: 1 }, paused: true }]) })).groups
      .map(({ title, confirmed, sent, help }) => `${title} ${confirmed} ${sent} ${help.text} ${help.call.args?.[0]}`),
    ['Case A 0 0 Show… undefined', 'c 0 0 Resume c', 'b 0.25 0.5 Send now org.x/b']],
  'a paused group has one button, with it or, where it is not shown, above': () => {
    const groups = Array.from({ length: GROUPS_MOST + 1 }, (_, i) => ({ key: `g${i}`, app: 'org.x', paused: true, states: { paused: 1 } }));
    const shown = show(knows({ groups: readGroups(groups), holds: readHolds([hold('group', 'user', 'org.x/g0'), hold('group', 'user', `org.x/g${GROUPS_MOST}`)]) }));

    return [[shown.groups[0].help.call.args[0], buttons(shown), shown.needs.length], [['org.x/g0'], 'Resume: Groups.Resume', 1]];
  },
  'a menu has few groups': () => {
    const shown = show(knows({ groups: readGroups(Array.from({ length: 1000 }, (_, i) => ({ key: `g${i}` }))) }));

    return [{ n: shown.groups.length, hasMore: shown.hasMore }, { n: GROUPS_MOST, hasMore: true }];
  },
  'a page that is not whole has more': () => [show(knows({ hasMoreGroups: true })), { hasMore: true }],

  'the network is that of outbox status': () => [
    show(knows({ conditions: { available: true, network: 'Home', link: 'cellular', metered_effective: true, metered_bytes: 5 } })).network,
    'Home · mobile data · metered · 5 bytes of this month\'s data used'],
  'no network': () => [show(knows({ conditions: { available: false, network: 'Home' } })).network, 'No network'],

  'who stands before a locked screen reads counts': () => {
    const known = knows({ summary: readSummary({ paused: [3, 1], reasons: { 'sign-in': 3 }, needs_user: true }), failed: readFailed([{ id: 'x', name: 'secret.jpg' }]),
                          holds: readHolds([hold('destination', 'sign-in', 'secret', { needs_user: true })]), trouble: 'secret',
                          groups: readGroups([{ key: 'secret', title: 'secret' }]), conditions: { available: true, network: 'secret' } });
    const locked = [show(known, true), show({ ...known, broker: 'silent' }, true), show({ ...known, broker: 'absent' }, true)];

    return [[JSON.stringify(locked).includes('secret'), locked[0].icon, locked[0].needs, locked[0].groups, locked[2].start], [false, 'attention', [], [], null]];
  },

  'names are text, of one line and a bearable length': () => [
    readGroups(['<b>bold</b>&amp;', 'a\nb\tc', '\u202eabc', 'ש\u05dcום', 'x'.repeat(300), '🦄'.repeat(300), '\ud800'].map(title => ({ key: 'k', title })))
      .map(({ title }) => title),
    ['<b>bold</b>&amp;', 'a\ufffdb\ufffdc', '\ufffdabc', 'ש\u05dcום', `${'x'.repeat(119)}…`, `${'🦄'.repeat(119)}…`, '\ufffd']],
  'a newer broker\'s states count, by their own names': () => [
    show(knows({ summary: readSummary({ archiving: [2, 20], done: [1, 1], all: [3, 21], lost: [9, 9] }), holds: readHolds([hold('galaxy', 'eclipse', '', { needs_user: true })]) })),
    { icon: 'sending', isRunning: true, needs: [{ label: 'Paused', help: null }] }],
  'summaries of any type are read': () => [
    [null, undefined, 5, 'x', [], { queued: 'x', done: [1], paused: [-1, 0], failed: [NaN, 1], saving: [1.5, 0], __proto__: [1, 2], reasons: [1], until: 'x', needs_user: 1 }]
      .map(value => countLeft(readSummary(value))), [0, 0, 0, 0, 0, 1]],
  'lists of any type are read': () => [
    [null, 5, 'x', {}, [null, 5, 'x', [], {}, { key: 5, states: 'x', reasons: [], bytes: {}, title: [] }]]
      .map(value => readGroups(value).length + readFailed(value).length), [0, 0, 0, 0, 0]],
  'holds of any type are shown': () => [
    show(knows({ holds: readHolds([null, 5, {}, { needs_user: true }, { scope: 'destination', key: {}, reason: 'constructor', needs_user: true }]) })).isRunning, true],
  'states with the names of what every object has are only names': () => [
    show(knows({ summary: readSummary({ constructor: [1, 1], toString: [1, 1] }) })).isRunning, true],
};

// Whether it has all that it is to have; of what it has more, nothing is said.
function has(found, wanted) {
  if (typeof wanted !== 'object' || wanted === null)
    return found === wanted;
  if (Array.isArray(wanted) && found?.length !== wanted.length)
    return false;
  return Object.entries(wanted).every(([key, value]) => has(found?.[key], value));
}

print(`1..${Object.keys(tests).length}`);
Object.entries(tests).forEach(([name, test], i) => {
  let found, wanted;

  try {
    [found, wanted] = test();
  } catch (error) {
    found = `${error}\n${error.stack}`;
  }
  const isGood = wanted !== undefined && has(found, wanted);

  print(`${isGood ? 'ok' : 'not ok'} ${i + 1} ${name}`);
  if (!isGood)
    printerr(`${name}: ${typeof found === 'string' ? found : JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
});
