"""The document in the frame of a preview: what somebody wrote, as a page that can do nothing.

A frame whose content the page sets itself would inherit the page's policy, which shows no mail as it is. So the page
posts the HTML here and gets it back under a policy of its own: no scripts, no requests, no forms, a foreign origin.
"""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Form, Request
from fastapi.responses import HTMLResponse

from paceline.api.guard import SESSION_COOKIE, csrf_token
from paceline.api.problems import ApiProblem
from paceline.api.routing import Access, Routes

routes = Routes(tag="preview", prefix="")

_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@routes.post("/preview-frame", permission=Access.TOKEN, response_class=HTMLResponse)
def show_in_frame(
    request: Request,
    html: Annotated[str, Form(max_length=1_500_000)],
    csrf: Annotated[str, Form(max_length=100)],
) -> HTMLResponse:
    """Give HTML back to the preview's frame of the page that sent it; it runs nothing and reaches nothing there."""
    session = request.cookies.get(SESSION_COOKIE, "")
    if not session or not hmac.compare_digest(csrf.encode(), csrf_token(session).encode()):
        detail = "a preview needs the token of its own session: open the page again"
        raise ApiProblem(HTTPStatus.FORBIDDEN, "wrong-csrf-token", detail)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "X-Frame-Options": "SAMEORIGIN"})
