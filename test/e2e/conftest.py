# SPDX-License-Identifier: Apache-2.0
"""Fixtures: each test runs on both I/O backends, always with at least two shards."""
import pytest

from config_files import open_config
from gateway import Gateway
from origin import Origin


def pytest_addoption(parser):
    parser.addoption("--io", help="only this backend: uring or epoll")
    parser.addoption("--sanitized", action="store_true", help="the binary is a sanitizer build")
    parser.addoption("--soak", action="store_true", help="only the long tests")


def pytest_generate_tests(metafunc):
    if "io" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--io")
        metafunc.parametrize("io", [chosen] if chosen else ["uring", "epoll"], scope="module")


def pytest_collection_modifyitems(config, items):
    def is_wanted(item):
        if config.getoption("--soak") != ("soak" in item.keywords):
            return False
        return not (config.getoption("--sanitized") and "native" in item.keywords)

    wanted = [item for item in items if is_wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = wanted


@pytest.fixture(scope="module")
def module_origin():
    with Origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def module_gateway(io, module_origin):
    gateway = Gateway(open_config(module_origin.port), io)
    yield gateway
    gateway.dispose()


@pytest.fixture
def origin(module_origin):
    """The file's upstream, forgetting what earlier tests did to it."""
    module_origin.clear()
    yield module_origin
    assert module_origin.errors == []


@pytest.fixture
def gateway(module_gateway, origin):
    """One gateway for the tests of a file, in front of `origin` (config_files.open_config)."""
    assert module_gateway.process.poll() is None, module_gateway.log[-20:]
    return module_gateway


@pytest.fixture
def start(io):
    """start(config, …) → a Gateway of the test's own."""
    started = []

    def start_one(config, **options):
        started.append(Gateway(config, io, **options))
        return started[-1]

    yield start_one
    for gateway in started:
        gateway.dispose()
