"""What the figures say: cells of tables, verdicts, and all of it as text for the terminal."""

import json
import os
import statistics

import targets
from contestants import BARE, HAND, OLD, OURS, PEERS


def name_of(setting):
    """A setting in words: 'redis 7.0.15, pinned'."""
    return setting['version'] + (', pinned' if setting['pinned'] else '')


def ratio_of(setting, operation, name):
    """How many times as fast as a contestant an operation is in a setting; None where that was not measured."""
    return setting['operations'].get(operation, {}).get('ratios', {}).get(name)


def ratios_of(figures, operation, name):
    """The same in each setting."""
    return [ratio_of(setting, operation, name) for setting in figures['settings']]


def number(value, form='%.2f'):
    """A cell for a number, empty for None."""
    return '' if value is None else form % value


def verdict(measured, at_least, goal):
    """'goal', 'reached' or 'missed', by the least of what was measured."""
    least = round(min(measured), 2)
    return 'goal' if least >= goal else 'reached' if least >= at_least else 'missed'


NEITHER = '– / –'


def pair(ratios):
    """The ratios to 1.1.2 and to by hand as one cell."""
    return ' / '.join(number(ratios.get(name), '%.1f') or '–' for name in (OLD, HAND))


# -- promises ----------------------------------------------------------------------------------------------------------

def promise_rows(figures):
    """The cells of each promised ratio: at least, goal, measured in each setting, verdict, and what the bare script would have."""
    for target in targets.TARGETS:
        for name, wanted in ((OLD, target.old), (HAND, target.hand)):
            found = ratios_of(figures, target.operation, name)
            if wanted is None or not any(found):
                continue
            bare = [ratio / to_bare for ratio, to_bare in zip(found, ratios_of(figures, target.operation, BARE)) if ratio and to_bare]
            yield ([target.title, name, '%g' % wanted[0], '%g' % wanted[1]] + [number(ratio) for ratio in found]
                   + [verdict([ratio for ratio in found if ratio], *wanted), number(least_work(figures, target.operation, name)),
                      number(min(bare) if bare else None)])


def least_work(figures, operation, name):
    """The least, of all settings, of the ratio of the seconds that client and server computed: what a busy machine blurs less."""
    return min(found for found in (setting['operations'].get(operation, {}).get('work_ratios', {}).get(name)
                                   for setting in figures['settings']) if found)


def promise_header(figures):
    """What stands above them."""
    return (['operation', 'times', 'at least', 'goal'] + [name_of(setting) for setting in figures['settings']]
            + ['', 'computing', 'bare script'])


def trip_rows(figures):
    """The cells of each promised number of round trips."""
    for target in targets.TARGETS + targets.ALSO:
        results = [setting['operations'][target.operation] for setting in figures['settings']
                   if OURS in setting['operations'].get(target.operation, {}).get('trips', {})]
        if results and target.trips:
            most, promised = max(result['trips'][OURS] for result in results), target.trips(results[0]['count'])
            yield [target.title, '%d' % results[0]['count'], '%g' % most, '%d' % promised,
                   'reached' if most <= promised else 'missed']


def growth_ratio(figures, operations, name=OURS):
    """The largest, of all servers, of the time at the largest size over the time at 10,000 rows; None where it was not measured."""
    ratios = [grown for operation in operations for grown in growth_ratios(figures, operation, name)]
    return max(ratios) if ratios else None


def growth_ratios(figures, operation, name=OURS):
    """The same of one operation, on each server."""
    for setting in settings_with(figures, 'growth'):
        by_size = setting['growth'].get(operation, {}).get(name, {})
        if len(by_size) > 1:
            small, large = ('10000' if '10000' in by_size else min(by_size, key=int)), max(by_size, key=int)
            yield statistics.median(more / less for more, less in zip(by_size[large], by_size[small]))


def settings_with(figures, part):
    """The settings in which a part was measured that is measured once for each server."""
    return [setting for setting in figures['settings'] if setting.get(part)]


def growth_of(figures):
    """The growth curves on the first server: {operation: {contestant: {size: seconds of each round}}}."""
    return next((setting['growth'] for setting in settings_with(figures, 'growth')), {})


def hold_of(figures, operation):
    """The longest, of all servers, that one call held the server: ms, or None."""
    return max((setting['holds'][operation][0] for setting in settings_with(figures, 'holds') if operation in setting['holds']), default=None)


def cpu_ratios(figures, operation):
    """The server's time for an operation over what 1.1.2 takes of it, in each setting."""
    return [setting['operations'].get(operation, {}).get('cpu_ratio') for setting in figures['settings']]


def limit_values(figures):
    """{name in LIMITS: measured in each setting, or once}, of those that were measured."""
    settings = figures['settings']
    values = {
        'import_time': [figures.get('import_time')],
        'growth': [growth_ratio(figures, [page for page in targets.PAGES if page not in targets.GROWING])],
        'line_growth': [growth_ratio(figures, [line.operation for line in targets.LINES if line.follows_page])],
        'count_growth': [growth_ratio(figures, targets.COUNTS)],
        'long_text': [setting.get('long_text', {}).get(OURS, {}).get('ratio') for setting in settings],
        'cpu_per_save': cpu_ratios(figures, 'commit'), 'cpu_per_single_save': cpu_ratios(figures, 'create_save'),
        'cpu_per_change': cpu_ratios(figures, 'commit_changed'), 'cpu_per_single_change': cpu_ratios(figures, 'update'),
        'planning': [setting.get('planning') for setting in settings],
        'cpu_per_single_delete': cpu_ratios(figures, 'delete_one'), 'cpu_per_delete': cpu_ratios(figures, 'delete_many'),
        'bytes_per_row': [setting['bytes_per_row'][OURS] / setting['bytes_per_row'][OLD] for setting in settings
                          if {OURS, OLD} <= set(setting.get('bytes_per_row', ()))],
        'entity_memory': [setting['entity_bytes'][OURS][0] / setting['entity_bytes'][HAND][0] for setting in settings
                          if {OURS, HAND} <= set(setting.get('entity_bytes', ()))],
        'longest_hold': [max(hold[0] for hold in setting['holds'].values()) for setting in settings_with(figures, 'holds')],
    }
    values = {name: [value for value in found if value is not None] for name, found in values.items()}
    return {name: found for name, found in values.items() if found}


def limit_rows(figures):
    """The cells of each other promise."""
    values = limit_values(figures)
    for name, (title, at_most) in targets.LIMITS.items():
        if name in values:
            yield [title, '%g' % at_most, ', '.join('%.2f' % value for value in values[name]),
                   'reached' if round(max(values[name]), 2) <= at_most else 'missed']


def missed(figures):
    """What is missed, a line each."""
    lines = []
    for row in promise_rows(figures):
        if row[-3] == 'missed':
            least, bare = min(float(cell) for cell in row[4:-3] if cell), row[-1]
            lines.append('%s: %.2f × %s, at least %s is promised%s' % (
                row[0], least, row[1], row[2], '; the bare script has %s%s' % (
                    bare, ', so that it is out of reach here' if least <= float(bare) < float(row[2]) else '') if bare else ''))
    lines += ['%s: %s, at most %s is promised' % (row[0], row[2], row[1]) for row in limit_rows(figures) if row[-1] == 'missed']
    lines += ['%s: grows by %s to %s rows, at most %g is promised; by hand by %s' % (
        row[0], row[1], '{:,}'.format(max(figures['sizes'])), targets.LIMITS['line_growth'][1], row[2])
        for row in line_rows(figures) if 'grows' in row[-1]]
    lines += ['%s: one call holds the server for %.1f ms at %s rows, at most %g is promised' % (
        title, hold_of(figures, operation), '{:,}'.format(max(figures['sizes'])), targets.LIMITS['longest_hold'][1])
        for operation, title in held() if (hold_of(figures, operation) or 0) > targets.LIMITS['longest_hold'][1]]
    lines += ['%s: %s' % (row[0], row[-1].partition(': ')[2]) for row in cliff_rows(figures) if row[-1].startswith('missed')]
    lines += ['%s: %s round trips, %s are promised' % (row[0], row[2], row[3]) for row in trip_rows(figures) if row[-1] == 'missed']
    return lines


# -- where the time goes -----------------------------------------------------------------------------------------------

def stage_rows(figures):
    """The cells of each operation that was taken apart: the client's own part, redis-py's, the server's, and the wait."""
    for operation, (title, _) in targets.STAGES.items():
        for setting in figures['settings']:
            parts = setting.get('stages', {}).get(operation)
            if parts:
                wait = parts['all'] - parts['client'] - parts['redis_py'] - parts['server']
                values = [parts['client'], parts['redis_py'], parts['server'], max(0, wait), parts['all']]
                yield [title, name_of(setting)] + ['%.0f' % (100 * value / parts['all']) for value in values[:4]] + ['%.0f' % values[4]]


STAGE_HEADER = ['one of', '', 'client %', 'redis-py %', 'server %', 'neither %', 'all, µs']


def time_rows(figures):
    """The cells of each promised operation in the first setting: microseconds of client, server and all, of both roms."""
    for target in targets.TARGETS:
        result = figures['settings'][0]['operations'].get(target.operation)
        if not result or OURS not in result['rate']:
            continue
        cells = [target.title]
        for name in (OURS, OLD):
            cells += ['%.0f' % (1e6 * result[key][name] / result['count']) if name in result[key] else ''
                      for key in ('client_cpu', 'cpu', 'seconds')]
        yield cells + ['%.0f' % (1e6 * result['seconds'][name] / result['count']) if name in result['seconds'] else ''
                       for name in (HAND, BARE)]


TIME_HEADER = ['operation', 'ours: client', 'server', 'all', OLD + ': client', 'server', 'all', HAND + ': all', BARE + ': all']


def growth_rows(figures):
    """The cells of each curve: median milliseconds at each size, and growth on each server."""
    for operation, title in list(targets.PAGES.items()) + list(targets.COUNTS.items()) + [line[:2] for line in targets.LINES]:
        for name, by_size in growth_of(figures).get(operation, {}).items():
            times = {int(size): 1000 * statistics.median(each) for size, each in by_size.items()}
            grown = ' / '.join(number(ratio) for ratio in growth_ratios(figures, operation, name)) if name != OLD else ''
            yield [title, name] + [number(times.get(size)) for size in figures['sizes']] + [grown]


def growth_header(figures):
    """What stands above them."""
    return ['query', ''] + ['{:,} rows, ms'.format(size) for size in figures['sizes']] + [
        'growth on %s' % ' / '.join(setting['version'] for setting in settings_with(figures, 'growth'))]


def held():
    """(operation, title) of each that might hold the server."""
    named = [each[:2] for each in targets.LINES + targets.CLIFFS]
    return named + [(operation, title) for operation, (title, _) in targets.HOLDS.items()]


def hold_rows(figures):
    """The cells of each operation that might hold the server: ms on each server."""
    for operation, title in held():
        found = [setting['holds'].get(operation) for setting in settings_with(figures, 'holds')]
        if any(found):
            yield [title] + [number(hold[0], '%.1f') if hold else '' for hold in found]


def hold_header(figures):
    """What stands above them."""
    return ['operation'] + ['%s, ms' % setting['version'] for setting in settings_with(figures, 'holds')]


# -- the query language ------------------------------------------------------------------------------------------------

def line_rows(figures):
    """The cells of each line: growth, by hand's, the longest call, times as fast as others in each setting, verdict."""
    for line in targets.LINES:
        cells = [pair(setting['lines'].get(line.operation, {}).get('ratios', {})) for setting in figures['settings'] if 'lines' in setting]
        grown, hold = growth_ratio(figures, [line.operation]), hold_of(figures, line.operation)
        verdicts = []
        if line.follows_page and round(grown or 0, 2) > targets.LIMITS['line_growth'][1]:
            verdicts.append('grows')
        if (hold or 0) > targets.LIMITS['longest_hold'][1]:
            verdicts.append('holds')
        if grown or hold or set(cells) - {NEITHER}:
            yield [line.title, number(grown), number(growth_ratio(figures, [line.operation], HAND)), number(hold, '%.1f')] + cells + [
                ', '.join(verdicts)]


def line_header(figures):
    """What stands above them."""
    return ['question', 'growth', "by hand's", 'longest call, ms'] + [
        name_of(setting) for setting in figures['settings'] if 'lines' in setting] + ['missed']


def cliff_rows(figures):
    """The cells of each cliff: for each server ms, calls, KB, the longest call, ms by hand; what the spec has by hand; verdict."""
    limit = targets.CLIFF_LIMIT
    for cliff in targets.CLIFFS:
        cells, worst = [], None
        for setting in settings_with(figures, 'cliffs'):
            costs = setting['cliffs'].get(cliff.operation, {})
            ours, by_hand = costs.get(OURS), costs.get(HAND, {'ms': cliff.by_hand})['ms']
            cells += [number(ours[part], form) for part, form in (
                ('ms', '%.1f'), ('calls', '%d'), ('kb', '%.0f'), ('longest', '%.1f'))] if ours else [''] * 4
            cells.append(number(costs[HAND]['ms'], '%.1f') if HAND in costs else '')
            if ours and by_hand:
                worst = max(worst or 0, ours['ms'] / by_hand)
        if any(cells):
            yield [cliff.title] + cells + [number(cliff.by_hand, '%g'), '' if worst is None else 'reached' if worst <= limit
                                           else 'missed: %.1f × by hand, at most %d × is promised' % (worst, limit)]


def cliff_header(figures):
    """What stands above them."""
    return ['question'] + [part for setting in settings_with(figures, 'cliffs') for part in (
        '%s: ms' % setting['version'], 'calls', 'KB', 'longest, ms', 'by hand, ms')] + ['by hand in the spec', '']


# -- for users ---------------------------------------------------------------------------------------------------------

def speed_rows(figures):
    """The cells of each operation in the first setting: how many a second, and how many times as fast as others."""
    setting = figures['settings'][0]
    for target in targets.TARGETS + targets.ALSO:
        result = setting['operations'].get(target.operation)
        if result and OURS in result['rate']:
            yield [target.title, '{:,.0f}'.format(result['rate'][OURS])] + [
                number(ratio_of(setting, target.operation, name), '%.1f') for name in (OLD, HAND)]


SPEED_HEADER = ['operation', 'a second', 'times as fast as rom ' + OLD, 'as redis-py by hand']


def question_rows(figures):
    """The cells of each line in the first setting: milliseconds, and times as fast as others."""
    for line in targets.LINES:
        found = figures['settings'][0].get('lines', {}).get(line.operation, {})
        if OURS in found.get('seconds', {}):
            yield [line.title, number(1000 * found['seconds'][OURS])] + [
                number(found['ratios'].get(name), '%.1f') for name in (OLD, HAND)]


QUESTION_HEADER = ['question', 'ms'] + SPEED_HEADER[2:]


def setting_rows(figures):
    """The cells of each promised operation: times as fast as 1.1.2 and as by hand, in each setting."""
    for target in targets.TARGETS:
        cells = [pair({name: ratio_of(setting, target.operation, name) for name in (OLD, HAND)}) for setting in figures['settings']]
        if set(cells) != {NEITHER}:
            yield [target.title] + cells


def peer_rows(figures):
    """The cells of each operation that peers have: how many times as fast as each."""
    for target in targets.TARGETS:
        cells = [number(ratio_of(figures['settings'][0], target.operation, name), '%.1f') for name in PEERS]
        if any(cells):
            yield [target.title] + cells


# -- as text -----------------------------------------------------------------------------------------------------------

def sections(figures):
    """(header, rows) of each table that there are figures for."""
    tables = [
        (SPEED_HEADER, speed_rows(figures)), (promise_header(figures), promise_rows(figures)),
        (['operation', 'of', 'round trips', 'promised', ''], trip_rows(figures)),
        (['operation'] + list(PEERS), peer_rows(figures)), (['promise', 'at most', 'measured', ''], limit_rows(figures)),
        (STAGE_HEADER, stage_rows(figures)), (TIME_HEADER, time_rows(figures)), (QUESTION_HEADER, question_rows(figures)),
        (line_header(figures), line_rows(figures)), (cliff_header(figures), cliff_rows(figures)),
        (growth_header(figures), growth_rows(figures)), (hold_header(figures), hold_rows(figures)),
    ]
    return [(header, rows) for header, rows in ((header, list(rows)) for header, rows in tables) if rows]


def text(figures):
    """All tables as text of fixed width."""
    lines = []
    for header, rows in sections(figures):
        widths = [max(map(len, cells)) for cells in zip(header, *rows)]
        for cells in [header] + rows:
            lines.append('  '.join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
        lines.append('')
    lines += ['MISSED ' + line for line in missed(figures)]
    lines += ['FAILED ' + failure for failure in figures.get('failures', [])]
    lines += ['DIFFERENT answers: ' + operation for operation in figures.get('differences', [])]
    return '\n'.join(lines)


def write(figures, docs, inside, name, has_plots=True):
    """Write the public page, its plots and the figures (as `name`) below `docs`, and the page for maintainers below `inside`."""
    import pages
    static = os.path.join(docs, '_static')
    os.makedirs(static, exist_ok=True)
    for path, content in ((os.path.join(static, name), json.dumps(figures, indent=1, sort_keys=True) + '\n'),
                          (os.path.join(docs, 'performance.rst'), pages.public(figures)),
                          (os.path.join(inside, 'README.rst'), pages.inside(figures))):
        with open(path, 'w', encoding='utf-8') as written:
            written.write(content)
    if has_plots:
        import plots
        plots.draw(figures, static)
