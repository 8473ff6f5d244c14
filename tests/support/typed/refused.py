"""What is refused at run time, and by type checkers before: each line that says so, and no other."""
import datetime
from typing import Sequence

import rom
from typing_extensions import Never


class Team(rom.Model):
    title = rom.Text(required=True)
    members = rom.OneToMany['User']('User')
    alumni: rom.OneToMany['User'] = rom.OneToMany('User')


class Colour(rom.Column[str, str]):
    _allowed = str


class Weight(rom.Column[int, int, Never]):
    _allowed = int


class User(rom.Model):
    name = rom.Text(required=True)
    nick = rom.Text()
    visits = rom.Integer(required=True, default=0)
    age = rom.Integer()
    height = rom.Float()
    balance = rom.Decimal()
    raw = rom.String()
    born = rom.Date()
    since = rom.Date(required=True)
    seen = rom.DateTime()
    safe = rom.SaferDateTime()
    wakes = rom.Time()
    settings = rom.Json()
    colour = Colour()
    weight = Weight(required=True)
    team = rom.ManyToOne(Team, on_delete='set null')
    first = rom.ManyToOne(Team, on_delete='cascade', required=True)
    other = rom.ManyToOne['Team']('Team', on_delete='set null')
    last = rom.ManyToOne['Team']('Team', on_delete='cascade', required=True)
    deputy: rom.OneToOne['User'] = rom.OneToOne('User', on_delete='set null')
    folded = rom.IndexOnly('name', keygen=rom.SIMPLE_CI)
    tags = rom.UnsafeColumn()


class Keyed(rom.Model):
    number = rom.PrimaryKey()


def texts_for_dates(user: User) -> None:
    user.born = '1990-01-01'                        # refused
    user.born = b'1990-01-01'                       # refused
    user.since = '1990-01-01'                       # refused
    user.seen = '1990-01-01T00:00:00'               # refused
    user.seen = datetime.date(1990, 1, 1)           # refused
    user.seen = 5                                   # refused
    user.safe = '1990-01-01T00:00:00'               # refused
    user.wakes = '07:30'                            # refused
    user.wakes = datetime.datetime(1990, 1, 1)      # refused


def ids(user: User, keyed: Keyed) -> None:
    user.id = 5                                     # refused
    user.id = None                                  # refused
    keyed.number = 5                                # refused


def none_for_a_required_column(user: User, team: Team) -> None:
    user.name = None                                # refused
    user.visits = None                              # refused
    user.since = None                               # refused
    user.weight = None                              # refused
    user.first = None                               # refused
    user.last = None                                # refused
    team.title = None                               # refused


def other_types(user: User, team: Team) -> None:
    user.name = 5                                   # refused
    user.age = []                                   # refused
    user.height = []                                # refused
    user.balance = .5                               # refused
    user.raw = 5                                    # refused
    user.settings = 5                               # refused
    user.settings = {1, 2}                          # refused
    user.colour = 5                                 # refused
    user.team = user                                # refused
    user.first = user                               # refused
    user.other = user                               # refused
    user.last = user                                # refused
    user.deputy = team                              # refused
    user.folded = 'name'                            # refused
    user.tags = ['redis']                           # refused
    team.members = [user]                           # refused
    team.members = None                             # refused
    team.alumni = []                                # refused


def declarations() -> Sequence[object]:
    return [
        rom.Text(requird=True),                     # refused
        rom.Text(nullable=True),                    # refused
        rom.Text(default=5),                        # refused
        rom.Date(default='1990-01-01'),             # refused
        rom.Date(required=True, default='today'),   # refused
        rom.Decimal(default=.5),                    # refused
        rom.Integer(keygen='FULL_TEXT'),            # refused
        rom.ManyToOne('User'),                      # refused
        rom.ManyToOne('User', on_delete='explode'),  # refused
        rom.ManyToOne(int, on_delete='cascade'),    # refused
        rom.OneToOne(Team, on_delete='none'),       # refused
        rom.ManyToOne(Team, 'cascade', unique=True),  # refused
        rom.PrimaryKey(required=True),              # refused
    ]


def reading(user: User, team: Team) -> None:
    print(user.surname)                                # refused
    print(user.nick.upper())                        # refused
    print(user.team.title)                          # refused
    print(user.other.title)                         # refused
    print(user.first.title, user.last.title, user.name.upper())
    print([member.headline for member in team.members])    # refused
    print(User.get(1).name)                         # refused
    print(User.query.first().name)                  # refused
    print([each.surname for each in User.query.filter(age=5)])     # refused


def queries() -> None:
    User.query.near('place', 8.5, 50, 10)           # refused
    User.query.near('place', 8.5, 50, 10, 'miles')  # refused
    User.query.order_by(5)                          # refused
    User.query.limit(10)                            # refused
    User.query.filter(5)                            # refused
    (User.age > 5) & 7                              # refused
    User.get(None)                                  # refused
    User.query.where(age=5)                        # refused


def conditions() -> None:
    User.query.filter(True)                         # refused
    User.query.filter(User.age)                     # refused
    User.query.filter(User.age >= 18, User.nick)    # refused
    User.query.filter(User.born >= '1990-01-01')    # refused
    User.query.filter(User.born == '1990-01-01')    # refused
    User.query.filter(User.seen.between('1990', '1991'))    # refused
    User.query.filter(User.wakes.in_(['07:30']))    # refused
    User.query.filter(User.nick == 5)               # refused
    User.query.filter(User.age == [5, 6])           # refused
    User.query.filter(User.age.in_([5, None]))      # refused
    User.query.filter(User.age.between(None, 5))    # refused
    User.query.filter(User.age == User.visits)      # refused
    User.query.filter((User.age > 5) & True)        # refused
    User.query.filter(User.age > 5 | User.age < 3)  # refused
    User.query.exclude(User.surname == 'a')         # refused
    User.query.filter(rom.within('place', 8.5, 50, 10, 'miles'))    # refused
