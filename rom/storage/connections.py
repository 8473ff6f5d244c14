"""What clients have in common: which of them lead to one server, and in a cluster to one of its slots."""

from .scripts import is_cluster

__all__ = ['distinct', 'lead_to_the_same', 'shard_of']


def shard_of(connection, namespace):
    """Return what the rows that one call may write have in common: the client and, in a cluster, the slot.

    :param connection: redis-py client
    :param namespace: text
    :returns: something to compare
    """
    if not is_cluster(connection):
        return id(connection)
    return id(connection), namespace.partition('{')[2].partition('}')[0] or namespace


def distinct(connections):
    """Return the connections without those that came before."""
    return list(dict((id(connection), connection) for connection in connections).values())


def lead_to_the_same(one, other):
    """Whether two clients, as far as can be told, talk to one database."""
    if one is other:
        return True
    pools = [getattr(client, 'connection_pool', None) for client in (one, other)]
    settings = [getattr(pool, 'connection_kwargs', None) for pool in pools]
    return settings[0] is not None and settings[0] == settings[1]
