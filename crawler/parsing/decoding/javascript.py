"""Reads what a string in a script says."""

import re

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_SINGLE |= dict.fromkeys(["\n", "\r", "\r\n", "\u2028", "\u2029"], "")  # a line that goes on below


def unescaped(literal: str) -> str:
    """Return what a string literal of JavaScript says, given what stands between its quotes.

    Source: ECMA-262, "String Literals". Two halves of a character are joined; a half alone stays what it is.
    """
    string = _ESCAPE.sub(_character, literal)
    return string.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _SINGLE.get(match[4], match[4])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
