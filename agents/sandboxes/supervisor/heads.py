"""The heads of HTTP messages: read strictly, and written anew rather than passed on."""

from __future__ import annotations

import re
from typing import NamedTuple

from .destinations import host_name

MOST_HEAD_BYTES = 1 << 16
_END = b"\r\n\r\n"

_REQUEST_LINE = re.compile(rb"([A-Za-z]{1,20}) ([\x21-\x7e]+) (HTTP/1\.[01])")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})( [^\r\n]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)")
_ABSOLUTE = re.compile(r"(?i:http)://([^/?#@]+)([/?][^#]*)?")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
_NUMBER = re.compile(rb"[0-9]{1,18}")
# What concerns one connection only, and what the gate says itself.
_OURS = {
    b"host",
    b"connection",
    b"proxy-connection",
    b"keep-alive",
    b"proxy-authorization",
    b"proxy-authenticate",
    b"te",
    b"trailer",
    b"upgrade",
    b"http2-settings",
    b"content-length",
    b"transfer-encoding",
}
_OF_ONE_CONNECTION = {b"connection", b"proxy-connection", b"keep-alive"}

Header = tuple[bytes, bytes]


class Refusal(Exception):
    """The gate says no: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Request(NamedTuple):
    """What was asked for. `path` is "" for CONNECT; `length` None stands for a chunked body."""

    method: bytes
    host: str
    port: int
    path: str
    version: bytes
    headers: list[Header]
    length: int | None

    @property
    def place(self) -> str:
        """The host, with the port where it is not the usual one."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == 80 and self.path else f"{shown}:{self.port}"


def end_of_head(data: bytearray, seen: int) -> int:
    """Where the body begins; 0 if the head is not complete yet, as the first `seen` bytes were.

    Raises Refusal as soon as it cannot become one.
    """
    newline = data.find(b"\n")
    if not data[:1].isalpha() or (newline >= 0 and data[newline - 1 : newline] != b"\r"):
        raise Refusal(400, "This is not HTTP.")
    found = data.find(_END, max(0, seen - len(_END)))
    if max(found, len(data) if found < 0 else 0) >= MOST_HEAD_BYTES:
        raise Refusal(431, "The head of this message is too large.")
    return found + len(_END) if found >= 0 else 0


def parse_request(head: bytes) -> Request:
    """The request of a whole head; raises Refusal if it can be read in more than one way."""
    first, *lines = head.removesuffix(_END).split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise Refusal(400, "The first line of this request cannot be read.")
    method, target, version = line.group(1).upper(), line.group(2).decode("ascii"), line.group(3)
    headers = _headers(lines)
    if method == b"CONNECT":
        host, port = _authority(target, None)
        return Request(method, host, port, "", version, headers, 0)
    address = _ABSOLUTE.fullmatch(target)
    if address is None:
        raise Refusal(400, "Ask for http://host/path, or use CONNECT for everything else.")
    host, port = _authority(address.group(1), 80)
    path = address.group(2) or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Request(method, host, port, path, version, headers, _length(headers, version))


def write_request(request: Request, target: str, also: list[Header]) -> bytes:
    """The head as the server gets it: for the place that was checked, and for one answer."""
    kept = [header for header in request.headers if header[0].lower() not in _OURS]
    kept += [(b"Host", request.place.encode()), (b"Connection", b"close"), *also]
    if request.length is None:
        kept.append((b"Transfer-Encoding", b"chunked"))
    elif request.length or _find(request.headers, b"content-length"):
        kept.append((b"Content-Length", str(request.length).encode()))
    first = b"%s %s %s" % (request.method, target.encode(), request.version)
    return _written(first, kept)


def rewrite_response(head: bytes) -> tuple[int, bytes]:
    """The status of an answer, and its head with the news that the connection ends with it."""
    first, *lines = head.removesuffix(_END).split(b"\r\n")
    line = _STATUS_LINE.fullmatch(first)
    if line is None:
        raise Refusal(502, "The server's answer is not HTTP.")
    status = int(line.group(1))
    if status == 101 or any(_HEADER.fullmatch(each) is None for each in lines):
        raise Refusal(502, "The server's answer cannot be passed on.")
    kept = [each for each in _headers(lines) if each[0].lower() not in _OF_ONE_CONNECTION]
    closing = [(b"Connection", b"close")] if status >= 200 else []
    return status, _written(first, kept + closing)


def refusal_response(refusal: Refusal) -> bytes:
    """A whole answer that says why not."""
    body = f"{refusal.sentence}\n".encode()
    headers = [
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    return _written(b"HTTP/1.1 %d Refused" % refusal.status, headers) + body


def _written(first: bytes, headers: list[Header]) -> bytes:
    return b"\r\n".join([first, *(b"%s: %s" % header for header in headers), b"", b""])


def _headers(lines: list[bytes]) -> list[Header]:
    headers = []
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise Refusal(400, "A header of this request cannot be read.")
        headers.append((found.group(1), found.group(2).rstrip(b" \t")))
    return headers


def _find(headers: list[Header], name: bytes) -> list[bytes]:
    return [value for each, value in headers if each.lower() == name]


def _length(headers: list[Header], version: bytes) -> int | None:
    lengths, codings = _find(headers, b"content-length"), _find(headers, b"transfer-encoding")
    if not lengths and not codings:
        return 0
    if len(lengths) == 1 and not codings and _NUMBER.fullmatch(lengths[0]):
        return int(lengths[0])
    chunked = [coding.lower() for coding in codings] == [b"chunked"]
    if chunked and not lengths and version == b"HTTP/1.1":
        return None
    raise Refusal(400, "The length of this request's body is not clear.")


def _authority(text: str, usual: int | None) -> tuple[str, int]:
    found = _AUTHORITY.fullmatch(text)
    port = int(found.group(2) or usual or 0) if found else 0
    if found is None or not 0 < port < 1 << 16:
        raise Refusal(400, "The host and port of this request cannot be read.")
    try:
        return host_name(found.group(1)), port
    except ValueError:
        raise Refusal(400, "The host of this request cannot be read.") from None
