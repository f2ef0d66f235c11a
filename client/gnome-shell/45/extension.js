// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For GNOME Shell 45 and later, whose extensions are modules.
import { Extension } from 'resource:///org/gnome/shell/extensions/extension.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';
import * as QuickSettings from 'resource:///org/gnome/shell/ui/quickSettings.js';

import { Indicator } from './indicator.js';

export default class OutboxExtension extends Extension {
  enable() {
    this._indicator = new Indicator({ Main, PopupMenu, QuickSettings }, this.path);
  }

  // The lock screen has it too, without names and buttons: how many uploads are left is what a person wants to know who passes by.
  disable() {
    this._indicator?.destroy();
    this._indicator = null;
  }
}
