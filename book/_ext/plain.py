"""A notebook of the book in plain form: CommonMark and `$…$`, with the numbers of the book.

It reads the same in JupyterLab, Colab, VS Code and on GitHub. There are two forms of a chapter: one
with its exercises open and no answer in it, and one with the solutions.
"""

import ast
import re
from copy import deepcopy
from pathlib import Path

import nbformat
from sphinx.errors import ExtensionError

from markers import without_markers

LICENCE = "From the book {title}. Text and figures: CC BY 4.0; code: BSD 3-Clause."

DISPLAY = re.compile(
    r"(?P<before>^[^\s|<#$][^\n]*\n\n)?^\$\$\n(?P<tex>.*?)\n\$\$ \((?P<label>\S+)\)$",
    re.MULTILINE | re.DOTALL,
)
TARGET = re.compile(r"^\(([\w-]+)\)=\n+(#+ )?", re.MULTILINE)
LINK = re.compile(r"\[([^\[\]]*)\]\((?:#([\w-]+)|([\w/]+)\.(?:md|ipynb))\)")
ANSWER = re.compile(
    r"<details>\n<summary>[^<]*solution[^<]*</summary>.*?</details>\s*",
    re.IGNORECASE | re.DOTALL,
)
QUESTION = re.compile(
    r"^:::\{question\} (?P<asked>[^\n]+)\n(?::name: (?P<label>\S+)\n)?\n"
    r"(?P<choices>(?:- [^\n]*\n)+\n)?(?P<answer>.*?)\n:::$",
    re.MULTILINE | re.DOTALL,
)
GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
COLOUR = re.compile(rf"\\textcolor(\{{#\w+\}})({GROUP})")
# What only MyST understands, and what MathJax 2 does not, which Colab and nbconvert typeset with.
RAW = re.compile(
    r"^ *:::|^ *```\{|\{[\w:-]+\}`|^\([\w-]+\)=|^\+\+\+|^%|\$\$ *\(|<!--|\\textcolor",
    re.MULTILINE,
)


class Plain:
    """The plain form of the notebook of a page, with or without its solutions."""

    def __init__(self, app, docname, solved):
        self.app, self.env, self.docname, self.solved = app, app.env, docname, solved

    def notebook(self, notebook, first):
        """The whole of it, with the cell that finds the package and the licence."""
        cells = list(self.cells(notebook.cells))
        (number,) = self.env.toc_secnumbers.get(self.docname, {}).get("", [None])
        if number:
            cells[0].source = cells[0].source.replace("# ", f"# {number}. ", 1)
        start = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
        cells.insert(start, self.code("find-package", "The package of the book", first))
        title = f"*{self.app.config.html_title}*"
        if address := site(self.app):
            title = f"[{title}]({address}{self.app.builder.get_target_uri(self.docname)})"
        licence = LICENCE.format(title=title)
        cells.append(nbformat.v4.new_markdown_cell(licence, id="licence"))
        metadata = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        return nbformat.v4.new_notebook(cells=cells, metadata=metadata)

    def cells(self, cells):
        """The cells, plain; those of an exercise as the edition has them."""
        for index, cell in enumerate(cells):
            if cell.cell_type == "markdown":
                if text := self.text(cell):
                    yield nbformat.v4.new_markdown_cell(text, id=cell.id)
            elif cell.id.startswith("solution-"):
                if self.solved:
                    yield self.code(cell.id, None, cell.source, cell.outputs)
            elif cell.id.startswith("exercise-") and self.solved:
                if given := given_by(cell.source, cells[index + 1].source):
                    yield self.code(cell.id, None, given)
            else:
                yield from self.figure(cell)

    def figure(self, cell):
        """A code cell, and the caption of what it draws."""
        shown = cell.metadata.get("mystnb", {})
        title, figure = shown.get("code_prompt_show", "Show the code"), shown.get("figure")
        if figure:
            numbers = self.env.toc_fignumbers[self.docname]["figure"][figure["name"]]
            number = f"Figure {'.'.join(map(str, numbers))}"
            title = f"Show the code of {number}"
        folded = "hide-input" in cell.metadata.get("tags", [])
        title = title.removeprefix("Show ")
        title = title[0].upper() + title[1:] if folded else None
        yield self.code(cell.id, title, cell.source, cell.outputs)
        if figure:
            caption = self.plain(figure["caption"], cell.id)
            text = f"{anchor(figure['name'])}**{number}.** {caption}"
            yield nbformat.v4.new_markdown_cell(text, id=f"caption-{cell.id}")

    def code(self, name, title, source, outputs=()):
        """A code cell; one with a title is folded, in the ways of JupyterLab and of Colab."""
        metadata = {"jupyter": {"source_hidden": True}, "cellView": "form"} if title else {}
        source = f"# @title {title}\n{source}" if title else source
        outputs = deepcopy(list(outputs)) if self.app.config.student_outputs else []
        for output in outputs:
            if "execution_count" in output:  # another than in the chapter, which has fewer cells
                output.execution_count = None
        return nbformat.v4.new_code_cell(source, id=name, metadata=metadata, outputs=outputs)

    def text(self, cell):
        """A text without the answers that it folds, or with them unfolded."""

        def answer(folded):
            return folded[0].replace("<details>", "<details open>") if self.solved else ""

        return self.plain(ANSWER.sub(answer, cell.source), cell.id).strip()

    def plain(self, text, cell):
        """CommonMark for what MyST adds to it."""
        text = QUESTION.sub(self.question, without_markers(text))
        text = DISPLAY.sub(self.display, text)
        text = TARGET.sub(lambda m: (m[2] or "") + anchor(m[1]) + "\n\n" * (not m[2]), text)
        text = LINK.sub(self.link, text)
        text = COLOUR.sub(r"{\\color\1\2}", text)  # whether \color takes one argument or two
        if raw := RAW.search(text):
            source = self.env.doc2path(self.docname)
            raise ExtensionError(f"{source}: cell {cell}: no plain form is known of {raw[0]!r}")
        return text

    def question(self, found):
        """A question in bold, and its answer folded."""
        asked, label, choices, answer = found.group("asked", "label", "choices", "answer")
        before = f"{anchor(label) if label else ''}**{asked}**\n\n{choices or ''}"
        return f"{before}<details>\n<summary>Answer</summary>\n\n{answer}\n\n</details>"

    def display(self, found):
        """A formula with its number, and before it the place to which links lead."""
        before, tex, label = found.group("before", "tex", "label")
        numbers = self.env.toc_fignumbers[self.docname]["displaymath"][f"equation-{label}"]
        tag = rf"\tag{{{'.'.join(map(str, numbers))}}}"
        return f"{(before or '').rstrip()}{anchor(label)}\n\n$$\n{tex} {tag}\n$$"

    def link(self, found):
        """A link within the notebook, else to the site, else to the notebook beside this one."""
        text, label, page = found.groups()
        if label:
            page, target = self.env.get_domain("std").anonlabels[label]
            if page == self.docname:
                return f"[{text}](#{label})"
            label, target = f"#{label}", f"#{target}"
        else:
            page, label, target = str(Path(self.docname).with_name(page)), "", ""
        if address := site(self.app):
            return f"[{text}]({address}{self.app.builder.get_target_uri(page)}{target})"
        beside = has_exercises(self.env, page)
        return f"[{text}]({Path(page).name}.ipynb{label})" if beside else text


def site(app):
    """The address of the site, if the settings say it."""
    return app.config.html_baseurl and app.config.html_baseurl.rstrip("/") + "/"


def anchor(name):
    """A place to which links lead."""
    return f'<a id="{name}"></a>'


def given_by(starter, solution):
    """What an exercise gives to its solution: all but the call, and what the solution writes."""
    written = {getattr(node, "name", None) for node in ast.parse(solution).body} - {None}
    given = [
        ast.get_source_segment(starter, node)
        for node in ast.parse(starter).body
        if not isinstance(node, ast.Expr) and getattr(node, "name", None) not in written
    ]
    return "\n\n\n".join(given)


def source(env, docname):
    """The notebook of a page, or nothing."""
    path = Path(env.doc2path(docname))
    return nbformat.read(path, as_version=4) if path.suffix == ".ipynb" else None


def has_exercises(env, docname):
    """Whether a page is a notebook that asks something of a student."""
    notebook = source(env, docname)
    return bool(notebook) and any(cell.id.startswith("exercise-") for cell in notebook.cells)
