"""The introduction above the app's page: a few sentences and a picture."""

from __future__ import annotations

from confluence import Call

from .request import Request

_BOXES = (  # left, top, width, what it says
    (0, 8, 92, "browser"),
    (160, 8, 92, "httpd"),
    (328, 8, 92, "the app"),
    (154, 100, 104, "Confluence"),
    (0, 100, 92, "Crowd"),
)
_ARROWS = (  # number, path, where the number stands
    ("1", "M92 26H154", (123, 18)),
    ("2", "M206 44V94", (194, 74)),
    ("3", "M252 26H322", (287, 18)),
    ("4", "M374 44V118H264", (386, 86)),
    ("", "M154 118H98", (0, 0)),
)


def above(request: Request, calls: list[Call]) -> str:
    return f"""
  <p class="simulated" role="note"><b>A demo.</b> Crowd and Confluence are simulated, on this machine
    alone. <a href="#behind">Behind the scenes</a> · <a href="#try">What you can try</a> ·
    <a href="/sso-check">Check single sign-on</a></p>
  <div class="intro">
    <p><b>Log in once, at Crowd. Apps show you your Confluence.</b> httpd, with
      <code>mod_crowd_confluence</code>, takes Crowd's cookie (1), uses it to obtain your Confluence
      session (2), and adds the session to the request for the app (3). So this app, Page finder,
      calls Confluence as you (4) without passwords, tokens or log-in code of its own.</p>
    {_picture(_used(request, calls))}
  </div>"""


def _used(request: Request, calls: list[Call]) -> dict[str, str]:
    """Arrow → "used" or "failed" for this page; arrows that it did not need are missing."""
    used = {"1": "used", "3": "used"}
    if request.source in ("exchange", "follower"):
        used["2"] = "failed" if request.result == "unavailable" else "used"
        if used["2"] == "used":
            used[""] = "used"  # Confluence asks Crowd about every token that it does not know
    if calls:
        used["4"] = "used" if all(call.status == 200 for call in calls) else "failed"
    return used


def _picture(used: dict[str, str]) -> str:
    boxes = "".join(
        f'<rect x="{x}" y="{y}" width="{width}" height="36" rx="8"/>'
        f'<text x="{x + width / 2:g}" y="{y + 23}">{label}</text>'
        for x, y, width, label in _BOXES
    )
    # A head for each colour: not every browser gives a marker the colour of its line.
    heads = "".join(
        f'<marker id="head-{kind}" class="{kind}" markerWidth="8" markerHeight="8" refX="6" '
        f'refY="4" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>'
        for kind in ("used", "failed", "idle")
    )
    arrows = ""
    for number, path, (x, y) in _ARROWS:
        kind = used.get(number, "idle")
        arrows += (
            f'<g class="{kind}"><path d="{path}" marker-end="url(#head-{kind})"/>'
            f'<text x="{x}" y="{y}">{number}</text></g>'
        )
    return f"""<figure>
      <svg viewBox="-2 0 424 140" role="img" aria-label="The browser asks httpd. httpd asks
        Confluence, which asks Crowd, and then the app, which asks Confluence.">
        <defs>{heads}</defs>{boxes}{arrows}
      </svg>
      <figcaption>Solid: used for this page. Dotted, red: failed. Dashed, grey: not needed.</figcaption>
    </figure>"""
