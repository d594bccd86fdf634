"""What the composition root decides by itself."""

import pytest
import structlog

from uttt import app


@pytest.mark.parametrize(("compiled", "warnings"), [(True, 0), (False, 1)])
def test_a_slow_engine_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, compiled: bool, warnings: int
) -> None:
    monkeypatch.setattr(app, "COMPILED", compiled)
    with structlog.testing.capture_logs() as logs:
        app._warn_of_slow_engine()
    assert len(logs) == warnings
    for log in logs:
        assert (log["event"], log["log_level"]) == ("engine_not_compiled", "warning")
        assert "compiler" in log["mend"]
