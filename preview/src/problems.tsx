// What is wrong, with source lines as the command line prints them; and how large the email is.
import { useState } from "preact/hooks";
import type { Problem, View } from "./api";
import { count, kilobytes } from "./format";

/** Gmail cuts a message's HTML here. */
const CLIPPED = 102_000;

export function Problems({ problems, view, link }: { problems: Problem[]; view: View | null; link: "live" | "lost" }) {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  // Errors open it; what a person closes stays closed until the errors are others.
  const key = problems.filter((p) => p.severity === "error").map((p) => p.title + p.snippet).join("\n");
  const [hand, setHand] = useState<{ key: string; open: boolean } | null>(null);
  const open = problems.length > 0 && (hand?.key === key ? hand.open : errors > 0);
  const words = [errors && count(errors, "error"), warnings && count(warnings, "warning")].filter(Boolean).join(", ");
  const sizes = view?.mail?.sizes;
  return (
    <section class={`problems${errors ? " bad" : ""}`} aria-label="Problems">
      <div class="bar">
        <button
          type="button"
          class="summary"
          aria-expanded={open}
          disabled={problems.length === 0}
          onClick={() => setHand({ key, open: !open })}
        >
          <span class={`lamp ${errors ? "error" : warnings ? "warning" : "good"}`} aria-hidden="true" />
          {words || "No problems"}
          {problems.length > 0 && <span aria-hidden="true">{open ? " ▾" : " ▴"}</span>}
        </button>
        {view?.said.map((sentence) => (
          <span class="said" key={sentence}>
            {sentence}
          </span>
        ))}
        <span class="rest" />
        {sizes && (
          <span class={`size${sizes.html > CLIPPED ? " over" : ""}`} title={`Gmail clips HTML beyond ${kilobytes(CLIPPED)}`}>
            HTML {kilobytes(sizes.html)}
            <meter min={0} max={CLIPPED} high={CLIPPED * 0.85} value={Math.min(sizes.html, CLIPPED)} aria-label="Of the size at which Gmail clips" />
          </span>
        )}
        {sizes && <span class="size wide">text {kilobytes(sizes.text)}</span>}
        {sizes && sizes.eml > 0 && <span class="size wide">message {kilobytes(sizes.eml)}</span>}
        <span class={`link ${link}`} role="status">
          <span class="lamp" aria-hidden="true" />
          {link === "live" ? "Live" : "Reconnecting…"}
        </span>
      </div>
      {open && (
        <ol class="list">
          {problems.map((problem, at) => (
            <li key={`${at}${problem.title}`} class={problem.severity}>
              <Sentence problem={problem} />
              {problem.snippet && (
                <pre>
                  {problem.snippet.split("\n").map((line) => (
                    <Line text={line} />
                  ))}
                </pre>
              )}
              {problem.notes.map((note) => (
                <p class="note">
                  <b>note</b> {note}
                </p>
              ))}
              {problem.help.map((help) => (
                <p class="help">
                  <b>help</b> {help}
                </p>
              ))}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** The title with its place. */
export function Sentence({ problem }: { problem: Problem }) {
  const { at, code } = problem;
  const place = at && `${at.file}:${at.line}:${at.column}`;
  return (
    <p class="sentence">
      <span class={`severity ${problem.severity}`}>{problem.severity}</span>
      <b>{problem.title}</b>
      {code && <code title={`letterpress explain ${code}`}>{code}</code>}
      {place && (at.editor ? <a href={at.editor}>{place}</a> : <span class="place">{place}</span>)}
    </p>
  );
}

/** A line of the snippet: the gutter quiet, the carets bright. */
function Line({ text }: { text: string }) {
  const found = /^(\s*\d*\s*\|)(.*)$/.exec(text);
  if (!found) return <span class="gutter">{`${text}\n`}</span>;
  const [, gutter, rest = ""] = found;
  const caret = /^[\s|]*[\^_-]{1,}/.test(rest) && !/\d/.test(gutter ?? "");
  return (
    <>
      <span class="gutter">{gutter}</span>
      <span class={caret ? "caret" : ""}>{`${rest}\n`}</span>
    </>
  );
}
