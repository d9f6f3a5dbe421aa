"""Sends a dataset to the Hub by huggingface_hub: privately, or to all where every row's licence allows it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataset import read
from dataset.export.record import record_push
from dataset.rights.publishing import why_not_public
from dataset.text.subwords import MODEL
from store.errors import UsageError, UserError
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS

PUSHED = (
    f"{DATASET_SHARDS}/*.parquet",
    f"{DATASET_CAPTIONS}/*.parquet",
    "README.md",
    "statistics.json",
    "statistics.svg",
    "vocabulary.json",
    MODEL,
    "croissant.json",
)
"""What is sent, and nothing else: the crawl and its archive lie elsewhere, `left_out/` holds what was not
chosen, and the manifest the paths of this machine."""
_CLOSED = "there are no licences that let it be published of"
_OPEN_ROWS = "Leave the others out with dataset.public_only=true"
_LOGIN = "Log in with `hf auth login`, or set HF_TOKEN to a token that may write"
_ANSWERS = {401: f"It does not know you. {_LOGIN}", 403: f"Your token may not write there. {_LOGIN}"}


def push(dataset: Path, repository: str, *, public: bool = False) -> str:
    """Send the dataset to a repository of the Hub, made if need be; return its address.

    What a build before sent and this one does not have is deleted there; the repository's history keeps it.

    Args:
        repository: `name`, or `owner/name`. The token is that of `hf auth login`, or HF_TOKEN; HF_ENDPOINT
            names another Hub.
        public: whether everybody is to see it.

    Raises:
        UsageError: it is to be public, and not every row's licence allows that; or the repository's name is
            none.
        UserError: huggingface_hub is not installed, the Hub refuses or does not answer, or the repository
            is public and should not be, or the other way round.
        MissingStage: there is no dataset.
    """
    read.shards(dataset)
    if older := read.older_layout(dataset):
        raise UserError(older)
    if public and (closed := why_not_public(dataset)):
        raise UsageError(
            f"This dataset cannot be public: {_CLOSED} {closed}. {_OPEN_ROWS}, or leave out --public"
        )
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise UserError("`huggingface_hub` is not installed. Add it: make install-scale") from None
    hub = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    with _in_plain_words(repository, str(hub.endpoint)):
        made = hub.create_repo(repository, repo_type="dataset", private=not public, exist_ok=True)
        is_private = bool(hub.repo_info(made.repo_id, repo_type="dataset").private)
        _check_visibility(dataset, made.repo_id, is_private=is_private, public=public)
        record_push(dataset, made.repo_id)
        hub.upload_folder(
            repo_id=made.repo_id,
            repo_type="dataset",
            folder_path=dataset,
            allow_patterns=list(PUSHED),
            delete_patterns=list(PUSHED),
            commit_message="Dataset built by Bokeru",
        )
    return str(made)


def _check_visibility(dataset: Path, repository: str, *, is_private: bool, public: bool) -> None:
    """Raise UserError where a repository that was there already is seen by others than it should be."""
    if is_private and public:
        step = "Make it public on the Hub, name another, or leave out --public"
        raise UserError(f"{repository} is there and is private. {step}")
    if not is_private and not public:
        closed = why_not_public(dataset)
        reason, step = (f": {_CLOSED} {closed}", "") if closed else ("", ", or add --public")
        raise UserError(
            f"{repository} is there and is public{reason}. Name another, or make it private{step}"
        )


@contextmanager
def _in_plain_words(repository: str, endpoint: str) -> Iterator[None]:
    """Turn what the Hub and its library say into a line that tells what to do."""
    from httpx2 import TransportError
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    try:
        yield
    except UserError:
        raise
    except LocalTokenNotFoundError:
        raise UserError(f"The Hub takes nothing without a token. {_LOGIN}") from None
    except HFValidationError as error:
        raise UsageError(f"{repository!r} is no name of a repository: {_line(error)}") from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        answer = _ANSWERS.get(status) or f"It answers {status}: {_line(error)}"
        raise UserError(f"The Hub at {endpoint} refuses {repository}. {answer}") from None
    except RuntimeError as error:  # a file's upload failed; why is its cause
        reason = _line(error.__cause__ or error)
        raise UserError(f"The Hub at {endpoint} did not take an upload to {repository}: {reason}") from None
    except (OSError, TransportError) as error:
        raise UserError(f"The Hub at {endpoint} cannot be reached: {_line(error)}. Try again later") from None


def _line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
