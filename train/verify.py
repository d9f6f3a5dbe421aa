"""What `bokeru verify` checks in a run: that every file can be read, the model's vocabulary more closely."""

from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile
from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_files
from train.artifact import TENSORS, VOCABULARY


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a run; one that has no model yet may still be training."""
    yield from check_files(stage, closer=(f"model/{VOCABULARY}",))
    model = stage.directory / "model"
    if not model.is_dir():
        return
    if not (model / TENSORS).is_file():
        yield Problem(f"{model / TENSORS} is missing")
    try:
        Vocabulary.load(model / VOCABULARY)
    except FileNotFoundError:
        yield Problem(f"{model / VOCABULARY} is missing")
    except DamagedFile as error:
        yield Problem(str(error))


def check_inputs(stage: Stage) -> Problems:
    """Yield nothing: a model holds all that it needs, and outlives what it was trained on."""
    yield from ()
