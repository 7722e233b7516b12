"""The page in a browser, case by case: what somebody does, and what must then be there."""
import shutil
import urllib.parse

from harness import NOW, Server


def opens(case):
    case.page.goto(case.server.address)
    case.page.wait_for_selector(".sheet iframe:not(.coming)")
    assert case.page.locator(".emails li").count() == len(case.server.api("emails")["emails"])
    assert case.page.locator("[data-part=subject]").inner_text().strip()
    assert len(case.framed()) > 100
    # The frame tells which state of the files it shows.
    state = """() => document.querySelector('.sheet iframe:not(.coming)').contentWindow.performance.getEntriesByType('navigation')[0]
        .serverTiming.map(({ name, description }) => [name, Number(description)])"""
    assert case.page.evaluate(state) == [["generation", case.server.api("emails")["generation"]]]
    assert case.address()["email"] == case.server.api("emails")["emails"][0]["name"]


def picks_a_person_by_three_letters(case):
    email, person, _ = case.flow()
    case.open(email=email)
    case.page.keyboard.press("/")
    case.page.keyboard.type(person["name"][:3])
    option = case.page.get_by_role("option").filter(has_text=person["email"])
    option.wait_for()
    case.page.wait_for_function(
        "text => document.querySelector('[role=option][aria-selected=true]')?.textContent.length > 0", arg=""
    )
    while option.get_attribute("aria-selected") != "true":
        case.page.keyboard.press("ArrowDown")
    case.page.keyboard.press("Enter")
    case.until("the person is in the address", lambda: case.address().get("profile") == person["selector"])
    to = case.server.api("render", email=email, profile=person["selector"])["mail"]["to"]
    assert to["address"] == person["email"]
    case.until("the field shows them", lambda: person["email"] in case.page.get_by_label("Person", exact=False).first.input_value())


def another_event_changes_tree_and_email(case):
    email, person, events = case.flow()
    case.open(email=email, profile=person["selector"])
    other = next(e for e in events if e["value"] != events[0]["value"])
    tree = lambda: case.page.locator("[role=tree]").first.inner_text()
    before, framed = tree(), case.framed()
    case.page.locator("[data-field=event]").click()
    first = case.page.get_by_role("option").nth(1)
    first.wait_for()
    assert events[0]["metric"] in first.inner_text(), "the trigger's events come first"
    at = [e["selector"] for e in events].index(other["selector"])
    case.page.get_by_role("option").nth(1 + at).click()
    case.until("the tree changes", lambda: tree() != before)
    case.until("the email changes", lambda: case.framed() != framed)
    assert case.address()["event"] == other["selector"]
    case.page.locator("[data-field=event]").click()
    case.page.get_by_role("option").filter(has_text="No event").click()
    case.page.get_by_text("A campaign has none").wait_for()
    assert case.address()["event"] == "none"


def copies_a_tag_that_shows_its_value(case):
    email, person, events = case.flow()
    case.open(email=email, profile=person["selector"])
    case.page.evaluate("window.marker = 'here'")
    for tree in ["Event", "Extra"]:
        leaf = case.page.locator(f"[role=tree][aria-label={tree}] li.text, [role=tree][aria-label={tree}] li.number").first
        tag, value = leaf.get_attribute("data-tag"), leaf.locator(".leaf").inner_text()
        leaf.click()
        case.page.get_by_text("Copied").wait_for()
        assert case.page.evaluate("navigator.clipboard.readText()") == tag
        text = f"<mj-section><mj-column><mj-text>pasted {tree}: {tag}</mj-text></mj-column></mj-section></mj-body>"
        case.edit(f"templates/{email}/body.mjml", lambda body: body.replace("</mj-body>", text))
        case.until_framed(f"pasted {tree}: {value}")
    assert case.page.evaluate("window.marker") == "here", "the page was loaded anew"


def saves_are_shown_and_scroll_is_kept(case):
    email, person, _ = case.flow()
    case.open(email=email, profile=person["selector"])
    case.page.evaluate("window.marker = 'here'; document.querySelector('.stage').scrollTop = 240")
    body = f"templates/{email}/body.mjml"
    extra = lambda word: lambda text: text.replace(
        "</mj-body>", f"<mj-section><mj-column><mj-text>{word}</mj-text></mj-column></mj-section></mj-body>"
    )
    case.edit(body, extra("from the template"))
    case.until_framed("from the template")
    # In place, with the line ends of another system.
    file = case.path(body)
    file.write_bytes(file.read_text(encoding="utf-8").replace("from the template", "from Windows").replace("\n", "\r\n").encode())
    case.until_framed("from Windows")
    partials = [p.name for p in case.path("templates/_partials").iterdir() if f"_partials/{p.name}" in file.read_text() and "<mj-text" in p.read_text()]
    partial = case.path("templates/_partials") / partials[-1]
    source = partial.read_text(encoding="utf-8")
    at = source.index(">", source.index("<mj-text")) + 1
    case.edit(f"templates/_partials/{partial.name}", lambda text: text[:at] + "from a partial " + text[at:])
    case.until_framed("from a partial")
    case.edit(body, extra("name {{ first_name }}!"))
    case.until_framed("name ")
    case.rename(person, "Renamed")
    case.until_framed("name Renamed!")
    assert case.page.evaluate("document.querySelector('.stage').scrollTop") == 240, "the scroll moved"
    assert case.page.evaluate("window.marker") == "here", "the page was loaded anew"


def breaks_and_mends(case):
    email, person, _ = case.flow()
    case.open(email=email, profile=person["selector"])
    body = f"templates/{email}/body.mjml"
    whole, framed = case.path(body).read_text(encoding="utf-8"), case.framed()
    case.edit(body, lambda text: text.replace("<mj-text", "<mj-text>{{ first_name|uper }}</mj-text><mj-text", 1))
    line = next(n for n, text in enumerate(case.path(body).read_text().splitlines(), 1) if "uper" in text)
    banner = case.page.locator(".banner")
    banner.wait_for()
    assert f"body.mjml:{line}:" in banner.inner_text() and "uper" in banner.inner_text()
    assert case.framed() == framed, "the last good render is gone"
    assert case.page.locator(".stage.stale").count() == 1
    problems = case.page.locator(".problems .list").inner_text()
    assert "^^^^" in problems and "did you mean 'upper'?" in problems
    # Who comes now sees the last good render, too.
    case.page.reload()
    case.page.wait_for_selector(".stage.stale .sheet iframe:not(.coming)")
    case.edit(body, lambda _: whole)
    banner.wait_for(state="detached")
    assert case.page.locator(".stage.stale").count() == 0
    # The same for the project's own file, and for data.
    case.edit("letterpress.toml", lambda text: text.replace("[project]", "[projekt]"))
    banner.wait_for()
    assert "letterpress.toml" in banner.inner_text()
    assert case.framed() == framed
    case.edit("letterpress.toml", lambda text: text.replace("[projekt]", "[project]"))
    banner.wait_for(state="detached")
    case.edit("shop/organization.toml", lambda text: text + "\nname = \n")
    banner.wait_for()
    assert "organization.toml" in banner.inner_text()
    case.edit("shop/organization.toml", lambda text: text.replace("\nname = \n", ""))
    banner.wait_for(state="detached")
    # A file that is taken away and put back.
    case.path(body).unlink()
    banner.wait_for()
    case.path(body).write_text(whole, encoding="utf-8")
    banner.wait_for(state="detached")
    case.until("the email is back", lambda: case.framed() == framed)


def reload_and_back_keep_the_state(case):
    email, person, events = case.flow()
    case.open(email=email)
    before = case.address()
    case.page.locator("[data-field=person]").click()
    case.page.keyboard.type(person["email"])
    case.page.get_by_role("option").filter(has_text=person["email"]).click()
    case.page.locator("[data-field=event]").click()
    case.page.get_by_role("option").nth(2).click()
    case.page.get_by_role("button", name="375").click()
    case.page.get_by_role("tab", name="Text").click()
    state = case.address()
    assert state == {"email": email, "profile": person["selector"], "event": events[1]["selector"], "tab": "text", "width": "375"}
    text = case.until("the text is shown", lambda: case.page.locator("pre.text").inner_text())
    case.page.reload()
    case.until("the text is back", lambda: case.page.locator("pre.text").count() and case.page.locator("pre.text").inner_text() == text)
    assert case.address() == state
    for _ in range(4):
        case.page.go_back()
    case.until("the first state is back", lambda: case.address() == before)
    case.page.wait_for_selector(".sheet iframe:not(.coming)")
    assert case.page.get_by_role("tab", name="HTML").get_attribute("aria-selected") == "true"


def a_narrow_width_changes_the_layout(case):
    case.open()
    inside = """() => {
        const frame = document.querySelector('.sheet iframe:not(.coming)');
        return [frame.contentDocument.documentElement.clientWidth, frame.contentWindow.matchMedia('(max-width: 480px)').matches,
                frame.contentDocument.documentElement.scrollHeight];
    }"""
    wide = case.page.evaluate(inside)
    case.page.get_by_role("button", name="375").click()
    narrow = case.until("the frame is narrow", lambda: (found := case.page.evaluate(inside))[0] == 375 and found)
    assert wide[:2] == [600, False] and narrow[1], (wide, narrow)
    assert narrow[2] != wide[2], "the layout did not change"
    # The frame is as high as the email: nothing is cut off.
    assert case.page.evaluate("() => document.querySelector('.sheet iframe:not(.coming)').clientHeight") >= narrow[2]
    # The page itself, in a narrow window: one pane at a time.
    case.page.set_viewport_size({"width": 420, "height": 800})
    assert not case.page.locator("nav.emails").is_visible()
    case.page.get_by_role("button", name="Emails").click()
    assert case.page.locator("nav.emails").is_visible()
    case.page.get_by_role("button", name="Data").click()
    assert case.page.locator("aside.data").is_visible()
    assert case.page.evaluate("document.documentElement.scrollWidth") <= 420


HOSTILE = "<script>top.taken=1</script><img src=x onerror=top.taken=1>"


def a_script_in_a_name_does_not_run(case):
    email, person, _ = case.flow()
    case.rename(person, HOSTILE)
    raw = """<mj-section><mj-column><mj-text>hello {{ first_name|safe }}<a href="javascript:top.taken=1">click</a>
      <img src="http://tracker.example/p.png" alt="" /></mj-text></mj-column></mj-section>
      <mj-raw><iframe src="http://tracker.example/f"></iframe><link rel="stylesheet" href="http://tracker.example/s.css" />
      <script>top.taken=1</script></mj-raw></mj-body>"""
    case.edit(f"templates/{email}/body.mjml", lambda text: text.replace("</mj-body>", raw))
    case.open(email=email, profile=person["selector"])
    case.until_framed("hello")
    case.page.locator("[data-field=person]").click()
    case.page.keyboard.type("top.taken")
    case.page.get_by_role("option").filter(has_text="top.taken").first.wait_for()
    case.page.keyboard.press("Escape")
    case.page.get_by_role("tab", name="Profile").click()
    case.page.get_by_role("treeitem").filter(has_text="top.taken").first.wait_for()
    for tab in ["Text", "Source", "MIME", "HTML"]:
        case.page.get_by_role("tab", name=tab).click()
    case.page.evaluate("""() => {
        const page = document.querySelector('.sheet iframe:not(.coming)').contentDocument;
        [...page.querySelectorAll('a')].find(a => a.textContent === 'click').click();
    }""")
    case.page.get_by_text("This link goes to").wait_for()
    case.page.wait_for_timeout(300)
    assert case.page.evaluate("window.taken") is None, "a script ran"
    # The frame's own page, opened alone, is no better place for it.
    for place in ["frame/" + email, f"r/{email}.html"]:
        case.page.goto(f"{case.server.address}/{place}?profile={urllib.parse.quote(person['selector'])}")
        case.page.wait_for_timeout(200)
        assert case.page.evaluate("window.taken") is None, f"a script ran at {place}"
    assert case.left_home() == []


def nothing_leaves_until_images_are_asked_for(case):
    email, person, _ = case.flow()
    picture = """<mj-section><mj-column><mj-image src="http://pictures.example/a.png" alt="a picture" /></mj-column></mj-section></mj-body>"""
    case.edit(f"templates/{email}/body.mjml", lambda text: text.replace("</mj-body>", picture))
    case.open(email=email, profile=person["selector"])
    toggle = case.page.get_by_role("button", name="Remote images")
    assert toggle.get_attribute("aria-pressed") == "false"
    # The project's own pictures come from disk.
    own = [request for request in case.requests if "/images/" in request.url]
    assert own, "no picture came from disk"
    shown = case.page.evaluate("""() => [...document.querySelector('.sheet iframe:not(.coming)').contentDocument.images]
        .filter(image => image.src.includes('/images/')).map(image => image.naturalWidth)""")
    assert shown and all(shown), "a picture from disk is broken"
    case.page.wait_for_timeout(300)
    assert case.left_home() == []
    toggle.click()
    case.until("the picture is asked for", lambda: any(b"/a.png" in visit for visit in case.elsewhere.visits))
    case.page.reload()
    case.page.wait_for_selector(".sheet iframe:not(.coming)")
    assert toggle.get_attribute("aria-pressed") == "true", "the toggle is forgotten"
    toggle.click()
    case.page.wait_for_timeout(200)
    case.requests.clear()
    case.elsewhere.visits.clear()
    case.page.reload()
    case.page.wait_for_selector(".sheet iframe:not(.coming)")
    case.page.wait_for_timeout(300)
    assert case.left_home() == []


def parts_are_the_bytes_of_the_command_line(case):
    for email in case.server.api("emails")["emails"]:
        name = email["name"]
        for person in case.server.api("people", limit=3)["people"]:
            profile = person["selector"]
            at = urllib.parse.urlencode({"profile": profile, "now": NOW})
            for ending, part in {"html": "html", "txt": "text", "eml": "eml", "json": "json"}.items():
                assert case.server.get(f"/r/{name}.{ending}?{at}")[1] == case.render(name, part, profile=profile, now=NOW), (name, profile, part)
        for tab, part in {"source": "html", "text": "text", "mime": "eml"}.items():
            case.open(email=name, profile=profile, now=NOW)
            case.page.get_by_role("tab", name={"source": "Source", "text": "Text", "mime": "MIME"}[tab]).click()
            bytes = case.render(name, part, profile=profile, now=NOW)
            pane = f"pre.{tab}"
            case.until(f"{name}'s {tab}", lambda: case.page.locator(pane).count() and case.page.locator(pane).evaluate("e => e.textContent").encode() == bytes)


def keys_step_through_people(case):
    email, *_ = case.flow()
    people = case.server.api("people", limit=3)["people"]
    case.open(email=email, profile=people[0]["selector"])
    case.page.locator(".stage").focus()
    for key, person in [("]", people[1]), ("]", people[2]), ("[", people[1])]:
        case.page.keyboard.press(key)
        case.until(f"{key} leads to {person['selector']}", lambda: case.address().get("profile") == person["selector"])
    # Typed into a field they are letters.
    case.page.locator("[data-field=person]").click()
    case.page.keyboard.type("]")
    assert case.address()["profile"] == people[1]["selector"]


def the_tree_is_walked_by_keyboard(case):
    email, person, _ = case.flow()
    case.open(email=email, profile=person["selector"])
    tree = case.page.locator("[role=tree][aria-label=Extra]")
    tree.locator("[tabindex='0']").focus()
    case.page.keyboard.press("End")
    case.page.keyboard.press("Home")
    closed = tree.get_by_role("treeitem").count()
    first = tree.locator("[aria-expanded]").first
    first.focus()
    case.page.keyboard.press("ArrowLeft")
    case.until("it closes", lambda: first.get_attribute("aria-expanded") == "false")
    case.until("what is in it goes", lambda: tree.get_by_role("treeitem").count() < closed)
    case.page.keyboard.press("ArrowRight")
    case.until("it opens", lambda: first.get_attribute("aria-expanded") == "true")
    case.page.keyboard.press("ArrowRight")
    case.page.keyboard.press("c")
    case.page.get_by_text("Copied").wait_for()
    assert case.page.evaluate("navigator.clipboard.readText()").startswith("{{ event.extra")


def a_server_that_comes_back_is_found_again(case):
    email, person, _ = case.flow()
    case.open(email=email, profile=person["selector"])
    port = case.server.port
    took = case.server.end()
    assert took < 1, f"Ctrl-C took {took:.1f} s"
    case.page.get_by_text("Reconnecting").wait_for()
    case.edit(f"templates/{email}/email.toml", lambda text: text.replace('subject   = "', 'subject   = "Meanwhile, ').replace('subject = "', 'subject = "Meanwhile, '))
    case.server = Server(case.program, case.project, port)
    case.page.get_by_text("Live", exact=True).wait_for()
    case.until("what it missed is shown", lambda: "Meanwhile" in case.page.locator("[data-part=subject]").inner_text())


def a_project_that_is_not_there_yet(case):
    """The page says what is missing, and shows the project once it is there."""
    away = case.project.with_name(case.project.name + "-away")
    away.mkdir()
    case.server.end()
    case.server = Server(case.program, away)
    case.page.goto(case.server.address)
    case.page.get_by_text("there is no project").first.wait_for()
    shutil.copytree(case.path("templates"), away / "templates")
    shutil.copytree(case.path("shop"), away / "shop")
    shutil.copy(case.path("letterpress.toml"), away / "letterpress.toml")
    case.page.wait_for_selector(".sheet iframe:not(.coming)")
    shutil.rmtree(away)


CASES = [
    opens,
    picks_a_person_by_three_letters,
    another_event_changes_tree_and_email,
    copies_a_tag_that_shows_its_value,
    saves_are_shown_and_scroll_is_kept,
    breaks_and_mends,
    reload_and_back_keep_the_state,
    a_narrow_width_changes_the_layout,
    a_script_in_a_name_does_not_run,
    nothing_leaves_until_images_are_asked_for,
    parts_are_the_bytes_of_the_command_line,
    keys_step_through_people,
    the_tree_is_walked_by_keyboard,
    a_server_that_comes_back_is_found_again,
    a_project_that_is_not_there_yet,
]
# Cases in which something is meant to leave.
MAY_LEAVE = [nothing_leaves_until_images_are_asked_for]
