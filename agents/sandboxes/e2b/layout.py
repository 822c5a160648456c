"""Where things are in a machine. Both the worker and the program inside read this."""

from __future__ import annotations

HOME = "/var/lib/soulcaster"  # root's, and closed to the commands but for what is theirs
ROOT = f"{HOME}/work"  # the commands' home, and all that they may write
TMP = f"{HOME}/tmp"  # noqa: S108  nobody else's
BIN = f"{HOME}/bin"  # `python`, where the image has only `python3`
RUNS = f"{HOME}/runs"  # one run directory per command
SPOOL = f"{HOME}/spool"  # files on their way in
PROGRAMS = "/opt/soulcaster/bin"  # the agents that come with the image

CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PATH = f"{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{BIN}"
USER_ID = 1000  # E2B's user of every image
NETWORK_MARK = "network"  # in a run directory: its command was given a network
