"""What is there as a YAML file that can be applied: the same bytes for the same configuration."""

from collections.abc import Mapping
from typing import Any

import yaml
from sqlalchemy.ext.asyncio import AsyncConnection

from app.configuration.entries import DRAFTS
from app.configuration.present import known
from app.configuration.scalars import needs_quotes
from app.configuration.things import SECTIONS, Name, Thing
from app.kernel.problems import Conflict

_HEADING = "# The configuration as `outward export config` wrote it; `outward apply` takes it.\n"
_WIDTH = 120
_OTHER_LINE_BREAKS = frozenset("\x85\u2028\u2029")
_TEXT, _MAP, _LIST = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))


async def configuration(connection: AsyncConnection) -> dict[str, list[dict[str, Any]]]:
    """All that is configured, as a file has it: the entries of each section.

    Raises:
        Conflict: several things go by the same name, so that a file could not tell them apart.
    """
    present = (await known(connection)).present
    if present.ambiguous:
        several = ", ".join(sorted(str(name) for name in present.ambiguous))
        raise Conflict(f"Several go by the same name, which a file cannot tell apart; rename all but one: {several}.")
    return sections_of(present.things)


def sections_of(things: Mapping[Name, Thing]) -> dict[str, list[dict[str, Any]]]:
    """Things as a file has them: sorted by what they go by, without what has its default."""
    return {
        section: [
            stated(things[name])
            for name in sorted((name for name in things if name.kind is kind), key=lambda name: name.key)
        ]
        for section, kind in SECTIONS.items()
    }


def as_yaml(sections: Mapping[str, list[dict[str, Any]]]) -> str:
    """The file itself."""
    return _HEADING + "\n".join(_section(section, entries) for section, entries in sections.items())


def stated(thing: Thing) -> dict[str, Any]:
    """The fields that differ from what they are when left out."""
    defaults = {name: field.get_default() for name, field in DRAFTS[thing.name.kind].model_fields.items()}
    return {
        name: value
        for name, value in thing.fields.items()
        if value is not None and (name not in defaults or value != defaults[name])
    }


def _section(section: str, entries: list[dict[str, Any]]) -> str:
    if not entries:
        return f"{section}: []\n"
    written = "".join(_entry(entry) for entry in entries)
    return f"{section}:\n{written}"


def _entry(entry: Mapping[str, Any]) -> str:
    dumped = yaml.dump(_Block(entry), Dumper=_Dumper, width=_WIDTH, allow_unicode=True, sort_keys=False)
    first, *others = dumped.removesuffix("\n").split("\n")
    return "\n".join([f"- {first}", *(f"  {line}" if line else line for line in others)]) + "\n"


class _Block(dict[str, Any]):
    """An entry: its fields stand beneath each other."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    read_as: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    plain = read_as == _TEXT and not needs_quotes(text)
    escaped = not _OTHER_LINE_BREAKS.isdisjoint(text)
    style = '"' if escaped else "|" if "\n" in text else None if plain else '"'
    return dumper.represent_scalar(_TEXT, text, style)


def _represent_block(dumper: yaml.SafeDumper, entry: _Block) -> yaml.Node:
    values = {name: _Lines(value) if name in _IN_LINES and value else value for name, value in entry.items()}
    return dumper.represent_mapping(_MAP, values.items(), flow_style=False)


class _Lines:
    """A value whose parts stand beneath each other, each in one line."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _represent_lines(dumper: yaml.SafeDumper, lines: _Lines) -> yaml.Node:
    if isinstance(lines.value, dict):
        return dumper.represent_mapping(_MAP, lines.value.items(), flow_style=False)
    return dumper.represent_sequence(_LIST, lines.value, flow_style=False)


def _represent_flow_map(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping(_MAP, value.items(), flow_style=True)


def _represent_flow_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence(_LIST, value, flow_style=True)


_IN_LINES = frozenset({"hours", "targets", "escalations"})
_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(dict, _represent_flow_map)
_Dumper.add_representer(list, _represent_flow_list)
_Dumper.add_representer(_Block, _represent_block)
_Dumper.add_representer(_Lines, _represent_lines)
