"""Programs of the examples under real servers, and a client that sends them many requests and believes only status lines."""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import six
from six.moves import http_client
from six.moves.urllib.parse import urlencode

from repository import ROOT
from servers import free_port

EXAMPLES = os.path.join(ROOT, 'examples', 'frameworks')
PROGRAMS = os.path.join(ROOT, 'tests', 'frameworks', 'programs')
START_SECONDS = 30


def environment(uri, *folders, **more):
    """The environment of a program that imports the examples and modules of some folders."""
    path = list(folders) + [EXAMPLES] + ([ROOT] if os.environ.get('ROM_TEST_SOURCE') == '1' else [])
    path += [os.environ['PYTHONPATH']] if os.environ.get('PYTHONPATH') else []
    return dict(os.environ, ROM_REDIS_URI=uri, PYTHONPATH=os.pathsep.join(path), PYTHONDONTWRITEBYTECODE='1', **more)


@contextlib.contextmanager
def running(arguments, env, **options):
    """Run a Python module as a program of its own, until the block ends.

    :param arguments: those of ``python -m``
    :returns: gives callable() -> what it has printed by now
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([sys.executable, '-m'] + arguments, env=env, stdout=output, stderr=subprocess.STDOUT, **options)

        def printed():
            output.seek(0)
            return output.read().decode('utf-8', 'replace')
        printed.process = process
        try:
            yield printed
        finally:
            process.terminate()
            for _ in range(200):
                if process.poll() is not None:
                    break
                time.sleep(.05)
            else:
                process.kill()
            process.wait()


@contextlib.contextmanager
def served(arguments, env, port):
    """The same with a server, once it listens."""
    with running(arguments, env, cwd=tempfile.gettempdir()) as printed:
        deadline = time.time() + START_SECONDS
        while True:
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                break
            except (OSError, socket.error):
                assert printed.process.poll() is None and time.time() < deadline, printed()
                time.sleep(.05)
        yield printed


def waitress(app, env):
    port = free_port()
    return port, served(['waitress', '--listen=127.0.0.1:%d' % port, '--threads=20', app], env, port)


def gunicorn(app, env):
    """Two processes, forked when the program is loaded, of ten threads each."""
    port = free_port()
    return port, served(['gunicorn', '-b', '127.0.0.1:%d' % port, '-w', '2', '-k', 'gthread', '--threads', '10', '--preload',
                         '--worker-tmp-dir', tempfile.gettempdir(), app], env, port)


def uvicorn(app, env):
    port = free_port()
    return port, served(['uvicorn', '--port', str(port), '--log-level', 'warning', app], env, port)


def ask(port, method, path, body=None, **values):
    """Send one request.

    :returns: (status, text of the body)
    """
    connection = http_client.HTTPConnection('127.0.0.1', port, timeout=60)
    try:
        connection.request(method, path + ('?' + urlencode(values) if values else ''), body,
                           {'Content-Type': 'application/x-www-form-urlencoded'} if body else {})
        response = connection.getresponse()
        return response.status, response.read().decode('utf-8')
    finally:
        connection.close()


def at_once(function, items, threads=20):
    """Call a function for each item, by so many threads.

    :returns: list of what it returned, in the order of the items
    """
    results, waiting, lock = [None] * len(items), list(enumerate(items))[::-1], threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                place, item = waiting.pop()
            try:
                results[place] = function(item)
            except Exception as error:  # no status line: to be seen in the result
                results[place] = error
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return results


def post_orders(port, path='/orders', as_form=False):
    """Send the mixed orders, 20 at a time.

    :returns: list of (order, status)
    """
    def send(order):
        values = dict((name, six.text_type(value)) for name, value in order.items() if name != 'kind')
        if as_form:
            return ask(port, 'POST', path, urlencode(values))[0]
        return ask(port, 'POST', path, **values)[0]
    orders = list(mixed_orders())
    return list(zip(orders, at_once(send, orders)))


# -- the shop of the examples ----------------------------------------------------------------------------------------------

STOCK = 1000
KINDS = ('plain', 'racing', 'refused', 'plain', 'twice', 'raising', 'plain', 'racing', 'twice', 'plain')


def mixed_orders(count=200):
    """Orders of two rows each: good ones, refused ones, raising ones, some that change one row, some whose second row is there already."""
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        order = {'kind': kind, 'code': 'c%d' % number, 'receipt': 'r%d' % number, 'quantity': 1 + number % 3}
        if kind == 'racing':
            order['item'] = 'tea'
        elif kind == 'refused':
            order['quantity'] = 0
        elif kind == 'raising':
            order['quantity'] = 'many'
        elif kind == 'twice':
            order['receipt'] = 'twice%d' % (number // 20)
        yield order


def check_stored(shop, answered):
    """Exactly what was answered with a status of success is stored: rows, references and index entries.

    :param shop: the module of the models
    :param answered: list of (order, status)
    """
    import rom
    good = [order for order, status in answered if isinstance(status, int) and 200 <= status < 300]
    codes = sorted(order['code'] for order in good)
    rom.session.rollback()
    assert sorted(order.code for order in shop.Order.query) == codes
    assert sorted((receipt.number, receipt.order.code) for receipt in shop.Receipt.query) == sorted(
        (order['receipt'], order['code']) for order in good)
    assert [shop.Order.get_by(code=code).code for code in codes] == codes
    assert shop.Item.get_by(name=u'tea').left == STOCK - sum(order['quantity'] for order in good if 'item' in order)
    for model in (shop.Order, shop.Receipt, shop.Item):
        check = rom.util.check_indexes(model)
        list(check)
        assert check.problems == []
    by_kind = dict((kind, [status for order, status in answered if order['kind'] == kind]) for kind in KINDS)
    assert set(status // 100 for status in by_kind['plain']) == {2}
    assert set(by_kind['refused']) == {400} and set(by_kind['raising']) == {500}
    assert any(status < 300 for status in by_kind['racing']) and set(s for s in by_kind['racing'] if s > 299) <= {500}
    numbers = [order['receipt'] for order in good if order['kind'] == 'twice']
    assert sorted(numbers) == sorted(set(order['receipt'] for order, _ in answered if order['kind'] == 'twice'))
    assert set(s for s in by_kind['twice'] if s > 299) == {500}
