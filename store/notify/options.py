"""The settings of notices."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from store.options import Options

Event = Literal["end", "alarm", "pause"]


class NotifyOptions(Options):
    """`notify:` in pipelines.yaml: who is told of crawls, features and training."""

    on: tuple[Event, ...] = ("end", "alarm", "pause")
    """`end`: a run has ended, however; `alarm`: it has failed; `pause`: a host is left alone for long."""
    pause_minutes: float = Field(10, ge=0)
    """How long a pause must be to be told of."""
    command: tuple[str, ...] = ()
    """A program and its arguments, run without a shell; it reads the notice as JSON on its standard input."""
    address: str | None = None
    """An https address that gets the notice as JSON, by POST. Plain http only within a private network."""
    allow_private: bool = False
    """Let the address be one of a private network or of this machine."""
    ca_file: str | None = None
    """Certificates (PEM) to trust for the address, instead of the system's: those of your own authority."""
    seconds: float = Field(10, gt=0, le=60)
    """How long a notice may take. One that takes longer or fails is in the log, and changes nothing."""

    @field_validator("command")
    @classmethod
    def _has_a_program(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if command and not command[0].strip():
            raise ValueError("its first word names no program")
        return command

    @field_validator("address")
    @classmethod
    def _is_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it is no web address: write https://…")
        if parts.username is not None:
            raise ValueError("it has a user or a password, and no notice carries those")
        return address

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if self.address and self.address.startswith("http:") and not self.allow_private:
            raise ValueError(
                "notify.address is plain http, which anybody on the way can read: write https, or for a "
                "place within your own network also notify.allow_private: true"
            )
        return self

    def wants(self, event: Event) -> bool:
        """Tell whether somebody wants to know of this; an alarm is an end, too."""
        has_way = bool(self.command or self.address)
        return has_way and (event in self.on or (event == "alarm" and "end" in self.on))
