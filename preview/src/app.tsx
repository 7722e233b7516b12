import { render as mount } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { DataPane } from "./data";
import { EmailList } from "./emails";
import { title, when } from "./format";
import { InboxRow } from "./inbox";
import { EventPicker, PersonPicker } from "./pickers";
import { Problems, Sentence } from "./problems";
import { Stage } from "./stage";
import { type Go, type State, type Tab, TABS, asked, useAddress, useRemembered } from "./state";

const NAMES: Record<Tab, string> = { html: "HTML", text: "Text", source: "Source", mime: "MIME" };
type Pane = "emails" | "email" | "data";

function App() {
  const [state, turnTo] = useAddress();
  // Where stepping has got to, which may be ahead of what is rendered.
  const ahead = useRef<number | null>(null);
  const steps = useRef(0);
  const go: Go = (change, how) => {
    ahead.current = null;
    steps.current++;
    turnTo(change, how);
  };
  const [images, setImages] = useRemembered("images", "off");
  const [emails, setEmails] = useState<api.Emails | null>(null);
  const [view, setView] = useState<api.View | null>(null);
  const [good, setGood] = useState<api.View | null>(null);
  const [refusal, setRefusal] = useState<api.Refusal | null>(null);
  const [turn, setTurn] = useState(0);
  const [answered, setAnswered] = useState("");
  const [link, setLink] = useState<"live" | "lost">("live");
  const [said, setSaid] = useState<{ text: string; tag?: string } | null>(null);
  const [pane, setPane] = useState<Pane>("email");
  // The state of the files that the server told of.
  const told = useRef(-1);
  const latest = useRef({ state, view });
  latest.current = { state, view };

  // What is on disk: told by the server, asked for anew, the open view first.
  useEffect(() => {
    const source = new EventSource("/api/changes");
    let lost = false;
    source.onmessage = (message) => {
      const change = JSON.parse(message.data) as api.Change;
      const seen = latest.current.view?.generation;
      told.current = change.generation;
      if (change.what.length > 0 || lost || (seen !== undefined && seen !== change.generation)) {
        setTurn((turn) => turn + 1);
      }
      lost = false;
      setLink("live");
    };
    source.onerror = () => {
      // Another server may come, which counts anew.
      told.current = -1;
      lost = true;
      setLink("lost");
    };
    return () => source.close();
  }, []);

  const request = JSON.stringify([state.email, asked(state), turn]);
  useEffect(() => {
    const cancel = new AbortController();
    const list = () =>
      api.emails().then(
        (found) => {
          if (cancel.signal.aborted) return;
          setEmails(found);
          const first = found.emails[0];
          if (!latest.current.state.email && first) go({ email: first.name }, "replace");
        },
        () => {},
      );
    if (!state.email) {
      setView(null);
      list();
      return () => cancel.abort();
    }
    api
      .render(state.email, asked(state), cancel.signal)
      .then(
        (found) => {
          // Rendered from files that changed meanwhile.
          if (found.generation < told.current) return setTurn((turn) => turn + 1);
          setView(found);
          if (found.person?.number === ahead.current) ahead.current = null;
          setRefusal(null);
          if (found.mail) setGood(found);
          setAnswered(request);
        },
        (error: unknown) => {
          if (cancel.signal.aborted) return;
          setView(null);
          setRefusal(error instanceof api.Refusal ? error : null);
          setAnswered(request);
        },
      )
      .then(list);
    return () => cancel.abort();
  }, [request]);

  const step = async (by: 1 | -1) => {
    const { view } = latest.current;
    const here = ahead.current ?? (view?.fixture ? null : view?.person?.number);
    const all = emails?.people ?? 0;
    if (all === 0) return;
    const number = here ? ((here - 1 + by + all) % all) + 1 : 1;
    ahead.current = number;
    const mine = ++steps.current;
    const person = await api.person(`nth:${number}`);
    // A further step was faster.
    if (mine !== steps.current) return;
    turnTo({ profile: person.selector, event: null, fixture: null }, "replace");
  };

  const copy = async (tag: string) => {
    await toClipboard(tag);
    setSaid({ text: "Copied", tag });
  };
  useEffect(() => {
    if (!said) return;
    const gone = setTimeout(() => setSaid(null), 2600);
    return () => clearTimeout(gone);
  }, [said]);

  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement | null;
    if (target?.closest?.("input, select, textarea")) return;
    const tab = TABS[Number(event.key) - 1];
    if (event.key === "[") void step(-1);
    else if (event.key === "]") void step(1);
    else if (event.key === "/") document.querySelector<HTMLInputElement>("[data-field=person]")?.focus();
    else if (tab) go({ tab }, "replace");
    else return;
    event.preventDefault();
  };
  const onKeys = useRef(keys);
  onKeys.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKeys.current(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  useEffect(() => {
    document.title = [view?.mail?.subject, state.email, "Letterpress"].filter(Boolean).join(" · ");
  }, [view, state.email]);

  const problems = useMemo<api.Problem[]>(() => {
    const list = view ? view.problems : (emails?.problems ?? []);
    if (!refusal) return list;
    const told: api.Problem = {
      severity: "error",
      code: "",
      title: refusal.message,
      at: null,
      snippet: "",
      notes: [],
      help: refusal.help ? [refusal.help] : [],
    };
    return list.some((problem) => problem.severity === "error") ? list : [told, ...list];
  }, [view, emails, refusal]);
  const worst = problems.find((problem) => problem.severity === "error");

  // The last good render of this email stays while there is none.
  const shown = view?.mail ? view : good?.email === state.email ? good : null;
  const stale = !!shown && (view ? view.stale || !view.mail : !!refusal);
  const current = answered === request;

  return (
    <div class="app" data-pane={pane}>
      <header class="top">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="26" height="26" />
          <span>Letterpress</span>
          {emails?.organization && <small>{emails.organization}</small>}
        </a>
        <div class="pickers">
          <PersonPicker view={view} total={emails?.people ?? 0} go={go} step={step} />
          <EventPicker state={state} view={view} go={go} />
          {state.now && (
            <button type="button" class="clock" title="The clock of this render. Click to let it run." onClick={() => go({ now: null })}>
              at {view ? when(view.now) : state.now} ×
            </button>
          )}
        </div>
      </header>
      <div class="switch" role="group" aria-label="Pane">
        {(["emails", "email", "data"] as const).map((name) => (
          <button type="button" key={name} aria-pressed={pane === name} onClick={() => setPane(name)}>
            {{ emails: "Emails", email: "Preview", data: "Data" }[name]}
          </button>
        ))}
      </div>
      <EmailList
        emails={emails}
        state={state}
        fixture={view?.fixture ?? null}
        go={(change) => {
          setPane("email");
          go(change);
        }}
      />
      <main class="centre">
        <h1 class="unseen">{state.email ? title(state.email) : "Letterpress"}</h1>
        <InboxRow view={shown} />
        <Toolbar state={state} go={go} images={images} setImages={setImages} part={view?.mail ? state : null} />
        {worst && (
          <div class="banner" role="alert">
            <Sentence problem={worst} />
            {stale && <small>Below is the last good render.</small>}
          </div>
        )}
        <div class="views">
          {state.email && (
            <div class="view" hidden={state.tab !== "html"} id="view-html" role="tabpanel" aria-labelledby="tab-html">
              <Stage
                address={api.frameAddress(state.email, asked(state), images === "on")}
                turn={turn}
                ready={!current ? "waiting" : view?.mail ? "good" : "failed"}
                generation={view?.generation ?? 0}
                again={() => setTurn((turn) => turn + 1)}
                stale={stale}
                width={state.width}
                dark={state.dark}
                keys={(event) => onKeys.current(event)}
                link={(address) => setSaid({ text: address ? "This link goes to" : "This link goes nowhere", tag: address })}
              />
            </div>
          )}
          {state.tab !== "html" && (
            <pre class={`view code ${state.tab}${stale ? " stale" : ""}`} id={`view-${state.tab}`} role="tabpanel" aria-labelledby={`tab-${state.tab}`} tabIndex={0}>
              {part(shown, state.tab)}
            </pre>
          )}
          {!shown && current && (
            <div class="nothing">
              {emails && emails.emails.length === 0 ? (
                <p>There is no email to show yet.</p>
              ) : (
                <p>Nothing could be rendered. What is wrong stands below.</p>
              )}
            </div>
          )}
        </div>
      </main>
      <DataPane view={view ?? shown} copy={copy} />
      <Problems problems={problems} view={shown} link={link} />
      <div class={`toast${said ? " on" : ""}`} role="status" aria-live="polite">
        {said && (
          <>
            {said.text} {said.tag && <code>{said.tag}</code>}
          </>
        )}
      </div>
    </div>
  );
}

interface ToolbarProps {
  state: State;
  go: Go;
  images: string;
  setImages: (value: string) => void;
  part: State | null;
}

function Toolbar({ state, go, images, setImages, part }: ToolbarProps) {
  const arrows = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const tab = TABS[(TABS.indexOf(state.tab) + by + TABS.length) % TABS.length] ?? "html";
    go({ tab }, "replace");
    document.getElementById(`tab-${tab}`)?.focus();
  };
  const endings: Record<Tab, string> = { html: "html", source: "html", text: "txt", mime: "eml" };
  return (
    <div class="toolbar">
      <div class="tabs" role="tablist" aria-label="Parts">
        {TABS.map((tab) => (
          <button
            type="button"
            role="tab"
            key={tab}
            id={`tab-${tab}`}
            aria-selected={state.tab === tab}
            aria-controls={`view-${tab}`}
            tabIndex={state.tab === tab ? 0 : -1}
            onClick={() => go({ tab })}
            onKeyDown={arrows}
          >
            {NAMES[tab]}
          </button>
        ))}
      </div>
      <span class="rest" />
      {state.tab === "html" && (
        <>
          <div class="segments" role="group" aria-label="Width">
            {([600, 375] as const).map((width) => (
              <button type="button" key={width} aria-pressed={state.width === width} title={`${width} pixels wide`} onClick={() => go({ width })}>
                <Device narrow={width === 375} /> {width}
              </button>
            ))}
          </div>
          <button type="button" class="toggle" aria-pressed={state.dark} title="The dark styles that this email declares" onClick={() => go({ dark: !state.dark })}>
            Dark
          </button>
          <button
            type="button"
            class="toggle"
            aria-pressed={images === "on"}
            aria-label="Remote images"
            title="Remote images: pictures that this email loads from elsewhere; those of [preview] images come from disk"
            onClick={() => setImages(images === "on" ? "off" : "on")}
          >
            Images
          </button>
        </>
      )}
      {part?.email && (
        <a class="raw" href={api.partAddress(part.email, endings[state.tab], asked(part))} target="_blank" rel="noreferrer" title="Exactly the bytes of letterpress render">
          .{endings[state.tab]} ↗
        </a>
      )}
    </div>
  );
}

function Device({ narrow }: { narrow: boolean }) {
  return (
    <svg viewBox="0 0 14 12" width="14" height="12" aria-hidden="true">
      <rect x={narrow ? 4 : 0.700} y="0.700" width={narrow ? 6 : 12.600} height={narrow ? 10.600 : 8.600} rx="1.400" fill="none" stroke="currentColor" stroke-width="1.300" />
    </svg>
  );
}

function part(view: api.View | null, tab: Tab): string {
  if (!view?.mail) return "";
  if (tab === "text") return view.mail.text;
  if (tab === "mime") return view.mail.eml ?? "No message can be built: the problems below say why.";
  return view.mail.html;
}

/** Copies, also where the browser's clipboard is not to be had: over plain HTTP from another machine. */
async function toClipboard(text: string) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

const root = document.getElementById("app");
if (root) mount(<App />, root);
