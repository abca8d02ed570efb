"""The HTTPS door, asked as a program or a browser asks it."""

import base64
import http.client
import json
from urllib.parse import urlencode

from harness.mail import TIMEOUT, unverified
from harness.server import DOMAIN, PASSWORD


def ask(server, method, path, content=None, headers=None):
    """(status, bytes, headers) of one request on a connection of its own."""
    link = http.client.HTTPSConnection("127.0.0.1", server.port("https"), context=unverified(),
                                       timeout=3 * TIMEOUT)
    link.request(method, path, body=content, headers={"Host": f"mail.{DOMAIN}", **(headers or {})})
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, text, answer.headers


def api(server, method, path, who, password=PASSWORD, content=None):
    """(status, parsed JSON or None) of one operation below /api/v1."""
    token = base64.b64encode(f"{who}:{password}".encode()).decode()
    headers = {"Authorization": "Basic " + token}
    if content is not None:
        headers["Content-Type"] = "application/json"
    status, text, _ = ask(server, method, "/api/v1" + path,
                          None if content is None else json.dumps(content), headers)
    return status, json.loads(text) if text else None


def browse(server, method, path, form=None, headers=None):
    """(status, text, headers) of one page, a form being sent as a browser sends it."""
    content = None
    if form is not None:
        content = urlencode(form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    status, text, answered = ask(server, method, path, content, headers)
    return status, text.decode(), answered


class Browser:
    """A browser with one of our pages open: it keeps the cookie and says where requests come from."""

    def __init__(self, server):
        self.server, self.cookie = server, None

    def ask(self, method, path, content=None, headers=None):
        """(status, parsed JSON or None, headers)."""
        fields = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "User-Agent": "Firefox 128"}
        if method != "GET":
            fields["Origin"] = f"https://mail.{DOMAIN}"
        if self.cookie is not None:
            fields["Cookie"] = self.cookie
        if content is not None:
            fields["Content-Type"] = "application/json"
            content = json.dumps(content)
        status, text, answered = ask(self.server, method, path, content, {**fields, **(headers or {})})
        cookie = answered.get("Set-Cookie")
        if cookie is not None:
            self.cookie = None if "Max-Age=0" in cookie else cookie.partition(";")[0]
        is_json = "json" in answered.get("Content-Type", "")
        return status, json.loads(text) if is_json else None, answered

    def sign_in(self, address, password=PASSWORD, **more):
        return self.ask("POST", "/dang-nhap", {"address": address, "password": password, **more})
