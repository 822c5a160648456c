"""E2B on this machine, for the tests of its provider."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from agents.sandboxes.base import Limits, SandboxSpec
from agents.sandboxes.e2b import Account, E2BProvider, E2BSandbox
from tests.stand_ins.e2b import server
from tests.stand_ins.e2b.server import E2BDouble

NO_ROOT = "the machines of the double of E2B need root; run the tests as root"


@pytest.fixture(scope="session")
def e2b_double() -> Iterator[E2BDouble]:
    """E2B on this machine; its machines need real namespaces, and so root."""
    if os.geteuid() != 0:
        pytest.skip(NO_ROOT)
    with server.running() as double:
        yield double


@pytest.fixture
def double(e2b_double: E2BDouble) -> Iterator[E2BDouble]:
    """The same, with nothing that goes wrong."""
    e2b_double.faults.clear()
    yield e2b_double
    e2b_double.faults.clear()


@pytest.fixture(scope="session")
def account(e2b_double: E2BDouble) -> Account:
    """An account there."""
    address = e2b_double.address
    return Account(server.KEY, server.TEMPLATE, api_url=address, sandbox_url=address)


@pytest.fixture(scope="session")
def provider(account: Account) -> E2BProvider:
    """The provider of that account."""
    return E2BProvider(account, installation="tests")


@pytest.fixture
def sandbox(double: E2BDouble, provider: E2BProvider) -> Iterator[E2BSandbox]:
    """A sandbox that is closed in the end."""
    sandbox = provider.create(SandboxSpec(label="own", limits=Limits(open_files=77)))
    yield sandbox
    double.faults.clear()
    sandbox.close()
