"""Parts of invented words: foreign names (マルコビッチ and the like), monsters, medicines and sounds.

Japanese jokes make such words up in katakana. Combined, the parts give more words than any list could hold,
so the vocabulary keeps growing with the captions, as it does on the real site.
"""

from demo.captions.words import words

NAME_STARTS = words("""
マル ゴン ボブ ジャク スミ アル ベル カル ダニ エド フラン ガブ ハリ イワ ジョナ ケン ロド ミハ ニコ オリ
パブ リカ サム トム ウラジ ヴィク ワル ザビ レオ セバス モン ラファ バル ドン ペド グスタ ヘン クリ メル
シュバ チャル ロビ デビ アント フェル アレク ブラ コル ダル エミ フィリ ガル ヒル イグ ジェラ カス ラム
マク ナポ オズ パト キン ルド シル テオ ウィル ヨハ ゼル アダ ビヨ チェル ディ エル ファル グラ ホフ イザ
ジル クラ レイ モラ ネル オス ポル ロク スタ タル ウル ヴェル ウェス ユリ ザン アゴ ベク カミ ドス
""")

NAME_ENDS = words("""
ソン スキー エル ドロ トフ ビッチ サレス ニオ バッハ マン リーニョ デス ドール ベルト ラス リック ロフ
ノフ シェフ レンコ チェンコ バーグ シュタイン フォード トン リー ディーニ ッティ ッキ ゴフ ンスキ ロヴィチ
ーナ ーノ アーノ ヌス ティウス ドリゲス ジーニョ ヴィル
""")

NAME_MIDDLES = words("ア イ エ オ リ ノ ロ シ ヴァ")

MONSTER_TITLES = words("シン ネオ スーパー ハイパー メカ キング スペース デス プチ ニセ")

MONSTER_STARTS = words("""
ゴル メカ バル ギラ ガメ ゾル ドグ キン ザン ブル ゲル ダイ ヘド モグ ビル エレ レッド ブラック ツイン
シル ネロ ガボ グド ゼッ テレ ベム ケム ペス ジラ マグ ラゴ アン ギガ テラ ペタ メガ ウル ヌル ドロ オニ
カマ トゲ ツノ ハネ コタツ ザブトン フトン ナベ ヤカン ヒヤシ オヒサマ ゲツヨウ ザンギョ シメキリ
""")

MONSTER_ENDS = words("""
ザウルス ゴン ドン ラ キング モス ギラス ドラ ゴラス バン トプス サウラー ゲドン ザー ロン ガー デス
ジャー ルドン テリウム ノドン クイーン ゼウス マックス ゴジャス
""")

MEDICINE_STARTS = words("""
ナオ ネム スッキ ハラ カフ ノド ズツ ツカレ ゲンキ モテ ヤセ フエ ヌケ カミ カユ アセ クサ ムネ コシ カタ
ヒザ メカ ハナ ミミ ハダ シミ シワ イビ ネゴ サボ ナマ ウソ ホン オコ ナキ ワラ テレ キレ イヤ ヒマ カネ
デル トレ ヘル マケ カチ ハシ ネバ フラ クラ
""")

MEDICINE_ENDS = words("""
ナイン ール ミン ロン ゾール ックス リン セブン トール ナミン ロキシン スター アルファ ゴールド エース
プラス ザイム ロイヤル キュア ピタン ゼロ ターボ デラックス マイルド ストロング
""")

SOUNDS = tuple(
    2 * (first + second)
    for first in "ガキクコゴサジスズソダチツトドニヌネノハパヒピビフプブヘペベホポボマムモヨワギグ"
    for second in "ラリルロカキクコサシソタチトニワヨヤンフ"
)
