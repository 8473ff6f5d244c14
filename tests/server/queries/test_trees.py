"""A thousand random trees of conditions, in every order and asked in every way, while rows change, against plain Python (oracle.py).

`tox -e py311-redis62-trees` and its siblings run them on each server, with each kind of client, and in a cluster.
"""
import os

import pytest
import redis
import rom

import servers
from test_differential import run

GIVEN = [int(os.environ['ROM_TEST_SEED'])] if os.environ.get('ROM_TEST_SEED') else []


@pytest.mark.stress
@pytest.mark.parametrize('seed', list(range(500, 520)) + GIVEN)
def test_a_thousand_trees_agree(seed, connection):
    run(seed, connection, size=40, rounds=5, questions=10, is_of_trees=True)


@pytest.fixture
def cluster(server, clean_state):
    """A client of two nodes, which rom uses; it goes to the one that has most slots."""
    if not hasattr(redis, 'RedisCluster'):
        pytest.skip('this redis-py knows no clusters')
    running = []

    def start(**settings):
        running.append(servers.start(os.environ.get('ROM_TEST_SERVER', ''), **settings))
    try:
        clients, ports = servers.start_cluster(start)
        rom.util.CONNECTION = redis.RedisCluster(host='127.0.0.1', port=ports[0], decode_responses=servers.DECODE, **servers.PROTOCOL)
        yield clients[0]
    finally:
        for each in running:
            each.stop()


@pytest.mark.stress
@pytest.mark.parametrize('seed', list(range(530, 534)) + GIVEN)
def test_trees_agree_in_a_cluster(seed, cluster):
    run(seed, cluster, size=40, rounds=5, questions=10, is_of_trees=True, tag='{rows}')


def test_some_trees_agree_in_a_cluster(cluster):
    run(529, cluster, size=30, rounds=2, questions=8, is_of_trees=True, tag='{rows}')
