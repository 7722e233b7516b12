// Beside the email: what a template can read, ready to copy.
import { useState } from "preact/hooks";
import type { View } from "./api";
import { ago, count, when } from "./format";
import { called } from "./pickers";
import { Tree } from "./tree";

interface Props {
  view: View | null;
  copy: (tag: string) => void;
}

export function DataPane({ view, copy }: Props) {
  const [tab, setTab] = useState<"event" | "person">("event");
  const [tag, setTag] = useState<string | null>(null);
  const tree = view?.tree;
  const event = view?.event;
  const rest = { copy, hover: setTag };
  const arrows = (pressed: KeyboardEvent) => {
    if (pressed.key !== "ArrowLeft" && pressed.key !== "ArrowRight") return;
    const other = tab === "event" ? "person" : "event";
    setTab(other);
    document.getElementById(`data-${other}`)?.focus();
  };
  const tabs = (["event", "person"] as const).map((name) => (
    <button
      type="button"
      role="tab"
      key={name}
      id={`data-${name}`}
      aria-selected={tab === name}
      aria-controls="data-panel"
      tabIndex={tab === name ? 0 : -1}
      onClick={() => setTab(name)}
      onKeyDown={arrows}
    >
      {name === "event" ? "Activity details" : "Profile"}
    </button>
  ));
  return (
    <aside class="data" aria-label="Data of this email">
      <div class="tabs" role="tablist" aria-label="Data">
        {tabs}
      </div>
      <div class="panel" id="data-panel" role="tabpanel" aria-labelledby={`data-${tab}`}>
        {tab === "event" && !event && (
          <div class="empty">
            <p>
              <b>No event.</b>
            </p>
            <p>
              A campaign has none: <code>{"{{ event… }}"}</code> renders as nothing. Choose one above to see what its tags print.
            </p>
          </div>
        )}
        {tab === "event" && event && tree && (
          <>
            <div class="about">
              <b>{event.metric}</b>
              <small title={event.time}>
                {when(event.time)} · {ago(event.time, view.now)}
                {event.source && ` · ${event.source}`}
              </small>
            </div>
            <Tree label="Event" nodes={tree.event} {...rest} />
            {tree.extra.length > 0 && (
              <>
                <h3>
                  extra <small>event.extra, from the integration</small>
                </h3>
                <Tree label="Extra" nodes={tree.extra} {...rest} />
              </>
            )}
          </>
        )}
        {tab === "person" && tree && (
          <>
            <div class="about">
              <b>
                <bdi>{called(view.person) || "Nobody"}</bdi>
              </b>
              <small>
                {view.person ? count(view.person.events, "event") : "A template alone reads what its context has"}
                {view.person?.left_out && ` · a campaign leaves them out: ${view.person.left_out}`}
              </small>
            </div>
            <Tree label="Person" nodes={tree.person} {...rest} />
          </>
        )}
      </div>
      <footer class="hovered" aria-hidden="true">
        {tag ? <code>{tag}</code> : <span>Click a value to copy its tag</span>}
      </footer>
    </aside>
  );
}
