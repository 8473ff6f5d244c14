"""A program as somebody writes it who has a type checker look over their shoulder: `mypy --strict` and strict pyright take it.

It runs, too: against an empty database, it prints what it sold.
"""
import datetime
import decimal
import sys
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

import rom
from rom.exceptions import DataRaceError, UniqueKeyViolation

Money = decimal.Decimal


class Sku(rom.Column[str, str]):
    """Three capitals, a dash, and digits."""

    _allowed = str

    def _from_redis(self, text: str) -> str:
        return text.upper()

    def _validate(self, number: str) -> None:
        super()._validate(number)
        head, dash, digits = number.partition('-')
        if not (len(head) == 3 and head.isupper() and dash and digits.isdigit()):
            raise self.refuse(number, 'is no article number')


class Place(NamedTuple):
    lon: float
    lat: float


def corners(row: 'Shop') -> Optional[Dict[str, float]]:
    if row.lon is None or row.lat is None:
        return None
    return {'lon': row.lon, 'lat': row.lat}


class Shop(rom.Model):
    _namespace = 'typed-shop'
    name = rom.Text(required=True, unique=True)
    lon = rom.Float()
    lat = rom.Float()
    articles = rom.OneToMany['Article']('Article')
    geo_index = [rom.GeoIndex('place', corners)]

    @property
    def place(self) -> Optional[Place]:
        if self.lon is None or self.lat is None:
            return None
        return Place(self.lon, self.lat)


class Article(rom.Model):
    _namespace = 'typed-article'
    sku = Sku(unique=True)
    title = rom.Text(required=True, index=True, keygen=rom.FULL_TEXT, prefix=True)
    price = rom.Decimal(required=True, index=True)
    stock = rom.Integer(required=True, default=0, index=True)
    since = rom.Date(default=datetime.date.today, index=True)
    details = rom.Json(required=True, default={})
    shop = rom.ManyToOne(Shop, on_delete='cascade', required=True)
    visits = rom.UnsafeColumn()

    def is_available(self, wanted: int = 1) -> bool:
        return self.stock >= wanted

    def age(self, today: datetime.date) -> Optional[datetime.timedelta]:
        return None if self.since is None else today - self.since


class Customer(rom.Model):
    _namespace = 'typed-customer'
    unique_together = [('name', 'born')]
    email = rom.Text(required=True, unique=True)
    name = rom.Text(index=True, keygen=rom.IDENTITY_CI)
    born = rom.Date(index=True)
    last_seen = rom.DateTime(index=True)
    newsletter = rom.Boolean(required=True, default=False, index=True)
    token = rom.String()
    # the class is further down: a reference by name, which says what it gives
    favourite: rom.OneToOne['Order'] = rom.OneToOne('Order', on_delete='set null')
    orders = rom.OneToMany['Order']('Order', column='customer')

    def _before_insert(self) -> None:
        self.email = self.email.lower()
        self.last_seen = datetime.datetime(2026, 1, 2, 3, 4, 5)

    def greeting(self) -> str:
        return 'Hello %s' % (self.name or self.email.partition('@')[0])


class Order(rom.Model):
    _namespace = 'typed-order'
    number = rom.PrimaryKey(index=True)
    customer = rom.ManyToOne(Customer, on_delete='restrict', required=True)
    article = rom.ManyToOne['Article']('Article', on_delete='restrict', required=True)
    pieces = rom.Integer(required=True)
    total = rom.Decimal(required=True, default=Money(0))
    note = rom.Text()

    @classmethod
    def latest(cls) -> 'rom.Query[Order]':
        return cls.query.order_by('-number')

    @staticmethod
    def dearest(count: int) -> List['Order']:
        return sorted(Order.latest(), key=lambda order: order.total, reverse=True)[:count]


class SoldOut(Exception):
    def __init__(self, article: Article) -> None:
        super().__init__('%s: %d left' % (article.title, article.stock))
        self.article = article


def stocked(shop: Shop, articles: Iterable[Tuple[str, str, str, int]]) -> List[Article]:
    with rom.session:
        return [Article(sku=sku, title=title, price=Money(price), stock=stock, shop=shop)
                for sku, title, price, stock in articles]


def register(email: str, name: Optional[str] = None, born: Optional[datetime.date] = None) -> Customer:
    customer = Customer(email=email, name=name, born=born)
    try:
        customer.save()
    except UniqueKeyViolation as error:
        rom.session.forget(customer)
        known = Customer.get_by(email=email)
        assert isinstance(known, Customer), error.columns
        return known
    return customer


def buy(customer: Customer, article: Article, pieces: int) -> Order:
    for _ in range(5):
        if not article.is_available(pieces):
            raise SoldOut(article)
        article.stock -= pieces
        order = Order(customer=customer, article=article, pieces=pieces, total=article.price * pieces)
        try:
            rom.session.commit(atomic=True)
        except DataRaceError:
            rom.session.rollback()
            article.refresh(force=True)
            continue
        article.visits.incr()
        customer.favourite = customer.favourite or order
        customer.save()
        return order
    raise RuntimeError('%s is in great demand' % article.title)


def turnover(orders: Iterable[Order]) -> Dict[str, Money]:
    sums: Dict[str, Money] = {}
    for order in orders:
        shop = order.article.shop
        sums[shop.name] = sums.get(shop.name, Money(0)) + order.total
    return sums


def cheap(limit: Money) -> List[str]:
    query = Article.query.filter(Article.price <= limit, Article.stock >= 1).order_by('price').limit(0, 10)
    return [article.title for article in query]


def price_list() -> Dict[str, Money]:
    rows = Article.query.order_by('price').select('title', 'price').all()
    return {row['title']: row['price'] for row in rows}


def near(place: Place) -> Optional[Shop]:
    return Shop.query.near('place', place.lon, place.lat, 5, 'km').first()


def found(text: str) -> Optional[Article]:
    article = Article.query.startswith(title=text).first()
    if article is not None:
        details: Dict[str, int] = article.details
        details['found'] = details.get('found', 0) + 1
        article.save()
    return article


def main(out: List[str]) -> int:
    shop = Shop(name='Corner', lon=8.57, lat=50.03)
    pen, ink, book = stocked(shop, [('PEN-1', 'Fountain pen', '24.90', 3), ('INK-7', 'Blue ink', '4.50', 100),
                                    ('BOO-3', 'Blank book', '11.00', 0)])
    ann = register('Ann@example.org', 'Ann', datetime.date(1990, 5, 17))
    assert register('ann@example.org') is not ann or ann.born is not None
    orders = [buy(ann, pen, 2), buy(ann, ink, 10)]
    try:
        buy(ann, book, 1)
    except SoldOut as error:
        out.append(str(error))
    out.append('%s: %s' % (ann.greeting(), ', '.join(order.article.title for order in ann.orders)))
    out.append(' '.join('%s %s' % pair for pair in sorted(turnover(orders).items())))
    out.append(', '.join(cheap(Money(20))))
    out.append('%d prices' % len(price_list()))
    here = shop.place and near(shop.place)
    out.append(here.name if here else 'nowhere')
    hit = found('pen')
    out.append('%s, found %d' % (hit.title, hit.details['found']) if hit else 'nothing')
    out.append('dearest: %d' % sum(order.pieces for order in Order.dearest(1)))
    favourite = Customer.get([ann.id])[0].favourite
    out.append('favourite: %s' % (favourite.article.title if favourite else None))
    rom.util.show_progress(rom.util.refresh_indices(Article))
    return len(out)


if __name__ == '__main__':
    lines: List[str] = []
    main(lines)
    sys.stdout.write('\n'.join(lines) + '\n')
