"""The app's HTML. All text from Confluence or the browser goes through `text()`."""

from __future__ import annotations

import html
import urllib.parse
from dataclasses import dataclass
from typing import Any

from confluence import Page, Space, User


def text(value: Any) -> str:
    """Returns `value` as text that is safe in HTML and in attributes."""
    return html.escape(str(value), quote=True)


@dataclass(frozen=True)
class DemoParts:
    """HTML that the demo adds to the page. A real app has no such parts."""

    head: str
    above: str
    aside: str
    below: str


def whole_page(content: str, who: str, demo: DemoParts | None) -> str:
    demo = demo or DemoParts("", "", "", "")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Page finder</title>
  <link rel="stylesheet" href="/app/static/style.css">
  <link rel="icon" href="data:,">
  {demo.head}
</head>
<body>
  <a class="skip" href="#content">To the content</a>
  <header class="top"><a class="name" href="/app/">Page finder</a>{who}</header>
  {demo.above}
  <div class="columns">
    <main id="content">{content}</main>
    {demo.aside}{demo.below}
  </div>
</body>
</html>
"""


def who(user: User | None) -> str:
    """The corner with the log-out button, also if the user's name is unknown."""
    name = "Logged in at Crowd"
    if user:
        name = f"""<span class="badge" aria-hidden="true">{text(user.display_name[:1])}</span>
          <span data-user="{text(user.username)}">{text(user.display_name)}</span>"""
    return f"""
        <form class="who" method="post" action="/app/logout">
          {name}
          <button class="quiet">Log out</button>
        </form>"""


def spaces(found: list[tuple[Space, list[Page]]]) -> str:
    cards = "".join(space_card(space, pages) for space, pages in found)
    return f"""
    <h1>Your spaces</h1>
    <p class="lead">This is what Confluence shows <em>you</em>: the app asked it as you.</p>
    <div class="cards">{cards or "<p>Confluence shows you no space.</p>"}</div>"""


def space_card(space: Space, pages: list[Page]) -> str:
    items = "".join(f'<li><a href="{text(page.url)}">{text(page.title)}</a></li>' for page in pages)
    return f"""
      <section class="card" data-space="{text(space.key)}">
        <h2>{text(space.name)}</h2> <span class="key">{text(space.key)}</span>
        <ul class="pages">{items or "<li class='none'>no pages</li>"}</ul>
      </section>"""


def welcome(login_path: str) -> str:
    return f"""
    <h1>Welcome</h1>
    <p class="lead">Page finder shows you your spaces and pages in Confluence.
      To see them, log in once, with Crowd. Page finder never asks for your password.</p>
    <p>{login_button(login_path, "Log in with Crowd")}</p>"""


def rejected(reason: str, login_path: str) -> str:
    if reason == "not-permitted":  # the same user's next log-in would not help
        return """
    <h1>You may not use Confluence</h1>
    <p class="lead">You are logged in at Crowd, but you have no access to Confluence. Ask its
      administrators for access, or log out and log in as somebody else.</p>"""
    return f"""
    <h1>Your log-in is not accepted</h1>
    <p class="lead">Your browser sends a Crowd cookie, but Confluence does not accept it: your
      log-in has expired, or you logged in at another network address.</p>
    <p>{login_button(login_path, "Log in again")}</p>"""


def refused(reason: str) -> str:
    return f"""
    <h1>Please try again</h1>
    <p class="lead">{text(reason)}</p>
    {retry_button("Try again")}"""


def unavailable(reason: str = "Confluence is not available at the moment.") -> str:
    return f"""
    <h1>Please try again later</h1>
    <p class="lead">{text(reason)} You stay logged in.</p>
    {retry_button("Try again")}"""


def not_found() -> str:
    return f"""
    <h1>There is no such page</h1>
    <p class="lead">Start again at the top.</p>
    {retry_button("Page finder")}"""


def foreign_form() -> str:
    return f"""
    <h1>Not from here</h1>
    <p class="lead">Another site sent this form. The app did nothing.</p>
    {retry_button("Page finder")}"""


def login_button(login_path: str, label: str) -> str:
    target = f"{login_path}?{urllib.parse.urlencode({'dest': '/app/'})}"
    return f'<a class="button" href="{text(target)}">{text(label)}</a>'


def retry_button(label: str) -> str:
    return f'<p><a class="button" href="/app/">{text(label)}</a></p>'
