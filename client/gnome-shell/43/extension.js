// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For GNOME Shell 43 and 44, whose extensions are scripts. All else is in modules that both kinds of shells load.
/* exported init */
const Main = imports.ui.main;
const PopupMenu = imports.ui.popupMenu;
const QuickSettings = imports.ui.quickSettings;
const Me = imports.misc.extensionUtils.getCurrentExtension();

class OutboxExtension {
  enable() {
    this._isOn = true;
    import(`file://${Me.path}/indicator.js`)
      .then(({ Indicator }) => this._show(Indicator))
      .catch(error => logError(error, 'Outbox'));
  }

  // It may have been disabled while the modules were read.
  _show(Indicator) {
    if (this._isOn && !this._indicator)
      this._indicator = new Indicator({ Main, PopupMenu, QuickSettings }, Me.path);
  }

  // The lock screen has it too, without names and buttons: how many uploads are left is what a person wants to know who passes by.
  disable() {
    this._isOn = false;
    this._indicator?.destroy();
    this._indicator = null;
  }
}

function init() {
  return new OutboxExtension();
}
