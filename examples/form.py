"""A form that overwrites nobody: it carries the etag of the row it shows, and is saved only if the row is still that.

    ROM_REDIS_URI=redis://localhost:6379/0 python examples/form.py

Then http://localhost:8000/1 is the first person. Open it in two windows, change and save both: the second one is shown what
was saved in between beside what it wanted to save, and asks again.
"""
import html
import sys
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

import rom
from rom.contrib.wsgi import UnitOfWorkMiddleware


class Person(rom.Model):
    _namespace = 'form.Person'

    name = rom.Text(required=True)
    city = rom.Text()
    phone = rom.Text()


FIELDS = ('name', 'city', 'phone')

PAGE = '''<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<h1>{title}</h1>
<form method="post">
<input type="hidden" name="etag" value="{etag}">
<table>
{rows}
</table>
<button>Save</button> <button name="delete" value="yes">Delete</button>
</form>'''

ROW = '<tr><th>{field}<td><input name="{field}" value="{value}">{note}'
NOTE = '<td class="stored">is now: {stored}'


def page(title, etag, values, stored=None):
    """Return the form.

    :param title: text
    :param etag: of the row that the user has seen, once this page is shown
    :param values: {field: text} for the inputs
    :param stored: {field: text} of what another user has saved meanwhile, to be shown beside them
    """
    rows = []
    for field in FIELDS:
        differs = stored is not None and stored[field] != values[field]
        note = NOTE.format(stored=html.escape(stored[field])) if differs else ''
        rows.append(ROW.format(field=field, value=html.escape(values[field]), note=note))
    return PAGE.format(title=html.escape(title), etag=etag, rows='\n'.join(rows))


def values_of(person):
    return {field: getattr(person, field) or '' for field in FIELDS}


def save(person, form):
    """Save, or delete, what the user has sent; returns status and page.

    The etag is that of the row as the user was shown it, maybe an hour ago; `person` was read just now. The write is done
    only if both are the same, and the row is still so when it is written.
    """
    sent = {field: form.get(field, '') for field in FIELDS}
    try:
        if 'delete' in form:
            person.delete(if_match=form.get('etag'))
            return '200 OK', '<p>Deleted.</p>'
        person.update(**{field: value or None for field, value in sent.items()}).save(if_match=form.get('etag'))
    except rom.exceptions.RowGoneError:
        return '410 Gone', '<p>Somebody has deleted this person meanwhile.</p>'
    except rom.DataRaceError:
        person.refresh(force=True)
        title = 'Somebody else has changed this meanwhile: which is right?'
        return '409 Conflict', page(title, person.etag, sent, values_of(person))
    except rom.InvalidOperation as error:  # no etag, or no name
        return '400 Bad Request', '<p>%s</p>' % html.escape(str(error))
    return '200 OK', page('Saved', person.etag, values_of(person))


def answer(environ):
    id = environ['PATH_INFO'].strip('/')
    person = Person.get(id) if id.isdigit() else None
    if person is None:
        return '404 Not Found', '<p>Nobody is here.</p>'
    if environ['REQUEST_METHOD'] != 'POST':
        return '200 OK', page('Person %d' % person.id, person.etag, values_of(person))
    sent = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0)).decode('ascii')
    return save(person, {name: values[0] for name, values in parse_qs(sent, keep_blank_values=True).items()})


def application(environ, start_response):
    status, text = answer(environ)
    start_response(status, [('Content-Type', 'text/html; charset=utf-8')])
    return [text.encode('utf-8')]


#: a scope for each request: what a refused one has changed in memory is forgotten with it
app = UnitOfWorkMiddleware(application)


if __name__ == '__main__':
    if Person.query.first() is None:
        Person(name='Ann', city='Oslo').save()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    print('http://localhost:%d/1' % port)
    make_server('localhost', port, app).serve_forever()
