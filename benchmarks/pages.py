"""The two pages: docs/performance.rst, for users, and benchmarks/README.rst, for maintainers."""

import report
from contestants import OLD, PEERS

PUBLIC = """\
..
   Written by `python benchmarks/run.py`; change benchmarks/pages.py, not this page.

How fast it is
==============

This library, rom {old} and redis-py pipelines written by hand store, load and search the same rows on one server in one run. Machines
are noisy, so only ratios within a round count; here are the medians of {rounds} rounds in which the contestants take turns. A row has seven columns
and six index entries (two words, one word, three numbers), besides a unique value, two prefixes and two suffixes. There are {rows:,} rows.
*Cold* means that the session did not know the rows; a loaded row is decoded when it is read, so two further lines read every column.

Measured on {date}: {cores} cores, {server}, Python {python}, redis-py {redis_py}, {hiredis}; a bare ``PING`` {ping:,.0f} a second.

.. image:: _static/performance-ratios.svg
   :alt: Times as fast as rom {old}, and as redis-py by hand
   :width: 100%

"""

QUESTIONS = """\
Asking more
-----------

What the query language and its writes take over {line_rows:,} rows of fourteen columns, against what a program for rom {old} does
for the same, where it can, and against one script a question written by hand over the same indexes.

"""

SETTINGS = """\
On other servers
----------------

The same on both servers, with the processes where the scheduler puts them, and with server and client pinned to a core each: times as
fast as rom {old} / as redis-py by hand.

"""

OTHERS = """\
Other mappers
-------------

{versions}, each in the manner of its own manual and with the indexes that it has, over the same rows: how many times as fast this library
is. What is empty they do not have, or not without a module of the server; redis-om leaves its indexes to that module, so that its writes
make none here.

.. image:: _static/performance-peers.svg
   :alt: Times as fast as popoto, walrus and redis-om
   :width: 100%

"""

GROWTH = """\
Growth
------

The time of a query for one page (20 rows), and of a count, as the table grows, on {server}. rom {old} was asked up to {most:,} rows.
What grows is the pages of a prefix, as the rows with it do: they are to come by id or by another column, and the index has them by
word, so that every entry with the prefix has to be looked at. In alphabetical order the page costs the page. Growth is from 10,000 rows
to {size:,}.

.. image:: _static/performance-growth.svg
   :alt: Milliseconds for a page of 20 rows over the number of rows, this library and rom {old}
   :width: 100%

.. image:: _static/performance-lines.svg
   :alt: Milliseconds for questions of the query language over the number of rows, this library and scripts by hand
   :width: 100%

"""

HOLDS = """\
What holds the server
---------------------

The longest that one call held the server at {size:,} rows, out of the server's own slow log; the least of three tries.

"""

INSIDE = """\
..
   Written by `python benchmarks/run.py`; change benchmarks/pages.py, not this page.

Benchmarks
==========

``python benchmarks/run.py`` measures this library, rom {old} (from PyPI, in an environment of its own), redis-py pipelines written by
hand, bare scripts, and other mappers, on redis-server and on Valkey, pinned to cores and not, and writes this page and ``docs/performance.rst`` with its
plots. ``tox -e benchmarks`` does the same with everything installed. ``--help`` tells the rest; ``--quick`` is a first look; ``--report`` writes the pages
again, also of a run that was cut, out of the file in which it kept its figures. What fails is told, and the rest goes on.

{files}

Measured on {date}: {cores} cores, Python {python}, redis-py {redis_py}, {hiredis}; {rounds} rounds over {rows:,} rows.


What is promised
----------------

Times as fast as rom {old} and as redis-py by hand: what is promised, and what came out in each setting. A figure counts as reached
if it is in all of them. *Computing* is the least of the ratios of the time that client and server compute, which a busy machine blurs
less; the last column is what the bare script has at its worst: more no library can have there.

"""

FILES = """\
run.py: the command
targets.py: what is asked of the library, as data
measure.py: rounds in turn, ratios within a round, stages
grown.py: the query language, growth, cliffs, what holds the server
report.py: what the figures say: cells, verdicts, text
pages.py: this page, and the one of the docs
plots.py: plots
contestants.py: worker processes, environments, servers
worker.py: a contestant's process
workload.py: the operations; the same file drives both roms
members.py: the query language and the cliffs; on both roms as well
byhand.py: the operations with redis-py alone
members_byhand.py: the query language with scripts by hand, and members by the hundred thousand
bare.py: the operations as the least that the server can be asked for
peers.py: the operations with other mappers
data.py: the rows
memory.py: a command of its own: memory stays flat over 100,000 commits and 1,000,000 rows
clever.py: a command of its own: what the clever parts of the Lua scripts gain, each alone
request_forms.py: a command of its own: JSON, cmsgpack or arguments, for the request of a write
"""

LINES = """\
The query language
------------------

Times as fast as rom {old} and as one script by hand, over {line_rows:,} rows; growth of ours and of the script by hand from 10,000 rows to
{size:,}, the larger of both servers, where what follows the page may grow by 1.6; and the longest that one call held a server at {size:,}
rows, of which 50 ms are allowed.

"""

CLIFFS = """\
Cliffs
------

What was slow on large tables, over {cliff_rows:,} rows: milliseconds of the server, calls, KB sent and received, the longest call; the same by a
script over the stored indexes. Three times as long as by hand is allowed, or as the spec has it where there is no script.

"""

REQUESTS = """\
The form of a request
---------------------

Measured on 2026-11-28 by ``request_forms.py``: 500 new rows take the server 4.6 µs each to read as the one flat list of JSON that they are, 12.0 as an
object each, 4.1 as cmsgpack (for which Python has no packer) and 2.3 as arguments; the client takes 4.3, 11.3, ? and 7.7 to make and pack them.

"""

MISSED = """\
What is missed
--------------

"""

FAILED = """\
What failed
-----------

"""

STAGES = """\
Where the time goes
-------------------

In percent: what the client itself computes, what redis-py computes for the same commands alone, what the server computes (its network included), and
what neither does: the way between them, and waiting for a core. Client and server overlap in a commit.

"""

TIMES = """\
Microseconds for one of each operation, a row or a query, on {server}:

"""


def list_table(header, rows):
    """A reStructuredText table; nothing where there are no rows."""
    lines, rows = ['.. list-table::', '   :header-rows: 1', ''], list(rows)
    if not rows:
        return ''
    for cells in [header] + rows:
        for place, cell in enumerate(cells):
            lines.append((('   * - %s' if place == 0 else '     - %s') % cell).rstrip())
    return '\n'.join(lines) + '\n\n'


def facts(figures):
    """What the templates name."""
    first = figures['settings'][0]
    about = dict(figures['environment'], rows=figures['rows'], rounds=figures['rounds'], ping=first['ping'],
                 server=report.name_of(first), most=100000, size=max(figures['sizes']), line_rows=figures['line_rows'],
                 cliff_rows=max([setting.get('cliff_rows', 0) for setting in figures['settings']]), files=files())
    about['hiredis'] = 'hiredis %s' % about['hiredis'] if about['hiredis'] else 'no hiredis'
    about['versions'] = ', '.join('%s %s' % (name, about['peers'][name]) for name in PEERS if name in about.get('peers', {}))
    return about


def files():
    """The table of files."""
    cells = [line.split(': ', 1) for line in FILES.splitlines()]
    cells = [['``%s``' % name, text] for name, text in cells]
    widths = [max(map(len, column)) for column in zip(*cells)]
    rule = '  '.join('=' * width for width in widths)
    return '\n'.join([rule] + ['%s  %s' % (name.ljust(widths[0]), text) for name, text in cells] + [rule])


def section(text, about, header, rows):
    """A text and its table, or nothing where there are no rows."""
    table = list_table(header, rows)
    return text.format(**about) + table if table else ''


def public(figures):
    """The text of docs/performance.rst."""
    about, settings = facts(figures), figures['settings']
    names = [report.name_of(setting) for setting in settings]
    parts = [
        PUBLIC.format(**about), list_table(report.SPEED_HEADER, report.speed_rows(figures)),
        section(QUESTIONS, about, report.QUESTION_HEADER, report.question_rows(figures)),
        section(SETTINGS, about, ['operation'] + names, report.setting_rows(figures) if len(settings) > 1 else []),
        section(OTHERS, about, ['operation'] + list(PEERS), report.peer_rows(figures)),
        'Memory and start\n----------------\n\n', weights(figures),
        section(GROWTH, about, report.growth_header(figures), report.growth_rows(figures)),
        section(HOLDS, about, report.hold_header(figures), report.hold_rows(figures)),
    ]
    parts.append('``python benchmarks/run.py`` repeats all of it and writes this page.\n')
    return ''.join(parts)


def weights(figures):
    """What else a user pays, in sentences."""
    values, lines = report.limit_values(figures), []
    for name, sentence in (
            ('bytes_per_row', "A row takes %.2f times the bytes in Redis that one of rom " + OLD + " takes"),
            ('entity_memory', 'a loaded entity %.2f times the memory of the dict that redis-py returns for it'),
            ('import_time', '``import rom`` %.2f times as long as ``import redis``'),
            ('long_text', 'an update beside a text of 2,000 words %.1f times as long as without it')):
        if name in values:
            lines.append(sentence % max(values[name]))
    return '; '.join(lines) + '.\n\n' if lines else ''


def inside(figures):
    """The text of benchmarks/README.rst."""
    about, lines = facts(figures), report.missed(figures)
    parts = [
        INSIDE.format(**about), list_table(report.promise_header(figures), report.promise_rows(figures)),
        list_table(['promise', 'at most', 'measured', ''], report.limit_rows(figures)),
        list_table(['operation', 'of', 'round trips', 'promised', ''], report.trip_rows(figures)),
        section(LINES, about, report.line_header(figures), report.line_rows(figures)),
        section(CLIFFS, about, report.cliff_header(figures), report.cliff_rows(figures)),
        MISSED, ''.join('* %s.\n' % line for line in lines) if lines else 'Nothing.\n', '\n\n',
        section(FAILED, about, ['what', 'how'], ([failure.partition(': ')[0], failure.partition(': ')[2]] for failure in figures['failures'])),
        section(STAGES, about, report.STAGE_HEADER, report.stage_rows(figures)),
        section(TIMES, about, report.TIME_HEADER, report.time_rows(figures)),
        REQUESTS,
    ]
    return ''.join(parts).rstrip() + '\n'
