"""In which form a write call reads its request quickest: JSON, cmsgpack, or each value as an argument of its own.

``python benchmarks/request_forms.py [--server PATH]`` starts a server of its own. The request is that of 500 new rows, or of one, as
`rom` makes it: one flat list. The same as objects by name is shown beside it. Python has no packer for cmsgpack, so that what
the client takes for it is not known.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import redis  # noqa: E402
import rom  # noqa: E402
from redis.connection import Connection  # noqa: E402
from rom.storage import batches, commands  # noqa: E402

import data  # noqa: E402
import workload  # noqa: E402

FORMS = {
    'JSON, a flat list': 'cjson.decode(ARGV[1])',
    'JSON, an object a row': 'cjson.decode(ARGV[1])',
    'cmsgpack, a flat list': 'cmsgpack.unpack(ARGV[1])',
    'an argument a value': 'local _ = #ARGV',
}


def as_object(row):
    """A row as an object by names, as every operation but that of a new row is."""
    columns = row.layout.schema.stored
    said = row.said[2 + len(columns):]
    found = {'namespace': 'forms', 'pk': 'id', 'new': True, 'index_data': row.said[1],
             'set': dict(zip(columns, row.said[2:])), 'claim': {'email': row.said[2]}}
    for part in ('words', 'scores', 'prefixes', 'suffixes'):
        count = said.pop(0)
        found[part], said = said[:count], said[count:]
    found['scores'] = dict((attr, row.said[2 + place]) for attr, place in row.layout.scores)
    return found


def forms(client, values):
    """{form: function that makes the arguments}"""
    model = workload.person('forms')
    rows = [model(**row)._rom.plan().operation for row in values]
    flat, objects = json.loads(batches.requested(rows))[0], [as_object(row) for row in rows]
    packed = client.eval('return cmsgpack.pack(cjson.decode(ARGV[1]))', 0, json.dumps(flat))
    texts = ['' if value is None else value if isinstance(value, str) else str(value) for value in flat]
    return {'JSON, a flat list': lambda: [commands.request_text(flat)], 'JSON, an object a row': lambda: [commands.request_text(objects)],
            'cmsgpack, a flat list': lambda: [packed], 'an argument a value': lambda: texts}


def server_time(client, script, arguments, times):
    """Microseconds that the server takes for a call of the script."""
    sha = client.script_load(script)
    client.config_resetstat()
    for _ in range(times):
        client.evalsha(sha, 0, *arguments)
    return client.info('commandstats')['cmdstat_evalsha']['usec_per_call']


def client_time(make, times):
    """Microseconds that the client takes to make the arguments, and redis-py to pack them."""
    connection, began = Connection(), time.process_time()
    for _ in range(times):
        connection.pack_command('EVALSHA', 'x' * 40, 0, *make())
    return (time.process_time() - began) / times * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--server', default='redis-server')
    folder = tempfile.mkdtemp()
    server = subprocess.Popen([parser.parse_args().server, '--port', '0', '--unixsocket', folder + '/s', '--save', '', '--dir', folder],
                              stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(folder + '/s'):
            time.sleep(.05)
        client = rom.util.CONNECTION = redis.Redis(unix_socket_path=folder + '/s')
        for rows, times in ((500, 40), (1, 4000)):
            print('%-24s %12s %12s   microseconds a row, of %d' % ('', 'server', 'client', rows))
            made = forms(client, data.rows(1, rows))
            for name, script in FORMS.items():
                found = [(server_time(client, script, made[name](), times), client_time(made[name], times)) for _ in range(5)]
                print('%-24s %12.2f %12.2f' % ((name,) + tuple(min(each) / rows for each in zip(*found))))
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()
