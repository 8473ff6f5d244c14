"""What rom tells a type checker: each `assert_type` is what the checker has to find out by itself."""
import datetime
import decimal
from typing import Any, Callable, Dict, List, Optional, Tuple, Type, TypeVar

import rom
from rom.query import Query, _list_data_factory  # pyright: ignore[reportPrivateUsage]
from rom.values.conditions import Condition
from typing_extensions import Never, assert_type


class Country(rom.Model):
    name = rom.Text(required=True, unique=True)
    airports = rom.OneToMany('Airport')
    users = rom.OneToMany['User']('User', column='country')
    guests: rom.OneToMany['User'] = rom.OneToMany('User', column='home')


class Colour(rom.Column[str, str]):
    _allowed = str


class Weight(rom.Column[decimal.Decimal, decimal.Decimal, Never]):
    """One whose columns are all required."""

    _allowed = decimal.Decimal


class Email(rom.Text):
    def __init__(self, domain: str, **arguments: Any) -> None:
        self.domain = domain
        super().__init__(**arguments)


class Stamped:
    stamp = rom.DateTime(default=datetime.datetime.now)

    def day(self) -> Optional[datetime.date]:
        return self.stamp and self.stamp.date()


def sometimes() -> bool:
    return True


class User(rom.Model, Stamped):
    unique_together = [('name', 'age')]
    name = rom.Text(index=True, keygen=rom.FULL_TEXT)
    token = rom.String(default=b'')
    age = rom.Integer(index=True)
    height = rom.Float()
    balance = rom.Decimal(default=decimal.Decimal(0))
    active = rom.Boolean(default=True)
    seen = rom.DateTime(default=datetime.datetime.now)
    safe = rom.SaferDateTime()
    born = rom.Date()
    wakes = rom.Time()
    settings = rom.Json(default={})
    perhaps = rom.Text(required=sometimes())
    declared: rom.Text = rom.Text(index=True, keygen=rom.IDENTITY)
    colour = Colour()
    email = Email('example.org', index=True, keygen=rom.IDENTITY)
    country = rom.ManyToOne(Country, on_delete='set null')
    home = rom.OneToOne('Country', on_delete='no action', unique=True)
    boss: rom.ManyToOne['User'] = rom.ManyToOne('User', on_delete='set null')
    deputy = rom.ManyToOne['User']('User', on_delete='set null', default=1)
    folded = rom.IndexOnly('name', keygen=rom.SIMPLE_CI)
    tags = rom.UnsafeColumn()


class Child(User):
    visits: rom.Integer[Never] = rom.Integer(required=True)
    friends = rom.OneToMany(User, column='parent')

    def _before_insert(self) -> None:
        self.visits = (self.age or 0) + 1


class Keyed(rom.Model):
    number = rom.PrimaryKey(index=True)


class Full(rom.Model):
    """Every column required."""

    text = rom.Text(required=True)
    string = rom.String(True)
    integer = rom.Integer(required=True, default=0)
    number = rom.Float(required=True)
    decimal = rom.Decimal(required=True, default=lambda: decimal.Decimal(1))
    boolean = rom.Boolean(required=True)
    datetime = rom.DateTime(required=True)
    safe = rom.SaferDateTime(required=True)
    date = rom.Date(required=True)
    time = rom.Time(required=True)
    json = rom.Json(required=True, default=[])
    weight = Weight(required=True)
    country = rom.ManyToOne(Country, on_delete='restrict', required=True)
    user = rom.ManyToOne['User']('User', on_delete='restrict', required=True)
    named = rom.ManyToOne('User', 'cascade', True)
    single = rom.OneToOne(Country, on_delete='cascade', required=True, unique=True)
    single_user = rom.OneToOne['User']('User', on_delete='cascade', required=True)


M = TypeVar('M', bound=rom.Model)


def first(model: Type[M]) -> Optional[M]:
    assert_type(model.query, Query[M])
    return model.query.filter(x=1).first()


def entities(ids: List[int]) -> None:
    assert_type(User.get(1), Optional[User])
    assert_type(User.get('1'), Optional[User])
    assert_type(User.get([1]), List[User])
    assert_type(User.get(ids), List[User])
    assert_type(User.get({1, 2}), List[User])
    assert_type(User.get_by(name='ann'), Any)
    assert_type(User.get_by(name=['ann', 'bob']), List[User])
    assert_type(User.get_by(age=(18, None), _limit=(0, 10)), List[User])
    assert_type(first(User), Optional[User])
    for user in User.does_not_startwith('name', ['a'], blocksize=10):
        assert_type(user, User)


def queries() -> None:
    query = User.query.filter(age=(18, None)).startswith(name='a').order_by('-age').limit(0, 10)
    assert_type(query, Query[User])
    assert_type(User.query.filter().first(), Optional[User])
    assert_type(User().query, Query[User])
    assert_type(query.all(), List[User])
    assert_type([user for user in query], List[User])
    assert_type(next(query.iter_result(pagesize=10)), User)
    assert_type(query.count(), int)
    assert_type(query.select('name', 'age').all(), List[Dict[str, Any]])
    assert_type(query.select('name', ff=_list_data_factory, decode=False).first(), Optional[List[Any]])
    assert_type(query.near('place', 8.5, 50, 10, 'km').cached_result(30), str)
    wider: 'rom.query.Query[rom.Model]' = query
    print(wider)


def conditions() -> None:
    assert_type(User.age >= 18, Condition)
    assert_type(User.age == 18, Condition)
    assert_type(User.age != 18, Condition)
    assert_type(User.age == None, Condition)  # noqa: E711
    assert_type(User.age == User.height, bool)
    assert_type(~(User.age < 18) & User.name.search('an') | User.active, Condition)
    assert_type(~User.active, Condition)
    for each in (User.age.between(1, 2), User.age.in_([1]), User.age.is_null(), User.name.startswith('a'), User.name.has_word('a'),
                 User.name.endswith('a'), User.name.like('a*'), User.seen >= datetime.date(2020, 1, 1), User.born < datetime.datetime.now(), User.born == None,  # noqa: E711
                 User.wakes.between(datetime.time(7), datetime.time(8)), User.seen.in_([datetime.datetime.now()]), User.age > 4.5,
                 User.country == None, User.country != rom.NOT_NULL, User.country == Country(name='x'), User.country == 5,  # noqa: E711
                 User.deputy == User(), User.folded == 'ann', User.name != b'ann', User.balance > '1.5', User.id > 5, Keyed.number <= 5,
                 User.colour == 'red', Child.visits > 3, Full.integer > 3, Full.date == datetime.date(2020, 1, 1),
                 (User.age > 5) & Full.boolean, rom.within('place', 8.5, 50, 10, 'km'), User.country <= 3):
        assert_type(each, Condition)
    query = User.query.filter(User.age > 5, User.active, name='ann').exclude(User.age == 7)
    assert_type(query | User.query.filter(age=5) & query, Query[User])


def columns(user: User, country: Country, child: Child) -> None:
    assert_type(user.id, int)
    assert_type(Keyed().number, int)
    assert_type(user.name, Optional[str])
    assert_type(user.token, Optional[bytes])
    assert_type(user.age, Optional[int])
    assert_type(user.height, Optional[float])
    assert_type(user.balance, Optional[decimal.Decimal])
    assert_type(user.active, Optional[bool])
    assert_type(user.seen, Optional[datetime.datetime])
    assert_type(user.safe, Optional[datetime.datetime])
    assert_type(user.born, Optional[datetime.date])
    assert_type(user.wakes, Optional[datetime.time])
    assert_type(user.settings, Optional[Any])
    assert_type(user.stamp, Optional[datetime.datetime])
    assert_type(user.perhaps, Optional[str])
    assert_type(user.declared, Optional[str])
    assert_type(user.colour, Optional[str])
    assert_type(user.email, Optional[str])
    assert_type(user.country, Optional[Country])
    assert_type(user.home, Optional[Any])
    assert_type(user.boss, Optional[User])
    assert_type(user.deputy, Optional[User])
    assert_type(user.folded, None)
    assert_type(country.airports, List[Any])
    assert_type(country.users, List[User])
    assert_type(country.guests, List[User])
    assert_type(child.friends, List[User])
    assert_type(child.age, Optional[int])
    user.tags.rpush('redis', skip_key=False)


def required(full: Full) -> None:
    assert_type(full.text, str)
    assert_type(full.string, bytes)
    assert_type(full.integer, int)
    assert_type(full.number, float)
    assert_type(full.decimal, decimal.Decimal)
    assert_type(full.boolean, bool)
    assert_type(full.datetime, datetime.datetime)
    assert_type(full.safe, datetime.datetime)
    assert_type(full.date, datetime.date)
    assert_type(full.time, datetime.time)
    assert_type(full.json, Any)
    assert_type(full.weight, decimal.Decimal)
    assert_type(full.country, Country)
    assert_type(full.user, User)
    assert_type(full.named, Any)
    assert_type(full.single, Country)
    assert_type(full.single_user, User)


def on_the_class() -> None:
    assert_type(User.name, rom.Text)
    assert_type(User.id, rom.PrimaryKey)
    assert_type(User.colour, Colour)
    assert_type(User.height.where, str)
    assert_type(User.email.domain, str)
    assert_type(User.country.get_related_model(), Optional[Type[Country]])
    assert_type(User.deputy.get_related_model(), Optional[Type[User]])
    assert_type(Country.users.get_related_model(), Optional[Type[User]])
    text: rom.Text = Full.text
    print(text)


def assignments(user: User, country: Country) -> None:
    user.name, user.age, user.country = 'Ann', 5, country
    user.name, user.age, user.country = None, None, None
    user.country, user.balance, user.settings = 7, 3, {'a': [1]}
    user.token, user.active = 'text', 1
    user.settings = ('a', 1)
    user.born = user.seen = datetime.datetime.now()
    user.deputy = user.boss = user
    user.age = '5'
    user.folded = None
    del user.age


def writing(user: User) -> None:
    assert_type(user.save(full=True), int)
    assert_type(user.copy(), User)
    assert_type(user.update(age=5), User)
    assert_type(user.to_dict(), Dict[str, Any])
    assert_type(rom.session.commit(atomic=True), int)
    rom.session.save(user, [user], force=True)
    rom.session.delete(user)
    rom.session.null_session = True
    with rom.util.EntityLock(user, 1, 5) as lock:
        lock.refresh()
    for done, total in rom.util.refresh_indices(User):
        assert_type((done, total), Tuple[int, int])
    rom.util.show_progress(rom.util.clean_old_index(User))
    rom.util.set_connection_settings(host='localhost', db=1)


def upper(cls: Any) -> str:
    return 'A'


class Named:
    title = rom.ClassProperty(upper)


assert_type(Named.title, str)
connect: Callable[[], Any] = rom.util.get_connection
