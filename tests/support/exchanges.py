"""What a client sends, noted at its connections: the client stays a plain redis.Redis, as a program has it."""


def noted(client, monkeypatch):
    """A list that grows by one name for each time that the client sends: the command's, or that of a pipeline's first."""
    client.ping()  # from here on its connection stands, and says nothing of itself
    pool, sent = client.connection_pool, []
    send = pool.connection_class.send_packed_command

    def noting(link, packed, *args, **options):
        if link in pool._in_use_connections:  # other clients have connections of this class as well
            sent.append(_first_name(packed))
        return send(link, packed, *args, **options)
    monkeypatch.setattr(pool.connection_class, 'send_packed_command', noting)
    return sent


def _first_name(packed):
    """The name of the first command in what is sent: ``*2\\r\\n$3\\r\\nGET\\r\\n...``."""
    start = packed if isinstance(packed, bytes) else packed[0]
    return start.split(b'\r\n', 3)[2].decode('ascii')
