"""Hands a file to Doxygen in the form it asks for (a filter: python3 doxygen_filter.py FILE).

In a page of Markdown, links to files that are neither pages nor headers become plain text.

In a header the first comment is about the file, one comment holds for the declarations up to the next
blank line, and a member may have its comment at the end of its line; Doxygen wants a comment for each
declaration, and another mark at the end of a line. Members that many classes have under the same name
(State, step, source, hidden ...) are described in the two lists below."""
import re
import sys

EVERYWHERE = [
    (r"using State = ", "What a step hands to the next."),
    (r"using Options = ", "What its constructor takes."),
    (r"static constexpr std::string_view \w*source\b", "The paper that the equations are from."),
    (r"static constexpr std::string_view \w*equations\b", "One step, as `--list` prints it."),
    (r"static constexpr std::string_view name\b", "Its name in lists and on command lines."),
    (r"\[\[nodiscard\]\] State zero_state\(", "The state before the first step, for `batch` rows."),
    (r"\[\[nodiscard\]\] [\w:]+ step\(Var x, ",
     "One step: x is (B, in), h and what else is carried (B, hidden) unless the cell says otherwise. "
     "Throws ShapeError, naming the operation, where shapes do not fit."),
    (r"friend bool operator==\(", "Equal in every part."),
]
IN_CELLS = [
    (r"(explicit )?\w+\(const Parameters& \w+, Input in, Index hidden",
     "A cell of `hidden` units, for x of `in` features; its parameters are added to `p`."),
    (r"(explicit )?[A-Z]\w+\(const Parameters& ", "Its parameters are added to `p`."),
    (r"struct State \{", "What a step hands to the next, named as in the equations."),
    (r"Index hidden;", "The number of units."),
    (r"(static constexpr )?Index ", "How many: units in all, or parts of the kind that its name says."),
    (r"static constexpr double ", "A constant of the equations."),
    (r"(typename )?[\w:]+(<.*>)? (\(\*)?\w+(, \w+)*(\)\(Var\))?( = .*)?;",
     "A part of the equations, by its name there."),
]


def indentation(line):
    return len(line) - len(line.lstrip())


def alone(line):
    """Gate z, r, n; is three members."""
    several = re.fullmatch(r"( +[\w:<>]+ )(\w+(?:, \w+)+);", line)
    return [f"{several[1]}{name};" for name in several[2].split(", ")] if several else [line]


def prepare(lines, is_cell):
    """The lines of a header, each declaration with a comment before it or at its end."""
    comment, used = [], False  # that of the paragraph, and whether a declaration has had it
    before = ""  # the line before, which may be the head of a template
    for line in lines:
        text = line.strip()
        here = comment if comment and indentation(comment[0]) == indentation(line) else []
        if text.startswith("///"):
            comment, used = (here if not used else []) + [line], False
        elif not text:
            comment, used = [], False
        elif text.startswith("extern template"):
            line = ""  # Doxygen takes it for a function of its own
        elif text[0] in "}#/:" or text.startswith(("public:", "private:", "namespace")):
            pass
        elif re.search(r"[;,] +// ", line):
            declared, said = re.split(r" +// ", line, maxsplit=1)
            *first, last = alone(declared)
            yield from (f"{member}  ///< {said}" for member in first)
            line = f"{last}  ///< {said}"
        elif not re.match(r"(template|requires).*[^;}]$", before):
            if not here and line[0] == " ":
                rules = EVERYWHERE + (IN_CELLS if is_cell else [])
                here = next(([f"  /// {said}"] for form, said in rules if re.match(form, text)), [])
                yield from here
            elif used:
                yield from here
            used = used or bool(here)
            *first, line = alone(line)
            for member in first:
                yield member
                yield from here
        before = text
        yield line


def page(text):
    text = re.sub(r"(?<!!)\[([^]\n]+)\]\((?!https?:|#)[^)\s]*?(?<!\.md)(?<!\.h)\)", r"\1", text)
    return re.sub(r"(?<!`)`([^`\n]*'[^`\n]*)`(?!`)", r"``\1``", text)  # ' would end what ` begins


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
if sys.argv[1].endswith(".md"):
    print(page(text))
else:
    text = text.replace("#pragma once\n///", "#pragma once\n/// @file\n///", 1)
    print("\n".join(prepare(text.split("\n"), "/cells/" in sys.argv[1])))
