"""Send a folder to a repository of the Hub: privately, or to all where that was allowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from store.errors import UserError
from store.hub.client import client, in_plain_words


@dataclass(frozen=True)
class Sent:
    """What is sent.

    Args:
        kind: of the repository.
        files: patterns of the paths that are sent from the folder, and of those that the repository may lose.
        message: what its history says of it.
        why_closed: tells why it may not be public, or None where it may; asked where that matters.
    """

    kind: Literal["dataset", "model"]
    files: Sequence[str]
    message: str
    why_closed: Callable[[], str | None]


def send(folder: Path, repository: str, sent: Sent, record: Callable[[str], None], *, public: bool) -> str:
    """Send a folder to a repository, made if need be; return its address.

    What was sent before and is not in the folder now is deleted there; the repository's history keeps it.

    Args:
        repository: `name`, or `owner/name`.
        record: writes the repository's whole name down, before anything is sent.
        public: whether everybody is to see it; the caller has asked whether that is allowed.

    Raises:
        UsageError: the repository's name is none.
        UserError: huggingface_hub is not installed, the Hub refuses or does not answer, or the repository
            is public and should not be, or the other way round.
    """
    hub = client()
    with in_plain_words(repository, str(hub.endpoint), "write"):
        made = hub.create_repo(repository, repo_type=sent.kind, private=not public, exist_ok=True)
        is_private = bool(hub.repo_info(made.repo_id, repo_type=sent.kind).private)
        _check_visibility(made.repo_id, sent, is_private=is_private, public=public)
        record(made.repo_id)
        hub.upload_folder(
            repo_id=made.repo_id,
            repo_type=sent.kind,
            folder_path=folder,
            allow_patterns=list(sent.files),
            delete_patterns=list(sent.files),
            commit_message=sent.message,
        )
    return str(made)


def _check_visibility(repository: str, sent: Sent, *, is_private: bool, public: bool) -> None:
    """Raise UserError where a repository that was there already is seen by others than it should be."""
    if is_private and public:
        step = "Make it public on the Hub, name another, or leave out --public"
        raise UserError(f"{repository} is there and is private. {step}")
    if not is_private and not public:
        closed = sent.why_closed()
        reason, step = (f": {closed}", "") if closed else ("", ", or add --public")
        raise UserError(
            f"{repository} is there and is public{reason}. Name another, or make it private{step}"
        )
