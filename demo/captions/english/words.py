"""English for the words that do not depend on the photo, in the order of `demo.captions.words`."""


def glosses(text: str) -> tuple[str, ...]:
    """Return the glosses of a text, which are separated by commas."""
    return tuple(" ".join(gloss.split()) for gloss in text.split(","))


NOUNS = glosses("""
youth, seriousness, the limit, resolve, a miracle, a secret, first love, ambition, darkness, friendship, old
age, true ability, an embarrassing past, a day off, a salary, the rebellious phase, talent, a last will, a
legend, memories, an excuse, the counterattack, a sigh, pride, solitude, the future, graduation, an
interview, a deadline, the wrap party, a hangover, parental love, spite, a misunderstanding, romance, a
lecture, tears, a dream, the truth, a promise, a setback, peace, betrayal, the other face, ulterior motives,
the year-end party, the farewell party, the tax return, paid leave, overtime, retirement, the pension, a
bride, training, revenge, fate, unrequited love, a broken heart, a confession, failure, success, effort,
guts, the soul, passion, pride, trauma, a quota, stress, romance, mental strength, a career, a pinch, a
chance, a layoff, a bonus, a popular phase, a makeover, a prank, a slump, the lunch break, being late,
leaving early, absence, homework, the school report, sports day, the culture festival, the school trip,
school lunch, cleaning duty, club practice, training camp, extra lessons, repeating a year, a job offer, the
first day at work, a letter of resignation, demotion, a business trip, entertaining clients, promotion, a
pay cut, severance pay, a transfer, the class reunion, the neighbourhood association, the circular notice,
getting on with neighbours, gossip at the well, the family council, a marital quarrel, a trip home, marrying
in, marrying into her family, the wedding reception, the honeymoon, the tired phase, separation,
reconciliation, inheritance, a legacy, the family tree, a visit to the grave, a memorial service, the
anniversary of a death, the next life, a previous life, rebirth, enlightenment, worldly desires, divine
punishment, a strange illness, feigned illness, lack of sleep, sore muscles, hay fever, a hunched back, bed
hair, a bad tooth, a mouth ulcer, gout, failing eyes, amnesia, many personalities, a true identity, a
disguise, a jailbreak, an escape, the statute of limitations, a wanted poster, the perfect crime, a locked
room, a motive, evidence, an accomplice, a confession to the police, questioning, a suspended sentence, a
false charge, a verdict, an out-of-court settlement, a ransom, prize money, debt, bankruptcy, secret
savings, a lucky bag, a discount, half price, a returned item, a warranty, instructions, handle with care,
the best-before date, sales tax, the year-end tax adjustment, tax withheld, a certificate of residence, a
seal, a licence, a PIN, a password, a superstition, an urban legend, a curse, a haunting, a prophecy,
fortune-telling, odd behaviour, vanity, bluster, sour grapes, misplaced resentment, taking it out on others,
crying oneself to sleep, kneeling to beg, kneeling upright, silence, the mood, an afterglow, a trace, a
resemblance, an afterimage, a phantom, an illusion, a wrong idea, a contradiction, quibbling, grumbling,
slander, a rumour, backbiting, flattery, polite phrases, the official line, true feelings, complaints,
talking in one's sleep, talking to oneself, a parting shot, a catchphrase, wise words, unwise words, a
motto, a proverb, a four-character idiom, a late bloomer, two birds with one stone, falling seven times and
rising eight, just deserts, karma, survival of the fittest, understanding without words, perfect health, a
story in four acts, once in a lifetime, carelessness is the enemy, thorough preparation, wounds all over,
fighting alone, untrodden ground, once and never again, a free project, a book report, a letter of apology,
a report of what went wrong, a résumé, a receipt, an invoice, a demand for payment, an invitation, a New
Year's card, a letter of challenge, a love letter, a diary, household accounts, the minutes, a trailer, the
final episode, a rerun, a recap, a spin-off, the theme song, a sequel, a live-action version, cancellation,
a surprise, rehabilitation, a diet, a rebound, a complaint, an alibi, a jinx, a rut, coming out, a false
start, booing, an encore, a mishap, an episode, the climax, the ending, the prologue, the epilogue, a
scandal, an interview, a documentary, a mystery, suspense, horror, comedy, romantic comedy, fantasy,
non-fiction, reality, humour, a dilemma
""")

JOBS = glosses("""
department head, company president, ninja, shop manager, doctor, detective, teacher, headmaster, sumo
wrestler, samurai, prime minister, farmer, writer, painter, actor, singer, lawyer, police officer,
firefighter, fisherman, chef, carpenter, director, king, wizard, hero, fortune teller, postman, station
attendant, driver, pilot, captain, nurse, hairdresser, pharmacist, nursery teacher, master of ceremonies,
rakugo storyteller, comedian, manga artist, shogi professional, monk, Shinto priest, interpreter,
journalist, photographer, architect, head chef, gardener, landlord, bathhouse keeper, bodyguard, butler,
secretary, receptionist, security guard, cleaner, prime minister's double, phantom thief, spy, pirate,
astronaut, knight, noble, shogun, town mayor, village mayor, city mayor, judge, prosecutor, tax accountant,
salesperson, bookkeeper, new recruit, temp, part-timer, section chief, senior clerk, senior director,
chairman, honorary chairman, adviser, researcher, professor, assistant, programmer, designer, model, idol,
manager, sommelier, pastry chef, barista, cameraman, dancer, pianist, wrestler, golfer, caddie, pilot,
janitor, vice principal, homeroom teacher, library monitor, class president, student council president, gang
leader, cheer captain, team captain, substitute, ball boy, pinch hitter, referee, commentator, announcer,
spectator, commander, strategist, gatekeeper, foot soldier, chief retainer, magistrate, town girl, young
master, head clerk, apprentice, courier, masterless samurai, master swordsman, tea master, court poet, haiku
poet, poet, philosopher, mathematician, physicist, archaeologist, astronomer, weather forecaster, alien,
visitor from the future, underground dweller, invisible man, werewolf, vampire, fairy, angel, demon, god of
death, king of hell, hermit, house spirit, snow woman, kappa, tengu, ogre, Peach Boy, Golden Boy, Urashima
Taro, Princess Kaguya, Cinderella, mermaid, Little Red Riding Hood, prince, princess, queen, crown prince,
minister, governor, member of parliament, private secretary, diplomat, ambassador, passer-by, eyewitness,
suspect, defendant, person of interest, defence counsel, juror, housekeeper, wet nurse, matchmaker,
bridegroom, chief mourner, organiser, house sitter, freeloader, breadwinner, youngest child, heir, adopted
child, fiancé, rival in love, arch-enemy, partner, disciple, master, head of the school, expert, master
hand, amateur, newcomer, veteran, original, head family, mastermind, body double, stand-in, plasterer,
stonemason, blacksmith, tofu seller, greengrocer, fishmonger, butcher, florist, bookseller, shoe seller,
watchmaker, optician, ironmonger, pawnbroker, barber, public bath, food stall, sweet shop, paper-theatre
man, baked-potato man, baker, soba shop, eel restaurant, sushi shop, dumpling shop, shop assistant, waiter,
cook, driver, travelling salesman, office worker, casual worker, YouTuber, influencer, charismatic leader,
bodyguard, engineer, hacker, consultant
""")

FOODS = glosses("""
rice cakes, tofu, miso soup, natto, pickled plums, fried chicken, rice crackers, radish, bean jelly, pickled
radish, grilled chicken, oden, udon, soba, tempura, sashimi, prawns, crab, salmon, kelp, konjac, dumplings,
daifuku, dorayaki, taiyaki, steamed buns, pudding, jelly, ice cream, chips, croquettes, pork cutlet, a beef
bowl, a chicken-and-egg bowl, a tempura bowl, rice omelette, fried rice, fried noodles, takoyaki,
okonomiyaki, spring rolls, shumai, pork buns, soup dumplings, mapo tofu, sweet-and-sour pork, bang bang
chicken, glass noodles, bean sprouts, green peppers, carrots, onions, Chinese cabbage, cucumbers,
aubergines, tomatoes, lettuce, cabbage, spinach, burdock, lotus root, taro, sweet potatoes, pumpkin,
chestnuts, persimmons, pears, grapes, peaches, strawberries, watermelon, mandarins, lemons, bananas, melon,
mango, pineapple, kiwi, avocado, cheese, yoghurt, butter, sliced bread, melon bread, red-bean bread, cream
bread, doughnuts, cookies, macarons, tarts, parfait, crêpes, waffles, pancakes, pizza, pasta, gratin, doria,
stew, steak, hamburger steak, roast beef, salad, soup, tea, matcha, coffee, milk, barley tea, sweet sake,
ramune, cider, fish cake tubes, hanpen, kamaboko, fish balls, ganmodoki, thick fried tofu, fried tofu, tofu
skin, konjac noodles, tokoroten, bracken jelly, roasted soy flour, sweet soy glaze, mugwort, oak-leaf rice
cakes, cherry-leaf rice cakes, ohagi, monaka, rakugan, konpeito, candy floss, starch syrup, tortoiseshell
candy, toffee apples, shaved ice, rice-flour balls, anmitsu, zenzai, red-bean soup, sweet chestnuts, dried
sweet potato, baked sweet potato, candied sweet potato, popcorn, crisps, karinto, okaki, arare, kaki no
tane, peanuts, almonds, walnuts, ginkgo nuts, matsutake, shimeji, enoki, nameko, shiitake, bamboo shoots,
bracken, butterbur, seri, edible chrysanthemum, mizuna, komatsuna, shiso leaves, myoga, ginger, garlic,
wasabi, mustard, sansho pepper, seven spice, yuzu, sudachi, plum wine, shochu, sake, cloudy sake, beer,
wine, sea bream, yellowtail, horse mackerel, sardines, saury, mackerel, bonito, eel, conger eel, pufferfish,
sweetfish, cod, salmon roe, herring roe, spicy cod roe, cod roe, sea urchin, abalone, oysters, clams,
littleneck clams, shijimi clams, scallops, squid, octopus, sea cucumber, jellyfish, wakame, mozuku, hijiki,
miso, soy sauce, salt, sugar, mirin, pepper, ketchup, mayonnaise, sauce, dressing, jam, marmalade, honey,
syrup, castella, cream puffs, éclairs, mont blanc, tiramisu, bavarois, mousse, sherbet, soft ice cream,
chocolate, caramel, chewing gum, gummies, sandwiches, hot dogs, toast, French toast, corn flakes, spaghetti
napolitan, meat sauce, carbonara, peperoncino, risotto, paella, borscht, pirozhki, naan, tacos, burritos,
kebab, pho, bibimbap, kimchi, cold noodles, samgyetang, dandan noodles, champon, sara udon, kishimen, hoto,
somen, chilled noodles, kettle rice, rice soup, rice with tea, red rice, mixed rice, rice with raw egg,
ginger pork, meat and potatoes, chikuzen stew, savoury custard
""")

ADJECTIVES = glosses("""
mysterious, legendary, self-styled, unemployed, much-rumoured, neighbouring, rebellious, third-generation,
limited-time, high-minded, tactless, thin-skinned, shy, lovesick, sleepless, tired, well-bred,
forward-looking, backward-looking, loose-lipped, lonely, tearful, world's best, locally famous,
kept-from-the-parents, hungover, Sunday, Monday, angry, bashful, drunk, taciturn, honest, awkward, grown-up,
first-time, last, fake, genuine, wild, domesticated, lost, late, homesick, praise-seeking,
attention-seeking, slimming, too kind, too earnest, tough-acting, giddy, depressed, inconsolable, defiant,
never-say-die, unbelieving, suspicious, worrying, fastidious, stubborn, selfish, timid, humble, rigid,
well-connected, fast-running, loud, sharp-eyed, just-woken, fresh-from-the-bath, after-dinner,
overtime-working, break-taking, marriage-hunting, exchange-student, training, runaway, disguised,
hibernating, adolescent, of-age, retired, comeback, reborn, chosen, cursed, forgotten, abandoned, adopted,
jilted, deceived, hunted, kept-waiting, love-hungry, work-shy, deaf-to-advice, promise-breaking, scrawling,
tone-deaf, directionless, scald-tongued, cold-hating, heat-hating, poor, newly rich, common, national,
avant-garde, philosophical, Showa-era, Heisei-era, Edo-era, future, weekday, midnight, after-school,
class-reunion, out-of-range, reserved, sold-out, half-price, second-rate, mass-produced, prototype,
early-model, unofficial
""")

ADVERBS = glosses("""
for some reason, by accident, boldly, secretly, every morning, today again, at last, reluctantly, at full
strength, in silence, with a smile, in tears, with a straight face, in a whisper, in polite language,
barefoot, late at night, just in case, legally, in a meeting, on payday, behind the parents' backs, for the
first time ever, regularly, single-mindedly, idly, suddenly, out of nowhere, carefully, gently, mutely,
calmly, endlessly, coolly, solemnly, grudgingly, unwillingly, inwardly, more or less, for now, in the end,
anyway, as expected, probably, absolutely, now and then, always, as ever, from next week, tomorrow for sure,
until yesterday, three days running, with two people's strength, at the risk of life, with one hand, with
both hands, blindfolded, upside down, on bended knee, at the top of the voice, in falsetto, humming,
empty-handed, on foot, by the first train, on paid leave, at own expense, on expenses, without leave, for
free, anonymously, by name, without consulting anyone, unanimously, by majority vote, by lot, by word of
mouth, on impulse, for fun, out of habit, out of duty, as a hobby, for work, in play, in earnest, as a joke,
as a souvenir, without any memory of it, without telling anyone, tactlessly, without looking back, without
hesitation, without rest, without sleep, without eating, without drinking, without notice, without
restraint, without regret, innocently, with a smug face, with moist eyes, from above, diagonally upwards,
leaning forward, hunched, kneeling, lying down, standing, running, singing, dancing, eating, apologising,
trembling, laughing, praying
""")

RELATIVES = glosses("""
mother, father, grandmother, grandfather, older sister, younger brother, older brother, younger sister,
uncle, the person next door, best friend, boss, ex-boyfriend, homeroom teacher, cousin, the landlord,
mother-in-law, the ancestors, son, daughter, nephew, niece, male cousin, great-grandfather, husband's
mother, wife's father, son-in-law, daughter-in-law, father-in-law, the betrothed, a former teacher, a
colleague, a subordinate, a senior, a junior, the company president, the shop manager, the house owner, the
caretaker, a neighbour, a childhood friend, a first love, ex-girlfriend, ex-husband, a fellow mum, a
regular, a passer-by, a security guard, the headmaster
""")

FEELINGS = glosses("""
sad, happy, cold, warm, awkward, sleepy, satisfied, envious, apologetic, wistful, triumphant, enlightened,
troubled, suspicious, kind, stern, serious, hollow, distant, dead, practised, tired
""")
