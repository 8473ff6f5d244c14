"""A TCP proxy before a Redis server that loses what it is told to lose: requests, or replies after the server has acted."""
import select
import socket
import threading

BUFFER = 1 << 16


class LossyProxy(object):
    """Relays connections to a server; `lose` says what goes astray.

    :param kwargs: what leads to the server: host and port, or unix_socket_path
    """

    def __init__(self, kwargs):
        self._target = kwargs
        self._listener = socket.socket()
        self._listener.bind(('127.0.0.1', 0))
        self._listener.listen(50)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._marker, self._plan, self._how = None, [], None
        self._held = []
        self.lost = 0
        self._stopped = False
        self._start(self._accept)

    def lose(self, *plan, **options):
        """What to do with the next calls that contain `marker`, in their order: True loses one, False lets it through.

        :param marker: bytes that mark the calls meant; by default those that write
        :param how: 'reply' closes the connection when the server has answered, 'silence' says nothing and leaves it open,
            'request' closes it before the server hears anything, 'late' as well, and keeps the call for `deliver`
        """
        with self._lock:
            self._marker = options.get('marker', b'"operations"')
            self._how = options.get('how', 'reply')
            self._plan = list(plan)
            self.lost = 0

    def deliver(self):
        """Send the calls on that 'late' has kept; returns how many."""
        held, self._held = self._held, []
        for data in held:
            server = self._connect()
            server.sendall(data)
            server.settimeout(5)
            server.recv(BUFFER)
            server.close()
        return len(held)

    def stop(self):
        self._stopped = True
        self._listener.close()

    # -- inside ---------------------------------------------------------------------------------------------------------

    def _start(self, run, *args):
        thread = threading.Thread(target=run, args=args)
        thread.daemon = True
        thread.start()

    def _connect(self):
        if 'unix_socket_path' in self._target:
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(self._target['unix_socket_path'])
            return self._at_database(server)
        return self._at_database(socket.create_connection((self._target.get('host', 'localhost'), self._target.get('port', 6379))))

    def _at_database(self, server):
        database = self._target.get('db', 0)
        if database:
            server.sendall(('SELECT %d\r\n' % int(database)).encode('ascii'))
            server.recv(BUFFER)
        return server

    def _accept(self):
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except (OSError, socket.error):
                return
            self._start(self._relay, client)

    def _decide(self, data):
        """How to treat a call: None lets it through."""
        with self._lock:
            if self._plan and self._marker in data and self._plan.pop(0):
                self.lost += 1
                return self._how

    def _relay(self, client):
        server = self._connect()
        request, fate = b'', None
        try:
            while not self._stopped:
                ready, _, _ = select.select([client, server], [], [], 1)
                if client in ready:
                    data = client.recv(BUFFER)
                    if not data:
                        return
                    marked = self._marker is not None and self._marker in request
                    request += data
                    if fate is None and not marked:
                        fate = self._decide(request)
                    if fate in ('request', 'late'):
                        if not _is_whole(request):
                            continue
                        if fate == 'late':
                            self._held.append(request)
                        return
                    server.sendall(data)
                if server in ready:
                    data = server.recv(BUFFER)
                    if not data or fate == 'reply':
                        return
                    request = b''
                    if fate is None:
                        client.sendall(data)
        except (OSError, socket.error, ValueError):
            pass
        finally:
            client.close()
            server.close()


def _is_whole(request):
    """Whether a command has come in full: *N, then N times $LENGTH and so many bytes."""
    lines = request.split(b'\r\n', 1)
    if len(lines) < 2:
        return False
    count, rest = int(lines[0][1:]), lines[1]
    for _ in range(count):
        head, found, rest = rest.partition(b'\r\n')
        if not found or len(rest) < int(head[1:]) + 2:
            return False
        rest = rest[int(head[1:]) + 2:]
    return True
