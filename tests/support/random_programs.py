"""Random programs: a few models that refer to each other, and calls of the public API on them.

A program is plain data, made from a seed, so that it can be played under either library; `play` knows nothing but the public
API. A tame program keeps to what 1.1.2 does as well (docs/promises.rst tells where it does not), a wild one does whatever comes.
"""
import random

import rom

RULES = ['restrict', 'cascade', 'set null', 'set default', 'no action']
HOOKS = ['_before_insert', '_after_insert', '_before_update', '_after_update', '_before_delete', '_after_delete']
WORDS = [u'red', u'green', u'blue', u'red green']


# -- making one ------------------------------------------------------------------------------------------------------------

def program(seed, wild=True, length=25):
    """{'models': [...], 'steps': [...]}"""
    chance = random.Random(seed)
    models = []
    for number in range(chance.randint(2, 4)):
        models.append(_model(chance, number, models, wild))
    # 1.1.2 refuses to delete what is restricted by rows that would go as well
    rules = RULES if wild else [chance.choice(['restrict', 'cascade', 'no action'])]
    for model in models:
        _add_references(chance, model, models, rules, wild)
    if wild:
        for model in models:
            _add_hooks(chance, model, models)
    return {'models': models, 'steps': _steps(chance, models, rules, wild, length)}


def _model(chance, number, earlier, wild):
    bases = [base['name'] for base in chance.sample(earlier, min(len(earlier), chance.choice([0, 0, 1, 2] if wild else [0, 0, 1])))]
    columns = {}
    if not bases or chance.random() < .5:
        columns['n'] = {'index': chance.random() < .5, 'default': chance.choice([None, 0, 7]), 'required': chance.random() < .2}
        columns['t'] = {'unique': chance.random() < .4, 'words': chance.random() < .4, 'default': None, 'required': False}
    dropped = chance.choice(['n', 't']) if bases and wild and chance.random() < .2 else None
    return {'name': 'M%d' % number, 'bases': bases, 'columns': columns, 'dropped': dropped, 'references': {}, 'lists': {}, 'hooks': {}}


def _add_references(chance, model, models, rules, wild):
    # 1.1.2 cannot load circles of references
    targets = models if wild else models[:models.index(model)]
    for number in range(chance.choice([0, 1, 1, 2]) if targets else 0):
        target = chance.choice(targets)
        rule = chance.choice(rules)
        attr = 'r%s_%d' % (model['name'], number)
        required = wild and rule != 'set null' and target is not model and chance.random() < .2
        model['references'][attr] = {'to': target['name'], 'rule': rule, 'required': required,
                                     'one': wild and chance.random() < .2, 'default': rule == 'set default'}
        target['lists']['of_%s' % attr] = {'of': model['name'], 'column': attr}


def _add_hooks(chance, model, models):
    for hook in HOOKS:
        if chance.random() < .15:
            deed = chance.choice(['count', 'assign', 'clear', 'tell', 'save', 'delete', 'create', 'refuse'])
            model['hooks'][hook] = {'deed': deed, 'model': chance.choice(models)['name'], 'number': chance.randint(0, 9)}


def _steps(chance, models, rules, wild, length):
    kinds = ['new'] * 6 + ['set'] * 4 + ['refer'] * 4 + ['save'] * 2 + ['commit'] * 3 + ['delete'] * 3 + ['get'] * 2
    kinds += ['read', 'get_by', 'query', 'list', 'refresh']
    kinds += ['rollback', 'keep', 'session_delete', 'session_save', 'atomic', 'full', 'force'] if wild else []
    if rules == ['no action']:  # what 1.1.2 makes of a reference to nothing depends on what it still remembers
        kinds = [kind for kind in kinds if kind != 'delete']
    steps = [['new', model['name'], chance.random()] for model in models]
    for _ in range(length):
        kind = chance.choice(kinds)
        if not wild and kind in ('delete', 'refresh', 'get', 'list', 'query', 'get_by'):
            steps.append(['commit', '', 0.])  # 1.1.2 goes by the stored rows, or by the session, as it happens
        steps.append([kind, chance.choice(models)['name'], chance.random()])
    return steps + [['commit', '', 0.]]


# -- playing it ------------------------------------------------------------------------------------------------------------

class Refused(Exception):
    """What a hook of a program raises."""


class Player(object):
    """Plays a program; `outcomes` tells of each step what it gave, or the name of what it raised."""

    def __init__(self, told, wild):
        self.told = dict((model['name'], model) for model in told['models'])
        self.wild = wild
        self.models, self.held, self.outcomes, self.log = {}, [], [], []
        self.depth = self.created = 0
        for model in told['models']:
            self.models[model['name']] = self._make(model)

    def _make(self, told):
        body = {'__module__': __name__}
        for attr, column in told['columns'].items():
            body[attr] = _number(**column) if attr == 'n' else _text(**column)
        for attr, reference in told['references'].items():
            kind = rom.OneToOne if reference['one'] else rom.ManyToOne
            more = {'default': self._first_of(reference['to'])} if reference['default'] else {}
            more.update({'unique': True} if reference['one'] else {})
            body[attr] = kind(reference['to'], reference['rule'], required=reference['required'], **more)
        for attr, of in told['lists'].items():
            body[attr] = rom.OneToMany(of['of'], column=of['column'])
        if told['dropped'] and told['dropped'] not in body:
            body[told['dropped']] = None
        for hook in HOOKS:
            body[hook] = self._hook(hook, told['hooks'].get(hook))
        if not self.wild:
            for hook in HOOKS:
                del body[hook]
        bases = tuple(self.models[name] for name in told['bases']) or (rom.Model,)
        try:
            return type(rom.Model)(told['name'], bases, body)
        except TypeError:  # no order of these bases
            return type(rom.Model)(told['name'], bases[:1], body)

    def _first_of(self, name):
        return lambda: self.models[name].get(1)

    def _hook(self, called, told):
        def hook(entity):
            self.log.append((called, id(entity)))
            if told and self.depth < 2:
                self.depth += 1
                try:
                    self._do(entity, **told)
                finally:
                    self.depth -= 1
        return hook

    def _do(self, entity, deed, model, number):
        others = [other for other in self.held if type(other).__name__ == model and other is not entity]
        other = others[number % len(others)] if others else None
        if deed == 'count':
            self.models[model].query.filter(**dict([(attr, number) for attr in self._indexed(model)])).count()
        elif deed == 'assign' and 'n' in entity._columns:
            entity.n = number
        elif deed == 'clear':
            for attr in self._references(entity):
                if not entity._columns[attr]._required:
                    setattr(entity, attr, None)
        elif deed == 'refuse' and number < 3:
            raise Refused(entity._pk)
        elif deed == 'create' and self.created < 3:  # what is made may make another
            self.created += 1
            self.held.append(self.models[model](**self._values(self.models[model], random.Random(number))))
        elif deed == 'tell' and other is not None:
            other.id
        elif deed == 'save' and other is not None and not other._deleted:
            other.save()
        elif deed == 'delete' and other is not None and not other._new:
            other.delete()

    def _indexed(self, name):
        return [attr for attr in ('n',) if attr in self.models[name]._columns and self.models[name]._columns[attr]._index]

    @staticmethod
    def _references(model):
        return sorted(attr for attr in model._columns if attr.startswith('r'))

    def _values(self, model, chance):
        values = {}
        if 'n' in model._columns:
            values['n'] = chance.randint(0, 9)
        if 't' in model._columns and chance.random() < .8:
            values['t'] = chance.choice(WORDS) + (u' %d' % chance.randint(0, 20) if model._columns['t']._unique else u'')
        for attr in self._references(model):
            target = self._one(chance, model._columns[attr]._ftable)
            if target is not None and (chance.random() < .7 or model._columns[attr]._required):
                values[attr] = target
        return values

    def _one(self, chance, name=None):
        """An entity that the program holds."""
        fitting = [entity for entity in self.held if name is None or type(entity).__name__ == name]
        fitting = [entity for entity in fitting if self.wild or not entity._deleted]
        return chance.choice(fitting) if fitting else None

    def play(self, steps, watch=None):
        """Play the steps, and call `watch(player, kind, what it gave)` after each; a tame program ends at the first error."""
        for kind, model, number in steps:
            try:
                given = getattr(self, kind)(self.models.get(model), random.Random(number))
            except (rom.ORMError, Refused) as error:
                given = 'error', type(error).__name__
                self.outcomes.append([kind, given[1]])
                if not self.wild:
                    return
            else:
                self.outcomes.append([kind, given])
            if watch is not None:
                watch(self, kind, given)

    def new(self, model, chance):
        entity = model(**self._values(model, chance))
        self.held.append(entity)
        return entity.id if not self.wild or chance.random() < .3 else None

    def set(self, model, chance):
        entity = self._one(chance)
        if entity is not None and not entity._deleted:
            if 'n' in entity._columns:
                entity.n = chance.randint(0, 9)
            elif 't' in entity._columns and self.wild:
                entity.t = None

    def refer(self, model, chance):
        entity = self._one(chance)
        if entity is not None and not entity._deleted:
            for attr in self._references(entity):
                target = self._one(chance, entity._columns[attr]._ftable) if chance.random() < .8 else getattr(entity, attr)
                if self.wild or target is not None:  # 1.1.2 does not clear what the row has
                    setattr(entity, attr, target)

    def save(self, model, chance):
        entity = self._one(chance)
        if entity is not None:
            entity.save()

    def full(self, model, chance):
        entity = self._one(chance)
        if entity is not None:
            entity.save(full=True)

    def force(self, model, chance):
        entity = self._one(chance)
        if entity is not None:
            entity.save(force=True)

    def session_save(self, model, chance):
        rom.session.save([entity for entity in self.held if chance.random() < .5])

    def commit(self, model, chance):
        rom.session.commit()

    def atomic(self, model, chance):
        rom.session.commit(atomic=True)

    def rollback(self, model, chance):
        rom.session.rollback()
        del self.held[:]

    def keep(self, model, chance):
        rom.session.rollback()  # and go on with what is held, as a cache does

    def delete(self, model, chance):
        entity = self._one(chance)
        if entity is not None and not entity._new:
            entity.delete()
            if not self.wild:  # 1.1.2 does not tell the objects of rows that went along
                self.rollback(model, chance)

    def session_delete(self, model, chance):
        entity = self._one(chance, model.__name__)
        if entity is not None:
            try:
                rom.session.delete(entity)
            except rom.QueryError:
                pass

    def refresh(self, model, chance):
        entity = self._one(chance)
        if entity is not None and not entity._new:
            entity.refresh(force=True)

    def get(self, model, chance):
        if not self.wild:  # 1.1.2 may give other objects than those that are held
            self.rollback(model, chance)
        found = model.get([1, 2, 3])
        self.held.extend(entity for entity in found if all(entity is not held for held in self.held))
        return [entity.id for entity in found]

    def get_by(self, model, chance):
        if 't' in model._columns and model._columns['t']._unique:
            found = model.get_by(t=chance.choice(WORDS) + u' %d' % chance.randint(0, 20))
            return found and found.id

    def query(self, model, chance):
        if 'n' in model._columns and model._columns['n']._index:
            return sorted(entity.id for entity in model.query.filter(n=(chance.randint(0, 5), 9)).all())

    def list(self, model, chance):
        entity = self._one(chance, model.__name__)
        if entity is not None and not entity._new:
            return [sorted(other.id for other in getattr(entity, attr)) for attr in sorted(self.told[model.__name__]['lists'])]

    def read(self, model, chance):
        entity = self._one(chance)
        if entity is not None and not entity._deleted:
            return [getattr(entity, attr, None) for attr in ('n', 't') if attr in entity._columns]


def _number(index, default, required):
    return rom.Integer(index=index, required=required, **({} if default is None else {'default': default}))


def _text(unique, words, default, required):
    more = {'index': True, 'keygen': rom.FULL_TEXT} if words and not unique else {}
    return rom.Text(unique=unique, **more)


def play(told, wild=False, watch=None):
    """Play a program in models of its own; the models that were there before are forgotten."""
    rom.session.rollback()
    forget_models()
    player = Player(told, wild)
    player.play(told['steps'], watch)
    return player


def forget_models():
    """Make room for others of the same names; 1.1.2 looks for Model itself among them."""
    for name in [name for name in rom.MODELS if name != 'Model']:
        del rom.MODELS[name]
    rom.MODELS_REFERENCED.clear()
