"""The app's HTML. Whatever comes from Confluence or the browser goes through `text()`."""

from __future__ import annotations

import html
import urllib.parse
from typing import Any


def text(value: Any) -> str:
    """`value` as text that is safe in HTML and in attributes."""
    return html.escape(str(value), quote=True)


def whole_page(content: str, user: dict[str, Any] | None, below: str = "", aside: str = "") -> str:
    who = ""
    if user:
        who = f"""
        <form class="who" method="post" action="/app/logout">
          <span class="badge" aria-hidden="true">{text(user["displayName"][:1])}</span>
          <span data-user="{text(user["username"])}">{text(user["displayName"])}</span>
          <button class="quiet">Log out</button>
        </form>"""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Page finder</title>
  <link rel="stylesheet" href="/app/style.css">
  <link rel="icon" href="data:,">
  <script src="/app/demo.js" defer></script>
</head>
<body>
  <header class="top"><a class="name" href="/app/">Page finder</a>{who}</header>
  <div class="columns">
    <main>{content}{below}</main>
    {aside}
  </div>
</body>
</html>
"""


def spaces(found: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> str:
    cards = "".join(space_card(space, pages) for space, pages in found)
    return f"""
    <h1>Your spaces</h1>
    <p class="lead">All that Confluence shows <em>you</em>: this app has asked it in your name.</p>
    <div class="cards">{cards}</div>"""


def space_card(space: dict[str, Any], pages: list[dict[str, Any]]) -> str:
    items = "".join(f"<li>{text(page['title'])}</li>" for page in pages)
    return f"""
      <section class="card" data-space="{text(space["key"])}">
        <h2>{text(space["name"])}</h2> <span class="key">{text(space["key"])}</span>
        <ul class="pages">{items or "<li class='none'>no pages</li>"}</ul>
      </section>"""


def welcome(login_path: str) -> str:
    return f"""
    <h1>Welcome</h1>
    <p class="lead">Page finder shows you your spaces and pages in Confluence.
      To see them, log in once, with Crowd. Page finder never asks for your password.</p>
    {login_button(login_path)}"""


def rejected(login_path: str) -> str:
    return f"""
    <h1>Your log-in is not accepted</h1>
    <p class="lead">Your browser shows a log-in of Crowd's, but Confluence does not accept it
      from you: it has expired, it was made at another network address, or you have no access to
      Confluence.</p>
    {login_button(login_path)}"""


def refused(reason: str, login_path: str) -> str:
    return f"""
    <h1>Confluence refuses</h1>
    <p class="lead">{text(reason)} Log in again, please.</p>
    {login_button(login_path)}"""


def try_again(reason: str = "Confluence cannot be asked at the moment.") -> str:
    return f"""
    <h1>Please try again later</h1>
    <p class="lead">{text(reason)} You stay logged in.</p>
    <p><a class="button" href="/app/">Try again</a></p>"""


def login_button(login_path: str) -> str:
    target = f"{login_path}?{urllib.parse.urlencode({'dest': '/app/'})}"
    return f'<p><a class="button" href="{text(target)}">Log in with Crowd</a></p>'


def message(title: str, explanation: str) -> str:
    return f"""
    <h1>{text(title)}</h1>
    <p class="lead">{text(explanation)}</p>
    <p><a class="button" href="/app/">Page finder</a></p>"""
