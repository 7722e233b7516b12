// What the server answers: the structs of `src/api/` under the same names.

export interface Place {
  file: string;
  line: number;
  column: number;
  editor: string | null;
}

export interface Problem {
  severity: "error" | "warning";
  code: string;
  title: string;
  at: Place | null;
  snippet: string;
  notes: string[];
  help: string[];
}

export interface EmailEntry {
  name: string;
  kind: "flow" | "campaign" | null;
  trigger: string | null;
  transactional: boolean;
  fixtures: string[];
  errors: number;
  warnings: number;
}

export interface Emails {
  generation: number;
  organization: string;
  people: number;
  timezone: string;
  emails: EmailEntry[];
  problems: Problem[];
}

export interface Person {
  selector: string;
  number: number | null;
  name: string | null;
  email: string | null;
  locale: string | null;
  left_out: string | null;
  events: number;
}

export interface People {
  total: number;
  matches: number | null;
  people: Person[];
}

export interface EventEntry {
  selector: string | null;
  metric: string;
  source: string | null;
  time: string;
  value: number | null;
  trigger: boolean;
}

export interface Events {
  total: number;
  events: EventEntry[];
}

export interface Node {
  key: string;
  kind: "text" | "number" | "boolean" | "null" | "list" | "object";
  text: string | null;
  tag: string | null;
  children?: Node[];
}

export interface Mail {
  from: string;
  to: { name: string | null; address: string } | null;
  reply_to: string | null;
  subject: string;
  preheader: string;
  html: string;
  text: string;
  eml: string | null;
  sizes: { html: number; text: number; eml: number };
}

export interface View {
  generation: number;
  email: string;
  outcome: "rendered" | "skipped" | "failed";
  stale: boolean;
  person: Person | null;
  event: EventEntry | null;
  fixture: string | null;
  now: string;
  said: string[];
  mail: Mail | null;
  problems: Problem[];
  tree: { event: Node[]; extra: Node[]; person: Node[] };
}

export interface Change {
  generation: number;
  what: ("template" | "data" | "config" | "image")[];
  files: string[];
}

/** The server's own words on why there is no answer. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly help: string | null,
  ) {
    super(message);
  }
}

type Parameters = Record<string, string | null | undefined>;

export function query(parameters: Parameters): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value) set.set(name, value);
  }
  const text = set.toString();
  return text && `?${text}`;
}

async function ask<T>(noun: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`/api/${noun}${query(parameters)}`, signal ? { signal } : {});
  const found = await response.json();
  if (!response.ok) throw new Refusal(found.error ?? response.statusText, found.help ?? null);
  return found as T;
}

/** What is asked to be rendered. */
export interface Asked extends Parameters {
  profile?: string | null;
  event?: string | null;
  fixture?: string | null;
  now?: string | null;
}

export const emails = () => ask<Emails>("emails");
export const people = (q: string, signal?: AbortSignal) => ask<People>("people", { q, limit: "40" }, signal);
export const person = (profile: string) => ask<Person>("person", { profile });
export const events = (profile: string, email: string) => ask<Events>("events", { profile, email });
export const render = (email: string, asked: Asked, signal?: AbortSignal) =>
  ask<View>("render", { email, ...asked }, signal);
export const frameAddress = (email: string, asked: Asked, images: boolean) =>
  `/frame/${email.split("/").map(encodeURIComponent).join("/")}${query({ ...asked, images: images ? "on" : "off" })}`;
export const partAddress = (email: string, ending: string, asked: Asked) =>
  `/r/${email.split("/").map(encodeURIComponent).join("/")}.${ending}${query(asked)}`;
