"""Drawing in SVG: elements, and text that keeps within a width. Pure.

What is drawn stands alone: presentation attributes only, so that it needs no style sheet, script, font or address.
"""

import re
import unicodedata
from xml.etree import ElementTree

Element = ElementTree.Element

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW = frozenset("fijlrtI.,:;'`|!()[]{}/ ‹›’-")
_BROAD = frozenset("mwMW@%—…")


def element(name: str, parent: Element | None = None, text: str | None = None, /, **attributes: object) -> Element:
    """An element; numbers are written to a tenth, and `font_size` is the attribute `font-size`."""
    written = {key.rstrip("_").replace("_", "-"): _written(value) for key, value in attributes.items()}
    made = ElementTree.Element(name, written) if parent is None else ElementTree.SubElement(parent, name, written)
    if text is not None:
        made.text = legible(text)
    return made


def document(root: Element) -> str:
    """The whole drawing as text."""
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def legible(text: str) -> str:
    """The text without what XML cannot say."""
    return _FORBIDDEN.sub("\ufffd", text)


def width_of(text: str, size: float, bold: bool = False) -> float:
    """About how wide the text is in a common sans-serif font, rather more than less."""
    units = sum(_units(character) for character in text)
    return units * size * (1.06 if bold else 1.0)


def cut(text: str, width: float, size: float, bold: bool = False) -> str:
    """On one line within the width: what does not fit is left out at the end."""
    line = " ".join(text.split())
    if width_of(line, size, bold) <= width:
        return line
    room, kept = width - width_of("…", size, bold), 0
    for character in line:
        room -= width_of(character, size, bold)
        if room < 0:
            break
        kept += 1
    return line[:kept].rstrip() + "…"


def wrapped(text: str, width: float, size: float, most_lines: int, bold: bool = False) -> list[str]:
    """On lines within the width; what is too much for the last of them is left out."""
    lines = [""]
    words = text.split()
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}".lstrip()
        if width_of(longer, size, bold) <= width or not lines[-1]:
            lines[-1] = longer
        elif len(lines) < most_lines:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {' '.join(words[number:])}"
            break
    return [cut(line, width, size, bold) for line in lines]


def balanced(text: str, width: float, size: float, most_lines: int, bold: bool = False) -> list[str]:
    """As ``wrapped``, in as many lines, but of about equal length where all of it fits."""
    found = wrapped(text, width, size, most_lines, bold)
    whole = " ".join(text.split())
    narrower = found
    while " ".join(narrower) == whole and len(narrower) > 1:
        found, width = narrower, width * 0.96
        narrower = wrapped(text, width, size, len(found), bold)
    return found


def _units(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.3
    if character in _BROAD:
        return 0.9
    return 0.7 if character.isupper() else 0.55


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return legible(str(value))
