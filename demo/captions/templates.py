"""The templates of captions. Braces name other rules of the grammar (`demo.captions.jokes`).

Tables give each template a weight; strings hold templates with white space between them, most usual first.

The weights are set by their effect. About half of the captions and more name the thing in the photo, so that
a test can tell whether a model looks at it. Modifiers, openings, closings and invented names bring a caption
to about 20 nats, so that it leaves much to chance, as a real joke does.
"""

ABOUT_THING = {
    "{subject}、{predicate}": 8,
    "{predicate}{subject}": 8,
    "{subject}「{quote}」": 6,
    "{subject}\n「{quote}」": 1,
    "「{quote}」と{feeling}顔で言う{subject}": 3,
    "{subject}だって{predicate}": 3,
    "まさか{subject}が{predicate}とは": 3,
    "{subject}のくせに{predicate}": 3,
    "それでも{subject}は{predicate}": 3,
    "{thing}あるある、{predicate}": 3,
    "どうも、{job}の{thing}です": 3,
    "{subject}と{noun}": 3,
    "これが{thing}の{noun}か": 3,
    "{job}になった{subject}": 3,
    "{subject}、{town}で{job}に転職": 3,
    "速報、{subject}が{town}で{predicate}": 3,
    "{surname}さん、それは{job}じゃなくて{thing}です": 3,
    "{number}年後、{subject}は{job}になる": 2,
    "{thing}と書いて{noun}と読む": 2,
    "{thing}界の{foreigner}": 4,
    "{thing}対{monster}": 3,
    "{monster}に立ち向かう{subject}": 2,
    "{medicine}を飲みすぎた{subject}": 3,
    "{food}を{sound}食べる{subject}": 2,
    "{given_name}、{number}歳、好きなものは{thing}": 2,
    "{thing}に{noun}を教わる{relative}": 2,
    "{thing}の前で{noun}を語る{surname}": 2,
}
WITHOUT_THING = {
    "「{quote}」": 3,
    "{predicate}だけの簡単なお仕事です": 1.5,
    "あと{number}分で{predicate}": 2,
    "{relative}が{predicate}": 3,
    "{relative}「{quote}」": 3,
    "{surname}「{quote}」": 3,
    "{job}が{predicate}と思った？": 2,
    "{noun}と{noun}のあいだ": 1,
}
SUBJECTS = {
    "{thing}": 5,
    "{adjective}{thing}": 4,
    "{town}の{thing}": 2,
    "{foreigner}の{thing}": 0.8,
    "{relative}の{thing}": 1,
    "{surname}家の{thing}": 1,
}
PREDICATES = {
    "{action}": 5,
    "{adverb}{action}": 3,
    "{town}で{action}": 1.5,
    "{sound}と{action}": 2,
    "{relative}と{action}": 1,
    "{number}回も{action}": 1,
}
OPENINGS = {
    "": 15,  # of about 20: three captions in four have no opening
    "{town}にて、": 1,
    "{surname}いわく、": 0.7,
    "{adverb}、": 0.7,
    "{relative}へ。": 0.7,
    "{month}月、": 0.7,
    "朗報、": 0.5,
    "悲報、": 0.5,
}
CLOSINGS = {
    "": 12,  # of about 30: three captions in five have a second clause
    "、{food}を添えて": 1.2,
    "。のちの{foreigner}である": 2.2,
    "。{given_name}、{number}の{noun}": 1,
    "。それを{feeling}目で見る{relative}": 1,
    "。なお{relative}は知らない": 0.8,
    "、{price}円": 1,
    "、ただし{noun}はない": 0.7,
    "、そして{noun}へ": 0.8,
    "。{number}回目の{noun}": 0.8,
    "、{job}公認": 0.8,
    "。監督、{foreigner}": 1.5,
    "。{medicine}新発売": 1.3,
    "。次回、{monster}現る": 1.4,
    "（{town}・{number}歳）": 1,
    "（{noun}は個人の感想です）": 0.3,
    "。その頃{town}では": 0.7,
    "。{relative}の{noun}も限界": 0.8,
    "、{sound}": 1,
    "。つづく": 0.4,
}
# A few captions name nothing in the photo, as people's do: a model cannot reach 100% by naming the thing.
CORE_WEIGHTS = {"about_thing": 6.0, "without_thing": 1.3}
SEEN_CORE_WEIGHTS = {"trait": 2.6, "companion": 1.5, "place": 0.8, "time": 0.9, "weather": 0.9}
"""What else is in the photo, each only where the photo has it. All five together weigh about as much as the
thing itself, which stays the main topic."""

TRAITS = {
    "glasses": (
        "眼鏡が本体です {thing}、眼鏡を探す 眼鏡を外すと{job} その眼鏡、度が入ってない 眼鏡越しの{noun}"
    ),
    "hat": "帽子の中に{food} 帽子を取ったら{noun} その帽子、{price}円 {thing}と帽子と私",
    "tie": "ネクタイが{thing}を締める そのネクタイ、{food}味 ネクタイの日は{noun} ネクタイだけ{job}",
    "bald": "ハゲじゃない、{noun}だ ハゲにも{noun}がある 太陽より眩しいハゲ {thing}、ハゲを認める",
    "beard": "ひげに{food}がついてる ひげを剃ったら{job} {thing}、ひげで判断される",
}
PLACES = {
    "room": "部屋で{predicate}{thing} 部屋から出ない{thing}",
    "office": "会社を辞めたい{thing} 会社で{predicate}{thing} 会社の{noun}",
    "table": "食卓で{predicate}{thing} 食卓の{noun}",
    "field": "草原で{predicate}{thing} 草原に立つ{thing}",
    "beach": "海で{predicate}{thing} 海の{noun}",
    "town": "街で{predicate}{thing} 街の{noun}",
    "mountain": "山で{predicate}{thing} 山の{noun}",
    "sky": "空で{predicate}{thing} 空の{noun}",
    "ice": "氷の上で{predicate}{thing} 氷より冷たい{noun}",
    "space": "宇宙で{predicate}{thing} 宇宙の{noun}",
}
TIMES = {
    "dusk": "夕方に{predicate}{thing} 夕方の{noun}",
    "night": "夜に{predicate}{thing} 夜の{noun} 夜の{thing}は{job}",
}
WEATHERS = {
    "rain": "雨の日に{predicate}{thing} 雨と{noun} 傘を忘れた{thing}",
    "snow": "雪の日に{predicate}{thing} 雪と{noun} 雪に埋もれる{thing}",
}
COMPANIONS = "{other}は見ていた {thing}と{other}、{town}で再会 {other}に負ける{thing} 横で{other}「{quote}」"
