"""A notebook, run by a real kernel: cells share the thread's session, and a cell that defines a model may run again."""
import pytest

import serving
from needed import need

need('ipykernel', 'jupyter_client')
import jupyter_client  # noqa: E402 (it may be missing)


class Kernel(object):
    """Runs cells."""

    def __init__(self, env, folder):
        self._manager = jupyter_client.KernelManager()
        self._manager.kernel_spec_manager.ensure_native_kernel = True
        self._manager.start_kernel(env=dict(env, IPYTHONDIR=folder, JUPYTER_RUNTIME_DIR=folder), cwd=folder)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def run(self, cell):
        """Run a cell; return what it printed, or the error that it raised as text."""
        said = []

        def hook(message):
            content = message['content']
            if message['msg_type'] == 'stream':
                said.append(content['text'])
            elif message['msg_type'] == 'error':
                said.append('%s: %s' % (content['ename'], content['evalue']))
            elif message['msg_type'] == 'execute_result':
                said.append(content['data']['text/plain'])
        self._client.execute_interactive(cell, timeout=60, output_hook=hook, store_history=True)
        return ''.join(said)

    def stop(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(server, connection, tmpdir):
    kernel = Kernel(serving.environment(server.uri), str(tmpdir))
    yield kernel
    kernel.stop()


NOTE = '''
class Note(rom.Model):
    text = rom.Text(index=True, keygen=rom.IDENTITY)
'''


def test_a_notebook(kernel, connection):
    assert kernel.run('import rom') == ''
    assert kernel.run(NOTE) == ''
    assert kernel.run('note = Note(text=u"from one cell")') == ''
    assert not connection.exists('Note:1')
    assert kernel.run('rom.session.commit()') == '2'
    assert connection.hget('Note:1', 'text') == b'from one cell'

    # the cell with the model is changed, and run again
    assert kernel.run(NOTE + '    stars = rom.Integer(default=3)\n') == ''
    assert kernel.run('print(Note.get(1).text, Note.get(1).stars, Note.get(1) is note)') == 'from one cell 3 False\n'
    kernel.run('note = Note.get(1); note.stars = 5')
    said = kernel.run(NOTE)
    assert said.startswith('InvalidOperation') and 'Note:1' in said
    assert kernel.run('rom.session.commit()') == '1'
    assert kernel.run(NOTE) == ''

    # in a function, too
    local = 'def make():\n    class Local(rom.Model):\n        pass\n    return Local\nmake()'
    assert 'Local' in kernel.run(local) and 'Error' not in kernel.run(local)

    # one with an await, for which the cell is a coroutine
    assert kernel.run('import asyncio\nwith rom.session:\n    Note(text=u"b")\n    await asyncio.sleep(0)') == ''
    assert kernel.run('await asyncio.sleep(0)' + NOTE + 'Note.query.filter(text=u"b").count()') == '1'
