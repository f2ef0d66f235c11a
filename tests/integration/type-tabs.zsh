# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Types each line, a tab after it, into a real interactive shell, and prints what then stands there.
# type-tabs.zsh bash|zsh FOLDER LINE…   FOLDER has the completions: outbox for bash, _outbox for zsh
zmodload zsh/zpty
setopt extended_glob
typed=$1 folder=$2
shift 2
if [[ $typed == bash ]]; then
  zpty shell env INPUTRC=/dev/null TERM=dumb bash --norc --noprofile -i
  begin="bind 'set enable-bracketed-paste off'; . $folder/outbox"
else
  zpty shell env TERM=dumb zsh -f -i
  begin="unset zle_bracketed_paste; fpath=($folder \$fpath); autoload -Uz compinit; compinit -u -D; bindkey -e; bindkey '^I' complete-word"
fi
zpty -w shell "$begin; echo rea''dy"
while zpty -r shell line; do
  [[ $line != *ready* ]] || break
done
for typed in "$@"; do
  # The keys are taken in order: what the tab has made of the line is said by the line itself.
  zpty -n -w shell "$typed"$'\t'$'\C-a'"echo DO''NE: "$'\n'
  while zpty -r shell line; do
    [[ $line != *DONE:* ]] || { print -r -- "${${line##*DONE: }%%[[:space:]]##}"; break }
  done
done
zpty -d shell
