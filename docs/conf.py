"""Sphinx settings; build with ``sphinx-build -W docs docs/_build``."""
import rom

project = 'rom'
author = 'the rom contributors'
copyright = author
version = release = rom.VERSION

extensions = ['sphinx.ext.autodoc', 'sphinx.ext.viewcode']
exclude_patterns = ['_build']
autodoc_member_order = 'bysource'
autodoc_preserve_defaults = True
default_role = 'code'   # docstrings write `name`
trim_doctest_flags = True

html_theme = 'alabaster'
html_theme_options = {
    'description': 'A Redis object mapper',
    'fixed_sidebar': True,
    'page_width': '1080px',
}
html_show_sourcelink = False
