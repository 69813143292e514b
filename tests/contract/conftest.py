"""Contract tests run once for every registered connector.

Imports of the project stand in functions: this file is read before the packages under
test are made importable (``tests/conftest.py``).
"""

import pytest


def pytest_generate_tests(metafunc):
    """One run of a test for each connector."""
    if "shop" in metafunc.fixturenames:
        from ecom_orders.marketplaces.base import CONNECTORS

        metafunc.parametrize("shop", sorted(CONNECTORS), indirect=True)


@pytest.fixture
def shop(request):
    """A simulated shop of the marketplace, with nothing ordered yet."""
    from harness import HARNESSES

    harness = HARNESSES.get(request.param)
    assert harness, (
        f"write a harness for {request.param!r} in tests/contract/harness.py"
    )
    with harness() as running:
        yield running
