# -*- coding: utf-8 -*-
"""The form of examples/form.py, in two browsers at once."""
import os
import re
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import rom
import six
from six.moves.urllib.error import HTTPError
from six.moves.urllib.parse import urlencode
from six.moves.urllib.request import urlopen

from repository import ROOT

pytestmark = pytest.mark.skipif(six.PY2, reason='the examples are written for Python 3')


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def form(connection, monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(ROOT, 'examples'))
    sys.modules.pop('form', None)
    import form
    form.Person(name=u'Ann', city=u'Oslo').save()
    yield form
    sys.modules.pop('form', None)


@pytest.fixture
def url(form):
    server = make_server('127.0.0.1', 0, form.app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(.01,))
    thread.start()
    yield 'http://127.0.0.1:%d/1' % server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class Browser(object):
    """Shows a form, and sends back what the user has made of it."""

    def __init__(self, url):
        self.url, self.status = url, None
        self.take(urlopen(url))

    def take(self, answer):
        self.status, self.page = answer.getcode(), answer.read().decode('utf-8')
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', self.page)
        self.fields = dict((name, value) for name, value in fields if name != 'delete')
        self.stored = re.findall(r'is now: ([^<\n]*)', self.page)

    def send(self, **changes):
        try:
            answer = urlopen(self.url, urlencode(dict(self.fields, **changes)).encode('ascii'))
        except HTTPError as error:
            answer = error
        self.take(answer)
        return self.status


def stored(connection):
    return [value and value.decode('utf-8') for value in connection.hmget('form.Person:1', 'name', 'city', 'phone')]


def test_saves_and_saves_again(url, connection):
    browser = Browser(url)
    assert (browser.fields['name'], browser.fields['city']) == ('Ann', 'Oslo')
    assert browser.send(city=u'Tromsø') == 200 and stored(connection) == ['Ann', u'Tromsø', None]
    assert browser.send(phone='5') == 200 and stored(connection) == ['Ann', u'Tromsø', '5']


def test_the_second_of_two_is_shown_both_versions(url, connection):
    first, second = Browser(url), Browser(url)
    assert first.send(city='Bergen', phone='<1>') == 200
    assert second.send(city='Paris') == 409 and stored(connection) == ['Ann', 'Bergen', '<1>']
    assert second.fields['city'] == 'Paris' and second.stored == ['Bergen', '&lt;1&gt;']
    assert second.send(phone='<1>') == 200  # having seen both
    assert stored(connection) == ['Ann', 'Paris', '<1>']
    assert first.send(name='Zoe') == 409


def test_deletes_what_was_shown(url, connection):
    first, second = Browser(url), Browser(url)
    second.send(city='Bergen')
    assert first.send(delete='yes') == 409 and connection.exists('form.Person:1')
    third = Browser(url)
    assert third.send(delete='yes') == 200 and not connection.exists('form.Person:1')
    assert second.send(city='Paris') == 404


@pytest.mark.parametrize('etag', ['', 'x', None], ids=['empty', 'malformed', 'missing'])
def test_no_etag_is_not_no_condition(url, connection, etag):
    browser = Browser(url)
    if etag is None:
        del browser.fields['etag']
    else:
        browser.fields['etag'] = etag
    assert browser.send(city='Paris') == 400 and 'if_match' in browser.page and stored(connection) == ['Ann', 'Oslo', None]


def test_what_was_refused_is_not_left_in_a_session(url, connection):
    assert Browser(url).send(name='') == 400
    rom.session.commit()
    assert stored(connection) == ['Ann', 'Oslo', None] and Browser(url).fields['name'] == 'Ann'
