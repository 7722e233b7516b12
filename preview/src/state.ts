// The address is the state: what is shown can be reloaded, gone back to and sent to somebody.
import { useEffect, useState } from "preact/hooks";
import type { Asked } from "./api";

export type Tab = "html" | "text" | "source" | "mime";
export const TABS: Tab[] = ["html", "text", "source", "mime"];

export interface State {
  email: string | null;
  profile: string | null;
  event: string | null;
  fixture: string | null;
  now: string | null;
  tab: Tab;
  width: 600 | 375;
  dark: boolean;
}

export function read(search: string): State {
  const query = new URLSearchParams(search);
  const tab = query.get("tab") as Tab;
  return {
    email: query.get("email"),
    profile: query.get("profile"),
    event: query.get("event"),
    fixture: query.get("fixture"),
    now: query.get("now"),
    tab: TABS.includes(tab) ? tab : "html",
    width: query.get("width") === "375" ? 375 : 600,
    dark: query.get("dark") === "1",
  };
}

export function write(state: State): string {
  const query = new URLSearchParams();
  for (const name of ["email", "profile", "event", "fixture", "now"] as const) {
    const value = state[name];
    if (value) query.set(name, value);
  }
  if (state.tab !== "html") query.set("tab", state.tab);
  if (state.width !== 600) query.set("width", String(state.width));
  if (state.dark) query.set("dark", "1");
  // An address that people read: these need no escapes in a query.
  return `/?${query.toString().replaceAll("%40", "@").replaceAll("%3A", ":")}`;
}

export const asked = (state: State): Asked => ({
  profile: state.profile,
  event: state.event,
  fixture: state.fixture,
  now: state.now,
});

export type Go = (change: Partial<State>, how?: "push" | "replace") => void;

/** The address as a state, and the way to another. */
export function useAddress(): [State, Go] {
  const [state, setState] = useState(() => read(location.search));
  useEffect(() => {
    const back = () => setState(read(location.search));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const go: Go = (change, how = "push") => {
    const next = { ...read(location.search), ...change };
    const address = write(next);
    if (address !== location.pathname + location.search) {
      history[how === "push" ? "pushState" : "replaceState"](null, "", address);
    }
    setState(next);
  };
  return [state, go];
}

/** Something this browser remembers. Where it may not remember, it starts anew. */
export function useRemembered(name: string, otherwise: string): [string, (value: string) => void] {
  const key = `letterpress.${name}`;
  const [value, setValue] = useState(() => {
    try {
      return localStorage.getItem(key) ?? otherwise;
    } catch {
      return otherwise;
    }
  });
  const set = (value: string) => {
    setValue(value);
    try {
      localStorage.setItem(key, value);
    } catch {
      // Nothing is remembered then.
    }
  };
  return [value, set];
}
