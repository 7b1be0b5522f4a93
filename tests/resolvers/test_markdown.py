"""Markdown becomes HTML in which nothing runs, loads or hides."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.markdown import direction_of, html_of, plain


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**a** *b*", "<p><strong>a</strong> <em>b</em></p>\n"),
        (
            "| a |\n|---|\n| b |",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"),
        ("[a](mailto:a@b.example)", '<p><a href="mailto:a@b.example" rel="noopener noreferrer">a</a></p>\n'),
        ("执行 ливан قنابل", "<p>执行 ливан قنابل</p>\n"),
    ],
)
def test_what_is_written_is_what_is_shown(markdown: str, html: str) -> None:
    assert html_of(markdown) == html


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![a](https://x.example/a.png)",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "[a]: javascript:alert(1)\n\n[a]",
    ],
)
def test_nothing_runs_and_nothing_is_loaded(markdown: str) -> None:
    html = html_of(markdown)

    assert not re.search(r"<(?!/?(?:p|a)\b)", html)
    assert not re.search(r'(?:href|src)="(?!https?:|mailto:)', html)
    assert "<img" not in html


@given(st.text(alphabet=st.sampled_from(list("<>&\"'`[]()!*_#|-=\\:/ \njavscriptonerlmg")), max_size=200))
def test_whatever_is_written(markdown: str) -> None:
    tags = re.findall(r"<[^>]*>", html_of(markdown))

    assert not [each for each in tags if re.search(r"\son\w+=|javascript:|<script|<img", each, re.IGNORECASE)]


def test_arabic_is_written_from_the_right() -> None:
    assert [direction_of(each) for each in ("ar", "AR-eg", "fr", "zh")] == ["rtl", "rtl", "ltr", "ltr"]


@pytest.mark.parametrize(
    ("markdown", "read"),
    [
        ("Plain words,\nin two lines.", "Plain words,\nin two lines."),
        ("a*b*c **d** ~~e~~ `f`", "abc d e f"),
        ("[a](https://b.example 'c')d", "ad"),
        ("&#90;a &amp; \\*b\\*", "Za & *b*"),
        ("a<b></b>b <!-- c\nd -->e 1 < 2", "ab e 1 < 2"),
        ("# A\n\n- *b*\n- c\n\n```\nd\n```\n", "A\nb\nc\nd\n"),
        ("| a | b |\n|---|---|\n| *c* | d |", "a\nb\nc\nd"),
    ],
)
def test_what_is_read_is_words_alone(markdown: str, read: str) -> None:
    assert plain(markdown) == read
