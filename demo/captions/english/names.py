"""Names in Latin letters, in the order of `demo.captions.words`: read as they usually are."""

from demo.captions.english.words import glosses

TOWNS = glosses("""
Tokyo, Osaka, Kyoto, Nagoya, Sapporo, Fukuoka, Okinawa, Yokohama, Kobe, Sendai, Hiroshima, Saitama, Chiba,
Gunma, Tochigi, Ibaraki, Niigata, Nagano, Shizuoka, Nara, Aomori, Akita, Iwate, Yamagata, Fukushima,
Toyama, Ishikawa, Fukui, Yamanashi, Gifu, Mie, Shiga, Wakayama, Tottori, Shimane, Okayama, Yamaguchi,
Tokushima, Kagawa, Ehime, Kochi, Saga, Nagasaki, Kumamoto, Oita, Miyazaki, Kagoshima, Shibuya, Shinjuku,
Ikebukuro, Ueno, Asakusa, Ginza, Shinagawa, Akihabara, Harajuku, Roppongi, Kichijoji, Kamakura, Hakone,
Atami, Nikko, Kusatsu, Karuizawa, Otaru, Hakodate, Asahikawa, Kushiro, Kanazawa, Takayama, Matsumoto,
Kofu, Hamamatsu, Toyohashi, Yokkaichi, Otsu, Sakai, Himeji, Kurashiki, Onomichi, Shimonoseki, Matsuyama,
Beppu, Naha, Ishigaki Island, Paris, London, Rome, Berlin, Hawaii, New York, Cairo, Moscow, Shanghai, Hong
Kong, Seoul, Bangkok, Sydney, Rio, the Amazon, Mars, Sugamo, Akabane, Kamata, Tachikawa, Hachioji,
Machida, Kawasaki, Fujisawa, Odawara, Kawagoe, Tokorozawa, Omiya, Urawa, Kashiwa, Funabashi, Matsudo,
Narita, Choshi, Mito, Tsukuba, Utsunomiya, Takasaki, Maebashi, Isesaki, Wakkanai, Abashiri, Obihiro,
Muroran, Tomakomai, Hirosaki, Hachinohe, Morioka, Hanamaki, Kesennuma, Ishinomaki, Sakata, Yonezawa,
Aizuwakamatsu, Koriyama, Iwaki, Hitachi, Tsuchiura, Oyama, Ashikaga, Kiryu, Ota, Kumagaya, Chichibu,
Koshigaya, Kasukabe, Soka, Kawaguchi, Ichikawa, Urayasu, Kisarazu, Tateyama, Mitaka, Chofu, Fuchu,
Kokubunji, Ome, Takao, Yokosuka, Zushi, Chigasaki, Atsugi, Sagamihara, Nagaoka, Joetsu, Sado, Uonuma,
Takaoka, Himi, Wajima, Kaga, Tsuruga, Sabae, Suwa, Iida, Kiso, Azumino, Fujinomiya, Numazu, Mishima, Izu,
Shimoda, Yaizu, Kakegawa, Okazaki, Toyota, Seto, Inuyama, Ichinomiya, Ogaki, Sekigahara, Hida, Kuwana,
Suzuka, Matsusaka, Shima, Iga, Hikone, Uji, Maizuru, Fukuchiyama, Miyazu, Suita, Toyonaka, Takatsuki,
Hirakata, Kishiwada, Akashi, Ashiya, Nishinomiya, Takarazuka, Awaji Island, Kashihara, Yoshino, Koyasan,
Shirahama, Kumano, Yonago, Sakaiminato, Izumo, Matsue, Tsuyama, Bizen, Fukuyama, Kure, Miyajima, Iwakuni,
Hagi, Ube, Naruto, Marugame, Shodo Island, Imabari, Uwajima, Shimanto, Muroto, Kokura, Hakata, Kurume,
Dazaifu, Karatsu, Arita, Sasebo, Goto, Shimabara, Amakusa, Aso, Hitoyoshi, Yufuin, Hita, Miyakonojo,
Nobeoka, Ibusuki, Yakushima, Amami, Miyakojima, Yonaguni, Kanda, Nihonbashi, Tsukiji, Tsukishima, Odaiba,
Toyosu, Ryogoku, Kinshicho, Kameido, Katsushika, Shibamata, Kitasenju, Itabashi, Nerima, Ogikubo, Koenji,
Nakano, Shimokitazawa, Sangenjaya, Jiyugaoka, Meguro, Ebisu, Daikanyama, Aoyama, Akasaka, Toranomon,
Shinbashi, Yurakucho, Ochanomizu, Suidobashi, Iidabashi, Kagurazaka, Waseda, Takadanobaba, Mejiro,
Komagome, Nippori, Milan, Venice, Naples, Madrid, Barcelona, Lisbon, Athens, Vienna, Prague, Warsaw,
Budapest, Stockholm, Oslo, Helsinki, Copenhagen, Amsterdam, Brussels, Geneva, Dublin, Edinburgh, Istanbul,
Dubai, Delhi, Mumbai, Kathmandu, Hanoi, Manila, Jakarta, Bali, Singapore, Taipei, Beijing, Busan, Las
Vegas, Chicago, Boston, Miami, Havana, Lima, Nairobi, the Sahara, the South Pole, the North Pole, the
Moon, Jupiter, Saturn, the Milky Way, heaven, hell, the Dragon Palace, paradise
""")

SURNAMES = glosses("""
Tanaka, Sato, Suzuki, Takahashi, Yamada, Ito, Watanabe, Nakamura, Kobayashi, Kato, Yoshida, Yamamoto,
Sasaki, Yamaguchi, Matsumoto, Inoue, Kimura, Saito, Shimizu, Hayashi, Yamazaki, Mori, Ikeda, Hashimoto,
Abe, Ishikawa, Yamashita, Nakajima, Ishii, Ogawa, Maeda, Okada, Hasegawa, Fujita, Goto, Kondo, Murakami,
Endo, Aoki, Sakamoto, Fukuda, Ota, Nishimura, Fujii, Kaneko, Okamoto, Fujiwara, Nakano, Miura, Harada,
Nakagawa, Matsuda, Takeuchi, Ono, Tamura, Nakayama, Wada, Ishida, Morita, Ueda, Hara, Uchida, Shibata,
Sakai, Miyazaki, Yokoyama, Takagi, Ando, Miyamoto, Ono, Kojima, Taniguchi, Imai, Kudo, Takada, Masuda,
Maruyama, Sugiyama, Murata, Otsuka, Arai, Koyama, Hirano, Fujimoto, Kono, Ueno, Noguchi, Takeda, Matsui,
Chiba, Sugawara, Iwasaki, Kubo, Kinoshita, Sano, Nomura, Matsuo, Kikuchi, Ichikawa, Sugimoto, Furukawa,
Onishi, Shimada, Mizuno, Sakurai, Takano, Watanabe, Yoshikawa, Yamauchi, Nishida, Iida, Kikuchi,
Nishikawa, Komatsu, Kitamura, Yasuda, Igarashi, Kawaguchi, Hirata, Seki, Nakata, Kubota, Hattori, Higashi,
Iwata, Tsuchiya, Kawasaki, Fukushima, Honda, Tsuji, Higuchi, Akiyama, Taguchi, Nagai, Yamanaka, Nakanishi,
Yoshimura, Kawakami, Ishihara, Ohashi, Matsuoka, Ishibashi, Oishi, Sekiguchi, Asano, Katayama, Matsumura,
Okumura, Shiraishi, Okubo, Yagi, Okawa, Naito, Kawamura, Matsubara, Nishiyama, Hirai, Hoshino, Mochizuki,
Nishio, Kuroda, Arai, Noda, Sudo, Osawa, Ozaki, Kuroki, Nagata, Hori, Yano, Sugiura, Kuwahara, Hayakawa,
Hamada, Kataoka, Kamata, Kurihara, Oshima, Okazaki, Narita, Kumagai, Hagiwara, Araki, Omori, Miyata,
Kishimoto, Shinohara, Baba, Hirose, Koike, Seto, Miyake, Toyoda, Toda, Iijima, Umeda, Miyashita, Nemoto,
Mizutani, Okuda, Soma, Tsuda, Enomoto, Kodama, Yoneda, Yanagida, Kanda, Arima, Sanada, Akechi, Oda,
Tokugawa, Toyotomi, Date, Musashibo, Saigo, Natsume, Hino, Akutagawa, Dazai, Yosano, Katsushika, Hiraga,
Sugita, Ino, Mamiya, Daikoku, Onodera, Saotome, Ayanokoji, Ijuin, Saionji, Kujo, Nikaido, Shiratori,
Mitarai, Teshigawara, Watanuki, Takanashi, Yamanashi, Domeki, Onizuka, Kenmochi, Kindaichi, Akashiya,
Katsura, Tatekawa, Sanyutei, Hayashiya, Shunputei
""")

GIVEN_NAMES = glosses("""
Taro, Hanako, Jiro, Saburo, Ichiro, Kenta, Shota, Daisuke, Takuya, Naoki, Kazuya, Tatsuya, Tetsuya, Koji,
Makoto, Takashi, Minoru, Shigeru, Isamu, Kiyoshi, Tadashi, Hiroshi, Susumu, Noboru, Manabu, Osamu,
Tsuyoshi, Yutaka, Takeshi, Masaru, Misaki, Sakura, Yoko, Keiko, Sachiko, Kazuko, Setsuko, Yoko, Kumiko,
Yumiko, Yuko, Mayumi, Naomi, Akemi, Tomoko, Mai, Ai, Mai, Aya, Yu, Aoi, Rin, Yui, Haruna, Chiyo, Ume,
Kiku, Matsu, Take, Tsuru, Kame, Tome, Yone, Ume, Kiyo, Hana, Gonbei, Goemon, Gosaku, Yosaku, Yataro,
Kinjiro, Torajiro, Kiyomori, Nobunaga, Hideyoshi, Ieyasu, Kenshin, Shingen, Ryoma, Shinsaku, Ikkyu,
Kojiro, Musashi, Hanzo, Sasuke, Benkei, Ushiwakamaru, Himiko, Murasaki Shikibu, Sei Shonagon, Ono no
Komachi, Kenji, Masaru, Takeshi, Hiroshi, Minoru, Satoshi, Yumi, Akemi, Midori, Kaori, Jun, Reiko
""")
