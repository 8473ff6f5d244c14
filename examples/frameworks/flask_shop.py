"""A shop with Flask.

    ROM_REDIS_URI=redis://localhost:6379/0 waitress-serve --listen=localhost:8000 --threads=20 flask_shop:app
    curl -d code=1 -d receipt=R1 -d quantity=3 localhost:8000/orders
    curl localhost:8000/orders
"""
import flask
import rom
from rom.contrib.wsgi import UnitOfWorkMiddleware

import shop

app = flask.Flask(__name__)
app.wsgi_app = UnitOfWorkMiddleware(app.wsgi_app)  # not `app = ...`: so that app.test_client() has it, too


@app.post('/orders')
def place_order():
    return flask.jsonify(shop.place_order(**flask.request.form.to_dict())), 201


@app.get('/orders')
def tell_orders():
    return app.response_class(shop.lines(), mimetype='text/csv')


@app.errorhandler(shop.Refused)
def refused(error):
    return flask.jsonify(error=str(error)), 400  # 400 and above: nothing of the request is saved


@app.cli.command('add-item')
def add_item():
    """Add something to sell: no request, so the scope is opened by hand."""
    with rom.session:
        shop.Item(name=u'tea', left=1000)
