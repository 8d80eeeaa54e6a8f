"""Markdown as HTML that may stand on a page: what a handout says is text, links and pictures, never markup or scripts of its own.

Raw HTML in the Markdown is shown as the text it is. A link leads to http, https, or a place on this site; a picture is an SVG file of the
lab's own ``pictures/``, embedded as an image, in which scripts never run.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markupsafe import Markup

PICTURE = re.compile(r"pictures/([a-z0-9_-]+\.svg)\Z")
LINK = re.compile(r"(https?://|#|/(?!/))[^\s\\]*\Z", re.IGNORECASE)

PictureUrl = Callable[[str], str]
"""A file name in ``pictures/`` -> the address that serves it."""


class _Safe(Treeprocessor):
    def __init__(self, md: markdown.Markdown, picture_url: PictureUrl) -> None:
        super().__init__(md)
        self.picture_url = picture_url

    def run(self, root: ET.Element) -> None:
        for element in root.iter():
            if element.tag == "a":
                target = element.get("href", "")
                if not LINK.match(target):
                    element.attrib.pop("href", None)
            elif element.tag == "img":
                match = PICTURE.match(element.get("src", ""))
                element.set("src", self.picture_url(match[1]) if match else "")


class _SafeExtension(Extension):
    def __init__(self, picture_url: PictureUrl) -> None:
        super().__init__()
        self.picture_url = picture_url

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # the library's name
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.treeprocessors.register(_Safe(md, self.picture_url), "safe", 0)


def render(path: Path, picture_url: PictureUrl) -> Markup:
    """The handout at ``path`` as HTML, its own title left out (the page has one)."""
    text = re.sub(r"\A# [^\n]*\n", "", path.read_text(encoding="utf-8"))
    md = markdown.Markdown(extensions=["fenced_code", "tables", _SafeExtension(picture_url)], output_format="html")
    made = md.convert(text)
    return Markup(made.replace("<pre>", '<pre tabindex="0">'))  # it may scroll, and must then be reached without a mouse; text has no "<"
