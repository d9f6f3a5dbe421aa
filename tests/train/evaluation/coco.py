"""Captions and references whose figures pycocoevalcap 1.2 has given: the tests hold ours to them.

They came from its parts without Java, `Cider().compute_score` and `Rouge().compute_score`, given the same
words joined by spaces. Its only release is of 2020 and of 101 MB, so that no environment of ours has it.
"""

CAPTIONS = [
    text.split()
    for text in (
        "a dog runs on the grass",
        "two cats sleep",
        "the the the red car car",
        "a boy",
        "a very long caption about a dog that runs on the green grass near a red car in town",
    )
]
OTHERS = [
    [text.split() for text in texts]
    for texts in (
        ["a dog is running on the green grass", "the dog runs"],
        ["two cats sleep on a sofa", "cats sleeping", "sleepy cats"],
        ["the red car drives", "a car on the red road"],
        ["a boy jumps", "boy"],
        ["a dog runs on the green grass"],
    )
]
