"""A long description on a page of each kind, and the admin's preview of it, as a browser shows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from hackathon.models import Challenge, Hackathon
from hackathon.services.organizers import make_organizer
from tests.browser.inspection import inspect_in_both_themes
from tests.browser.watched import Watched
from tests.factories import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [1280, 390])
TEXT = r"""[TOC]

# The task

Tag every <label> where a<b && x>y. The rules are [below](#data--rules), the source is https://example.org/a_b_c?x=1, 见https://example.org/a，谢谢。
A list without a blank line:
- one
  - two, with `code` and ~~a mistake~~
    - three
1. first

   ```python
   if a < b and c > d: print("<label>", "a long line of code that is wider than a telephone and than a column")
   ```
2. second

## Data & rules

Prizes are $500 to $900. A sentence, then a table:
| column of words | centre | right | much more | and more | and still more | and the last |
|:----------------|:------:|------:|-----------|----------|----------------|--------------|
| $x^2$           | `code` |   1.5 | <i>typed</i> | **bold** | ~~gone~~    | https://example.org |

- [ ] not done
- [x] done, with a [link](https://example.org)

### 公式

The loss is $\frac{1}{n}\sum_{i=1}^n \log p(y_i \mid x_i)$ where \(a<b\); a typing error is $\foo{x}$.

$$
\begin{aligned}
\mathcal{L}(\theta) &= \sum_{i=1}^{n} \left( y_i - \hat{y}_i \right)^2 + \lambda \lVert \theta \rVert_2^2 \\
f(x) &= a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u + v + w + x + y + z \\
- x &= \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
\end{aligned}
$$

A note[^1], again[^1].

![The icon](/static/hackathon/icon.svg) ![A picture elsewhere](https://example.org/cat.png)

> A quotation.
> - with a list

***

The end.

[^1]: The *note* at the foot.
"""


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    for model in (Hackathon, Challenge):
        model.objects.update(description=TEXT)
    return world


@WIDTHS
def test_a_long_description_is_sound(world: World, watched: Watched, width: int) -> None:
    for path in (f"/c/{world.challenge.slug}/", f"/h/{world.hackathon.slug}/"):
        page = watched.open(path, user=world.captain, width=width)
        assert inspect_in_both_themes(page) == [], path
        assert page.locator(".prose math").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_links_in_a_description_find_their_headings(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/", user=world.captain)
    for name, target in (("公式", "user-content-公式"), ("below", "user-content-data--rules")):
        page.locator(".prose").get_by_role("link", name=name, exact=True).click()
        assert page.evaluate("document.querySelector(':target').id") == target


@WIDTHS
def test_the_preview_is_asked_for_by_keyboard(world: World, watched: Watched, width: int) -> None:
    page = _form(world, watched, width)
    page.locator("#id_description").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    preview.locator("math").first.wait_for()
    assert preview.get_by_role("heading", name="Data & rules").count() == 1
    page.evaluate("document.querySelectorAll('.form-row:not(.field-description)').forEach((row) => row.remove())")
    assert inspect_in_both_themes(page) == []  # the other rows are Django's own
    page.locator("#id_description").fill("> " * 20 + "deep")
    page.get_by_role("button", name="Preview").press("Space")
    preview.get_by_text("Lists or quotes are nested too deeply.").wait_for()


def test_a_preview_that_cannot_be_loaded_says_so(world: World, watched: Watched) -> None:
    page = _form(world, watched, 1280)
    page.route("**/preview/", lambda route: route.fulfill(status=503, body="away"))
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="Preview").get_by_text("The preview could not be loaded. Try again.").wait_for()
    assert [problem for problem in watched.problems if "503" in problem] == watched.problems
    watched.problems.clear()


def _form(world: World, watched: Watched, width: int) -> Page:
    make_organizer(user=world.organizer)
    world.organizer.refresh_from_db()
    path = f"/admin/hackathon/hackathon/{world.hackathon.pk}/change/"
    return watched.open(path, user=world.organizer, width=width)
