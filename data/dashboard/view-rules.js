// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The network as the rules see it, and the rules: what may travel, where and when; with what each rule lets wait now.
import { format } from './labels.js';
import { formatSize, h, outside, safe } from './text.js';
import { labelOfHold } from './view-holds.js';
import { _ } from './words.js';

const UNUSED = ['', 0, 'allow'];

// A text for each thing that a rule says, by the names of outbox.conf(5).
export function describeRule(rule) {
  return Object.entries(rule).filter(([key, value]) => !['name', 'file'].includes(key) && !UNUSED.includes(value)
                                                       && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${key.replaceAll('_', '-')}=${Array.isArray(value) ? value.join(';') : value}`);
}

const LINKS = { ethernet: () => _('cable'), wifi: () => _('Wi-Fi'), cellular: () => _('mobile data'), bluetooth: () => _('Bluetooth') };

// Says how bytes leave the device now, and what that costs.
export function describeNetwork({ available = true, network = '', link = '', metered_effective: isMetered = false, metered_bytes: used = 0 }) {
  return [
    !available ? _('No network') : safe(network) || _('Connected'),
    available && LINKS[link]?.(),
    available && isMetered && _('metered'),
    used > 0 && format(_("%s of this month's data used"), formatSize(used)),
  ].filter(part => part).join(' · ');
}

function facts({ available, network, link, metered_effective: isMetered, roaming, metered_bytes: used = 0, on_battery: isOnBattery,
                 battery, power_saver: isSaving, sources = [] }, { budget = 0 }) {
  const yesOrNo = is => (is ? _('yes') : _('no'));

  return [
    [_('network'), available ? [network, LINKS[link]?.()].filter(part => part).join(' · ') || _('Connected') : _('No network')],
    [_('metered'), available && yesOrNo(isMetered)],
    [_('roaming'), available && roaming && yesOrNo(roaming)],
    [_('metered data of this month'), budget > 0 ? format(_('%s of %s'), formatSize(used), formatSize(budget)) : formatSize(used)],
    [_('power'), isOnBattery ? format(_('battery, %u %%'), battery ?? 0) : _('mains')],
    [_('power saver'), isSaving && yesOrNo(isSaving)],
    [_('said by'), sources.join(', ')],
  ].filter(([, value]) => value);
}

// A hold of a lane is named by destination and rule.
function drawRule(rule, holds) {
  const waits = holds.filter(({ scope, key = '' }) => scope === 'lane' && key.split('/')[1] === rule.name);

  return h('li', { className: 'card' }, h('h3', {}, outside(rule.name)), h('p', {}, outside(describeRule(rule).join(' · ') || _('Allows everything.'))),
           waits.map(hold => h('p', { className: 'waits' }, outside(hold.key.split('/')[0]), `: ${labelOfHold(hold)}`)),
           h('p', { className: 'quiet' }, outside(rule.file)));
}

export class RulesView {
  #facts = h('dl');
  #problem = h('p', { className: 'notice bad', hidden: true });
  #rules = h('ol', { className: 'cards' });
  #own = h('p', { className: 'quiet' });
  element = h('section', {}, h('h2', { textContent: _('The network now') }), this.#facts,
              h('h2', { textContent: _('Rules: what may be sent, where and when') }), this.#problem,
              h('p', { className: 'quiet', textContent: _('If several rules match an upload, the last one applies.') }), this.#rules,
              this.#own, h('p', {}, h('code', { textContent: 'outbox policy edit' })));

  #drawn = [];

  draw({ conditions, policy, holds }) {
    const now = [conditions, policy, holds];

    if (now.every((each, i) => each === this.#drawn[i]))
      return;
    this.#drawn = now;
    this.#facts.replaceChildren(...facts(conditions, policy).flatMap(([key, value]) => [h('dt', { textContent: key }), h('dd', {}, outside(value))]));
    this.#problem.hidden = !policy.problem;
    this.#problem.replaceChildren(outside(policy.problem ?? ''));
    this.#rules.replaceChildren(...(policy.rules ?? []).map(rule => drawRule(rule, holds)));
    this.#own.replaceChildren(outside(policy.own_file ?? ''));
  }
}
