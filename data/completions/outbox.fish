# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fish completion for outbox: the command itself says what could come next (client/cli/complete.c).

function __outbox_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (outbox --complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end

complete -c outbox -k -f -a '(__outbox_complete)'
