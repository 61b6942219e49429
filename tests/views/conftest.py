"""What the tests of pages share."""

import pytest
from django.test import Client


@pytest.fixture
def browser() -> Client:
    """A client that is refused, as a browser is, where a form has no token."""
    return Client(enforce_csrf_checks=True)
