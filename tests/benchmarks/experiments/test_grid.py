"""The cells: names, settings, seeds, and what stands beside what."""

from dataclasses import replace

from benchmarks.experiments.__main__ import second_seeds
from benchmarks.experiments.cells import Cell
from benchmarks.experiments.grid import SEEDS, article_large, article_small, cells, many_right_answers
from benchmarks.experiments.recipe.follow import OURS
from pipelines import load


def test_every_cell_has_a_file_of_its_own_and_settings_that_exist() -> None:
    made = cells()
    assert len({cell.file for cell in made}) == len(made)
    for cell in made:
        assert cell.settings().train.hidden in (100, 256)


def test_no_cell_is_another_under_a_second_name() -> None:
    made = [(cell.data, cell.recipe, cell.settings().model_dump_json()) for cell in cells()]
    assert len(set(made)) == len(made)


def test_cells_with_the_same_data_have_the_same_crawl_and_dataset() -> None:
    """They share its folder."""
    stages: dict[str, set[str]] = {}
    for cell in cells():
        settings = cell.settings()
        made = settings.crawl.model_dump_json() + settings.dataset.model_dump_json()
        stages.setdefault(cell.data, set()).add(made)
    assert {name: len(each) for name, each in stages.items() if len(each) > 1} == {}


def test_the_articles_cells_train_as_the_pipelines_of_that_name() -> None:
    for cell in (article_small()[0], article_large()[0]):
        shipped, ours = load(cell.name), cell.settings()
        ignored = {"device", "threads", "dev_every"}
        assert shipped.train.model_dump(exclude=ignored) == ours.train.model_dump(exclude=ignored)


def test_dev_is_the_same_photos_for_every_cell() -> None:
    for cell in cells():
        settings = cell.settings()
        site = settings.crawl.embedded
        assert (site.evaluation_photos, site.evaluation_captions, site.seed) == (2401, 2, 2016)
        assert settings.dataset.dev_fraction == 0, "no photo to learn from is in dev"


def test_the_main_lines_have_five_seeds_and_the_large_runs_switches_one() -> None:
    def seeds(made: list[Cell]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for cell in made:
            found.setdefault(cell.name, []).append(cell.seed)
        return found

    small, large = seeds(article_small()), seeds(article_large())
    assert set(map(tuple, small.values())) == {(0, 1, 2, 3, 4)}
    assert large.pop("article-large") == [0, 1, 2, 3, 4]
    assert set(map(tuple, large.values())) == {(0,)}
    assert len(small) == len(large) + 1 == 9
    assert set(map(tuple, seeds(many_right_answers()).values())) == {tuple(SEEDS)}


def test_a_switch_changes_one_thing_of_its_main_line() -> None:
    main, *switched = [cell for cell in article_small() if cell.seed == 0]
    for cell in switched[:-1]:
        settings = cell.train.items() - main.train.items()
        names = {name for name, _ in settings} - {"batch_size"}  # batches of one length have 8
        assert len(names) + (cell.recipe != OURS) == 1, cell.name
    everything = switched[-1]
    for cell in switched[:-1]:
        assert cell.train.items() - main.train.items() <= everything.train.items(), cell.name


def test_what_is_carried_over_is_in_no_snapshot() -> None:
    for cell in cells():
        seconds = cell.settings().train.snapshot_seconds
        assert (seconds > 1e6) == cell.recipe.carry


def test_a_switch_that_moved_the_large_run_is_run_with_another_seed() -> None:
    made = article_large()
    name = "article-large, no clipping"
    (one,) = (cell for cell in made if cell.name == name)
    assert second_seeds(made, {name}) == [replace(one, seed=1)]
