"""The names in a Lua script: which are local, which come from outside. A small reader of Lua 5.1, for the tests of ``rom/lua``.

``-- include FILE`` lines count as statements: they use what the file declares under ``-- uses:``, and define what it
declares under ``-- gives:``.
"""
import re

__all__ = ['STANDARD', 'read_names', 'tokens_of']

#: what Redis gives to every script, as far as rom needs it
STANDARD = frozenset('ARGV KEYS bit cjson error ipairs math next os pairs pcall redis select setmetatable string table tonumber tostring type unpack'
                     .split())

KEYWORDS = frozenset('and break do else elseif end false for function if in local nil not or repeat return then true until while'
                     .split())
TOKEN = re.compile(r'''
    (?P<space>\s+)
  | (?P<include>--\ include\ [\w/]+)$
  | (?P<comment>--[^\n]*)
  | (?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\[\[.*?\]\])
  | (?P<number>0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<symbol>\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^\#<>=(){}\[\];:,.])
''', re.VERBOSE | re.MULTILINE | re.DOTALL)
BINARY = frozenset('+ - * / % ^ .. == ~= < > <= >= and or'.split())


def tokens_of(text):
    """[(kind, text, line)] of a script; the last one is ('end', '', line)."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, 'line %d: no Lua: %r' % (line, text[at:at + 20])
        kind, part = match.lastgroup, match.group()
        if kind == 'name' and part in KEYWORDS:
            kind = 'keyword'
        if kind not in ('space', 'comment'):
            found.append((kind, part, line))
        line += part.count('\n')
        at = match.end()
    return found + [('end', '', line)]


class Names(object):
    """What was found in a script.

    free      {name: line} of names that are no locals
    assigned  the free names that the script itself assigns to, outside of its functions
    defined   [name] of the locals outside of all blocks
    unused    [(name, line)] of locals, parameters aside, that nothing reads
    twice     [(name, line)] of locals that hide another one of the same block
    returned  the keys of the table that the script returns, if it returns one that is written out
    members   {(part, member)}: what is asked for as ``parts.PART.MEMBER``
    """

    def __init__(self):
        self.free, self.assigned, self.defined, self.unused, self.twice = {}, set(), [], [], []
        self.returned, self.members = None, set()


class _Local(object):
    def __init__(self, name, line, is_used=False):
        self.name, self.line, self.is_used = name, line, is_used


def read_names(text, context=None):
    """
    The names in a script.

    :param text: str
    :param context: callable(file name), returns (uses, gives): the names that it takes from where it is included, and those it adds
    :returns: Names
    """
    reader = _Reader(tokens_of(text), context)
    reader.block('')
    return reader.found


class _Reader(object):
    def __init__(self, tokens, context):
        self.tokens, self.at, self.context = tokens, 0, context
        self.scopes, self.functions, self.found = [], 0, Names()

    # -- tokens

    @property
    def next(self):
        kind, text, _ = self.tokens[self.at]
        return '' if kind == 'string' else text

    @property
    def kind(self):
        return self.tokens[self.at][0]

    @property
    def line(self):
        return self.tokens[self.at][2]

    def take(self, wanted=None):
        kind, text, line = self.tokens[self.at]
        assert wanted is None or (kind != 'string' and text == wanted), 'line %d: %r, not %r' % (line, text, wanted)
        self.at += 1
        return text

    def is_taken(self, wanted):
        if self.next != wanted:
            return False
        self.at += 1
        return True

    def take_name(self):
        assert self.kind == 'name', 'line %d: %r is no name' % (self.line, self.tokens[self.at][1])
        return self.take()

    # -- names

    def declare(self, name, is_used=False):
        scope = self.scopes[-1]
        if name in scope and name != '_':
            self.found.twice.append((name, self.line))
        scope[name] = _Local(name, self.line, is_used)
        if len(self.scopes) == 1:
            self.found.defined.append(name)

    def use(self, name, line, is_assigned=False):
        for scope in reversed(self.scopes):
            if name in scope:
                scope[name].is_used = scope[name].is_used or not is_assigned
                return
        self.found.free.setdefault(name, line)
        if is_assigned and not self.functions:
            self.found.assigned.add(name)

    def is_known(self, name):
        return any(name in scope for scope in self.scopes)

    def enter(self, names=()):
        self.scopes.append({})
        for name in names:
            self.declare(name, is_used=True)

    def leave(self):
        for local in self.scopes.pop().values():
            if not local.is_used and local.name != '_':
                self.found.unused.append((local.name, local.line))

    # -- statements

    def block(self, *ends, **names):
        self.enter(names.get('names', ()))
        while self.next not in ends or self.kind == 'string':
            self.statement()
        if ends == ('until',):  # its condition sees the locals of the block
            self.take()
            self.expression()
        self.leave()

    def statement(self):
        if self.kind == 'include':
            return self.include(self.take().split()[-1])
        known = getattr(self, 'read_' + self.next, None) if self.kind == 'keyword' else None
        if known:
            self.take()
            return known()
        self.assignment()
        self.is_taken(';')

    def include(self, file):
        uses, gives = self.context(file)
        for name in uses:
            self.use(name, self.line)
        for name in gives:
            if self.is_known(name):
                self.use(name, self.line, is_assigned=True)
            else:
                self.declare(name)

    def read_local(self):
        if self.is_taken('function'):
            self.declare(self.take_name())
            return self.function()
        names = [self.take_name()]
        while self.is_taken(','):
            names.append(self.take_name())
        if self.is_taken('='):
            self.expressions()
        for name in names:
            self.declare(name)

    def read_function(self):
        line, name = self.line, self.take_name()
        is_member = self.next in '.:'
        self.use(name, line, is_assigned=not is_member)
        is_method = False
        while self.next and self.next in '.:':
            is_method = self.take() == ':'
            self.take_name()
        self.function(['self'] if is_method else [])

    def read_do(self):
        self.block('end')
        self.take()

    def read_while(self):
        self.expression()
        self.take('do')
        self.read_do()

    def read_repeat(self):
        self.block('until')

    def read_if(self):
        self.expression()
        self.take('then')
        self.block('elseif', 'else', 'end')
        end = self.take()
        if end == 'elseif':
            self.read_if()
        elif end == 'else':
            self.read_do()

    def read_for(self):
        names = [self.take_name()]
        while self.is_taken(','):
            names.append(self.take_name())
        self.take()  # = or in
        self.expressions()
        self.take('do')
        self.block('end', names=names)
        self.take()

    def read_return(self):
        if len(self.scopes) == 1 and self.next == '{':
            self.found.returned = self.table()
        elif self.next not in ('end', 'else', 'elseif', 'until', '', ';') or self.kind == 'string':
            self.expressions()
        self.is_taken(';')

    def read_break(self):
        pass

    def assignment(self):
        targets = [self.suffixed(is_statement=True)]
        while self.is_taken(','):
            targets.append(self.suffixed(is_statement=True))
        is_assigned = self.is_taken('=')
        if is_assigned:
            self.expressions()
        for target in targets:
            if target:
                self.use(target[0], target[1], is_assigned)

    # -- expressions

    def expressions(self):
        self.expression()
        while self.is_taken(','):
            self.expression()

    def expression(self):
        while self.next in ('not', '-', '#'):
            self.take()
        if self.kind in ('number', 'string') or self.next in ('nil', 'true', 'false', '...'):
            self.take()
        elif self.is_taken('function'):
            self.function()
        elif self.next == '{':
            self.table()
        else:
            self.suffixed()
        if self.next in BINARY:
            self.take()
            self.expression()

    def suffixed(self, is_statement=False):
        """Read a name or a bracket and what follows it; of a statement, which may assign, gives (name, line) where it is a mere name."""
        line, name, path = self.line, None, []
        if self.is_taken('('):
            self.expression()
            self.take(')')
        else:
            name = self.take_name()
        if is_statement and self.next in ('=', ','):
            return name, line
        if name:
            self.use(name, line)
        while True:
            if self.is_taken('.'):
                path.append(self.take_name())
            elif self.is_taken('['):
                self.expression()
                self.take(']')
            elif self.is_taken(':'):
                self.take_name()
                self.arguments()
            elif self.next in ('(', '{') or self.kind == 'string':
                self.arguments()
            else:
                break
        if name == 'parts' and len(path) > 1:
            self.found.members.add(tuple(path[:2]))

    def arguments(self):
        if self.kind == 'string':
            self.take()
        elif self.next == '{':
            self.table()
        else:
            self.take('(')
            if self.next != ')' or self.kind == 'string':
                self.expressions()
            self.take(')')

    def table(self):
        keys = []
        self.take('{')
        while not self.is_taken('}'):
            if self.is_taken('['):
                self.expression()
                self.take(']')
                self.take('=')
            elif self.kind == 'name' and self.tokens[self.at + 1][:2] == ('symbol', '='):
                keys.append(self.take_name())
                self.take('=')
            self.expression()
            if self.next in (',', ';'):
                self.take()
        return keys

    def function(self, names=()):
        names = list(names)
        self.take('(')
        while not self.is_taken(')'):
            if not self.is_taken('...'):
                names.append(self.take_name())
            self.is_taken(',')
        self.functions += 1
        self.block('end', names=names)
        self.functions -= 1
        self.take()
