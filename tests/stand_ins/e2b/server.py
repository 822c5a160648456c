"""The double as a whole: one server for control plane and sandboxes, in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import uvicorn

from tests.stand_ins.e2b import envd
from tests.stand_ins.e2b.boxes import Box, Boxes
from tests.stand_ins.e2b.control import Control
from tests.stand_ins.e2b.faults import Faults, Receive, Scope, Send

KEY = "e2b_" + "0" * 40
TEMPLATE = "soulcaster"

_REAP_SECONDS = 0.1
_STOP_SECONDS = 10.0
T = TypeVar("T")


class E2BDouble:
    """`address` is both the API's and the sandboxes'.

    `backends` says where names of the outside world really are: (host, port) by name. A machine
    knows those that are there when it is made.
    """

    def __init__(self, folder: Path, programs: Mapping[str, Path], readable: Sequence[Path]):
        self.boxes = Boxes(folder, programs, readable)
        self.backends = self.boxes.backends
        self.control = Control(self.boxes, {KEY}, {TEMPLATE})
        self._api = self.control.application()
        self._envd = envd.application(self.boxes)
        self._processes = envd.process_application(self.boxes)
        self.faults = Faults(self._route)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(self.faults, log_level="error", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End every machine and the server."""
        self.call(self._end_all)
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def box(self, id_: str) -> Box:
        """The sandbox of that id; KeyError when there is none."""
        return self.boxes.all[id_]

    def vanish(self, id_: str) -> None:
        """The sandbox is gone from one moment to the next."""
        self.call(lambda: self.boxes.end(self.boxes.all[id_]))

    def call(self, work: Callable[[], T]) -> T:
        """Do something where the double lives."""
        assert self._loop is not None

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        reaper = self._loop.create_task(self._reap())
        self._ready.set()
        await self._server.serve([self._socket])
        reaper.cancel()

    async def _reap(self) -> None:
        while True:
            self.boxes.end_old_ones()
            await asyncio.sleep(_REAP_SECONDS)

    def _end_all(self) -> None:
        for box in list(self.boxes.all.values()):
            self.boxes.end(box)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/process.Process/"):
            await self._processes(scope, receive, send)  # type: ignore[arg-type]
        elif path in {"/files", "/health"}:
            await self._envd(scope, receive, send)
        else:
            await self._api(scope, receive, send)


@contextmanager
def running(
    programs: Mapping[str, Path] | None = None, readable: Sequence[Path] = ()
) -> Iterator[E2BDouble]:
    """A double that serves as long as the block runs. Needs root."""
    folder = Path(tempfile.mkdtemp(prefix="soulcaster-e2b-"))
    folder.chmod(0o755)
    double = E2BDouble(folder, programs or {}, readable)
    double.start()
    try:
        yield double
    finally:
        double.stop()
        shutil.rmtree(folder, ignore_errors=True)
