#compdef outbox
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# zsh completion for outbox: the command itself says what could come next (client/cli/complete.c).

_outbox ()
{
  local line
  local -a lines found

  lines=("${(@f)$(outbox --complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    if [[ $line == :files ]]; then
      _files
    else
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done
  (( ! $#found )) || _describe -V outbox found
}

_outbox "$@"
