// Whom the email is for, and what started it.
import * as api from "./api";
import { Combobox, type Choice } from "./combobox";
import { ago, count, when } from "./format";
import type { Go, State } from "./state";

export const called = (person: api.Person | null) =>
  person ? [person.name, person.email].filter(Boolean).join(" · ") || person.selector : "";

interface Props {
  state: State;
  view: api.View | null;
  go: Go;
}

export function PersonPicker({ view, total, go, step }: Omit<Props, "state"> & { total: number; step: (by: 1 | -1) => void }) {
  const find = async (typed: string, signal: AbortSignal): Promise<Choice[]> => {
    const found = await api.people(typed, signal);
    const choices: Choice[] = found.people.map((person) => ({
      key: person.selector,
      group: typed ? (found.matches === null ? "Matches" : count(found.matches, "match", "matches")) : `All ${count(found.total, "person", "people")}`,
      picked: person.selector === view?.person?.selector && !view.fixture,
      pick: () => go({ profile: person.selector, event: null, fixture: null }),
      label: (
        <>
          <Avatar of={person.name ?? person.email ?? "?"} />
          <span class="two">
            <bdi>{person.name ?? <i>no name</i>}</bdi>
            <small>{person.email ?? person.selector}</small>
          </span>
          {person.left_out && <span class="tag" title={`A campaign would leave them out: ${person.left_out}`}>{person.left_out}</span>}
          <small class="right">{count(person.events, "event")}</small>
        </>
      ),
    }));
    if (!typed) {
      choices.unshift({
        key: "random",
        group: "Anybody",
        picked: false,
        pick: async () => go({ profile: (await api.person("random")).selector, event: null, fixture: null }),
        label: (
          <>
            <span class="avatar dice">?</span>
            <span class="two">
              A random person <small>somebody new each time</small>
            </span>
          </>
        ),
      });
    }
    return choices;
  };
  const person = view?.person ?? null;
  const shown = view?.fixture ? `${called(person) || "No person"} (fixture)` : called(person);
  return (
    <div class="person">
      <Combobox
        name="Person"
        shown={shown}
        placeholder="Nobody"
        hint="Name, address or id"
        shortcut="/"
        note={person?.number && !view?.fixture ? `${person.number.toLocaleString("en")} of ${total.toLocaleString("en")}` : ""}
        find={find}
        of={view?.generation}
      />
      <div class="steps" role="group" aria-label="Step through people">
        <button type="button" onClick={() => step(-1)} aria-label="Previous person" title="Previous person  [">
          ‹
        </button>
        <button type="button" onClick={() => step(1)} aria-label="Next person" title="Next person  ]">
          ›
        </button>
      </div>
    </div>
  );
}

export function EventPicker({ state, view, go }: Props) {
  const find = async (typed: string): Promise<Choice[]> => {
    const person = view?.person?.selector;
    const found = person ? await api.events(person, view.email) : { total: 0, events: [] };
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (event: api.EventEntry) => {
      const text = `${event.metric} ${event.source ?? ""} ${event.time}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const now = view?.now || new Date().toISOString();
    const choice = (event: api.EventEntry, at: number): Choice => ({
      key: event.selector ?? `${at}`,
      group: event.trigger ? "Starts this email's flow" : "Other events: tags of this email may stay empty",
      picked: !!event.selector && event.selector === view?.event?.selector,
      disabled: !event.selector,
      pick: () => go({ event: event.selector }),
      label: (
        <>
          <span class={event.trigger ? "dot bright" : "dot"} />
          <span class="two">
            {event.metric}
            <small>
              {when(event.time)}
              {event.source && ` · ${event.source}`}
            </small>
          </span>
          {event.value !== null && <small class="value">{event.value.toFixed(2)}</small>}
          <small class="right">{ago(event.time, now)}</small>
        </>
      ),
    });
    const events = found.events.filter(fits);
    const choices = [...events.filter((e) => e.trigger), ...events.filter((e) => !e.trigger)].map(choice);
    if (!typed) {
      choices.unshift({
        key: "none",
        picked: !view?.event,
        pick: () => go({ event: "none" }),
        label: (
          <>
            <span class="dot hollow" />
            <span class="two">
              No event <small>as a campaign sends it</small>
            </span>
          </>
        ),
      });
    }
    return choices;
  };
  const event = view?.event;
  const shown = event ? `${event.metric} · ${when(event.time)}` : "";
  return (
    <Combobox
      name="Event"
      shown={shown}
      placeholder="No event"
      hint="Metric, source or date"
      find={find}
      of={`${view?.generation} ${view?.person?.selector} ${view?.email} ${state.event}`}
    />
  );
}

export function Avatar({ of }: { of: string }) {
  const letters = [...of.replaceAll(/[^\p{L}\p{N} ]/gu, "")];
  const words = of.trim().split(/\s+/);
  const second = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  let hue = 0;
  for (const c of of) hue = (hue * 31 + (c.codePointAt(0) ?? 0)) % 6;
  return (
    <span class={`avatar hue${hue}`} aria-hidden="true">
      {(letters[0] ?? "?").toUpperCase()}
      {/[\p{L}]/u.test(second) ? second.toUpperCase() : ""}
    </span>
  );
}
