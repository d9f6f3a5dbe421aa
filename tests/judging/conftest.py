"""What the tests of judging share."""

from tests.web.conftest import judged

__all__ = ["judged"]
