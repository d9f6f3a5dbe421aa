"""English for what each subject is called, does and says, in the order of `demo.captions.phrases`."""

from demo.captions.phrases import Phrases


def _glosses(names: str, actions: str, quotes: str) -> Phrases:
    return Phrases(*(tuple(part.strip() for part in text.split(";")) for text in (names, actions, quotes)))


GLOSSES = {
    "man": _glosses(
        "middle-aged man; section chief; dad",
        "goes home on time; apologises to his staff; is ignored by his daughter; loses a receipt; hurts "
        "his back; sleeps in a meeting; fails the health check; tells of his heroic past",
        "Can I expense this?; I don't want to go home today; I have no idea either; I'm very sorry; I "
        "used to be a hit",
    ),
    "woman": _glosses(
        "woman; young lady; wife",
        "forgets her purse; starts a diet; believes the horoscope; breaks it off; waits for her "
        "husband; beats the mirror; leaves messages unread",
        "I'm not angry; I'll get serious next week; What do you know of me?; It's all your fault; I'm "
        "going to bed",
    ),
    "baby": _glosses(
        "baby; bambino",
        "sees through life; cries at night; asks for more milk; stands for the first time; chooses its "
        "parents; has its nappy changed",
        "Goo-goo; My milk lukewarm, please; I'm past crawling; Call the manager",
    ),
    "cat": _glosses(
        "cat; kitty; puss",
        "sharpens its claws; occupies the kotatsu; gets into a box; ignores its owner; coughs up a "
        "hairball; carries off a fish; lives nine times",
        "Meow; That is my seat; Three strokes at most; I'm tired of dry food; Where is my servant?",
    ),
    "dog": _glosses(
        "dog; doggy; Fido",
        "wags its tail; refuses the walk; buries a bone; barks at the postman; will not give a paw; "
        "looks like its owner",
        "Woof; Walkies yet?; The paw costs extra; I have eaten that shoe; I believed and waited",
    ),
    "rabbit": _glosses(
        "rabbit; bunny",
        "loses to the tortoise; comes back from the moon; leaves its carrots; turns a deaf ear; digs a "
        "hole; pounds rice cakes",
        "I told you I was lonely; I did not lose to the tortoise; The ears are for show; Rice cakes are "
        "a side job",
    ),
    "panda": _glosses(
        "panda; black-and-white",
        "tires of bamboo; makes it black and white; rolls; rests on its fame; lets the man inside out; "
        "goes back to its country",
        "Is there only bamboo?; The rings are from lack of sleep; Let us make it black and white; Don't "
        "look at the zip on my back",
    ),
    "bear": _glosses(
        "bear; brown bear",
        "licks honey; fails to hibernate; holds a salmon in its mouth; plays dead; comes down the "
        "mountain; is met in the woods",
        "Oh, you dropped something; May I hibernate?; Salmon is best raw; The way out of the woods is "
        "over there",
    ),
    "penguin": _glosses(
        "penguin; emperor",
        "waddles; gives up the sky; slips on the ice; is late for the march; wears a tailcoat; warms an "
        "egg",
        "It's not that I can't fly, I won't; I'm on my way back from a wedding; Isn't this ice "
        "melting?; Turn up the cooling",
    ),
    "elephant": _glosses(
        "elephant; jumbo",
        "answers the phone with its trunk; breaks the scales; takes a shower; gives way to an ant; "
        "leaves the circus; has a blocked trunk",
        "Trumpet; My weight is a secret; Sorry for looking down my nose; Where is the graveyard?",
    ),
    "chick": _glosses(
        "chick; cheep",
        "mistakes its parent; breaks its shell; trembles at fried chicken; cheeps; is sold at a fair; "
        "is found out to be male",
        "Cheep; Am I to be fried chicken?; My feathers are not dry yet; I can't tell left from right",
    ),
    "fish": _glosses(
        "fish; tuna",
        "is caught in a net; refuses to be sashimi; doubts the bait; blows bubbles; has dead eyes; "
        "swims the sea",
        "I can see that hook; Anything but sashimi; The water is good; If I stop swimming I die",
    ),
    "sushi": _glosses(
        "sushi; nigiri",
        "goes round; starts its third lap; cries from wasabi; drowns in soy sauce; falls off its rice; "
        "is at the market price",
        "This is my third lap; No wasabi, please; You touch it, you take it; Here you are",
    ),
    "ramen": _glosses(
        "ramen; noodles",
        "goes soggy; orders more noodles; joins the queue; drinks up the soup; sinks the pork; steams "
        "up",
        "Eat quickly or they go soggy; You may leave the soup; The fish cake is no decoration; Noodles "
        "firm",
    ),
    "curry": _glosses(
        "curry; roux",
        "reaches its second day; splashes on white clothes; hides its heat; waits for pickles; is left "
        "in the pot",
        "I am serious on the second day; Ten times as hot; I'm not a drink; Naan, is it?",
    ),
    "cake": _glosses(
        "cake; sweets",
        "loses its strawberry; blows out the candle; goes into the second stomach; has its birthday "
        "forgotten; waits in the fridge",
        "The strawberry comes last; I'll get fat from tomorrow; Congratulations, whoever; Don't fight "
        "over the slices",
    ),
    "onigiri": _glosses(
        "rice ball; omusubi",
        "rolls; hides its filling; gets the pickled plum; wraps itself in seaweed; goes back to rice",
        "I can't tell you the filling; It's a triangle; I like my seaweed crisp; Mother's taste",
    ),
    "burger": _glosses(
        "hamburger; burger",
        "differs from the photo; has its pickle taken; orders chips; sandwiches the meat; dislocates a "
        "jaw",
        "Would you like chips with that?; I'm smaller than in the photo; Think how the pickle feels; I "
        "have lived between two sides",
    ),
    "egg": _glosses(
        "fried egg; egg",
        "burns; breaks its yolk; quarrels over soy or sauce; becomes twins; waits for the morning",
        "I like the yolk; Are you for soy sauce?; Soft-boiled, please; I broke up with sauce",
    ),
    "gyoza": _glosses(
        "gyoza; wrapper",
        "grows wings; is hated for its garlic; breaks its skin; loses in Utsunomiya; calls for beer",
        "I have wings but cannot fly; Not before a date; It's the inside that counts",
    ),
    "car": _glosses(
        "car; own car",
        "gets stuck in traffic; fails its inspection; stalls; defies the navigation; takes three goes "
        "to park; drinks petrol",
        "In three hundred metres, right; Five more years of the loan; Which one is the brake?; Your "
        "destination has vanished",
    ),
    "train": _glosses(
        "train; last train",
        "wakes up at the terminus; fills up; apologises for the delay; misses its connection; leaves "
        "the rails",
        "Next stop, the terminus; Please do not rush; My bag is caught in the door; Late again today",
    ),
    "bus": _glosses(
        "bus; local bus",
        "passes the stop; waits for change; goes on an outing; has a driver who is lost; loses all "
        "passengers",
        "Stopping next; The driver gets off, too; Change at the front; If you feel sick, sit by the "
        "window",
    ),
    "bicycle": _glosses(
        "bicycle; bike",
        "has a puncture; is towed away; loses its training wheels; gives up on the slope; loses its key",
        "Training wheels are no shame; Beyond standing on the pedals; The basket is heavy",
    ),
    "plane": _glosses(
        "plane; jet",
        "comes out of the clouds; fails to take off; loses the luggage; ages by jet lag; eats the "
        "in-flight meal",
        "It's the captain's first time, too; There is room on the wing; Beef or chicken?; We are lost",
    ),
    "ship": _glosses(
        "ship; luxury liner",
        "sinks; avoids the iceberg; gets seasick; takes the wrong port; looks for treasure",
        "Hard to starboard; I see no iceberg; Swimming would be faster; The treasure was friendship",
    ),
    "rocket": _glosses(
        "rocket; spaceship",
        "flies past the moon; postpones the launch; burns up; moves to Mars; is cut loose",
        "Three, two, one, no I can't; I left something on Earth; Moon here; No fuel for the way back",
    ),
    "fuji": _glosses(
        "Mount Fuji; summit",
        "holds back its eruption; appears in a first dream; worships the sunrise; is looked at from "
        "afar; takes off its snow",
        "Being number one is tiring; Look, don't climb; I'll erupt",
    ),
    "castle": _glosses(
        "castle; castle tower",
        "is stormed; climbs its stone wall; throws out its lord; pays rent; is built in one night",
        "My lord has gone mad; To arms, to arms; No deposit; The moat is cold",
    ),
    "buildings": _glosses(
        "office block; tower block",
        "shines with overtime; shouts from the roof; waits for the lift; raises the rent; walks thirty "
        "floors",
        "These lights are overtime; The roof is closed; Which floor?",
    ),
    "snowman": _glosses(
        "snowman; snow statue",
        "melts; fears the spring; wears a bucket; is invited to the kotatsu; is given a carrot for a "
        "nose",
        "Turn off the heating; If only spring never came; My arms are branches",
    ),
}  # fmt: skip
