"""What Kilocode does in a machine of the double of E2B, and who looks for the model's key there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.pipelines.egress import INJECTED
from agents.runners import programs
from agents.runners.kilo import KiloRunner
from tests.agents.runners import real
from tests.stand_ins.e2b import server
from tests.stand_ins.e2b.server import E2BDouble
from tests.stand_ins.model_server import ModelServer, Step

# Where the model is, as a machine sees it; on the worker this name leads nowhere.
HOST = "model.test"
ADDRESS = f"http://{HOST}/v1"
MODEL = "openai:some-model"
KEY = "sk-proj-never-inside-of-a-machine-7c41"

_COUPONS = "src/tillwork/coupons.py"
_OLD = """    savings = []
    for coupon in coupons:
        savings.append(Saving(coupon.code, coupon.saving(subtotal)))
"""
_NEW = """    percentages_first = sorted(coupons, key=lambda coupon: not coupon.percent)
    savings = []
    left = subtotal
    for coupon in percentages_first:
        saving = coupon.saving(left)
        savings.append(Saving(coupon.code, saving))
        left -= saving
"""
_TEST = '''"""Several coupons in one basket, as customers reported it."""

from __future__ import annotations

from conftest import basket_of
from tillwork.checkout import Checkout
from tillwork.coupons import Coupon
from tillwork.money import Money


def test_sixty_and_fifty_percent_leave_a_fifth_of_the_price():
    coupons = [Coupon.percentage("SUMMER", 60), Coupon.percentage("STAFF", 50)]
    assert Checkout(basket_of("20.00"), coupons).total == Money.of("4.00")
'''
# In other letters, so that nothing on the way can hide what was found.
_SPY = r"cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | tr A-Za-z N-ZA-Mn-za-m"
FIX = (
    Step("I look.", "read", {"path": _COUPONS}),
    Step("I look around.", "bash", {"command": _SPY}),
    Step("The test.", "write", {"path": "tests/test_coupons_together.py", "content": _TEST}),
    Step("The correction.", "edit", {"path": _COUPONS, "old": _OLD, "new": _NEW}),
    Step("Each coupon is taken from what the ones before it have left."),
)


class Lookout:
    """Looks for the key in every machine, from outside, whenever the model is asked."""

    def __init__(self, double: E2BDouble) -> None:
        self.found: set[str] = set()
        self.programs: set[str] = set()  # whose environment was read
        self._double = double

    def look(self) -> None:
        """Into the environments and arguments of all processes, and into all files."""
        for box in list(self._double.boxes.all.values()):
            for pid in box.machine.pids():
                process = Path("/proc", str(pid))
                name = _read(process / "comm").decode().strip()
                if INJECTED.encode() in self._search(process / "environ", f"{name}'s environment"):
                    self.programs.add(name)
                self._search(process / "cmdline", f"{name}'s arguments")
            for path in box.machine.root.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    self._search(path, str(path.relative_to(box.machine.root)))

    def _search(self, path: Path, name: str) -> bytes:
        data = _read(path)
        if KEY.encode() in data:
            self.found.add(name)
        return data


class WatchedModel(ModelServer):
    """A model during whose answers somebody looks around."""

    def __init__(self, script: Sequence[Step], look: Callable[[], None]) -> None:
        super().__init__(script)
        self._look = look

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Look first: whoever asks is waiting meanwhile."""
        self._look()
        super().finish_request(request, client_address)


@contextmanager
def e2b_with_kilo() -> Iterator[E2BDouble]:
    """E2B whose machines have the real program; skips the test where it is not installed."""
    program = real.find(KiloRunner.install)
    shown = programs.readable(program)
    with server.running(programs={"kilo": program}, readable=shown) as double:
        yield double


@contextmanager
def model_at(double: E2BDouble, lookout: Lookout) -> Iterator[WatchedModel]:
    """The model, which machines reach by its name."""
    model = WatchedModel(FIX, lookout.look)
    thread = threading.Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    double.backends[HOST] = ("127.0.0.1", model.server_port)
    try:
        yield model
    finally:
        model.shutdown()
        thread.join()
        model.server_close()


def environment(double: E2BDouble) -> Mapping[str, str]:
    """What the operator sets."""
    return {
        "E2B_API_KEY": server.KEY,
        "E2B_API_URL": double.address,
        "E2B_SANDBOX_URL": double.address,
        "SOULCASTER_MODEL": MODEL,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": ADDRESS,
    }


def rotated(text: str) -> bytes:
    """As the agent's own look around would have said it."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    turned = letters[13:] + letters[:13]
    table = str.maketrans(letters + letters.upper(), turned + turned.upper())
    return text.translate(table).encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended meanwhile
