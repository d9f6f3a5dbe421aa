from benchmarks.experiments.cells import cells
from benchmarks.experiments.report import table
from pipelines import load


def test_cells_have_names_of_their_own_and_settings_that_exist() -> None:
    made = cells()
    assert len({cell.name for cell in made}) == len(made)
    for cell in made:
        assert cell.settings().train.hidden in (100, 256)


def test_the_articles_cells_are_the_pipelines_of_that_name() -> None:
    for cell in cells()[:2]:
        shipped, ours = load(cell.name), cell.settings()
        assert shipped.crawl == ours.crawl
        ignored = {"device", "threads", "dev_every"}
        assert shipped.train.model_dump(exclude=ignored) == ours.train.model_dump(exclude=ignored)


def test_a_table_shows_what_is_not_known_as_a_dash() -> None:
    losses = {"nll": 1.5, "floor": None, "unigram": 5.0, "shuffled_nll": 2.0}
    losses |= {"names": 0.5, "names_shuffled": 0.1}
    row = {"name": "x", "evaluation": {"train": losses, "dev": losses}, "manifest": {"cpu_seconds": 78.4}}
    expected = ["x", "1.500", "1.500", "–", "5.000", "2.000", "–", "0.500", "0.100", "78"]
    assert table([row]).splitlines()[-1] == f"| {' | '.join(expected)} |"
