"""Pairs of captions of a photo of which one is clearly better liked: what rankers learn and are judged by."""


def clearly_more(stars: int) -> int:
    """Return the least number of stars that is clearly more than `stars`: twice as many and three.

    Stars measure how many saw a caption, too, so a difference alone says little: twice as many is more than
    most differences in age and place make. And near zero one voter, who gives several stars at once, is no
    majority. The rule is the same for training and for judging, for real stars and the embedded site's.
    """
    return 2 * stars + 3
