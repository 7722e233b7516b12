"""What the cases stand on: the program, a copy of the sample project, a browser, and a few ways to look at the page."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
NOW = "2026-11-20T18:00:00Z"
ENVIRONMENT = os.environ | {
    "LETTERPRESS_LINK_KEYS": "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "NO_COLOR": "1",
}


class Elsewhere:
    """The rest of the world: every name that is not this machine's leads here, and who comes is written down."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.visits = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            visitor, _ = self.socket.accept()
            with visitor:
                visitor.settimeout(1)
                try:
                    said = visitor.recv(2048)
                    visitor.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                except OSError:
                    said = b""
            # A browser calls home by itself; what an email asks for ends in .example, also in a TLS greeting.
            if b".example" in said:
                self.visits.append(said.split(b"\r\n")[0])


class Server:
    """`letterpress preview` of a project; `port` 0 is any that is free."""

    def __init__(self, program, project, port=0):
        command = [program, "preview", "--project", str(project), "--port", str(port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        said = self.process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found, f"no address: {said}{self.process.stderr.read()}"
        self.address = found[0]
        self.port = urllib.parse.urlsplit(self.address).port

    def end(self):
        """Ctrl-C; how long it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=5) == 0, "Ctrl-C is no failure"
        return time.monotonic() - started

    def get(self, path):
        """Status and bytes."""
        try:
            with urllib.request.urlopen(self.address + path) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, noun, **parameters):
        status, body = self.get(f"/api/{noun}?{urllib.parse.urlencode(parameters)}")
        assert status == 200, (noun, parameters, status, body)
        return json.loads(body)


class Case:
    """One case: a project of its own, a server, a page."""

    def __init__(self, program, sample, scratch, browser, elsewhere):
        self.program = program
        self.project = pathlib.Path(scratch)
        for name in ["letterpress.toml", "templates", "shop"]:
            source = sample / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self.project / name)
        self.server = Server(program, self.project)
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.server.address)
        self.elsewhere = elsewhere
        self.elsewhere.visits.clear()
        self.requests = []
        self.context.on("request", lambda request: self.requests.append(request))
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def close(self):
        self.context.close()
        if self.server.process.poll() is None:
            self.server.end()

    def left_home(self):
        """What went elsewhere: by the browser's own list, those that the page's rules stopped left out, and by who came."""
        home = ("http://127.0.0.1:", "data:", "blob:", "about:")
        asked = [r.url for r in self.requests if not r.url.startswith(home) and "csp" not in (r.failure or "")]
        return asked + self.elsewhere.visits

    def open(self, **state):
        """The page in a state, once its email is shown."""
        self.page.goto(f"{self.server.address}/?{urllib.parse.urlencode(state)}")
        self.page.wait_for_selector(".sheet iframe:not(.coming)")

    def path(self, name):
        return self.project / name

    def edit(self, name, change):
        """Saves a file as editors do: beside it, then in its place."""
        file = self.path(name)
        beside = file.with_name(file.name + "~")
        beside.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        beside.rename(file)

    def framed(self):
        """The text of the email that is shown."""
        return self.page.evaluate(
            "() => document.querySelector('.sheet iframe:not(.coming)')?.contentDocument?.body?.innerText ?? ''"
        )

    def rename(self, person, name):
        """Gives a person another first name, in the data."""

        def change(text):
            lines = text.splitlines()
            for at, line in enumerate(lines):
                record = json.loads(line) if line.startswith("{") and person["email"] in line else {}
                fields = record.get("attributes", record)
                if fields.get("email") == person["email"]:
                    fields["first_name"] = name
                    lines[at] = json.dumps(record, ensure_ascii=False)
                    return "\n".join(lines) + "\n"
            raise AssertionError(f"nobody is {person}")

        self.edit("shop/profiles.jsonl", change)

    def until(self, what, condition, seconds=8):
        """Waits until the condition holds."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            self.page.wait_for_timeout(15)
        return found

    def until_framed(self, text):
        return self.until(f"the email says {text!r}", lambda: text in self.framed())

    def address(self):
        """The state in the address."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.page.url).query))

    def render(self, email, part, **flags):
        """What the command line prints."""
        command = [self.program, "render", email, "--project", str(self.project), "--part", part]
        for name, value in flags.items():
            command += [f"--{name}", value]
        return subprocess.run(command, capture_output=True, env=ENVIRONMENT).stdout

    def flow(self):
        """An email with a trigger, its person with the most such events, and these, newest first."""
        for email in self.server.api("emails")["emails"]:
            if email["kind"] != "flow" or not email["trigger"]:
                continue
            best = None
            for person in self.server.api("people", limit=200)["people"]:
                if person["events"] < 2 or not person["name"] or not person["email"]:
                    continue
                events = self.server.api("events", profile=person["selector"], email=email["name"])["events"]
                starting = [e for e in events if e["trigger"] and e["selector"]]
                if len({e["value"] for e in starting}) > 1 and (not best or len(starting) > len(best[1])):
                    best = (person, starting)
            if best:
                return email["name"], *best
        raise AssertionError("no flow's email has a person with two events")


def browser(playwright, elsewhere):
    names = f"--host-resolver-rules=MAP * 127.0.0.1:{elsewhere.port}, EXCLUDE 127.0.0.1"
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", names])


__all__ = ["NOW", "Case", "Elsewhere", "Server", "browser", "sync_playwright"]
