"""What an unquoted word in a file means, and which ones mean different things to different readers of YAML. Pure.

YAML 1.1 reads `no` as false, `12:30` as 750 and `010` as 8; YAML 1.2 does not. Whoever writes a file should not have to
know which one reads it: such words are refused, with a hint to quote them. Dates are text, quoted or not.
"""

import re

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TRUTHS = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
_SIXTIETHS = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_OTHER_BASES = re.compile(r"[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+)")
_UNDERSCORED = re.compile(r"[-+]?[0-9]+(_[0-9]+)+(\.[0-9_]*)?")


class Ambiguous(ValueError):
    """A word that readers of YAML take for different things; the message says how to write it."""


def meaning(word: str) -> str | int | float | bool | None:
    """What an unquoted word means.

    Raises:
        Ambiguous: it means something else to another reader of YAML.
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if _INTEGER.fullmatch(word):
        return int(word) if len(word) <= 20 else word
    if _TRUTHS.fullmatch(word):
        raise Ambiguous(
            f'{word} can be a truth value in YAML: write true or false, or "{word}" in quotes for the text.'
        )
    if _SIXTIETHS.fullmatch(word):
        raise Ambiguous(f'{word} can be a number in YAML, to the base of sixty: write "{word}" in quotes.')
    if _OTHER_BASES.fullmatch(word) or _UNDERSCORED.fullmatch(word):
        raise Ambiguous(
            f'{word} can be another number in YAML: write it in plain digits, or "{word}" in quotes for text.'
        )
    if _FRACTION.fullmatch(word):
        return float(word) if len(word) <= 40 else word
    return word


def needs_quotes(text: str) -> bool:
    """Whether the text would not be read as itself if it stood unquoted."""
    try:
        return meaning(text) is not text
    except Ambiguous:
        return True
