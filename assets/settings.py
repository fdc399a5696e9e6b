"""What an operator sets in the environment for refreshes that run by themselves.

Names, allowed values and defaults belong here; what a setting does belongs to whoever asks for it. Secrets are kept so
that printing a setting never shows them. The data folder (`TRADEWAKE_HOME`) is in `assets/home.py`, the key of the
Census API in `assets/acquire/census_api.py`.
"""

import os
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, NonNegativeInt, SecretStr, ValidationError, field_validator

PREFIX = "TRADEWAKE_"
FetchFrom = Literal["off", "bulk", "api"]


class WrongSetting(ValueError):
    """A variable that has none of its allowed values; the message names it and them, never what a secret held."""


class Settings(BaseModel):
    """The settings, by the name of their variable in lower case without `TRADEWAKE_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    automation: Literal["on", "off"] = "off"
    """on: schedule and sensors run as soon as the daemon does; off: each is switched on in the UI."""
    fetch: FetchFrom = "off"
    """Where a scheduled refresh fetches a release from: bulk archives, API answers (HS2 by partner), or nowhere."""
    strict: Literal["on", "off"] = "off"
    """on: a refused file makes every refresh fail; off: the others are published and the refusal is told."""
    bad_lines: NonNegativeInt = 0
    """How many lines of a bulk archive may be left out because they cannot be taken; with one more it is refused."""
    webhook_url: SecretStr | None = None
    """Where alerts are posted as JSON. It counts as a secret: many services put one into the address."""
    webhook_token: SecretStr | None = None
    """Sent as a bearer token with every alert."""

    @field_validator("webhook_url")
    @classmethod
    def _is_an_address(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and not address.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("an address that begins with https:// (or http://) is expected")
        return address

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process; raises WrongSetting."""
        names = {f"{PREFIX}{name.upper()}": name for name in cls.model_fields}
        given = {name: text for variable, name in names.items() if (text := os.environ.get(variable, "").strip())}
        try:
            return cls.model_validate(given)
        except ValidationError as problem:
            first = problem.errors(include_input=False, include_url=False)[0]
            variable = f"{PREFIX}{str(first['loc'][0]).upper()}"
            raise WrongSetting(f"{variable}: {first['msg']}") from None

    @property
    def is_strict(self) -> bool:
        return self.strict == "on"

    @property
    def secrets(self) -> list[str]:
        """The values that must not be seen anywhere."""
        return [value.get_secret_value() for value in (self.webhook_url, self.webhook_token) if value is not None]
