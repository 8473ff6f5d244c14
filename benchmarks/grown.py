"""What is measured as tables grow: pages and counts, the query language, what holds the server, and the cliffs."""

import contextlib
import itertools
import statistics
import time

import redis

import data
import targets
from contestants import HAND, OLD, OURS, Failed

SLOW_MICROSECONDS = 500
TRIES = 3
#: of what takes longer, in seconds, one try has to do
LONG_TRY = 4
SIZES = (1000, 10000, 100000, 300000)
OLD_AT_MOST = 100000
#: members that are stored by one request
PART = 20000


class Grown(object):
    """What is measured of members on one server; redis-py stores them for all, in the stored format.

    :param client: a redis-py client of the server, for looking on.
    :param contestants: {name: Contestant}.
    :param say: called with each line of news.
    :param keep: called with nothing after each part, when what was found is to be kept.
    :param failures, differences: lists to be added to.
    :param tries: of what is measured on the server, of which the least counts.
    """

    def __init__(self, client, contestants, say, keep, failures, differences, tries=TRIES):
        self._tries, self._client, self._contestants, self._say, self._keep = tries, client, contestants, say, keep
        self._failures, self._differences = failures, differences

    def _do(self, name, operation, namespace, rows, count, seed=1):
        """The reply of a contestant, or None for a failure, which is noted."""
        try:
            return self._contestants[name].do(operation, namespace, rows, count, seed)
        except Failed as error:
            self._failed(error, rows)
            return None

    def _failed(self, error, rows):
        """Note what failed, and wait until the server is free again."""
        self._failures.append('%s, %d rows' % (error, rows))
        self._say('FAILED %s' % error)
        for _ in range(60):
            try:
                self._client.ping()
                return
            except redis.RedisError:
                with contextlib.suppress(redis.RedisError):
                    self._client.script_kill()
                time.sleep(1)

    def _compare(self, operation, answers):
        """Note where others answered what both were asked differently."""
        ours = answers.get(OURS)
        for name, answer in answers.items():
            both = [each[:min(len(ours), len(answer))] if isinstance(ours, list) and isinstance(answer, list) else each
                    for each in (ours, answer)]
            if ours is not None and both[0] != both[1] and operation not in self._differences:
                self._differences.append(operation)
                self._say('DIFFERENT answers to %s: ours %.200s / %s %.200s' % (operation, ours, name, answer))

    # -- the query language, against others

    def lines(self, found, rows, rounds, scale):
        """Fill `found` with each line: {operation: {count, seconds: {contestant: seconds of one}, trips, ratios, ranges}}."""
        names = [name for name in (OURS, OLD, HAND) if name in self._contestants]
        for name in names:
            self._load(queried(name), rows)
        for line in targets.LINES:
            counts = {OURS: line.count, HAND: line.count, OLD: line.old}
            counts = {name: max(2, min(rows, int(counts[name] * scale))) for name in names if counts[name]}
            replies = {name: [] for name in counts if self._do(name, line.operation, queried(name), rows, 2) is not None}
            for number in range(max(1, rounds // 3) if line.operation in targets.LONG_LINES else rounds):
                order = [name for name in replies if name != OLD or number < max(1, rounds // 3)]
                for name in order[number % 2:] + order[:number % 2]:
                    reply = self._do(name, line.operation, queried(name), rows, counts[name], number + 1)
                    if reply:
                        replies[name].append(reply)
                self._compare(line.operation, {name: each[number]['answer'] for name, each in replies.items() if len(each) > number})
            found[line.operation] = summary(replies, counts)
            self._say('%-45s %s' % (line.title, in_words(found[line.operation])))
            self._keep()

    # -- growth

    def store(self, sizes):
        """Store the members of each size."""
        for size in sizes:
            self._say('storing %d rows' % size)
            self._load(grown(size), size)

    def _load(self, namespace, rows):
        for first in range(0, rows, PART):
            self._do(HAND, 'load_members', namespace, first, min(PART, rows - first))

    def growth(self, found, sizes, rounds, scale):
        """Fill `found` with seconds of one question over each size: {operation: {contestant: {size: [seconds]}}}.

        All sizes are there at once and take turns; 1.1.2 is asked last: what its queries leave expires for half a minute.
        """
        for line in targets.LINES:
            for_rounds = max(1, rounds // 3) if line.operation in targets.LONG_LINES else rounds
            for name in (OURS, HAND):
                self._curve(found, name, line.operation, sizes, for_rounds, max(2, int(line.far * scale)))
        for name, operation in itertools.product((OURS, OLD), list(targets.PAGES) + list(targets.COUNTS)):
            if name == OLD and name in self._contestants:
                below = [size for size in sizes if size <= OLD_AT_MOST]
                self._curve(found, name, operation, below, max(1, rounds // 3), 3)
            elif name == OURS:
                self._curve(found, name, operation, sizes, rounds, max(2, int(30 * scale)))

    def _curve(self, found, name, operation, sizes, rounds, count):
        times = found.setdefault(operation, {}).setdefault(name, {})
        for number, size in itertools.product(range(rounds), sizes):
            reply = self._do(name, operation, grown(size), size, min(size, count), number + 1)
            if reply:
                times.setdefault(str(size), []).append(reply['seconds'] / min(size, count))
        self._say('%-20s %-7s %s' % (operation, name, ', '.join(
            '%s: %.2f ms' % (size, 1000 * statistics.median(each)) for size, each in times.items())))
        self._keep()

    # -- what holds the server

    def holds(self, found, size, scale):
        """Fill `found` with the longest that one call held the server during each operation: {operation: [ms, command, seconds in all]}.

        The least of some tries: a server that waits for its turn on a busy machine holds nobody up by itself.
        """
        with self._slow_log() as longest:
            for operation, (title, count) in held(scale).items():
                tries = self._held(operation, size, count, longest)
                if tries:
                    found[operation] = min(tries)
                    self._say('%-60s held for %.1f ms by %s (%.2f s in all)' % ((title,) + tuple(found[operation])))
                    self._keep()

    def _held(self, operation, size, count, longest):
        tries = []
        try:
            for number in range(self._tries):
                rows = size + number * count if operation == 'commit' else size
                self._client.slowlog_reset()
                reply = self._do(OURS, operation, grown(size), rows, count, number + 1)
                if reply is None:
                    break
                tries.append(longest() + [reply['seconds']])
                if reply['seconds'] > LONG_TRY:
                    break
        except redis.RedisError as error:
            self._failed('%s: %s' % (operation, error), size)
        return tries

    @contextlib.contextmanager
    def _slow_log(self):
        """Switches the slow log to our ends for a while; gives a function for [ms, command] of the slowest entry."""
        names = ('slowlog-log-slower-than', 'slowlog-max-len')
        before = {name: self._client.config_get(name)[name] for name in names}

        def longest():
            entries = [entry for entry in self._client.slowlog_get(10000) if not entry['command'].startswith(b'SLOWLOG')]
            if not entries:
                return [SLOW_MICROSECONDS / 1000., 'nothing slower']
            worst = max(entries, key=lambda entry: entry['duration'])
            return [worst['duration'] / 1000., bytes(worst['command']).split()[0].decode()]
        try:
            self._client.config_set(names[0], SLOW_MICROSECONDS)
            self._client.config_set(names[1], 10000)
            yield longest
        finally:
            for name, value in before.items():
                self._client.config_set(name, value)

    # -- the cliffs

    def cliffs(self, found, size):
        """Fill `found` with what each costs: {operation: {contestant: {ms, calls, kb, longest}}}, the least of some tries."""
        self._do(HAND, 'load_gap', grown('gap'), targets.GAP_IDS + targets.GAP_ROWS, targets.GAP_ROWS)
        with self._slow_log() as longest:
            for cliff in targets.CLIFFS:
                namespace = grown('gap' if cliff.operation == targets.GAP else size)
                costs, answers = {}, {}
                for name in (OURS, HAND):
                    if cliff.operation not in self._contestants[name].operations:
                        continue
                    tries = list(self._costs(name, cliff.operation, namespace, size, longest))
                    if tries:
                        answers[name] = tries[-1].pop('answer') if len(tries) == self._tries else None
                        costs[name] = {part: min(each[part] for each in tries) for part in ('ms', 'calls', 'kb', 'longest')}
                if None not in answers.values():
                    self._compare(cliff.operation, answers)
                found[cliff.operation] = costs
                self._say('%-60s %s' % (cliff.title, ', '.join(
                    '%s %.1f ms in %d calls, %.0f KB, longest %.1f ms' % (name, cost['ms'], cost['calls'], cost['kb'], cost['longest'])
                    for name, cost in costs.items())))
                self._keep()

    def _costs(self, name, operation, namespace, size, longest):
        for number in range(self._tries + 1):  # the first one loads scripts
            try:
                self._client.slowlog_reset()
                before = self._spent()
                reply = self._do(name, operation, namespace, size, 1, max(1, number))
                if reply is None:
                    return
                spent, looking = self._spent(), self._spent()
            except redis.RedisError as error:
                self._failed('%s, %s: %s' % (name, operation, error), size)
                return
            # what looking itself costs is taken off
            ms, kb = [max(0, 2 * spent[place] - before[place] - looking[place]) for place in (0, 1)]
            is_long = reply['seconds'] > LONG_TRY
            if number or is_long:
                yield {'ms': ms, 'kb': kb, 'calls': reply['trips'], 'longest': longest()[0], 'answer': reply['answer']}
            if is_long:
                return

    def _spent(self):
        """Milliseconds that the server has computed, and KB that it has received and sent."""
        info = self._client.info('all')
        cpu = [info.get('used_cpu_%s_main_thread' % part, info['used_cpu_' + part]) for part in ('user', 'sys')]
        return 1000 * sum(cpu), (info['total_net_input_bytes'] + info['total_net_output_bytes']) / 1024.


def held(scale):
    """What may hold the server: {operation: (title, how often)}; what changes the rows comes last."""
    found = {line.operation: (line.title, max(2, int(line.far * scale))) for line in targets.LINES}
    found.update((cliff.operation, (cliff.title, 1)) for cliff in targets.CLIFFS if cliff.operation != targets.GAP)
    found.update((operation, (title, max(1, int(count * scale)))) for operation, (title, count) in targets.HOLDS.items())
    return found


def queried(name):
    """The namespace of the members of a contestant."""
    return data.OF_MEMBERS[1] + '%d' % (OURS, OLD, HAND).index(name)


def grown(size):
    """The namespace of the growth curve's rows."""
    return data.OF_MEMBERS[0] + str(size)


def summary(replies, counts):
    """Seconds and round trips of one, and ratios within rounds, out of {contestant: [reply per round]}."""
    times = {name: [reply['seconds'] / counts[name] for reply in each] for name, each in replies.items() if each}
    ratios = {name: [theirs / ours for theirs, ours in zip(each, times[OURS])]
              for name, each in times.items() if name != OURS and OURS in times}
    return {'count': counts.get(OURS), 'seconds': {name: statistics.median(each) for name, each in times.items()},
            'trips': {name: statistics.median(reply['trips'] for reply in replies[name]) / counts[name] for name in times},
            'ratios': {name: statistics.median(each) for name, each in ratios.items() if each},
            'ranges': {name: [min(each), max(each)] for name, each in ratios.items() if each}}


def in_words(result):
    """One line about a line."""
    return '%s; %s' % (', '.join('%s %.3f ms' % (name, 1000 * seconds) for name, seconds in result['seconds'].items()),
                       ', '.join('%.2f x %s (%.2f to %.2f)' % ((ratio, name) + tuple(result['ranges'][name]))
                                 for name, ratio in result['ratios'].items()))
