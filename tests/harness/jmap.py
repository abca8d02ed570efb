"""A JMAP client with nothing in it that the RFCs do not say: requests over one HTTPS connection, the
responses as Python objects."""

import base64
import http.client
import json

from harness.mail import TIMEOUT, unverified
from harness.server import DOMAIN, PASSWORD

CORE = "urn:ietf:params:jmap:core"
MAIL = "urn:ietf:params:jmap:mail"


class Problem(Exception):
    """A request that was refused as a whole: .status, .body (the problem document)."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class MethodError(Exception):
    """A method that answered with an error: .type, .body."""

    def __init__(self, body):
        super().__init__(str(body))
        self.type, self.body = body["type"], body


class Client:
    def __init__(self, server, who, password=PASSWORD, using=(CORE, MAIL)):
        self.server, self.who, self.using = server, who, list(using)
        token = base64.b64encode(f"{who}:{password}".encode()).decode()
        self.headers = {"Host": f"mail.{DOMAIN}", "Authorization": "Basic " + token}
        self.link = http.client.HTTPSConnection("127.0.0.1", server.port("https"),
                                                context=unverified(), timeout=3 * TIMEOUT)
        self._session = None

    def close(self):
        self.link.close()

    def ask(self, method, path, content=None, headers=None):
        """(status, bytes, headers)."""
        self.link.request(method, path, body=content, headers={**self.headers, **(headers or {})})
        answer = self.link.getresponse()
        return answer.status, answer.read(), answer.headers

    @property
    def session(self):
        if self._session is None:
            status, text, _ = self.ask("GET", "/.well-known/jmap")
            assert status == 200, text
            self._session = json.loads(text)
        return self._session

    @property
    def account(self):
        return self.session["primaryAccounts"][MAIL]

    def post(self, document, kind="application/json"):
        """The response object; raises Problem."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        status, text, headers = self.ask("POST", "/jmap/api", content, {"Content-Type": kind})
        body = json.loads(text)
        if status != 200:
            assert headers["Content-Type"] == "application/problem+json"
            raise Problem(status, body)
        return body

    def calls(self, *calls, **more):
        """[(name, arguments, id)] of several calls, each [name, arguments, id]."""
        document = {"using": self.using, "methodCalls": [list(call) for call in calls], **more}
        return [tuple(one) for one in self.post(document)["methodResponses"]]

    def call(self, name, **arguments):
        """The arguments of the only response; raises MethodError. accountId is given by itself."""
        arguments.setdefault("accountId", self.account)
        responses = self.calls([name, arguments, "0"])
        assert len(responses) == 1, responses
        if responses[0][0] == "error":
            raise MethodError(responses[0][1])
        assert responses[0][0] == name and responses[0][2] == "0"
        return responses[0][1]

    def refused(self, name, **arguments):
        """The type of the error that the method must answer with."""
        try:
            answer = self.call(name, **arguments)
        except MethodError as error:
            return error.type
        raise AssertionError(f"{name} was not refused: {answer}")

    # ------------------------------------------------------------------------------------ short ways

    def mailboxes(self):
        """{name: object}"""
        return {box["name"]: box for box in self.call("Mailbox/get", ids=None)["list"]}

    def role(self, role):
        """The id of the mailbox with this role."""
        for box in self.call("Mailbox/get", ids=None)["list"]:
            if box["role"] == role:
                return box["id"]
        raise AssertionError(f"no mailbox has the role {role}")

    def new_mailbox(self, name, **more):
        made = self.call("Mailbox/set", create={"m": {"name": name, **more}})
        assert made["created"], made
        return made["created"]["m"]["id"]

    def upload(self, content, kind="application/octet-stream"):
        status, text, _ = self.ask("POST", f"/jmap/upload/{self.account}", content,
                                   {"Content-Type": kind})
        assert status == 201, text
        return json.loads(text)

    def put(self, mailbox, message, keywords=(), received=None):
        """Imports a message; gives what was created."""
        blob = self.upload(message, "message/rfc822")["blobId"]
        email = {"blobId": blob, "mailboxIds": {mailbox: True},
                 "keywords": {word: True for word in keywords}}
        if received is not None:
            email["receivedAt"] = received
        answer = self.call("Email/import", emails={"e": email})
        assert answer["created"], answer
        return answer["created"]["e"]

    def email(self, identity, *properties, **more):
        found = self.call("Email/get", ids=[identity], properties=list(properties) or None, **more)
        assert found["list"], found
        return found["list"][0]

    def query(self, **arguments):
        return self.call("Email/query", **arguments)["ids"]

    def state(self):
        return self.call("Email/get", ids=[])["state"]


def text(subject="Chào", body="Nội dung.", sender="Đan <dan@example.com>", **headers):
    """A message as bytes, with 8-bit text in header and body; headers: In_Reply_To="…"."""
    lines = [f"From: {sender}", f"To: anh.stttt@{DOMAIN}", f"Subject: {subject}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
              "Content-Transfer-Encoding: 8bit", "", body, ""]
    return "\r\n".join(lines).encode()
