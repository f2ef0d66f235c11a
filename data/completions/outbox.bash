# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bash completion for outbox: the command itself says what could come next (client/cli/complete.c).

_outbox ()
{
  local line words=("${COMP_WORDS[@]:1:COMP_CWORD}") current=${COMP_WORDS[COMP_CWORD]}

  # bash takes --group=x for three words.
  if [ "$current" = = ]; then
    current=
    words[-1]=
  elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
    unset 'words[-2]'
    words=("${words[@]}")
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$(printf %q "${line%%$'\t'*}")")
    fi
  done < <(outbox --complete "${words[@]}" 2>/dev/null)
}

complete -F _outbox outbox
