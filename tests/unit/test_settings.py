"""What the environment says: names, allowed values, and secrets that no message repeats."""

import pytest

from assets.settings import Settings, WrongSetting

ADDRESS = "https://hooks.example/T0PS3CRET"


def test_nothing_set_means_nothing_runs_or_fetches_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TRADEWAKE_{name.upper()}", raising=False)
    assert Settings.from_environment() == Settings(
        automation="off", fetch="off", strict="off", bad_lines=0, webhook_url=None, webhook_token=None
    )


def test_variables_are_read_and_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWAKE_AUTOMATION", "on")
    monkeypatch.setenv("TRADEWAKE_STRICT", " on ")
    monkeypatch.setenv("TRADEWAKE_FETCH", "bulk")
    monkeypatch.setenv("TRADEWAKE_BAD_LINES", "25")
    monkeypatch.setenv("TRADEWAKE_WEBHOOK_URL", ADDRESS)
    monkeypatch.setenv("TRADEWAKE_WEBHOOK_TOKEN", "T0K3N")
    settings = Settings.from_environment()
    assert (settings.automation, settings.fetch, settings.is_strict) == ("on", "bulk", True)
    assert settings.bad_lines == 25
    assert settings.secrets == [ADDRESS, "T0K3N"]
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "T0PS3CRET" not in shown and "T0K3N" not in shown


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TRADEWAKE_AUTOMATION", "yes", "'on' or 'off'"),
        ("TRADEWAKE_FETCH", "everything", "'off', 'bulk' or 'api'"),
        ("TRADEWAKE_STRICT", "1", "'on' or 'off'"),
        ("TRADEWAKE_BAD_LINES", "-7", "greater than or equal to 0"),
        ("TRADEWAKE_BAD_LINES", "1 %", "valid integer"),
        ("TRADEWAKE_WEBHOOK_URL", "hooks.example/T0PS3CRET", "an address that begins with https://"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WrongSetting) as wrong:
        Settings.from_environment()
    assert str(wrong.value).startswith(f"{variable}: ")
    assert words in str(wrong.value)
    assert value not in str(wrong.value)
