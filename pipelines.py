"""The one reader of pipelines.yaml."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from crawler.options import CrawlOptions
from dataset.options import DatasetOptions
from featurize.options import FeatureOptions
from store.addresses import without_password
from store.errors import UsageError
from store.notify.options import NotifyOptions
from store.options import Options
from store.photo.options import PhotoOptions
from store.place import CONFIG, SHARED, bokeru
from store.text.settings import NotSettings, read_settings, shared
from train.options import TrainOptions
from web.options import WebOptions


class Settings(Options):
    """Every setting of one pipeline."""

    crawl: CrawlOptions = CrawlOptions()
    dataset: DatasetOptions = DatasetOptions()
    features: FeatureOptions = FeatureOptions()
    train: TrainOptions = TrainOptions()
    web: WebOptions = WebOptions()
    photos: PhotoOptions = PhotoOptions()
    notify: NotifyOptions = NotifyOptions()


LONGEST = 200
"""Characters of a wrong value that are repeated."""
TOLD = 3
"""Of so many wrong settings at most a message tells."""
STAGES = tuple(Settings.model_fields)


def load(name: str, config: Path = CONFIG, overrides: Iterable[str] = ()) -> Settings:
    """Return the settings of pipeline `name`: overrides before the file before the defaults in code.

    Args:
        overrides: `stage.key=value` each, the value written as in YAML.

    Raises:
        UsageError: no such file or pipeline, no YAML, an unknown key, a value of the wrong type or out of
            range; the message names the place, the value and the nearest real key.
    """
    pipelines = _read(config)
    if name not in pipelines:
        raise UsageError(f"{config} has no pipeline {name!r}. {_nearest(name, pipelines)}")
    values = pipelines[name] or {}
    overrides = list(overrides)
    for override in overrides:
        _override(values, override)
    try:
        return Settings.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise UsageError(_explain(error, f"{config}, pipeline {name}", overrides)) from None


def names(config: Path = CONFIG) -> list[str]:
    """Return the names of all pipelines in a file of settings.

    Raises:
        UsageError: as `load`.
    """
    return list(_read(config))


def with_overrides(overrides: Iterable[str]) -> Settings:
    """Return the defaults in code with overrides, as `load` takes them.

    Raises:
        UsageError: as `load`.
    """
    values: dict[str, Any] = {}
    for override in overrides:
        _override(values, override)
    try:
        return Settings.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise UsageError(_explain(error, "--set")) from None


def _read(config: Path) -> dict[str, Any]:
    try:
        text = config.read_text(encoding="utf-8")
        content = read_settings(text)
    except FileNotFoundError:
        raise UsageError(
            f"{config} is not there. Run in the project's folder, or name a file: --config FILE"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{config} cannot be read: {error}") from None
    except NotSettings as error:
        raise UsageError(f"{config} is not YAML: {' '.join(str(error).split())}") from None
    # Other keys may hold what pipelines share: `defaults: &defaults {…}`, and `<<: *defaults` in a pipeline.
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("pipelines"), dict)
        or set(content) - {"pipelines", *shared(text)}
    ):
        found = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise UsageError(
            f"{config} must hold one key, `pipelines:`, with a pipeline a key under it, beside what these "
            f"share by an alias; it holds: {found}"
        )
    pipelines: dict[str, Any] = content["pipelines"]
    for name, values in pipelines.items():
        if values is not None and not isinstance(values, dict):
            raise UsageError(
                f"{config}, pipeline {name}: {values!r} is no stage. There are: {', '.join(STAGES)}"
            )
        if not isinstance(name, str):
            raise UsageError(f"{config}: {name!r} cannot name a pipeline: it is no text. Put it in quotes")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name in SHARED:
            raise UsageError(
                f"{config}: {name!r} cannot name a pipeline: it names a folder. Use letters, digits, - and _"
            )
    return pipelines


def _override(values: dict[str, Any], override: str) -> None:
    place, equals, text = override.partition("=")
    if not equals:
        raise UsageError(
            f"--set {override} has no value. Write --set stage.key=value, as in --set train.epochs=3"
        )
    *groups, key = place.split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise UsageError(f"--set {override}: {group} is a value, not a group of settings")
    try:
        values[key] = read_settings(text)
    except NotSettings as error:
        said = " ".join(str(error).split())
        raise UsageError(f"--set {place}: {text[:200]!r} is not YAML: {said}") from None


def _explain(error: ValidationError, file: str, overrides: Iterable[str] = ()) -> str:
    """Return one line for all that is wrong: where, what was given, what would be right.

    Args:
        file: what gave the settings that no override gave.
    """
    given = [f"{override.partition('=')[0]}." for override in overrides]
    told: list[str] = []
    # A name that is no setting first: what it was to say is perhaps what the others lack.
    for wrong in sorted(error.errors(), key=lambda wrong: wrong["type"] != "extra_forbidden"):
        path = [str(part) for part in wrong["loc"]]
        place = "--set" if any(f"{'.'.join(path)}.".startswith(one) for one in given) else file
        told.append(f"{place}: {_wrong(path, wrong)}")
    more = [f"{len(told) - TOLD} more"] if len(told) > TOLD else []
    sentences = [one if one.endswith("?") else f"{one}." for one in (*told[:TOLD], *more)]
    # Without the config, which cannot be read now.
    return f"{' '.join(sentences)} See: {bokeru('settings')}"


def _wrong(path: list[str], wrong: Mapping[str, Any]) -> str:
    """Return what is wrong with a setting, as pydantic tells it, without a full stop."""
    if wrong["type"] == "extra_forbidden":
        nearest = _elsewhere(path[-1]) or _nearest(path[-1], _model_at(path[:-1]).model_fields)
        return f"there is no setting {'.'.join(path)}. {nearest}"
    value = without_password(repr(wrong["input"]))
    value = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    given = "" if isinstance(wrong["input"], dict) else f" cannot be {value}"
    return f"{'.'.join(path)}{given}: {wrong['msg'].removeprefix('Value error, ').rstrip('.')}"


def _model_at(path: Sequence[str]) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for name in path:
        kind = model.model_fields[name].annotation if name in model.model_fields else None
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = kind
    return model


def _nearest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names)}"


def _elsewhere(name: str) -> str:
    """Return where a setting of this name is, as advice; empty where it is nowhere, or a group."""
    found = [place for place in _places(Settings, "") if place.rpartition(".")[2] == name]
    return f"Did you mean {' or '.join(map(repr, found))}?" if found else ""


def _places(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the place of every setting, such as train.epochs."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _places(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def describe(settings: Settings) -> list[str]:
    """Return the settings as commented YAML lines: each value below its meaning."""
    return list(_describe(settings, ""))


def _describe(options: BaseModel, indent: str) -> Iterator[str]:
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if field.description:
            yield f"{indent}# {' '.join(field.description.split())}"
        if isinstance(value, BaseModel):
            yield f"{indent}{name}:"
            yield from _describe(value, indent + "  ")
        else:
            # In YAML, `on` without quotes is true to readers other than ours.
            key = name if isinstance(yaml.safe_load(name), str) else json.dumps(name)
            yield f"{indent}{key}: {without_password(json.dumps(value, ensure_ascii=False))}"
