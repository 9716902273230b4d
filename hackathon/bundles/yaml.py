"""YAML as people mean it: 1.2 core schema, so that `1e-4` is a number, `no` is text and dates stay text.

PyYAML's own loaders follow YAML 1.1, where the three above are a string, a boolean and a date object. Aliases, tags,
doubled keys and keys that are not text are refused, each with its line.
"""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar

import yaml
from django.utils.translation import gettext as _
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.dumper import SafeDumper
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from hackathon.errors import MAX_LISTED, more_problems
from hackathon.web.incoming import text_problem
from training_worker.contract.base import JSON

MAX_BYTES = 256 * 1024
MAX_TOKENS = 10_000
"""A thousand labels are 2,000. Each costs some 30 µs, so 256 KiB of the shortest would take seconds."""
MAX_DEPTH = 50
Path = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"^(?:null|Null|NULL|~|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


class YamlInvalid(Exception):
    """The text is not YAML that we accept. `problems` are (line from 1, message); line 0 means the whole text.

    `data` and `lines` are what could be read all the same, with null or "" for what was refused; None where nothing.
    """

    def __init__(
        self, problems: list[tuple[int, str]], data: JSON = None, lines: dict[Path, int] | None = None
    ) -> None:
        self.data, self.lines = data, lines or {}
        self.problems = problems[:MAX_LISTED]
        if len(problems) > MAX_LISTED:
            self.problems.append((0, more_problems(len(problems) - MAX_LISTED)))
        super().__init__("; ".join(f"line {line}: {message}" for line, message in self.problems))


class CoreResolver(BaseResolver):
    """What a plain scalar is, by YAML 1.2's core schema. The order matters: every integer looks like a float too."""


for _name, _pattern, _first in (
    ("null", _NULL, ["~", "n", "N", ""]),
    ("bool", _BOOL, list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
):
    CoreResolver.add_implicit_resolver(_TAG + _name, _pattern, _first)


class CoreLoader(Reader, Scanner, Parser, Composer, SafeConstructor, CoreResolver):
    """Builds plain JSON values; remembers where each began in `lines` and what is wrong in `problems`."""

    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    def __init__(self, text: str) -> None:
        text, self._written = _without_old_breaks(text)
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        CoreResolver.__init__(self)
        self.lines: dict[Path, int] = {}
        self.problems: list[tuple[int, str]] = []
        self.scanned = self.depth = 0

    def fetch_more_tokens(self) -> None:
        """Before each token, and so before anything is built of it."""
        self.scanned += 1
        if self.scanned > MAX_TOKENS:
            told = _("This YAML is too large: it has more than %(limit)d tokens.") % {"limit": MAX_TOKENS}
            raise YamlInvalid([(self.line + 1, told)])
        super().fetch_more_tokens()

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]
            self.problems.append((event.start_mark.line + 1, _("Aliases (*name) are not accepted.")))
            return yaml.ScalarNode(_TAG + "null", "", event.start_mark, event.end_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise YamlInvalid([(self.line + 1, _("The text is nested too deeply."))])
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def read(self) -> JSON:
        """The document's value. Raises `YamlInvalid` with every problem."""
        node = self.get_single_node()
        value = None if node is None else self._value(node, ())
        if self.problems:
            raise YamlInvalid(sorted(self.problems), value, self.lines)
        return value

    def _value(self, node: yaml.Node, path: Path) -> JSON:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._value(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._refuse(node, _("Tags (!name) are not accepted."))
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, JSON]:
        result: dict[str, JSON] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                self._refuse(key_node, _("A key must be text."))
                continue
            if key in result:
                self._refuse(key_node, _("Duplicate key “%(key)s”.") % {"key": key[:100]})
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = self._value(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.ScalarNode) -> JSON:
        text: str = node.value.translate(self._written)
        if problem := text_problem(text):
            self._refuse(node, problem)
            return ""
        kind = node.tag.removeprefix(_TAG)
        pattern = {"null": _NULL, "bool": _BOOL, "int": _INT, "float": _FLOAT}.get(kind)
        if kind == "str":
            return text
        if pattern is None or not pattern.match(text):
            self._refuse(node, _("Tags (!name) are not accepted."))
            return None
        if kind == "int":
            return self._integer(node, text)
        if kind == "float":
            return _float(text)
        return None if kind == "null" else text.lower() == "true"

    def _integer(self, node: yaml.ScalarNode, text: str) -> int | None:
        try:
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        except ValueError:  # Python reads at most 4,300 digits
            self._refuse(node, _("This number is too long."))
            return None

    def _refuse(self, node: yaml.Node, message: str) -> None:
        self.problems.append((node.start_mark.line + 1, message))


def _without_old_breaks(text: str) -> tuple[str, dict[int, str]]:
    """The text with other characters in place of U+0085, U+2028 and U+2029, and what those stand for.

    They end a line in YAML 1.1, which PyYAML reads, and are characters like others in 1.2.
    """
    found = [char for char in "\x85\u2028\u2029" if char in text]
    if not found:
        return text, {}
    lower = text.lower()
    free = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text and f"{code:x}" not in lower)
    written = dict(zip(free, found, strict=False))
    return text.translate({ord(char): code for code, char in written.items()}), written


def _float(text: str) -> float:
    if text.lower().endswith((".inf", ".nan")):
        return math.nan if text[-1] in "nN" else math.copysign(math.inf, -1 if text[0] == "-" else 1)
    return float(text)


def load_with_lines(text: str | bytes) -> tuple[JSON, dict[Path, int]]:
    """The document's value and the line (from 1) of every key and item by its path. Raises `YamlInvalid`."""
    if len(text) > MAX_BYTES:
        raise YamlInvalid([(0, _("The text is longer than %(limit)d KiB.") % {"limit": MAX_BYTES // 1024})])
    try:
        loader = CoreLoader(text if isinstance(text, str) else text.decode())
        return _read(loader), loader.lines
    except UnicodeDecodeError:
        raise YamlInvalid([(0, _("The text is not UTF-8."))]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        raise YamlInvalid([(line, _("This is not YAML: %(problem)s.") % {"problem": error.problem})]) from None
    except yaml.YAMLError:
        raise YamlInvalid([(0, _("The text has characters that YAML does not allow."))]) from None


def _read(loader: CoreLoader) -> JSON:
    """Raises `YamlInvalid` also for an escape like \\U00110000, at which PyYAML itself raises something else."""
    try:
        return loader.read()
    except (ValueError, OverflowError):
        raise YamlInvalid([(loader.line + 1, _("There is no character of this number."))]) from None


def load(text: str | bytes) -> JSON:
    """The document's value as `json.loads` would give it (plus infinities and NaN). Raises `YamlInvalid`."""
    return load_with_lines(text)[0]


class CoreDumper(SafeDumper):
    """Writes what `load` reads back as the same value."""

    yaml_implicit_resolvers = CoreResolver.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: CoreDumper, text: str) -> yaml.ScalarNode:
    """Lines as a block; text with other breaks than a line feed in double quotes, or YAML reads them as one."""
    style = "|" if "\n" in text else None
    if any(char in text for char in "\r\x85\u2028\u2029\ufeff"):
        style = '"'
    return dumper.represent_scalar(_TAG + "str", text, style=style)


CoreDumper.add_representer(str, _represent_text)


def dump(data: JSON) -> str:
    """Block-style YAML in the given order of keys."""
    text: str = yaml.dump(data, Dumper=CoreDumper, sort_keys=False, allow_unicode=True, width=120)
    return text
