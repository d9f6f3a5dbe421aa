"""The users of the embedded site: how many there are, and their names."""

from math import ceil, isqrt

_BOKES_PER_USER = 25
_NAMES = (
    "ぺんぎん",
    "たぬき",
    "まめしば",
    "のりたま",
    "うどん",
    "かっぱ",
    "こけし",
    "だるま",
    "しらす",
    "もなか",
)


def user_count(bokes: int) -> int:
    """Return how many users a site of so many boke has.

    The number is prime. A photo's boke have numbers that lie as far apart as the site has photos, and with a
    count that divides that distance one user would have written all of them.
    """
    return _prime_from(ceil(bokes / _BOKES_PER_USER))


def user_name(number: int) -> str:
    """Return the name of user `number`, from 0."""
    return f"{_NAMES[number % len(_NAMES)]}{number}"


def user_number(name: str) -> int | None:
    """Return the number of the user who has this name, None where nobody can have it."""
    digits = name.lstrip("".join(_NAMES))
    if not digits.isdecimal() or len(digits) > 9:  # int() of a very long number takes long
        return None
    return int(digits) if name == user_name(int(digits)) else None


def _prime_from(n: int) -> int:
    """Return the smallest prime that is not below `n`."""
    n = max(n, 2)
    while any(n % divisor == 0 for divisor in range(2, isqrt(n) + 1)):
        n += 1
    return n
