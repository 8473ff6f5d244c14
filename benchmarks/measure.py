"""The measurements: rounds in turn, ratios within a round, medians of those."""

import itertools
import statistics
import subprocess
import tempfile

import targets
from contestants import BARE, HAND, OLD, OURS, PEERS, Failed


class Measurements(object):
    """Everything measured on one server.

    :param client: a redis-py client of the server, for looking on and clearing up.
    :param contestants: {name: Contestant}.
    :param say: called with each line of news.
    :param keep: called with nothing after each part, when what was found is to be kept.
    :param failures, differences: lists to be added to.
    """

    def __init__(self, client, contestants, say, keep, failures, differences):
        self._client, self._contestants, self._say, self._keep = client, contestants, say, keep
        self.failures, self.differences = failures, differences

    # -- the operations

    def operations(self, found, wanted, rows, rounds, scale):
        """Fill `found` with each operation of `wanted` by each contestant: {operation: {rate, trips, ratios, …}}, bytes, memory.

        :param scale: 1 for the real thing, less for doing less of everything.
        """
        bytes_of, memory = found.setdefault('bytes_per_row', {}), found.setdefault('entity_bytes', {})
        for name in list(self._contestants):
            if self._try(name, 'load', 0, rows) is None:
                self._contestants.pop(name).stop()
                continue
            bytes_of[name] = self._bytes(space(name)) / float(rows)
        for target in wanted:
            found['operations'][target.operation] = self._operation(target, rows, rounds, scale)
            self._keep()
        for name, each in self._contestants.items():
            reply = self._try(name, 'entity_bytes', rows, min(rows, 2000)) if 'entity_bytes' in each.operations else None
            if reply:
                memory[name] = reply['answer']
        self._keep()

    def stages(self, rows, scale, tries):
        """Where the time of one operation goes: {operation: {client, redis_py, server, all}}, in microseconds, medians of tries."""
        found = {}
        for operation, (_, count) in targets.STAGES.items():
            count, shares = max(5, min(rows, int(count * scale))), []
            for number in range(tries):
                timed = self._try(OURS, operation, rows, count, seed=number + 1)
                alone = self._try(OURS, operation, rows, count, seed=number + 1, stages=True)
                if timed and alone:
                    shares.append({'client': timed['client_cpu'] - alone['redis_py_cpu'], 'redis_py': alone['redis_py_cpu'],
                                   'server': timed['cpu'], 'all': timed['seconds']})
            if shares:
                found[operation] = {part: 1e6 / count * statistics.median(each[part] for each in shares) for part in shares[0]}
        self._say('where the time goes, us: %s' % {name: {part: round(value, 1) for part, value in each.items()}
                                                   for name, each in found.items()})
        return found

    def _operation(self, target, rows, rounds, scale):
        count = rows if target.operation == 'iterate' else max(5, min(rows, int(target.count * scale)))
        replies = {name: [] for name, each in self._contestants.items() if target.operation in each.operations}
        rounds_of = dict.fromkeys(PEERS, max(1, rounds // 3))
        for name in list(replies):  # scripts loaded, connections open, caches warm
            if self._try(name, target.operation, rows, min(count, 5)) is None:
                del replies[name]
        for number in range(rounds):
            for name in rotated([each for each in replies if number < rounds_of.get(each, rounds)], number):
                reply = self._try(name, target.operation, rows, count, seed=number + 1)
                if reply is None:
                    del replies[name]
                else:
                    replies[name].append(reply)
            self._compare(target.operation, replies)
        self._drop_leftovers()
        result = summary(replies, count)
        self._say('%-45s %s' % (target.title, in_words(result)))
        return result

    def _try(self, name, operation, rows, count, seed=1, **more):
        """The reply with the server's CPU seconds, or None for a failure, which is noted."""
        namespace = space(name)
        if operation in targets.WRITES:
            namespace, rows = space(name) + 'w', 0
            self.clear(namespace)
        before = self._cpu()
        try:
            reply = self._contestants[name].do(operation, namespace, rows, count, seed, **more)
        except Failed as error:
            if name in PEERS:  # they have not said that they can
                self._say('left out: %s' % error)
                return None
            self.failures.append(str(error))
            self._say('FAILED %s' % error)
            return None
        return dict(reply, cpu=self._cpu() - before)

    def _compare(self, operation, replies):
        """Note where the two roms answered differently."""
        last = [replies[name][-1]['answer'] for name in (OURS, OLD) if replies.get(name)]
        if len(last) == 2 and last[0] != last[1] and operation not in self.differences:
            self.differences.append(operation)
            self._say('DIFFERENT answers to %s: ours %.200s / 1.1.2 %.200s' % (operation, last[0], last[1]))

    # -- updates beside a long text

    def long_text(self, rounds, scale):
        """Updates of rows with and without a text of 2,000 words: {contestant: {seconds_long, seconds_short, ratio}}."""
        results = {}
        names, count = [name for name in (OURS, OLD) if name in self._contestants], max(3, int(100 * scale))
        times = {name: [] for name in names}
        for _, name in itertools.product(range(rounds), names):
            pair = []
            for operation in ('update_short', 'update_long'):
                self.clear(space(name) + ':note')
                pair.append(self._try(name, operation, 0, count))
            if all(pair):
                times[name].append([reply['seconds'] / count for reply in pair])
        for name, pairs in times.items():
            if pairs:
                results[name] = {
                    'seconds_short': statistics.median(short for short, _ in pairs),
                    'seconds_long': statistics.median(long_ for _, long_ in pairs),
                    'ratio': statistics.median(long_ / short for short, long_ in pairs)}
        self._say('update beside a 2,000-word text: %s' % results)
        return results

    def planning(self, rounds, scale):
        """How many times as long a query of 1,000 filters takes as one of 50."""
        ratios, count = [], max(2, int(20 * scale))
        for number in range(rounds):
            pair = []
            for operation in ('ask_50_words', 'ask_1000_words'):
                self.clear(space(OURS) + ':note')
                pair.append(self._try(OURS, operation, 0, count, number + 1))
            if all(pair):
                ratios.append(pair[1]['seconds'] / pair[0]['seconds'])
        self._say('1,000 filters against 50: %s' % ratios)
        return statistics.median(ratios) if ratios else None

    # -- the server

    def _cpu(self):
        info = self._client.info('cpu')
        return info['used_cpu_user'] + info['used_cpu_sys']

    def _bytes(self, namespace):
        """What the rows and indexes of a namespace take, in bytes, counted in full."""
        with self._client.pipeline(transaction=False) as pipe:
            for key in self._keys(namespace):
                if b':once:' in key:
                    continue  # one for a session, not for a row, and gone after some minutes
                pipe.execute_command('MEMORY', 'USAGE', key, 'SAMPLES', '0')
            return sum(size or 0 for size in pipe.execute())

    def _keys(self, namespace):
        return list(self._client.scan_iter(namespace + ':*', count=1000))

    def _drop_leftovers(self):
        """Remove what 1.1.2's queries leave for 30 seconds, lest the server expires it while others have their turn."""
        self._unlink([key for key in self._keys(space(OLD)) if self._client.ttl(key) > 0])

    def _unlink(self, keys):
        for start in range(0, len(keys), 1000):
            self._client.unlink(*keys[start:start + 1000])

    def clear(self, namespace):
        """Remove the keys of a namespace."""
        self._unlink(self._keys(namespace))


def space(name):
    """The namespace of a contestant's rows: of one length, so that the bytes compare."""
    return 'bench-' + 'abcdefg'[((OURS, OLD, HAND, BARE) + PEERS).index(name)]


def rotated(items, number):
    """`items` beginning with another one for each `number`."""
    number %= max(1, len(items))
    return items[number:] + items[:number]


def summary(replies, count):
    """Rates, round trips, server CPU and ratios out of the replies {contestant: [reply per round]}."""
    result = {'count': count, 'ratios': {}, 'ranges': {}, 'work_ratios': {}}
    for key in ('seconds', 'trips', 'cpu', 'client_cpu'):
        result[key] = {name: statistics.median(reply[key] for reply in each) for name, each in replies.items() if each}
    result['rate'] = {name: count / seconds for name, seconds in result['seconds'].items()}
    for name in replies:
        if name != OURS and replies[name] and replies.get(OURS):
            ratios = [theirs['seconds'] / ours['seconds'] for theirs, ours in zip(replies[name], replies[OURS])]
            result['ratios'][name] = statistics.median(ratios)
            result['ranges'][name] = [min(ratios), max(ratios)]
            # what a busy machine does not blur: the seconds that client and server computed
            result['work_ratios'][name] = statistics.median(
                work(theirs) / work(ours) for theirs, ours in zip(replies[name], replies[OURS]))
    if replies.get(OLD) and replies.get(OURS):
        result['cpu_ratio'] = statistics.median(
            ours['cpu'] / max(theirs['cpu'], 1e-6) for theirs, ours in zip(replies[OLD], replies[OURS]))
    return result


def work(reply):
    """The seconds that client and server computed for a reply."""
    return max(reply['client_cpu'] + reply['cpu'], 1e-6)


def in_words(result):
    """One line about an operation."""
    rates = ', '.join('%s %.0f/s' % (name, rate) for name, rate in result['rate'].items())
    ratios = ', '.join('%.2f x %s (%.2f to %.2f; by computing time %.2f)' % (
        (ratio, name) + tuple(result['ranges'][name]) + (result['work_ratios'][name],))
        for name, ratio in result['ratios'].items())
    trips = ', '.join('%g' % trips for trips in result['trips'].values())
    return '%s; %s; round trips %s' % (rates, ratios, trips)


def import_times(python, environment, rounds):
    """The shortest time of `import rom` over that of `import redis`, each in fresh processes, byte-compiled."""
    code = 'import time\ns = time.perf_counter()\nimport %s\nprint(time.perf_counter() - s)'
    with tempfile.TemporaryDirectory() as compiled:
        environment = dict(environment, PYTHONPYCACHEPREFIX=compiled)
        environment.pop('PYTHONDONTWRITEBYTECODE', None)
        pairs = [[float(subprocess.check_output([python, '-c', code % name], env=environment, universal_newlines=True))
                  for name in ('rom', 'redis')] for _ in range(rounds + 1)]  # the first one compiles
    return min(rom for rom, _ in pairs) / min(redis for _, redis in pairs)
