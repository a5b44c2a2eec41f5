#!/usr/bin/env python3
"""Opens the pages of view_pages in a browser, works through them as a person would, and compares the
numbers that stand on them with the tape's.
    check.py CHROMIUM FOLDER [--shots FOLDER]"""
import json
import os
import sys

from browser import Browser


def close(a, b, digits=6):
    """Whether two numbers are one, up to the digits that a page is written with."""
    if isinstance(a, str) or isinstance(b, str):
        return str(a) == str(b)
    return abs(a - b) <= 10.0 ** -digits * max(abs(a), abs(b)) + 1e-30


class Check:
    """One page, and what a browser must find on it."""

    def __init__(self, browser, folder, name):
        self.browser = browser
        self.path = os.path.join(folder, name + ".html")
        with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
            self.expected = json.load(file)
        self.name = name
        self.compared = 0
        browser.complaints.clear()
        self.seconds = browser.open(self.path)

    def that(self, condition, what):
        if not condition:
            raise AssertionError(f"{self.name}: {what}")

    def equal(self, found, expected, what):
        self.that(found == expected, f"{what}: {found!r}, expected {expected!r}")

    def run(self, script):
        return self.browser.run(script)

    def text(self, selector):
        return self.run(f"(document.querySelector({json.dumps(selector)}) || {{}}).textContent")

    def shown(self, node):
        """The numbers in the table of a node, as the panel shows them."""
        cells = f'#details [data-node="{node}"] td'
        return self.run(f"""[...document.querySelectorAll({json.dumps(cells)})].map((td) => {{
            const x = td.getAttribute('data-value');
            return [Number.isNaN(Number(x)) ? x : Number(x), td.textContent];
        }})""")

    def same_numbers(self, node, expected, what):
        found = self.shown(node)
        self.that(len(found) > 0, f"{what}: no numbers are shown")
        columns = self.run(f"tape.node({node}).value.columns")
        shape = self.run(f"tape.node({node}).shape")
        width = shape[-1] if shape else 1
        for k, (value, text) in enumerate(found):
            at = k // columns * width + k % columns
            if at >= len(expected):
                break
            self.that(close(value, expected[at]), f"{what}: number {k} is {value}, the tape has {expected[at]}")
            self.that(close(float(text), expected[at], 3), f"{what}: the text {text}, the tape has {expected[at]}")
            self.compared += 1

    def nodes(self):
        """Selects each node, some by their links, and compares its numbers."""
        for count, (node, values) in enumerate(self.expected["values"].items()):
            if not values or not self.run(f"Boolean(tape.node({node}))"):
                continue
            if count % 40 == 0:  # a browser follows only so many links in a second
                self.run(f"(location.hash = '#n{node}', new Promise((done) => setTimeout(done, 50)))")
            else:
                self.run(f"select({{node: {node}}})")
            self.that(self.text("#details h2").startswith(f"#{node} "), f"the link to #{node} shows {self.text('#details h2')}")
            self.same_numbers(node, values, f"node #{node}")

    def parameters(self):
        """Clicks on each parameter: its gradient, and the terms that it is the sum of."""
        for name, values in self.expected["gradients"].items():
            node = self.run(f"tape.forward.find((node) => node.parameter === {json.dumps(name)}).i")
            self.run("(folding.weights = new Set(tape.forward.map((node) => node.layer)), draw())")
            self.browser.click(f'[data-unit="node{node}"]')
            self.that(name in self.text("#details h2"), f"a click on {name} shows {self.text('#details h2')}")
            total = self.run(f"tape.total.get({node})")
            self.same_numbers(total, values, f"the gradient of {name}")
            terms = self.run("[...document.querySelectorAll('#details [data-term]')].map((row) => Number(row.dataset.term))")
            self.that(len(terms) > 0, f"{name}: no terms are shown")
            largest = max((abs(v) for v in values if not isinstance(v, str)), default=1)
            off = self.run("[...document.querySelectorAll('#check-sum')].map((p) => Number(p.dataset.off))")
            for difference in off:
                self.that(difference <= 1e-5 * max(largest, 1e-3), f"{name}: terms and gradient differ by {difference}")
        return terms

    def stepping(self):
        """From nothing to all, by keys, by buttons and by the slider."""
        press = self.browser.key
        press("Home")
        self.equal(self.run("position"), 0, "position after Home")
        self.that(self.run("layout.units.filter((u) => !u.isWeight).every((u) => u.g.classList.contains('ghost'))"), "at the beginning boxes are there")
        seen = []
        for _ in range(3):
            press("ArrowRight")
            seen.append(self.run("position"))
        self.that(seen == sorted(set(seen)) and seen[0] > 0, f"→ goes to {seen}")
        press("ArrowLeft")
        self.that(self.run("position") < seen[-1], "← does not go back")
        self.that(self.text("#status").startswith("Record "), f"status: {self.text('#status')}")
        self.browser.click("#next")
        boxes = 0
        phases = set()
        while self.run("position < when.end"):
            press("ArrowRight")
            phases.add(self.text("#status").split(" ")[0])
            boxes += 1
            self.that(boxes < 2000, "the end is never reached")
        self.that({"Record", "Forward", "Backward"} <= phases, f"phases: {phases}")
        self.that(self.run("layout.units.every((u) => !u.g || (!u.g.classList.contains('ghost') && !u.g.classList.contains('recorded')))"), "at the end boxes are missing")
        self.run("(document.activeElement.blur(), goTo(0))")
        press(" ")
        self.that(self.run("timer !== null"), "space does not play")
        press(" ")
        self.that(self.run("timer === null"), "space does not pause")
        self.run("(() => { const s = document.getElementById('slider'); s.value = 5; s.dispatchEvent(new Event('input')); })()")
        self.equal(self.run("position"), 5, "position after the slider")
        press("End")
        self.equal(self.run("position === when.end"), True, "the end after End")

    def folding(self):
        """Cells and layers fold to boxes and open again; nothing is lost on the way."""
        count = "layout.units.filter((u) => !u.isMirror && !u.isWeight).length"
        everything = "new Set(layout.units.filter((u) => !u.isMirror).flatMap((u) => u.nodes.map((n) => n.i))).size"
        self.browser.click("#fold")
        folded = self.run(count)
        self.browser.click("#open")
        opened = self.run(count)
        nodes = self.run(everything)
        self.browser.click("#bars")
        bars = self.run(count)
        self.that(bars < folded < opened, f"boxes: {bars} layers, {folded} cells, {opened} nodes")
        self.equal(self.run(everything), nodes, "nodes in the boxes of layers")
        self.browser.click("#fold")
        unit = self.run("layout.units.find((u) => u.kind === 'cell').id")
        self.browser.click(f'[data-unit="{unit}"]')
        self.that(self.run("Boolean(document.getElementById('open-box'))"), "a click on a folded cell shows no button")
        self.browser.click("#open-box")
        self.that(self.run(count) > folded, "the button opens nothing")
        self.browser.click("[data-close]")
        self.equal(self.run(count), folded, "boxes after folding again")
        self.run(f"layout.units.find((u) => u.id === '{unit}').g.focus()")
        self.browser.key("Enter")
        self.that(self.run(count) > folded, "Enter opens nothing")
        self.browser.click("#fold")

    def mirror(self):
        """Every box with a gradient has its mirror image, at the same place of time."""
        wrong = self.run("""layout.units.filter((u) => u.isMirror).filter((u) =>
            u.x !== u.of.x || u.w !== u.of.w || Math.abs(u.y + u.h + u.of.y + layout.shift) > 1e-6).length""")
        self.equal(wrong, 0, "mirror images that are none")
        below = self.run("layout.units.filter((u) => u.isMirror).length")
        self.that(below > 0, "there are no mirror images")
        self.browser.key("g")
        self.equal(self.run("document.querySelectorAll('.unit.mirror').length"), 0, "mirror images after G")
        self.browser.key("g")
        self.equal(self.run("document.querySelectorAll('.unit.mirror').length"), below, "mirror images after G again")

    def order(self):
        """Boxes come in the order of the tape, each with a text that says what it is; keys go the same way."""
        first = self.run("[...picture.querySelectorAll('.unit:not(.mirror)')].map((g) => layout.units.find((u) => u.g === g).nodes[0].i)")
        self.equal(first, sorted(first), "the order of the boxes")
        self.that(self.run("[...picture.querySelectorAll('.unit')].every((g) => g.getAttribute('aria-label'))"), "a box has no label")
        self.equal(self.run("picture.querySelectorAll('[tabindex=\"0\"]').length"), 1, "boxes that Tab stops at")
        self.run("picture.querySelector('[tabindex=\"0\"]').focus()")
        self.browser.key("ArrowDown")
        self.equal(self.run("layout.units.findIndex((u) => u.g === document.activeElement)"), 1, "the box below the first")
        self.browser.key("ArrowUp")
        self.equal(self.run("layout.units.findIndex((u) => u.g === document.activeElement)"), 0, "the box above it")

    def plan(self):
        """The overlay: kernels in their order with times, and the nodes of each."""
        self.browser.click("#plan")
        kernels = self.run("document.querySelectorAll('[data-kernel]').length")
        self.that(kernels > 0, "no kernels are shown")
        self.equal(kernels, self.run("tape.plan.steps.length"), "kernels")
        self.that(self.run("tape.plan.steps.every((k) => k.ms >= 0)"), "kernels without a time")
        self.that(self.run("document.querySelectorAll('.unit .kernel').length") > 0, "no box has the number of a kernel")
        first = self.run("tape.plan.steps.findIndex((k) => k.nodes.length > 0)")
        self.browser.click(f'[data-kernel="{first}"]')
        self.that(self.text("#details h2").startswith(f"Kernel {first}:"), f"a click on kernel {first} shows {self.text('#details h2')}")
        self.that(self.run("document.querySelectorAll('.unit.hit').length") > 0, "no box of the kernel is marked")
        self.browser.click("#plan")

    def silent(self):
        self.equal(self.browser.complaints, [], "the console")
        self.that(not self.run("performance.getEntriesByType('resource').length"), "something was loaded from elsewhere")

    def done(self):
        self.silent()
        size = os.path.getsize(self.path)
        print(f"{self.name}: {size / 1024:.0f} KB, loaded in {self.seconds:.2f} s, {self.compared} numbers compared")


def check_small(browser, folder, name):
    page = Check(browser, folder, name)
    page.nodes()
    page.parameters()
    page.stepping()
    page.folding()
    page.mirror()
    page.order()
    page.plan()
    page.done()


def check_toy(browser, folder):
    """The tutorials' numbers, as they stand on the page."""
    page = Check(browser, folder, "toy")
    page.nodes()
    page.parameters()
    page.stepping()
    page.mirror()
    page.plan()
    outputs = page.run("tape.forward.filter((node) => node.op.name === 'linear' && node.step < 0).map((node) => node.value.x)")
    page.equal(outputs, [[4, 4, 12, 12, 32, 32]], "the outputs")
    U = page.run("tape.forward.find((node) => node.parameter === 'rnn.h.U').i")
    browser.click(f'[data-unit="node{U}"]')
    terms = page.run("[...document.querySelectorAll('#details .terms tbody tr')].map((row) => tape.node(Number(row.dataset.term)).value.x)")
    page.equal(terms, [[0] * 4, [12] * 4, [12] * 4], "the sum over t of the gradient of U")
    page.that("the sum over t: 3 terms" in page.text("#details").lower(), "the heading of the sum over t")
    rules = page.run("""tape.forward.map((node) => [node.op.name, (tape.given.get(node.i) || [])
        .map((term) => expression(term.gradient, node.i))])""")
    page.equal(rules[9], ["add", ["dy", "dy"]], "the gradient rule of add")
    page.that(rules[10][1][0].startswith("dy rnn.h.U"), f"the gradient rule of linear: {rules[10]}")
    page.that(rules[10][1][1].startswith("dyᵀ "), f"the gradient rule of linear: {rules[10]}")
    page.done()


def check_large(browser, folder):
    """Fifty steps of two layers: folded at first, and not slow."""
    page = Check(browser, folder, "stack")
    page.that(page.seconds < 5, f"it took {page.seconds:.1f} s to load")
    page.that(os.path.getsize(page.path) < 3_000_000, "the page is larger than 3 MB")
    page.that(page.run("layout.units.length") < 1000, "it is not folded at first")
    page.nodes()
    step = page.run("(() => { const t = performance.now(); goTo(4000); goTo(when.end); return (performance.now() - t) / 2; })()")
    page.that(step < 200, f"a step takes {step:.0f} ms")
    opened = page.run("(() => { const t = performance.now(); foldAll('open'); return performance.now() - t; })()")
    page.that(opened < 10000, f"opening all takes {opened:.0f} ms")
    page.run("foldAll('cells')")
    page.folding()
    page.plan()
    page.done()
    print(f"stack: a step {step:.0f} ms, all cells opened in {opened:.0f} ms")


def check_names(browser, folder):
    """Names that would be markup are shown as they are."""
    page = Check(browser, folder, "names")
    page.nodes()
    page.run("(location.hash = '', welcome())")
    page.equal(page.run("document.title"), "</title><script>alert(1)</script>", "the title")
    name = page.run("tape.forward.find((node) => node.parameter).parameter")
    page.equal(name, "</script><b>.<!--\"'&\ufffd", "the parameter")
    page.that(name in page.text("#details"), "the parameter is not listed")
    page.equal(page.run("document.querySelectorAll('b:not(#legend b)').length"), 0, "elements made of a name")
    page.run("(location.hash = '#n0', document.getElementById('all').open = true)")
    page.equal(page.run("document.scripts.length"), 2, "scripts")
    page.done()


def shots(browser, folder, where):
    """Pictures for eyes, in light and dark and as printed."""
    os.makedirs(where, exist_ok=True)
    for name in ("toy", "lstm", "my_cell", "stack"):
        for scheme in ("light", "dark"):
            browser.media(scheme)
            browser.open(os.path.join(folder, name + ".html"))
            browser.screenshot(os.path.join(where, f"{name}_{scheme}.png"))
    browser.media("light", "print")
    browser.open(os.path.join(folder, "toy.html"))
    browser.pdf(os.path.join(where, "toy.pdf"))
    browser.media()


def main():
    program, folder = sys.argv[1:3]
    browser = Browser(program)
    try:
        check_toy(browser, folder)
        check_small(browser, folder, "lstm")
        check_small(browser, folder, "my_cell")
        check_large(browser, folder)
        check_names(browser, folder)
        if len(sys.argv) == 5 and sys.argv[3] == "--shots":
            shots(browser, folder, sys.argv[4])
    except (AssertionError, RuntimeError) as mistake:
        print(f"browser: {mistake}; the console: {browser.complaints}", file=sys.stderr)
        return 1
    finally:
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
