"""What a story asserts is told in full when it does not hold, as in any test."""

import pytest

pytest.register_assert_rewrite("tests.acceptance.beliefs")
