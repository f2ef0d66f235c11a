// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The indicator: an icon in the panel, a toggle in the quick settings that pauses everything, and its menu. It owns all that it has made,
// and leaves nothing behind. No class of it is a GObject's: the type system keeps those for good.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import { Bus, CLOSED, MENU, TILE } from './bus.js';
import { describe, GROUPS_MOST, NEEDS_MOST } from './model.js';
import { Row, Rows, TextRow } from './rows.js';
import { loadWords } from './words.js';

const ICONS = { none: 'sending', sending: 'sending', paused: 'paused', attention: 'attention', off: 'off' };

export class Indicator {
  #shell;
  #folder;
  #words = null;
  #bus = null;
  #icons = {};
  #signals = [];
  #rows = null;
  #message = '';

  // shell: { Main, PopupMenu, QuickSettings }, by whichever way this version has them. folder: of the extension.
  constructor(shell, folder) {
    this.#shell = shell;
    this.#folder = folder;
    loadWords().then(words => this.#begin(words)).catch(error => logError(error, 'Outbox'));
  }

  // Without labels there is nothing to be shown: the broker, which brings them, is not installed.
  #begin(words) {
    if (!words || !this.#folder)
      return;
    this.#words = words;
    for (const name of Object.values(ICONS))
      this.#icons[name] = Gio.icon_new_for_string(GLib.build_filenamev([this.#folder, 'icons', `outbox-${name}-symbolic.svg`]));
    this.#bus = new Bus(Gio.DBus.session, () => this.#draw());
    this.#make();
    this.#follow();
    this.#draw();
    this.#bus.start();
  }

  destroy() {
    this.#folder = null;
    this.#bus?.stop();
    for (const [object, id] of this.#signals)
      object.disconnect(id);
    this.#signals = [];
    // The shell keeps the menu when its toggle is destroyed.
    this.#toggle?.menu.destroy();
    this.#toggle?.destroy();
    this.#indicator?.destroy();
    this.#bus = this.#toggle = this.#indicator = null;
    this.#rows = null;
  }

  // --- What it is made of ---

  #indicator = null;
  #icon = null;
  #toggle = null;

  #make() {
    const { Main, QuickSettings } = this.#shell;
    const settings = Main.panel.statusArea.quickSettings;

    this.#indicator = new QuickSettings.SystemIndicator();
    this.#icon = this.#indicator._addIndicator();
    this.#icon.visible = false;
    this.#toggle = new QuickSettings.QuickMenuToggle({ gicon: this.#icons.sending, toggle_mode: false, accessible_name: 'Outbox' });
    this.#toggle.menu.setHeader(this.#icons.sending, 'Outbox');
    this.#indicator.quickSettingsItems.push(this.#toggle);
    if (settings.addExternalIndicator) {
      settings.addExternalIndicator(this.#indicator);
    } else {
      settings._indicators.insert_child_at_index(this.#indicator, 0);
      settings._addItems(this.#indicator.quickSettingsItems);
    }
  }

  // When the quick settings are opened for the first time: it must not grow out of nothing while it opens itself.
  #fillMenu() {
    const { PopupMenu } = this.#shell, { menu } = this.#toggle;
    const press = (call, row) => this.#press(call, row);
    const rows = {
      line: new TextRow(this.#shell, 'outbox-line'), message: new TextRow(this.#shell, 'outbox-message'), start: new Row(this.#shell, { press }),
      needs: new Rows(this.#shell, NEEDS_MOST, { press }), groups: new Rows(this.#shell, GROUPS_MOST, { hasBar: true, press }),
      network: new TextRow(this.#shell, 'outbox-label'),
    };

    for (const row of Object.values(rows))
      for (const item of row.items ?? [row.item])
        menu.addMenuItem(item);
    rows.separator = new PopupMenu.PopupSeparatorMenuItem();
    menu.addMenuItem(rows.separator);
    rows.page = menu.addAction('', () => this.#press({ interfaceName: '', method: '' }));
    this.#rows = rows;
  }

  #connect(object, signal, callback) {
    this.#signals.push([object, object.connect(signal, callback)]);
  }

  #follow() {
    const { Main } = this.#shell, { menu } = Main.panel.statusArea.quickSettings;
    const look = () => {
      this.#bus.look(!menu.isOpen ? CLOSED : this.#toggle.menu.isOpen ? MENU : TILE);
      this.#draw();
    };

    this.#connect(menu, 'open-state-changed', () => {
      if (menu.isOpen && !this.#rows)
        this.#fillMenu();
      look();
    });
    this.#connect(this.#toggle.menu, 'open-state-changed', () => {
      this.#message = '';
      look();
    });
    this.#connect(this.#toggle, 'clicked', () => this.#obeyToggle());
    this.#connect(Main.sessionMode, 'updated', () => this.#draw());
  }

  // --- What it shows ---

  // Of what nobody sees only the counts are put into words.
  #describe() {
    const { isLocked } = this.#shell.Main.sessionMode;

    return { ...describe(this.#bus.known, { onlyCounts: isLocked || this.#bus.depth === CLOSED, nowMs: Date.now() }, this.#words), isLocked };
  }

  #draw() {
    if (!this.#bus || !this.#toggle)
      return;
    const shown = this.#describe();

    this.#drawIcon(shown);
    if (this.#bus.depth > CLOSED || shown.isLocked === this.#toggle.reactive)
      this.#drawToggle(shown);
    if (shown.isLocked)
      this.#toggle.menu.close();
    // Of a menu that is closed by a lock, nothing stays.
    if (this.#rows && (this.#toggle.menu.isOpen || shown.isLocked))
      this.#drawMenu(shown);
  }

  // Each change costs a new picture of the panel.
  #drawIcon({ icon, line }) {
    const gicon = this.#icons[ICONS[icon]];

    if (this.#icon.gicon !== gicon)
      this.#icon.gicon = gicon;
    this.#icon.visible = icon !== 'none';
    this.#icon.accessible_name = `Outbox: ${line}`;
  }

  // GNOME Shell 43 has one short line in a toggle, later ones have two: there the line of the whole is in the menu alone.
  #drawToggle({ icon, line, isRunning, isPaused, isLocked }) {
    const toggle = this.#toggle;

    toggle.gicon = this.#icons[isPaused ? 'paused' : ICONS[icon]];
    toggle.checked = isRunning && !isPaused;
    toggle.reactive = !isLocked;
    toggle.accessible_name = `Outbox: ${line}`;
    if ('subtitle' in toggle)
      toggle.set({ title: 'Outbox', subtitle: line || null });
    else
      toggle.label = 'Outbox';
  }

  #drawMenu({ line, start, needs, groups, hasMore, network, isRunning }) {
    const rows = this.#rows, { _ } = this.#words;

    rows.line.draw(line);
    rows.message.draw(this.#message);
    rows.start.item.visible = start !== null;
    rows.start.draw({ title: '', label: '', help: start });
    rows.needs.draw(needs);
    rows.groups.draw(groups);
    rows.network.draw(network);
    rows.page.visible = rows.separator.visible = isRunning;
    rows.page.label.text = hasMore ? _('More uploads…') : _('All uploads…');
  }

  // --- What a person does ---

  #obeyToggle() {
    const { isRunning, isPaused, isLocked } = this.#describe();

    if (isLocked)
      return;
    if (!isRunning)
      this.#press({ interfaceName: '', method: 'Start' });
    else
      this.#press({ interfaceName: 'Queue', method: isPaused ? 'Resume' : 'Pause', args: [] });
  }

  #do(call) {
    if (call.method === 'Start')
      return this.#bus.startBroker();
    if (call.interfaceName !== '')
      return this.#bus.obey(call);
    return this.#bus.openPage(url => {
      Gio.AppInfo.launch_default_for_uri_async(url, global.create_app_launch_context(0, -1), null, null);
      this.#shell.Main.panel.closeQuickSettings();
    });
  }

  async #press(call, row = null) {
    if (this.#shell.Main.sessionMode.isLocked)
      return;
    row?.setBusy(true);
    const trouble = await this.#do(call);

    row?.setBusy(false);
    if (!this.#bus)
      return;
    this.#message = trouble === null ? '' : trouble || this.#words._('Outbox does not answer');
    this.#draw();
  }
}
