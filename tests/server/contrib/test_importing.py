"""The helpers are imported where no framework is, and import none where there is one."""
import pytest
import six

MODULES = ['wsgi', 'django', 'celery'] + ['asgi'] * (not six.PY2)


@pytest.mark.parametrize('module', MODULES)
def test_no_framework_is_imported(run_python, module):
    said = run_python('''
import sys
import rom.contrib.%s
print([name for name in sys.modules if name.split('.')[0] in (
    'django', 'celery', 'flask', 'werkzeug', 'starlette', 'fastapi', 'anyio', 'asgiref', 'kombu')])
''' % module)
    assert said.strip() == '[]'


def test_importing_rom_imports_no_helper(run_python):
    assert run_python("import sys, rom; print([name for name in sys.modules if name.startswith('rom.contrib')])").strip() == '[]'


def test_the_lazy_task_class(run_python):
    """It is listed, and asking for it without Celery is an ImportError that names that."""
    if six.PY2:
        pytest.skip('a module cannot be asked there')
    assert run_python('''
import sys
sys.modules['celery'] = None
import rom.contrib.celery as helper
assert 'UnitOfWorkTask' in dir(helper) and not hasattr(helper, 'other')
try:
    helper.UnitOfWorkTask
except ImportError as error:
    print('celery' in str(error))
''').strip() == 'True'
