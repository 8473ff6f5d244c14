"""Write manifest.json: what rom 1.1.2 exports. Run it with a Python that has `rom==1.1.2`:

    path/to/python tests/compat/make_manifest.py
"""
import importlib
import json
import os

import rom

from manifest_tools import PUBLIC_NAMES, describe


def manifest():
    """The whole manifest of the installed rom as plain data."""
    modules = {}
    for module_name, names in PUBLIC_NAMES.items():
        module = importlib.import_module(module_name)
        modules[module_name] = {name: describe(getattr(module, name)) for name in names}
    return {
        'version': rom.VERSION,
        'all': sorted(rom.__all__),
        'also_in_rom': sorted(name for names in PUBLIC_NAMES.values() for name in names
                              if hasattr(rom, name) and name not in rom.__all__),
        'column_types': [column.__name__ for column in rom.COLUMN_TYPES],
        'starred': {module: [name for name in names if name in importlib.import_module(module).__all__]
                    for module, names in PUBLIC_NAMES.items()},
        'modules': modules,
    }


def write(content, path):
    """JSON with a line for each export, so that a difference can be read."""
    with open(path, 'w') as out:
        out.write('{\n')
        for key in ('version', 'all', 'also_in_rom', 'column_types', 'starred'):
            out.write('%s: %s,\n' % (json.dumps(key), json.dumps(content[key])))
        modules = []
        for module, names in sorted(content['modules'].items()):
            lines = ['  %s: %s' % (json.dumps(name), json.dumps(names[name], sort_keys=True)) for name in sorted(names)]
            modules.append(' %s: {\n%s\n }' % (json.dumps(module), ',\n'.join(lines)))
        out.write('"modules": {\n%s\n}}\n' % ',\n'.join(modules))


if __name__ == '__main__':
    assert rom.VERSION == '1.1.2', 'the manifest is taken from rom 1.1.2, this is %s' % rom.VERSION
    write(manifest(), os.path.join(os.path.dirname(os.path.abspath(__file__)), 'manifest.json'))
