"""Settings: what is refused says where, what was given, and what would be right."""

import signal
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

import pipelines
from commands.main import main
from pipelines import Settings, describe, load
from store.errors import UsageError

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "pipelines.yaml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "pipelines.yaml"


@pytest.mark.parametrize("name", ["demo", "bokete", "article-small", "article-large"])
def test_a_shipped_pipeline_is_valid(name: str) -> None:
    assert isinstance(load(name, SHIPPED), Settings)


def test_the_file_comes_before_the_defaults(config: Path) -> None:
    config.write_text("pipelines: {mine: {train: {epochs: 7}}}")
    assert load("mine", config).train.epochs == 7
    assert load("mine", config).train.hidden == Settings().train.hidden


def test_an_override_comes_before_the_file(config: Path) -> None:
    config.write_text("pipelines: {mine: {train: {epochs: 7}}}")
    assert load("mine", config, ["train.epochs=9", "crawl.embedded.photos=3"]).train.epochs == 9
    assert load("mine", config, ["crawl.embedded.photos=3"]).crawl.embedded.photos == 3


def test_a_pipeline_without_settings_has_the_defaults(config: Path) -> None:
    config.write_text("pipelines: {mine: }")
    assert load("mine", config) == Settings()


def test_numbers_may_be_written_with_an_exponent(config: Path) -> None:
    config.write_text("pipelines: {mine: {train: {learning_rate: 1e-3}}}")
    assert load("mine", config).train.learning_rate == 0.001
    assert load("mine", config, ["train.learning_rate=2E-4"]).train.learning_rate == 0.0002


def test_on_is_a_name_in_yaml_and_not_the_truth(config: Path) -> None:
    config.write_text("pipelines: {mine: {notify: {on: [pause]}, crawl: {obey_ai_rules: on}}}")
    assert load("mine", config).notify.on == ("pause",)
    assert load("mine", config).crawl.obey_ai_rules is True


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pipelines: {mine: {train: {epohcs: 7}}}", ["train.epohcs", "'epochs'"]),
        ("pipelines: {mine: {trian: {epochs: 7}}}", ["trian", "'train'"]),
        ("pipelines: {mine: {crawl: {embedded: {photso: 7}}}}", ["crawl.embedded.photso", "'photos'"]),
        ("pipelines: {mine: {train: {epochs: many}}}", ["train.epochs", "'many'"]),
        ("pipelines: {mine: {train: {epochs: 0}}}", ["train.epochs", "0", "greater than or equal to 1"]),
        ("pipelines: {mine: {train: {epochs: '7'}}}", ["train.epochs", "'7'"]),
        ("pipelines: {mine: {train: {dropout: 1.0}}}", ["train.dropout", "less than 1"]),
        ("pipelines: {mine: {train: {learning_rate: .nan}}}", ["train.learning_rate"]),
        ("pipelines: {mine: {train: {learning_rate: .inf}}}", ["train.learning_rate"]),
        ("pipelines: {mine: {train: 3}}", ["train", "3"]),
        ("pipelines: {mine: {train: {epochs: 1, epochs: 2}}}", ["epochs", "twice"]),
        ("pipelines: {mine: [1]}", ["mine", "[1]"]),
        ("pipelines: {../up: {}}", ["../up", "folder"]),
        ("pipelines: {features: {}}", ["features", "folder"]),
        ("pipelines: {mien: {}}", ["'mine'", "'mien'"]),
        ("pipeline: {mine: {}}", ["pipelines:", "pipeline"]),
        ("pipelines: {mine: {}}\nextra: 1", ["extra"]),
        ("- a list", ["list"]),
        ("", ["NoneType"]),
        ("pipelines: {mine: {", ["not YAML"]),
        ("pipelines: !!python/object/apply:os.system ['true']", ["not YAML"]),
    ],
)
def test_a_bad_file_is_refused_with_the_place(config: Path, text: str, says: list[str]) -> None:
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        load("mine", config)
    assert all(word in str(caught.value) for word in says), caught.value
    assert len(str(caught.value).splitlines()) <= 2


def test_all_that_is_wrong_is_told_each_with_who_gave_it(config: Path) -> None:
    config.write_text("pipelines: {mine: {train: {epohcs: 7, hidden: 0}, dataset: {where: star > 3}}}")
    with pytest.raises(UsageError) as caught:
        load("mine", config, ["crawl.lists_after=0"])
    told = str(caught.value)
    assert f"{config}, pipeline mine: there is no setting train.epohcs. Did you mean 'epochs'?" in told
    assert f"{config}, pipeline mine: dataset.where cannot be 'star > 3': there is no column star." in told
    assert "--set: crawl.lists_after cannot be 0: " in told
    assert "1 more. See: " in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("train.epochs", "no value"),
        ("train.epochs.more=3", "is a value"),
        ("train.epohcs=3", "'epochs'"),
        ("train.epochs=[", "not YAML"),
        ("train=3", "train"),
    ],
)
def test_a_bad_override_is_refused(config: Path, override: str, says: str) -> None:
    config.write_text("pipelines: {mine: {train: {epochs: 7}}}")
    with pytest.raises(UsageError, match=says):
        load("mine", config, [override])


def test_a_config_that_is_missing_or_no_text_is_refused(config: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--config"):
        load("mine", config)
    config.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UsageError):
        load("mine", config)
    with pytest.raises(UsageError, match="cannot be read"):
        load("mine", tmp_path)


def test_described_settings_are_yaml_that_reads_back_to_the_same(config: Path) -> None:
    values = yaml.safe_load("\n".join(describe(Settings())))
    config.write_text(yaml.safe_dump({"pipelines": {"mine": values}}))
    assert load("mine", config) == Settings()


def test_every_setting_says_what_it_means() -> None:
    lines = describe(Settings())
    settings = [line for line in lines if ":" in line and not line.lstrip().startswith("#")]
    comments = [line for line in lines if line.lstrip().startswith("#")]
    assert len(comments) >= len(settings) - len(pipelines.STAGES)


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (["crawl", "--pipeline", "nonesuch"], 2),
        (["crawl", "--pipeline", "demo", "--config", "nonesuch.yaml"], 2),
        (["train", "--pipeline", "demo", "--set", "train.epohcs=3"], 2),
        (["settings", "--pipeline", "demo"], 0),
        (["settings"], 0),
    ],
)
def test_a_command_ends_with_the_status_that_fits(
    argv: list[str], status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(argv) == status
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 2
    assert bool(said) == bool(status)


@pytest.mark.parametrize(
    "argv", [[], ["nonesuch"], ["crawl"], ["site", "--port", "70000"], ["site", "--photos", "0"]]
)
def test_wrong_usage_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2


def test_ctrl_c_in_a_query_ends_a_command_as_anywhere_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor(_: object) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise RuntimeError("Query interrupted")  # what DuckDB makes of Ctrl-C

    monkeypatch.setattr("commands.data.doctor", doctor)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err.startswith("bokeru: stopped (SIGINT).")


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("x: &d {train: {epochs: 3}}\npipelines: {p: {<<: *d}}", 0, "epochs: 3"),
        ("x: {train: {epochs: 3}}\npipelines: {p: {}}", 2, "must hold one key, `pipelines:`"),
        ("pipelines: {p: {}}\n---\npipelines: {q: {}}", 2, "is not YAML: it holds several documents"),
        ("pipelines: " + "[" * 3000 + "]" * 3000, 2, "is not YAML: it nests more than 40 levels deep"),
        ("pipelines: {p: {train: {epochs: " + "9" * 5000 + "}}}", 2, "4300 digits"),
        ("pipelines: {p: {train: {epochs: " + "x" * 4000 + "}}}", 2, "train.epochs cannot be 'xxxx"),
        ("pipelines: {3: {}}", 2, "3 cannot name a pipeline: it is no text. Put it in quotes"),
        ("pipelines: &p {p: *p}", 2, "is not YAML: an anchor contains itself"),
    ],
)
def test_files_of_others_end_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, status: int, said: str
) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    assert main(["settings", "--pipeline", "p", "--config", str(tmp_path / "p.yaml")]) == status
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    assert len(printed.err.splitlines()) == (1 if status else 0)
    assert len(printed.err) < 600
