"""A job whose log a test writes."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.browser.product import Product

INJECT = "tests.browser.inject"
Part = tuple[str, str | bytes]  # a stream and its text, or ("step" | "step_end", its name)


class WrittenJob:
    """A running job of a project; what the test writes goes by the real recorder."""

    def __init__(self, product: Product, project: int, folder: Path) -> None:
        self._product = product
        self._file = folder / "log.json"
        self.id = int(product.beside(INJECT, "begin", str(project)))

    def write(self, *parts: Part) -> None:
        """Each part becomes chunks of its own."""
        self._file.write_text(json.dumps([(kind, _packed(kind, text)) for kind, text in parts]))
        self._product.beside(INJECT, "write", str(self.id), str(self._file))

    def end(self) -> None:
        """The job has ended."""
        self._product.beside(INJECT, "end", str(self.id))


def _packed(kind: str, text: str | bytes) -> str:
    if kind.startswith("step"):
        return str(text)
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return base64.b64encode(data).decode()
