"""The models of a small shop, and what all the programs beside this do with them.

Nothing here commits: whoever calls opens a scope, by `with rom.session:` or one of the middlewares, which writes all or nothing.
"""
import rom


class Item(rom.Model):
    name = rom.Text(required=True, unique=True)
    left = rom.Integer(required=True)


class Order(rom.Model):
    code = rom.Text(required=True, unique=True)
    quantity = rom.Integer(index=True)


class Receipt(rom.Model):
    number = rom.Text(required=True, unique=True)
    order = rom.ManyToOne('Order', on_delete='cascade', required=True)


class Refused(Exception):
    """What the shop does not sell, and why."""


def place_order(code, receipt, quantity, item=None):
    """Order something, with a receipt for it.

    :param code: text, the number of the order
    :param receipt: text, the number of the receipt
    :param quantity: text, how many
    :param item: text, the name of the item, to count what is left of it
    :returns: dict that tells the order
    :raises Refused: where the shop does not sell so many
    """
    order = Order(code=code)
    Receipt(number=receipt, order=order)
    order.quantity = int(quantity)
    if order.quantity < 1:
        raise Refused('nobody orders %d' % order.quantity)
    if item is not None:
        item = Item.get_by(name=item)
        item.left -= order.quantity
    return {'code': order.code, 'quantity': order.quantity}


def lines():
    """Tell all orders, one a line; they are read while the lines are sent.

    :returns: generator of text
    """
    for order in Order.query.iter_result(pagesize=10):
        yield u'%s,%d\n' % (order.code, order.quantity)
