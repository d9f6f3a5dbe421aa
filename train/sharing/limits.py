"""What a model's card says against the model: what it says badly, and what it must not be used for."""

from collections.abc import Iterator, Mapping
from typing import Any

from train.sharing.told import Told


def says_badly(told: Told) -> Iterator[str]:
    """Yield what the model says badly, a sentence or two each: as it was measured, and in any case."""
    if told.encoder.doubt:
        yield told.encoder.doubt
    if told.config.vectors == "random":
        yield "It was shown noise in the place of photos: its captions have nothing to do with them."
    yield from _measured(told.dev)
    yield (
        "Nobody has told it what is funny: it writes what is likely. The likeliest caption (greedy, beam) is "
        "much the same under most photos; drawn at random they differ, and most are no joke."
    )
    yield (
        f"It writes Japanese alone, at most {told.config.max_tokens} tokens, and knows no word, name or "
        "event that its captions did not have. Photos unlike those that it learned from mean nothing to it."
    )
    yield "What people wrote against others it has learned like all the rest, and may write."


def _measured(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the figures on photos that it has not seen say against it."""

    def has(*names: str) -> bool:
        return all(figures.get(name) is not None for name in names)

    if has("same"):
        yield f"One caption, its most frequent, stands under {figures['same']:.0%} of the photos (greedy)."
    if has("verbatim"):
        yield f"{figures['verbatim']:.0%} of its captions are captions of its data, word for word."
    if has("unknown"):
        yield (
            f"{figures['unknown']:.1%} of the tokens that people wrote there are not in its vocabulary: it "
            "cannot write them."
        )
    if has("names", "names_shuffled", "names_human"):
        yield (
            f"{figures['names']:.0%} of its captions name something that is in the photo; given another "
            f"photo's vector, {figures['names_shuffled']:.0%}; of people's, {figures['names_human']:.0%}."
        )
    if has("recall_pmi@1", "chance@1", "candidates"):
        yield (
            f"Asked which of {figures['candidates']:,} captions was written for a photo, it finds it in "
            f"{figures['recall_pmi@1']:.0%} of cases; chance would in {figures['chance@1']:.0%}."
        )


def not_for(told: Told) -> Iterator[str]:
    """Yield what the model must not be used for, a sentence or two each."""
    yield (
        "To say what is in a photo: its captions are jokes, and most are not true. They are no alternative "
        "texts, no evidence, and no ground for a decision about anybody."
    )
    yield "To mock people who can be recognised, or who have not agreed to it."
    yield 'In the place of people: say of each caption that a model has written it, as "written by a model".'
    closed = told.learned.why_not_public() if told.learned else "nobody knows what it learned from"
    if closed:
        yield f"To be passed on to everybody: {closed}."
