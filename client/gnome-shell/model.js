// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the indicator shows, from what the broker has answered. Pure: it knows neither the shell nor the bus. Everything that comes in is
// anybody's: any program could own the broker's name, and a newer broker has states, reasons and fields that are not known here. What is of
// another type than expected counts as if it were not there.
import { format, safe } from './labels.js';

// A menu is no list: what does not fit is on the page that it opens.
export const NEEDS_MOST = 3;
export const GROUPS_MOST = 4;

// A name may be a book. Nobody reads more of it in a menu, and each letter is laid out.
const TEXT_MOST = 120;

const HOUR_S = 3600;

// Reasons that are a rule's: a person may send now all the same, or let it go on for a time.
const OF_RULES = ['ask', 'wait-wifi', 'wait-network', 'wait-unmetered', 'roaming', 'battery', 'schedule', 'data-budget'];
const SENT_NOW = [...OF_RULES, 'not-before'];

// Trouble of a server whose end is another setting.
const OF_SETTINGS = ['no-destination', 'wrong-address', 'certificate', 'proxy'];

// --- Values of any type ---

function own(object, name) {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? object[name] : undefined;
}

function number(value) {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function string(value) {
  return typeof value === 'string' ? value : '';
}

// A text from outside, to be shown.
function text(value) {
  const whole = [...string(value).slice(0, 2 * TEXT_MOST + 2)];

  return safe(whole.length > TEXT_MOST ? `${whole.slice(0, TEXT_MOST - 1).join('')}…` : whole.join(''));
}

function counts(value) {
  const result = {};

  for (const [name, n] of Object.entries(typeof value === 'object' && value !== null ? value : {}))
    if (number(n) > 0)
      result[name] = number(n);
  return result;
}

// --- What the broker answers ---

const NO_STATES = ['all', 'lost', 'amendments', 'unclaimed'];

// Any pair of numbers is a state, also one that is not known here. What has arrived is counted of what is on its way together: everything
// that has ever arrived would be of no help.
export function readSummary(summary) {
  const states = {}, arrived = own(summary, 'arrived');

  for (const [name, pair] of Object.entries(typeof summary === 'object' && summary !== null ? summary : {}))
    if (Array.isArray(pair) && pair.length === 2 && !NO_STATES.includes(name) && number(pair[0]) > 0)
      states[name] = number(pair[0]);
  if (typeof arrived === 'number' && (number(arrived) > 0 || countLeft({ states }) > 0))
    states.done = number(arrived);
  return { states, reasons: counts(own(summary, 'reasons')), until: number(own(summary, 'until')),
           needsUser: own(summary, 'needs_user') === true };
}

export function countLeft({ states }) {
  return Object.entries(states).reduce((sum, [name, n]) => sum + (name === 'done' ? 0 : n), 0);
}

export function readHolds(holds) {
  return list(holds).map(hold => ({
    scope: string(own(hold, 'scope')), key: string(own(hold, 'key')), reason: string(own(hold, 'reason')),
    until: number(own(hold, 'until')), needsUser: own(hold, 'needs_user') === true,
  }));
}

export function readGroups(groups) {
  return list(groups).map(group => ({
    key: string(own(group, 'key')), app: string(own(group, 'app')), title: text(own(group, 'title')) || text(own(group, 'key')),
    states: counts(own(group, 'states')), reasons: counts(own(group, 'reasons')), until: number(own(group, 'until')),
    bytes: number(own(group, 'bytes')), offset: number(own(group, 'offset')), sent: number(own(group, 'sent_bytes')),
    isPaused: own(group, 'paused') === true, needsUser: own(group, 'needs_user') === true,
  })).filter(({ key }) => key !== '');
}

export function readFailed(uploads) {
  return list(uploads).map(upload => ({
    id: string(own(upload, 'id')), title: text(own(upload, 'name')), reason: string(list(own(upload, 'reasons'))[0]),
  })).filter(({ id }) => id !== '');
}

// --- What a person can do ---

// A call to the broker: interface, method, and what it is told. Where there is no method, the page of all is opened.
const call = (interfaceName, method, ...args) => ({ interfaceName, method, args });
const PAGE = call('', '');

// What the first button of a hold does, as on the page (data/dashboard/view-holds.js). null: nothing that a button can do.
function helpWith({ scope, key, reason }, { _ }) {
  if (scope === 'queue' && reason === 'storage')
    return { text: _('Try now'), call: call('Queue', 'Resume') };
  if (scope === 'lane' && reason === 'ask')
    return { text: _('Send on this network'), call: call('Queue', 'AllowNetwork') };
  if (scope === 'lane' && OF_RULES.includes(reason))
    return { text: _('Continue for an hour'), call: call('Queue', 'ResumeFor', { seconds: HOUR_S, destination: key.split('/')[0] }) };
  if (scope === 'group' && reason === 'user')
    return { text: _('Resume'), call: call('Groups', 'Resume', [key]) };
  if (scope === 'destination' && reason === 'user')
    return { text: _('Resume'), call: call('Destinations', 'Resume', key) };
  if (scope === 'destination' && reason === 'sign-in')
    return { text: _('Sign in…'), call: PAGE };
  if (scope === 'destination' && OF_SETTINGS.includes(reason))
    return { text: _('Change its settings…'), call: PAGE };
  return scope === 'destination' ? { text: _('Try now'), call: call('Destinations', 'Resume', key) } : null;
}

// As holds and calls have it.
const nameGroup = ({ key, app }) => (app ? `${app}/${key}` : key);

function helpGroup(group, { _ }) {
  const { reasons, states, isPaused } = group, name = nameGroup(group);

  if (isPaused)
    return { text: _('Resume'), call: call('Groups', 'Resume', [name]) };
  if (SENT_NOW.some(reason => reasons[reason] > 0))
    return { text: _('Send now'), call: call('Groups', 'SendNow', [name]) };
  return states.failed > 0 ? { text: _('Show…'), call: PAGE } : null;
}

// --- The menu ---

// What a person must do comes first, then what they can do. One row for what one button answers: a group that is shown has its own.
function describeNeeds({ holds, failed }, shownGroups, nowMs, words) {
  const isElsewhere = ({ scope, reason, key }) => (scope === 'queue' && reason === 'queue') || (scope === 'group' && shownGroups.has(key));
  const helped = holds.filter(hold => !isElsewhere(hold)).map(hold => {
    const { scope, key, reason, until, needsUser } = hold;
    const help = helpWith(hold, words);

    return {
      key: `${scope} ${reason} ${help?.text === words._('Send on this network') ? '' : key}`, title: scope === 'queue' ? '' : text(key), needsUser, help,
      label: safe(words.labels.status({ state: reason === 'retrying' ? 'retrying' : 'paused', reason, until }, nowMs)),
    };
  }).filter(({ needsUser, help }) => needsUser || help);
  const broken = failed.map(({ id, title, reason }) => ({
    key: id, title, needsUser: true, label: safe(words.labels.status({ state: 'failed', reason }, nowMs)),
    help: { text: words._('Retry'), call: call('Uploads', 'Retry', [id]) },
  }));
  const rows = [...helped.filter(row => row.needsUser), ...broken, ...helped.filter(row => !row.needsUser)];

  const seen = new Set();

  return rows.filter(({ key }) => !seen.has(key) && seen.add(key));
}

const share = (part, whole) => (whole > 0 ? Math.min(part, whole) / whole : 0);

function describeGroups(groups, nowMs, words) {
  const rank = ({ needsUser, states }) => (needsUser ? 0 : states.uploading > 0 ? 1 : 2);

  return [...groups].sort((a, b) => rank(a) - rank(b)).map(group => ({
    key: nameGroup(group), title: group.title, label: words.labels.group(group, nowMs),
    confirmed: share(group.offset, group.bytes), sent: share(Math.max(group.sent, group.offset), group.bytes), help: helpGroup(group, words),
  }));
}

// Says how bytes leave the device now, and what that costs: the line of `outbox status`.
export function describeNetwork(conditions, { _, formatSize }) {
  const links = { ethernet: _('cable'), wifi: _('Wi-Fi'), cellular: _('mobile data'), bluetooth: _('Bluetooth') };
  const used = number(own(conditions, 'metered_bytes')), isAvailable = own(conditions, 'available') === true;
  const link = string(own(conditions, 'link'));

  return [
    isAvailable ? text(own(conditions, 'network')) || _('Connected') : _('No network'),
    isAvailable && Object.hasOwn(links, link) && links[link],
    isAvailable && own(conditions, 'metered_effective') === true && _('metered'),
    used > 0 && format(_("%s of this month's data used"), formatSize(used)),
  ].filter(part => part).join(' · ');
}

function describeLine({ broker, trouble, summary, holds }, nowMs, { _, labels }) {
  if (broker === 'absent')
    return _('Outbox is not running');
  if (broker === 'silent')
    return text(trouble) || _('Outbox does not answer');
  if (!summary)
    return '';
  if (countLeft(summary) === 0 && holds.some(({ scope, reason }) => scope === 'queue' && reason === 'queue'))
    return labels.status({ state: 'paused', reason: 'queue' }, nowMs);
  return labels.group(summary, nowMs);
}

// In the panel there is something only while something has not arrived, or nobody can tell whether it has. What needs a person comes first.
function describeIcon({ broker, summary }) {
  const left = summary ? countLeft(summary) : 0;

  if (broker === 'silent' || (broker === 'absent' && left > 0))
    return 'off';
  if (left === 0)
    return 'none';
  if (summary.needsUser || summary.states.failed > 0)
    return 'attention';
  return summary.states.paused === left ? 'paused' : 'sending';
}

// known: { broker: "absent", "asked" (its first answer is not here), "there" or "silent"; trouble: its words, if it is silent with an
//   error; summary: the last one, also of a broker that is gone, or null; holds; groups; hasMoreGroups; failed; conditions }
// words: { _, labels, formatSize }
// onlyCounts: whoever stands before a locked screen is told how many, and nothing else
// Returns: what each part of the indicator shows.
export function describe(known, { onlyCounts = false, nowMs = 0 } = {}, words) {
  const isThere = known.broker === 'there';
  const shown = {
    icon: describeIcon(known), line: describeLine(known, nowMs, words), isRunning: isThere,
    isPaused: known.holds.some(({ scope, reason }) => scope === 'queue' && reason === 'queue'),
    needs: [], groups: [], hasMore: false, network: '', start: null,
  };

  if (onlyCounts && known.trouble)
    shown.line = words._('Outbox does not answer');
  if (onlyCounts)
    return shown;
  if (known.broker === 'absent')
    shown.start = { text: words._('Start'), call: call('', 'Start') };
  if (!isThere)
    return shown;
  const all = describeGroups(known.groups, nowMs, words), groups = all.slice(0, GROUPS_MOST);
  const needs = describeNeeds(known, new Set(groups.map(({ key }) => key)), nowMs, words);

  return { ...shown, needs: needs.slice(0, NEEDS_MOST), groups,
           hasMore: known.hasMoreGroups || needs.length > NEEDS_MOST || all.length > GROUPS_MOST,
           network: known.conditions ? describeNetwork(known.conditions, words) : '' };
}

// What is known before anything is.
export function knowNothing() {
  return { broker: 'absent', trouble: '', summary: null, holds: [], groups: [], hasMoreGroups: false, failed: [], conditions: null };
}
