"""Sends write calls, each of which is done exactly once, and finds out what became of those that got no answer."""

import json
import os
import sys
import time
import uuid

import redis
import six

from ..exceptions import InvalidOperation, OutcomeUnknownError
from . import ahead, batches, commands, keys
from .commands import as_str
from .connections import distinct, lead_to_the_same
from .outcomes import NOTHING_DONE, Outcome
from .reads import ask
from .scripts import Script, shares_slot

__all__ = ['REMEMBERED_SECONDS', 'Writer', 'ask_what_became', 'call_write', 'look_what_became', 'may_have_evicted']

#: how long a repeated write call is answered with what it was told the first time, in seconds
REMEMBERED_SECONDS = 300

_write = Script('write')
_read_answer = json.JSONDecoder().raw_decode  # `decode` looks for blanks around it as well


def call_write(connection, key, sequence, operations, atomic, before_sending, meanwhile=None):
    """Send operations in one call of write.lua.

    :param connection: redis-py client
    :param key: where the server remembers the call
    :param int sequence: its number there
    :param operations: list of `NewRow` and `RemovedRows`, and of dicts as `plan` makes them
    :param bool atomic: do all of them or none
    :param before_sending: callable(), called when all is ready
    :param meanwhile: callable() that may be called while the call is on its way, or None; it raises nothing
    :returns: `Outcome`
    :raises redis.RedisError: whatever is raised does not tell what was done
    """
    request = '{"atomic":%s,"operations":%s}' % ('true' if atomic else 'false', batches.requested(operations))
    touched = _keys_touched(operations) if shares_slot(connection, key) else []
    send = None if meanwhile is None else ahead.sender(connection, meanwhile)
    return Outcome(_call_write(connection, key, sequence, request, touched, before_sending, send))


def _call_write(connection, key, sequence, request, touched=(), *sending):
    reply = _write(connection, [key] + list(touched), ['%d' % sequence, '%d' % REMEMBERED_SECONDS, request], True, *sending)
    answer, _ = _read_answer(as_str(reply))
    if answer.get('sequence') != sequence:
        # a read that was interrupted has left its reply to the next command: no connection can be trusted
        commands.close_idle(connection)
        raise redis.ConnectionError('the reply to another command was read in place of that to a write')
    return answer


def _keys_touched(operations):
    """Return the counters and rows that operations write, as far as they are known."""
    return sorted(set(key for operation in operations for key in (
        [keys.row(operation['namespace'], operation['id'])] if isinstance(operation, dict) else operation.keys)))


def ask_what_became(connection, key, sequence, next_number):
    """Ask about a call that got no answer, and have the server refuse it should it arrive later.

    :param key: as for `call_write`
    :param int sequence: of the call in question
    :param int next_number: of the call that asks
    :returns: `Outcome`, of nothing where it was not done; None where the server remembers nothing
    """
    request = commands.request_text({'about': sequence, 'operations': []})
    return _told(_call_write(connection, key, next_number, request)['about'])


def look_what_became(connection, key, sequence):
    """Return what the server remembers of a call, as yet: None also where it may still be done."""
    memory = as_str(ask(connection, 'GET', key))
    if memory is None:
        return None
    number, _, answer = memory.partition(' ')
    if int(number) < sequence:
        return None
    answer = json.loads(answer)
    return Outcome(answer) if int(number) == sequence else _told(answer.get('about') or {})


def _told(about):
    if about.get('answer'):
        return Outcome(json.loads(about['answer']))
    return NOTHING_DONE if about.get('remembers') else None


def may_have_evicted(connection):
    """Whether a server has ever evicted keys, for lack of memory; where it does not tell, it may have."""
    try:
        stats = connection.info('stats')
    except redis.RedisError:
        return True
    nodes = [stats] if 'evicted_keys' in stats else list(stats.values())  # a cluster tells of each node
    return any(node.get('evicted_keys', 1) for node in nodes)


# -- calls and who makes them ------------------------------------------------------------------------------------------

class Pen(object):
    """A name under which the server remembers the last call; one call at a time uses it, and numbers it."""

    __slots__ = ('name', 'sequence', 'remembered')

    def __init__(self):
        self.name = uuid.uuid4().hex
        self.sequence = 0
        self.remembered = {}  # key -> when the server last said what it remembers there

    def next_number(self):
        self.sequence += 1
        return self.sequence


#: names that no scope uses any more, for the next one: the server need not remember a last call for each
_spare_pens = []
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=lambda: _spare_pens.__delitem__(slice(None)))


class WriteCall(object):
    """One call, from before it is sent until its entities know what became of it.

    `sent` and `outcome` tell how far it is: not sent, sent and without an answer, answered. When its jobs are finished
    it leaves the writer's list; whatever interrupts this, the next write takes it up from there.
    """

    __slots__ = ('connection', 'key', 'pen', 'sequence', 'jobs', 'rows', 'sent', 'outcome', 'is_forgotten', 'not_before',
                 'process', 'hooks_called', 'columns')

    def __init__(self, jobs, pen):
        self.connection = jobs[0].connection
        self.key = keys.memory(jobs[0].schema.namespace, pen.name)
        self.pen = pen
        self.sequence = pen.next_number()
        self.jobs, self.rows = jobs, batches.rows_in(jobs)
        self.sent = None           # when: by two clocks, as one may stand still and the other jump
        self.outcome = None
        self.is_forgotten = False  # nobody knows what became of it
        self.not_before = 0        # when to ask again about it, in passing
        self.process = os.getpid()
        self.hooks_called = 0      # of how many jobs
        self.columns = 0           # how many were written, or rows removed

    def is_about_to_be_sent(self):
        """Note when: from here on the server may do it."""
        self.sent = _steady(), time.time()

    def is_running(self):
        """Whether it is this very call that was interrupted: by a signal handler, or a hook."""
        frame, makes_calls = sys._getframe(), six.get_function_code(Writer.write)
        while frame is not None and not (frame.f_code is makes_calls and frame.f_locals.get('call') is self):
            frame = frame.f_back
        return frame is not None

    def current_connection(self):
        """Return the connection to ask: the program may have replaced the one that failed."""
        return self.jobs[0].current_connection()

    def done(self):
        """Return [(job, id)] of what was done, as far as is known; a job of many rows has the id of the first, or comes apart."""
        ids = self.outcome.done if self.outcome else ()
        if len(ids) < self.rows:
            self.jobs = batches.each_alone(self.jobs)
        if len(self.jobs) == self.rows:
            return list(zip(self.jobs, ids))
        pairs, place = [], 0
        for job in self.jobs:
            pairs.append((job, ids[place]))
            place += job.rows
        return pairs

    def is_all_done(self):
        """Whether the call has done all that it was asked for."""
        return len(self.outcome.done) == self.rows

    def jobs_done(self):
        """Return a job for each row of it that was done, as a list."""
        return batches.each_alone(job for job, _ in self.done())

    def tell_entities(self):
        """Let the entities know what was done, and count the columns; doing so again does no harm."""
        columns = 0
        for job, id in self.done():
            job.columns = job.finish(id)
            columns += job.columns
        self.columns = columns

    def run_hooks(self):
        """Call the hooks that follow a write, each once, whatever one of them raises."""
        jobs = self.jobs if self.is_all_done() else self.jobs[:len(self.outcome.done)]
        while self.hooks_called < len(jobs):
            job = jobs[self.hooks_called]
            self.hooks_called += 1
            if not job.is_plain:
                job.run_hook()

    def entities(self):
        """Return the entities in it, as a list."""
        return [entity for job in self.jobs for entity in job.entities]

    def concerns(self, entities):
        """Whether one of some entities is in it."""
        own = set(map(id, self.entities()))
        return any(id(entity) in own for entity in entities)

    def is_for_one_of(self, connections):
        """Whether it went to the server of one of some connections."""
        own = self.current_connection()
        return any(lead_to_the_same(own, connection) for connection in connections)

    def names(self):
        """Return the rows in it, for messages."""
        jobs = batches.each_alone(self.jobs)
        return ', '.join([job.name() for job in jobs[:5]]) + (' and %d more' % (len(jobs) - 5) if len(jobs) > 5 else '')


_steady = getattr(time, 'monotonic', time.time)


def _seconds_since(then):
    return max(now - before for now, before in zip((_steady(), time.time()), then))


class Writer(object):
    """Sends the write calls of one session, and finds out what became of those that got no answer.

    The server remembers a session's last call and its answer: a call that is sent twice is done once. A call leaves
    `unacknowledged` when the script itself has answered and the entities know; no other error and no signal says so.
    """

    def __init__(self):
        self._process = os.getpid()
        self._pens, self._lent = [], []  # those that calls may use, and those that they do
        self.unacknowledged = []
        self.is_ending = False  # whether the session ends with what it writes, or fails to
        self._inherited = []  # calls that the parent of a forked process was making

    def write(self, jobs, atomic=False, meanwhile=None):
        """Make one call.

        :param jobs: list of planned jobs
        :param bool atomic: do all of them or none
        :param meanwhile: callable() that may be called while the call is on its way, or None; it raises nothing
        :returns: `WriteCall`; the entities know, and their hooks were called. None where nothing was sent, for a plan is not true any more
        :raises redis.RedisError: where the call failed; the next write asks what it did
        """
        self._look_for_fork()
        call = WriteCall(jobs, self._take_pen())
        self.unacknowledged.append(call)
        if not all([job.is_current() for job in jobs]):  # not before: from here on nobody else writes them
            self._drop(call)
            return None
        call.outcome = call_write(call.connection, call.key, call.sequence, [job.operation for job in jobs], atomic,
                                  call.is_about_to_be_sent, meanwhile)
        self._finish(call)
        return call

    def _take_pen(self):
        """Return a pen that nobody has, not even the call that this one interrupts; `_drop` gives it back."""
        for pens in (self._pens, _spare_pens):
            try:
                pen = pens.pop()
                break
            except IndexError:
                continue
        else:
            pen = Pen()
        self._lent.append(pen)
        return pen

    def _finish(self, call):
        if call.sent is not None:
            call.pen.remembered[call.key] = call.sent
        call.tell_entities()
        call.run_hooks()
        self._drop(call)

    def _drop(self, call):
        for calls in (self.unacknowledged, self._inherited):
            if call in calls:
                calls.remove(call)
        if call.pen in self._lent:
            self._lent.remove(call.pen)
            self._pens.append(call.pen)

    # -- calls without an answer -----------------------------------------------------------------------------------------

    def has_unfinished(self):
        """Whether there is anything to reconcile, or in flight."""
        return bool(self.unacknowledged or self._inherited)

    def in_flight(self):
        """Return the entities in calls that this one interrupts, as a signal handler does: nobody knows yet what becomes of them."""
        return [entity for call in self.unacknowledged if call.outcome is None and call.is_running() for entity in call.entities()]

    def reconcile(self, entities):
        """Find out what became of the calls without an answer, and see to it that they are not done later.

        A server that is not written to now may be away: it is asked in passing, which takes a tenth of the time at most.

        :param entities: list of those about to be written
        :returns: list of the jobs that turn out to be done
        :raises OutcomeUnknownError: where nobody knows any more what became of a call that has one of them
        :raises InvalidOperation: where one of them is in a call that is being made
        """
        self._look_for_fork()
        done, connections = [], distinct(entity._connection for entity in entities)
        for call in list(self.unacknowledged):
            if call.is_running():
                self._stand_aside(call, entities)
                continue
            is_needed = call.concerns(entities) or call.is_for_one_of(connections)
            if not self._has_found_outcome(call, is_needed):
                continue
            self._refuse_forgotten(call, entities)
            if not call.is_forgotten:
                self._finish(call)
                done += call.jobs_done()
        for call in list(self._inherited):
            if call.concerns(entities):
                self._take_over(call)
                done += call.jobs_done()
        return done

    @staticmethod
    def _stand_aside(call, entities):
        if call.outcome is not None:
            call.tell_entities()
        elif call.concerns(entities):
            raise InvalidOperation('%s: being written by the very call that this one interrupts; write it again afterwards'
                                   % call.names())

    def _has_found_outcome(self, call, is_needed):
        began = _steady()
        if not is_needed and began < call.not_before:
            return False
        try:
            self._find_outcome(call)
        except Exception:  # whatever stands in the way there, it is no reason not to write elsewhere
            if is_needed:
                raise
            now = _steady()
            call.not_before = now + 10 * (now - began)
            return False
        return True

    def _find_outcome(self, call):
        if call.outcome is not None or call.is_forgotten:
            return
        if call.sent is None:
            call.outcome = NOTHING_DONE
            return
        asked = ask_what_became(call.current_connection(), call.key, call.sequence, call.pen.next_number())
        if asked is None and self._may_be_forgotten(call):
            call.is_forgotten = True
        else:
            call.outcome = asked or NOTHING_DONE

    @staticmethod
    def _may_be_forgotten(call):
        """Whether a server that remembers nothing of a call may have done it all the same."""
        before = call.pen.remembered.get(call.key)
        was_lost = before is not None and _seconds_since(before) < REMEMBERED_SECONDS
        return (was_lost or _seconds_since(call.sent) >= REMEMBERED_SECONDS
                or may_have_evicted(call.current_connection()))

    def _refuse_forgotten(self, call, entities):
        if call.is_forgotten and call.concerns(entities):
            self._drop(call)
            raise OutcomeUnknownError(
                '%s: a write got no answer, and the server does not remember it any more: whether it was done is not known. '
                'Look at what is stored before you write this again' % call.names())

    # -- one writer after another ----------------------------------------------------------------------------------------

    def end(self):
        """Write no more: give back what is not needed, and return the calls without an answer."""
        self._look_for_fork()
        unanswered = self.unacknowledged + self._inherited
        spare, self._pens, self._lent = self._pens, [], []
        if hasattr(os, 'register_at_fork'):  # else a child might use them, too
            for pen in spare:
                pen.remembered = {}
            _spare_pens.extend(spare)
        self.unacknowledged, self._inherited = [], []
        return unanswered

    def take_over(self, calls):
        """Find out, too, what became of the calls without an answer of another writer, which has ended."""
        for call in calls:
            unanswered = self.unacknowledged if call.process == os.getpid() else self._inherited
            if call not in unanswered:
                unanswered.append(call)

    # -- forks -----------------------------------------------------------------------------------------------------------

    def _look_for_fork(self):
        if self._process != os.getpid():
            self._inherited = self._inherited + self.unacknowledged
            self._pens, self._lent, self.unacknowledged, self._process = [], [], [], os.getpid()

    def _take_over(self, call):
        """Learn what the parent's call did, without getting in its way."""
        if call.sent is None:
            call.outcome = NOTHING_DONE
        elif call.outcome is None:
            call.outcome = look_what_became(call.current_connection(), call.key, call.sequence)
        if call.outcome is None:
            raise OutcomeUnknownError('%s: being written by the process that forked this one; whether it is done is not '
                                      'known here' % call.names())
        call.tell_entities()
        self._drop(call)
