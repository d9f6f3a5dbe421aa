"""The Hub's client, and what the Hub and its library say, in a line that tells what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.errors import UsageError, UserError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LOGIN = "Log in with `hf auth login`, or set HF_TOKEN to a token that may {}"


def client() -> "HfApi":
    """Return the client of the Hub that HF_ENDPOINT names; its token is that of `hf auth login`, or HF_TOKEN.

    Raises:
        UserError: huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise UserError("`huggingface_hub` is not installed. Add it: make install-scale") from None
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)


@contextmanager
def in_plain_words(repository: str, endpoint: str, may: str) -> Iterator[None]:
    """Turn what goes wrong in the block into a line.

    Args:
        endpoint: the Hub's address.
        may: what a token would have to allow: read, or write.

    Raises:
        UsageError: the repository's name is none.
        UserError: the Hub refuses, or does not answer.
    """
    from httpx2 import TransportError
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalTokenNotFoundError,
        RevisionResolutionError,
    )

    login = LOGIN.format(may)
    answers = {
        401: f"It does not know you. {login}",
        403: f"Your token may not {may} there. {login}",
    }
    try:
        yield
    except UserError:
        raise
    except LocalTokenNotFoundError:
        raise UserError(f"The Hub takes nothing without a token. {login}") from None
    except HFValidationError as error:
        raise UsageError(f"{repository!r} is no name of a repository: {line(error)}") from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        answer = answers.get(status) or f"It answers {status}: {line(error)}"
        raise UserError(f"The Hub at {endpoint} refuses {repository}. {answer}") from None
    except RuntimeError as error:  # a file's transfer failed; why is its cause
        reason = line(error.__cause__ or error)
        raise UserError(f"The Hub at {endpoint} did not {_TRANSFER[may]} {repository}: {reason}") from None
    except (OSError, TransportError, RevisionResolutionError) as error:
        raise UserError(f"The Hub at {endpoint} cannot be reached: {line(error)}. Try again later") from None


_TRANSFER = {"write": "take an upload to", "read": "give all of"}


def line(error: BaseException) -> str:
    """Return what an error says, on one line and not too long."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
