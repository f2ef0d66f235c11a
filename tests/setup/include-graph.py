#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints who knows whom among the files of a folder, and the circles in it. NAME.c and NAME.h are one file here. It knows
# another by including its header, or by using a function or a variable that the other one defines: a header that everybody
# includes would hide who calls whom.
#
#   include-graph.py FOLDER [MOST]
#
# A file of a level knows files of lower levels alone, and those of its own circle: what it has to tell upward goes by what these
# have handed to it. Two files may know each other. With MOST, fails when more than so many files stand in circles of three and more.
import pathlib
import re
import sys

DEFINED_FUNCTION = re.compile(r'^(\w+) \(', re.MULTILINE)
DEFINED_TYPE = re.compile(r'^G_DEFINE_(?:\w+_)?(?:TYPE|INTERFACE)\w* \(\w+, (\w+),', re.MULTILINE)
DEFINED_VARIABLE = re.compile(r'^(?!static\b|extern\b)\w[\w ]*[ *](\w+)(?:\[[^]]*\])*\s+=', re.MULTILINE)


def without_comments_and_strings(text):
    """The same lines without what a compiler does not read as names."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', ' ', text, flags=re.DOTALL)


def find_definitions(code):
    """What a source file defines for others. Its layout is GNU's: a name at the start of a line, its type above it."""
    names = set(DEFINED_VARIABLE.findall(code))
    names |= {prefix + '_get_type' for prefix in DEFINED_TYPE.findall(code)}
    for match in DEFINED_FUNCTION.finditer(code):
        type_line = code[:match.start()].rstrip('\n').rpartition('\n')[2]
        if type_line and type_line[0].isalpha() and not re.match(r'static\b', type_line):
            names.add(match.group(1))
    return names


def read_folder(folder):
    """Returns: file → headers of the same folder that it includes; and file → other file → names that it uses of that."""
    text = {path: path.read_text() for path in sorted(folder.glob('*.[ch]'))}
    code = {path: without_comments_and_strings(text[path]) for path in text}
    files = sorted({path.stem for path in text})
    owner = {}
    for path in text:
        if path.suffix == '.c':
            owner.update({name: path.stem for name in find_definitions(code[path])})

    # A header is named by its layer: "ipc/requests/table.h".
    layer = folder.resolve().as_posix().rpartition('/daemon/')[2]
    includes = {file: set() for file in files}
    uses = {file: {} for file in files}
    for path in text:
        for header in re.findall(r'^#include "(?:' + layer + r'/)?([^/"]+)\.h"', text[path], re.MULTILINE):
            if header in includes and header != path.stem:
                includes[path.stem].add(header)
        # A header only declares: what it names of another file is no call.
        if path.suffix == '.c':
            for name in set(re.findall(r'\w+', code[path])):
                if owner.get(name, path.stem) != path.stem:
                    uses[path.stem].setdefault(owner[name], set()).add(name)
    return includes, uses


def find_circles(graph):
    """The sets of files each of which leads to every other one, the largest first."""
    def reach(start):
        seen, ahead = set(), [start]
        while ahead:
            for file in graph[ahead.pop()] - seen:
                seen.add(file)
                ahead.append(file)
        return seen

    reached = {file: reach(file) for file in graph}
    circles = {frozenset(other for other in reached[file] if file in reached[other]) for file in graph}
    return sorted((sorted(circle) for circle in circles if len(circle) > 1), key=lambda circle: (-len(circle), circle))


def find_levels(graph, circles):
    """Lists of files, the lowest first: each knows only files of lists before its own, and those of its own circle."""
    circle_of = {file: circle for circle in circles for file in circle}
    levels, placed = [], set()
    while len(placed) < len(graph):
        level = [file for file in graph if file not in placed
                 and all(known <= placed | set(circle_of.get(file, [file]))
                         for known in (graph[other] for other in circle_of.get(file, [file])))]
        levels.append(level)
        placed |= set(level)
    return levels


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit('include-graph.py FOLDER [MOST]')
    folder = pathlib.Path(sys.argv[1])
    includes, uses = read_folder(folder)
    if not includes:
        sys.exit(f'{folder}: no source files')

    for file in includes:
        print(f'{file} includes {", ".join(sorted(includes[file])) or "nothing of this folder"}')
    print()
    for file in uses:
        for other in sorted(uses[file]):
            print(f'{file} calls {other}: {", ".join(sorted(uses[file][other]))}')
    print()

    graph = {file: includes[file] | set(uses[file]) for file in includes}
    circles = find_circles(graph)
    for number, level in enumerate(find_levels(graph, circles)):
        print(f'level {number}: {", ".join(level)}')
    for circle in circles:
        print(f'circle of {len(circle)}: {", ".join(circle)}')
    count = sum(len(circle) for circle in circles if len(circle) > 2)
    print(f'{count} of {len(includes)} files are in circles of more than two')
    if len(sys.argv) == 3:
        most = int(sys.argv[2])
        if count > most:
            sys.exit(f'{folder}: {count} files are in circles of more than two, {most} may be')
        if count < most:
            print(f'only {count} are in circles now: lower the number {most}, so that no new one slips in')


if __name__ == '__main__':
    main()
