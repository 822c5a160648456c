"""The agent itself: runs in the sandbox with the standard library alone.

Prints lines that are known beforehand, and makes two commits on the way.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

END = "steady: that was all"


def line(number: int, secret: str) -> str:
    """One that cannot be mistaken for another; of any length, and not only of ASCII."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    colour = f"\x1b[3{number % 8}m" if number % 5 == 0 else ""
    told = f"my key is {secret}, " if number % 50 == 7 else ""
    padding = "é✓🙂ß"[number % 4] * (number * 37 % 211)
    return f"{colour}steady {number:06d} {digest} {told}{padding}|"


def commit(path: str, text: str, message: str) -> None:
    """Write one file and commit it."""
    Path(path).write_text(text)
    subprocess.run(["git", "add", path], check=True)
    subprocess.run(["git", "commit", "-q", "-m", message], check=True)


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(count: int, pause: float, secret: str, test: str, right: str) -> None:
    """Print `count` lines with `pause` seconds after each."""
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    for number in range(1, count + 1):
        say(line(number, secret))
        if number == count // 3:
            commit("test_total.py", test, "Show that the total is too low")
        if number == 2 * count // 3:
            commit("till.py", right, "Count every cent")
        time.sleep(pause)
    say(END)


if __name__ == "__main__":
    main(int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])
