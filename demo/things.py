"""The things that scenes consist of: their Japanese labels, and what goes together."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Args:
        label: its Japanese word, as the site's labels and captions have it.
        category: the category of a photo whose subject it is.
        weight: how often it is the subject, relative to the others.
        places: where it is seen, with weights.
        traits: what it may wear, each with its probability.
        companions: what may stand beside it, each with its probability.
    """

    label: str
    category: str
    weight: float
    places: dict[str, float]
    traits: dict[str, float] = field(default_factory=dict)
    companions: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Circumstance:
    """A place, a time of day, a weather or a trait. An empty label: captions and labels do not mention it."""

    label: str
    weight: float = 1.0
    outdoors: bool = False


PLACES = {
    "room": Circumstance("部屋"),
    "office": Circumstance("会社"),
    "table": Circumstance("食卓"),
    "field": Circumstance("草原", outdoors=True),
    "beach": Circumstance("海", outdoors=True),
    "town": Circumstance("街", outdoors=True),
    "mountain": Circumstance("山", outdoors=True),
    "sky": Circumstance("空", outdoors=True),
    "ice": Circumstance("氷", outdoors=True),
    # Neither indoors nor under a sky: no weather, always day.
    "space": Circumstance("宇宙"),
}
TIMES = {
    "day": Circumstance("", 0.68),
    "dusk": Circumstance("夕方", 0.14),
    "night": Circumstance("夜", 0.18),
}
WEATHERS = {
    "clear": Circumstance("", 0.7),
    "rain": Circumstance("雨", 0.16),
    "snow": Circumstance("雪", 0.14),
}
TRAITS = {
    "glasses": Circumstance("眼鏡"),
    "hat": Circumstance("帽子"),
    "tie": Circumstance("ネクタイ"),
    "bald": Circumstance("ハゲ"),
    "beard": Circumstance("ひげ"),
}

_PEOPLE_PLACES = {"room": 2.0, "office": 2.0, "town": 2.0, "beach": 1.0, "field": 1.0}
_PET_PLACES = {"room": 3.0, "field": 3.0, "town": 1.0}
_WILD_PLACES = {"field": 4.0, "mountain": 1.0}
_AT_TABLE = {"table": 1.0}
_ON_ROAD = {"town": 3.0, "mountain": 1.0, "field": 1.0}

KINDS = {
    "man": Kind(
        "おじさん", "人物", 3.0, _PEOPLE_PLACES,
        {"glasses": 0.45, "hat": 0.2, "tie": 0.5, "bald": 0.35, "beard": 0.25}, {"cat": 0.08, "dog": 0.08},
    ),
    "woman": Kind(
        "女性", "人物", 2.4, _PEOPLE_PLACES, {"glasses": 0.3, "hat": 0.3}, {"cat": 0.08, "dog": 0.08}
    ),
    "baby": Kind("赤ちゃん", "人物", 1.5, {"room": 3.0, "field": 1.0}, {"hat": 0.2}, {"bear": 0.15}),
    "cat": Kind("猫", "動物", 2.4, _PET_PLACES, {}, {"fish": 0.15, "dog": 0.06}),
    "dog": Kind("犬", "動物", 2.2, _PET_PLACES, {}, {"cat": 0.1, "car": 0.06}),
    "rabbit": Kind("うさぎ", "動物", 1.2, _PET_PLACES, {}, {"rabbit": 0.15}),
    "panda": Kind("パンダ", "動物", 1.2, _WILD_PLACES, {}, {"panda": 0.1}),
    "bear": Kind("クマ", "動物", 1.0, {"mountain": 2.0, "field": 1.0}, {}, {"fish": 0.2}),
    "penguin": Kind("ペンギン", "動物", 1.2, {"ice": 1.0}, {}, {"penguin": 0.4}),
    "elephant": Kind("象", "動物", 1.0, _WILD_PLACES, {}, {"chick": 0.1, "elephant": 0.12}),
    "chick": Kind("ひよこ", "動物", 1.0, _PET_PLACES, {}, {"chick": 0.3}),
    "fish": Kind("魚", "動物", 1.0, {"beach": 1.0}, {}, {"fish": 0.25, "ship": 0.1}),
    "sushi": Kind("寿司", "食べ物", 1.4, _AT_TABLE, {}, {"ramen": 0.1, "egg": 0.06}),
    "ramen": Kind("ラーメン", "食べ物", 1.4, _AT_TABLE, {}, {"gyoza": 0.25, "onigiri": 0.1}),
    "curry": Kind("カレー", "食べ物", 1.0, _AT_TABLE, {}, {"egg": 0.2}),
    "cake": Kind("ケーキ", "食べ物", 1.1, _AT_TABLE),
    "onigiri": Kind("おにぎり", "食べ物", 1.0, _AT_TABLE, {}, {"fish": 0.1, "egg": 0.1}),
    "burger": Kind("ハンバーガー", "食べ物", 1.0, _AT_TABLE, {}, {"cake": 0.12}),
    "egg": Kind("目玉焼き", "食べ物", 0.9, _AT_TABLE, {}, {"chick": 0.2}),
    "gyoza": Kind("餃子", "食べ物", 0.7, _AT_TABLE),
    "car": Kind("車", "乗り物", 1.6, _ON_ROAD, {}, {"dog": 0.08, "bicycle": 0.12}),
    "train": Kind("電車", "乗り物", 1.4, _ON_ROAD),
    "bus": Kind("バス", "乗り物", 1.0, _ON_ROAD, {}, {"car": 0.15}),
    "bicycle": Kind("自転車", "乗り物", 0.9, _ON_ROAD),
    "plane": Kind("飛行機", "乗り物", 1.2, {"sky": 1.0}),
    "ship": Kind("船", "乗り物", 1.0, {"beach": 1.0}),
    "rocket": Kind("ロケット", "乗り物", 0.9, {"space": 2.0, "field": 1.0}),
    "fuji": Kind("富士山", "風景", 1.2, {"mountain": 1.0}),
    "castle": Kind("城", "風景", 1.0, {"field": 1.0, "mountain": 1.0}),
    "buildings": Kind("ビル", "風景", 1.1, {"town": 1.0}),
    "snowman": Kind("雪だるま", "風景", 1.0, {"ice": 1.0}, {"hat": 0.5}, {"penguin": 0.2}),
}  # fmt: skip
"""Every kind of thing, by the name of the function that draws it."""

SUBJECTS = {key: kind.weight for key, kind in KINDS.items()}
