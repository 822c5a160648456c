"""Addresses that a stranger's command should not reach, in all their spellings."""

from __future__ import annotations

PUBLIC = "93.184.216.34"
PRIVATE = [
    "10.1.2.3",
    "192.168.0.1",
    "127.0.0.1",
    "::1",
    "100.64.0.1",
    "::ffff:10.0.0.1",
    "fc00::1",
]
NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "192.0.0.192",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "not an address",
]
