"""What a run has found: as text for the terminal, as docs/performance.rst, and as plots."""

import json
import os
import statistics

import targets
from contestants import HAND, OLD, OURS

INTRODUCTION = """\
..
   Written by `python benchmarks/run.py`; change benchmarks/report.py, not this page.

How fast it is
==============

This library, rom {old} and redis-py pipelines written by hand store, load and search the same rows on one server in one
run, the server on one core and each of them on another. Machines are noisy, so only ratios within a round count; the table
gives the medians of {rounds} rounds in which the three take turns. A row has seven columns and six index entries (two words, one word, three numbers), besides a unique
value, two prefixes and two suffixes. The table is over {rows:,} rows. *Cold* means that the session did not know the
rows; a loaded row is decoded when it is read, so two further lines read every column.

Measured on {date}: {cores} cores, {server}, Python {python}, redis-py {redis_py}, {hiredis}; a bare ``PING`` {ping:,.0f} a
second. ``python benchmarks/run.py`` repeats all of it and writes this page.

"""

WHERE = """\
Where the time goes
-------------------

Microseconds for one of each operation, a row or a query: what the caller's process computed, what the server computed, and
all in all. A bare ``PING`` takes {ping_microseconds:.0f} here, and no call takes less. Where a promise is missed, this tells how
much of it is the round trip, how much the script in the server, and how much Python.

"""

GROWTH = """\
Growth
------

The time of a query for one page (20 rows), and of a count, as the table grows. rom {old} was asked up to {most:,} rows.
What grows is the pages of a prefix, as the rows with it do: they are to come by id or by another column, and the index has them by
word, so that every entry with the prefix has to be looked at.

.. image:: _static/performance-growth.svg
   :alt: Milliseconds for a page of 20 rows over the number of rows, this library and rom {old}
   :width: 100%

"""

HOLDS = """\
What holds the server
---------------------

The longest that one call held the server at {size:,} rows, out of the server's own slow log; the least of three tries,
for a server that waits for its turn on a busy machine does not hold anybody up by itself.

"""


def verdict(measured, at_least, goal):
    """'goal', 'reached' or 'missed'."""
    return 'goal' if measured >= goal else 'reached' if measured >= at_least else 'missed'


def asked_for(ratio, wanted):
    """Cells for a ratio and what is asked of it: measured, at least, goal, verdict."""
    if ratio is None:
        return ['', '', '', '']
    if wanted is None:
        return ['%.2f' % ratio, '', '', '']
    return ['%.2f' % ratio, '%g' % wanted[0], '%g' % wanted[1], verdict(ratio, *wanted)]


def operation_rows(figures):
    """The cells of each measured operation."""
    for target in targets.TARGETS + targets.ALSO:
        result = figures['operations'].get(target.operation)
        if not result or OURS not in result['rate']:
            continue
        trips = '%g' % result['trips'][OURS]
        count = result['count']
        promised = '%d' % target.trips(count) if target.trips else ''
        rates = ['{:,.0f}'.format(result['rate'][name]) if name in result['rate'] else '' for name in (OURS, OLD, HAND)]
        yield ([target.title, '%s for %d' % (trips, count), promised] + rates
               + asked_for(result['ratios'].get(OLD), target.old) + asked_for(result['ratios'].get(HAND), target.hand))


OPERATION_HEADER = ['operation', 'round trips', 'promised', 'a second', OLD, HAND,
                    'x ' + OLD, 'at least', 'goal', '', 'x ' + HAND, 'at least', 'goal', '']


def time_rows(figures):
    """The cells of each promised operation: microseconds of client, server and all, of this library and of 1.1.2."""
    for target in targets.TARGETS:
        result = figures['operations'].get(target.operation)
        if not result or OURS not in result['rate']:
            continue
        cells = [target.title]
        for name in (OURS, OLD):
            cells += ['%.0f' % (1e6 * result[key][name] / result['count']) if name in result[key] else ''
                      for key in ('client_cpu', 'cpu', 'seconds')]
        yield cells + ['%.0f' % (1e6 * result['seconds'][HAND] / result['count']) if HAND in result['seconds'] else '']


TIME_HEADER = ['operation', 'ours: client', 'server', 'all', OLD + ': client', 'server', 'all', HAND + ': all']


def growth_ratio(figures, operations):
    """(the largest of the time at the largest size over the time at 10,000 rows, of which operation), or None."""
    ratios = []
    for operation in operations:
        by_size = figures.get('growth', {}).get(operation, {}).get(OURS, {})
        if len(by_size) > 1:
            small, large = ('10000' if '10000' in by_size else min(by_size, key=int)), max(by_size, key=int)
            pairs = zip(by_size[large], by_size[small])
            ratios.append((statistics.median(more / less for more, less in pairs), operation))
    return max(ratios) if ratios else None


def limit_values(figures):
    """{name in LIMITS: measured}, of those that were measured."""
    values = {'import_time': figures.get('import_time')}
    for name, operations in (('growth', targets.PAGES), ('count_growth', targets.COUNTS)):
        worst = growth_ratio(figures, operations)
        values[name] = worst and worst[0]
    values['long_text'] = figures.get('long_text', {}).get(OURS, {}).get('ratio')
    values['cpu_per_save'] = figures['operations'].get('commit', {}).get('cpu_ratio')
    values['cpu_per_single_save'] = figures['operations'].get('create_save', {}).get('cpu_ratio')
    per_row, memory = figures.get('bytes_per_row', {}), figures.get('entity_bytes', {})
    if OURS in per_row and OLD in per_row:
        values['bytes_per_row'] = per_row[OURS] / per_row[OLD]
    if OURS in memory and HAND in memory:
        values['entity_memory'] = memory[OURS][0] / memory[HAND][0]
    if figures.get('holds'):
        values['longest_hold'] = max(hold[0] for hold in figures['holds'].values())
    return {name: value for name, value in values.items() if value is not None}


def limit_rows(figures):
    """The cells of each other promise."""
    values = limit_values(figures)
    for name, (title, at_most) in targets.LIMITS.items():
        if name in values:
            yield [title, '%.2f' % values[name], '%g' % at_most, 'reached' if round(values[name], 2) <= at_most else 'missed']


LIMIT_HEADER = ['promise', 'measured', 'at most', '']


def growth_rows(figures):
    """The cells of each curve: median milliseconds at each size."""
    for operation, title in list(targets.PAGES.items()) + list(targets.COUNTS.items()):
        for name, by_size in figures['growth'].get(operation, {}).items():
            times = {int(size): 1000 * statistics.median(each) for size, each in by_size.items()}
            ratio = '%.2f' % growth_ratio(figures, [operation])[0] if name == OURS and len(times) > 1 else ''
            yield [title, name] + ['%.2f' % times[size] if size in times else '' for size in figures['sizes']] + [ratio]


def hold_rows(figures):
    """The cells of each operation that might hold the server."""
    for operation, (title, _) in targets.HOLDS.items():
        if operation in figures['holds']:
            held, command, _ = figures['holds'][operation]
            yield [title, '%.1f' % held, command]


def sections(figures):
    """(name, header, rows) of each table that there are figures for."""
    yield 'operations', OPERATION_HEADER, list(operation_rows(figures))
    yield 'limits', LIMIT_HEADER, list(limit_rows(figures))
    yield 'times', TIME_HEADER, list(time_rows(figures))
    if figures.get('growth'):
        header = ['query', ''] + ['{:,} rows, ms'.format(size) for size in figures['sizes']] + ['growth']
        yield 'growth', header, list(growth_rows(figures))
    if figures.get('holds'):
        yield 'holds', ['operation', 'ms', 'command'], list(hold_rows(figures))


def table(figures):
    """All tables as text of fixed width."""
    lines = []
    for _, header, rows in sections(figures):
        if not rows:
            continue
        widths = [max(map(len, cells)) for cells in zip(header, *rows)]
        for cells in [header] + rows:
            lines.append('  '.join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
        lines.append('')
    lines += ['FAILED ' + failure for failure in figures.get('failures', [])]
    lines += ['DIFFERENT answers: ' + operation for operation in figures.get('differences', [])]
    return '\n'.join(lines)


def list_table(header, rows):
    """A reStructuredText table."""
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for cells in [header] + rows:
        for number, cell in enumerate(cells):
            lines.append(('   * - %s' if number == 0 else '     - %s') % cell)
            lines[-1] = lines[-1].rstrip()
    return '\n'.join(lines) + '\n\n'


def page(figures):
    """The text of docs/performance.rst."""
    about = dict(figures['environment'], rows=figures['rows'], rounds=figures['rounds'], ping=figures['ping'])
    about['hiredis'] = 'hiredis %s' % about['hiredis'] if about['hiredis'] else 'no hiredis'
    tables = {name: list_table(header, rows) for name, header, rows in sections(figures)}
    text = INTRODUCTION.format(**about) + tables['operations']
    text += '.. image:: _static/performance-ratios.svg\n   :alt: Times as fast as rom %s\n   :width: 100%%\n\n' % about['old']
    text += 'Other promises\n--------------\n\n' + tables['limits']
    text += WHERE.format(ping_microseconds=1e6 / figures['ping']) + tables['times']
    if 'growth' in tables:
        text += GROWTH.format(most=100000, **about) + tables['growth']
    if 'holds' in tables:
        text += HOLDS.format(size=max(figures['sizes'])) + tables['holds']
    return text.rstrip() + '\n'


def write(figures, out, name):
    """Write the page into the directory `out`, figures (as `name`) and plots into its `_static`."""
    static = os.path.join(out, '_static')
    os.makedirs(static, exist_ok=True)
    with open(os.path.join(static, name), 'w') as kept:
        json.dump(figures, kept, indent=1, sort_keys=True)
        kept.write('\n')
    with open(os.path.join(out, 'performance.rst'), 'w') as written:
        written.write(page(figures))
    try:
        import matplotlib
    except ImportError:
        print('no plots: pip install -r benchmarks/requirements.txt')
        return
    matplotlib.use('svg')
    matplotlib.rcParams.update({'svg.hashsalt': 'rom', 'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False})
    plot_ratios(figures, os.path.join(static, 'performance-ratios.svg'))
    if figures.get('growth'):
        plot_growth(figures, os.path.join(static, 'performance-growth.svg'))


def plot_ratios(figures, path):
    """A bar for each operation: how many times as fast as 1.1.2, with marks for what was asked."""
    from matplotlib import pyplot
    shown = [(target, figures['operations'][target.operation]['ratios'][OLD]) for target in reversed(targets.TARGETS)
             if OLD in figures['operations'].get(target.operation, {}).get('ratios', {})]
    if not shown:
        return
    figure, axes = pyplot.subplots(figsize=(8, .5 + .33 * len(shown)))
    for place, (target, ratio) in enumerate(shown):
        axes.barh(place, ratio, color='#3b7ea1', height=.6)
        axes.plot([target.old[0]] * 2, [place - .38, place + .38], color='#222222', linewidth=1.6)
        axes.plot([target.old[1]] * 2, [place - .38, place + .38], color='#e08a00', linewidth=1.6)
        axes.text(ratio * 1.03, place, '%.1f' % ratio, va='center')
    axes.set_yticks(range(len(shown)), [target.title for target, _ in shown])
    axes.set_xscale('log')
    axes.set_xticks([1, 2, 5, 10, 20, 50], ['1', '2', '5', '10', '20', '50'])
    axes.set_xlabel('times as fast as rom 1.1.2 (black: at least, orange: goal)')
    axes.axvline(1, color='#888888', linewidth=.8)
    save(figure, path)


def plot_growth(figures, path):
    """A panel for each page query: milliseconds over rows, both axes logarithmic."""
    from matplotlib import pyplot
    operations = list(targets.PAGES.items()) + list(targets.COUNTS.items())
    figure, grid = pyplot.subplots(3, 3, figsize=(10, 7.5), sharex=True, sharey=True)
    for axes, (operation, title) in zip(grid.flat, operations):
        for name, color in ((OLD, '#b0413e'), (OURS, '#3b7ea1')):
            by_size = figures['growth'].get(operation, {}).get(name, {})
            points = sorted((int(size), 1000 * statistics.median(each)) for size, each in by_size.items())
            if points:
                axes.plot(*zip(*points), color=color, marker='o', markersize=3,
                          label='this library' if name == OURS else 'rom 1.1.2')
        axes.set_title(title, fontsize=9)
        axes.set_xscale('log')
        axes.set_yscale('log')
        axes.grid(alpha=.3)
    for axes in grid[:, 0]:
        axes.set_ylabel('ms')
    for axes in grid[-1]:
        axes.set_xlabel('rows')
    grid[0, 0].legend(fontsize=8)
    save(figure, path)


def save(figure, path):
    """Write a figure as SVG, the same bytes for the same figures."""
    from matplotlib import pyplot
    figure.tight_layout()
    figure.savefig(path, metadata={'Date': None})
    pyplot.close(figure)
    with open(path) as written:
        lines = [line.rstrip() for line in written]
    with open(path, 'w') as written:
        written.write('\n'.join(lines) + '\n')
