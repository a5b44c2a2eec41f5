"""Writes html_entities.cpp: the named characters of HTML 5, as Python knows them.

    python3 examples/text/html_entities.py
"""

from html.entities import html5
from pathlib import Path

HEAD = '''// Written by html_entities.py: the named characters of HTML 5, by their names.
#include "text/html.h"

namespace text {
namespace {

// clang-format off
constexpr NamedCharacter kNamed[] = {
'''
TAIL = """};
// clang-format on

}  // namespace

std::span<const NamedCharacter> named_characters() { return kNamed; }

}  // namespace text
"""


def main() -> None:
    lines, line = [], "   "
    for name in sorted(name[:-1] for name in html5 if name.endswith(";")):
        codes = [ord(c) for c in html5[name + ";"]] + [0]
        entry = f' {{"{name}", {codes[0]:#x}, {codes[1]:#x}}},'
        if len(line + entry) > 99:
            lines.append(line)
            line = "   "
        line += entry
    path = Path(__file__).with_suffix(".cpp")
    path.write_text(HEAD + "\n".join([*lines, line]) + "\n" + TAIL)


if __name__ == "__main__":
    main()
