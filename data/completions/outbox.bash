# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bash completion for outbox: verbs, options, ids of uploads, names of destinations.

_outbox_ids ()
{
  outbox list "$@" 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_outbox_groups ()
{
  outbox group list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_outbox_destinations ()
{
  outbox destination list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# The argument is the state: a code is named while it waits, and an address once it is let in.
_outbox_apps ()
{
  outbox app list --json 2>/dev/null | awk -F'"' -v state="$1" '
    $2 == "app" { app = $4 } $2 == "code" { code = $4 } $2 == "state" { now = $4 }
    /^ *}/ { if (now == state) print state == "waiting" ? code : app; now = "" }'
}

_outbox ()
{
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words=

  if [ "$COMP_CWORD" -eq 1 ]; then
    words="add commit list show watch pause resume retry send-now priority amend verify free remove log status metrics group destination app policy dashboard doctor --help --version"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    return
  fi

  case $previous in
    --destination | -d) words=$(_outbox_destinations) ;;
    --state | -s) words="saving queued uploading confirming retrying paused failed done" ;;
    --protocol) words="tus http" ;;
    --group | -g) words=$(_outbox_groups) ;;
    --report | --output)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
  esac
  if [ -n "$words" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    return
  fi

  case $verb in
    add) words="--destination --group --title --metadata --type --form --priority --not-before --key --app --name --recursive --move --wait --quiet --json" ;;
    commit) ;;
    list) words="--state --unfinished --group --destination --app --limit --json" ;;
    show) words="--json" ;;
    watch) words="--group --until-done --json" ;;
    pause) ;;
    resume) words="--for --group --destination" ;;
    retry) words="--all" ;;
    send-now) words="--group --network" ;;
    priority) ;;
    amend) words="--name --note --metadata --priority" ;;
    verify) words="--group --all --json" ;;
    free) words="--older-than --group --json" ;;
    remove) words="--done --force" ;;
    log) words="--all --since --json --against --destination" ;;
    status) words="--json" ;;
    metrics) words="--output" ;;
    group) words="--force --json" ;;
    policy | app) words="--json" ;;
    dashboard) words="--print" ;;
    doctor) words="--repair --report --timeout --json" ;;
    destination) words="--url --protocol --confirm-url --receipt --also --header --user --oauth --client-secret --command --certificate --default --json" ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$current")
    return
  fi

  case $verb in
    add)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
    commit)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --state saving)" -- "$current")
      ;;
    pause | watch)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --unfinished)" -- "$current")
      ;;
    resume)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --state paused)" -- "$current")
      ;;
    retry | send-now | priority | amend)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --unfinished)" -- "$current")
      ;;
    verify | free)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --state done)" -- "$current")
      ;;
    show | remove | log)
      mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids)" -- "$current")
      ;;
    group)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list show pause resume retry remove" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -W "$(_outbox_groups)" -- "$current")
      fi
      ;;
    policy)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "show check edit explain" -- "$current")
      elif [ "${COMP_WORDS[2]}" = check ]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
      elif [ "${COMP_WORDS[2]}" = explain ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_outbox_ids --unfinished)" -- "$current")
      fi
      ;;
    app)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list approve deny revoke" -- "$current")
      elif [ "${COMP_WORDS[2]}" = revoke ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_outbox_apps paired)" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -W "$(_outbox_apps waiting)" -- "$current")
      fi
      ;;
    destination)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list show set test sign-in sign-out unlock remove pause resume" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -W "$(_outbox_destinations)" -- "$current")
      fi
      ;;
  esac
}

complete -F _outbox outbox
