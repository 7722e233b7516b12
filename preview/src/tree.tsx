// A tree of what a template can read. A click on a leaf copies the tag that prints it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Node } from "./api";

interface Row {
  node: Node;
  path: string;
  level: number;
  open: boolean;
  parent: number;
  /** Its place among its siblings, and how many they are. */
  place: number;
  of: number;
}

interface Props {
  label: string;
  nodes: Node[];
  copy: (tag: string) => void;
  hover: (tag: string | null) => void;
}

/** Longer lists begin closed. */
const MOST_OPEN = 12;
/** What was opened or closed by hand stays so while people and events change. */
const byHand = new Map<string, boolean>();

function rows(label: string, nodes: Node[]): Row[] {
  const found: Row[] = [];
  const walk = (nodes: Node[], before: string, level: number, parent: number) => {
    nodes.forEach((node, at) => {
      const path = `${before}/${node.key}`;
      const size = node.children?.length ?? 0;
      const open = size > 0 && (byHand.get(path) ?? (level < 4 && size <= MOST_OPEN && (level < 2 || at < 1)));
      const index = found.push({ node, path, level, open, parent, place: at + 1, of: nodes.length }) - 1;
      if (open) walk(node.children ?? [], path, level + 1, index);
    });
  };
  walk(nodes, label, 1, -1);
  return found;
}

/** What a closed object is about: what a person would call it by. */
const gist = (node: Node) => node.children?.find((child) => /^(title|name|product ?name|sku|id)$/i.test(child.key))?.text ?? "";

export function Tree({ label, nodes, copy, hover }: Props) {
  const [turn, setTurn] = useState(0);
  const [focus, setFocus] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const moved = useRef(false);
  const shown = useMemo(() => rows(label, nodes), [label, nodes, turn]);
  const at = Math.min(focus, shown.length - 1);

  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    list.current?.querySelectorAll<HTMLElement>("[role=treeitem]")[at]?.focus();
  }, [at, turn]);

  const toggle = (row: Row, open: boolean) => {
    byHand.set(row.path, open);
    setTurn(turn + 1);
  };
  const moveTo = (index: number) => {
    if (index < 0 || index >= shown.length) return;
    moved.current = true;
    setFocus(index);
    hover(shown[index]?.node.tag ?? null);
  };
  const keys = (event: KeyboardEvent) => {
    const row = shown[at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const whole = !!row.node.children?.length;
    if (event.key === "ArrowDown") moveTo(at + 1);
    else if (event.key === "ArrowUp") moveTo(at - 1);
    else if (event.key === "Home") moveTo(0);
    else if (event.key === "End") moveTo(shown.length - 1);
    else if (event.key === "ArrowRight" && whole) row.open ? moveTo(at + 1) : toggle(row, true);
    else if (event.key === "ArrowLeft") row.open ? toggle(row, false) : moveTo(row.parent);
    else if (event.key === "c" || (event.key === "Enter" && !whole)) row.node.tag && copy(row.node.tag);
    else if ((event.key === "Enter" || event.key === " ") && whole) toggle(row, !row.open);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <ul class="tree" role="tree" aria-label={label} ref={list} onKeyDown={keys} onMouseLeave={() => hover(null)}>
      {shown.map((row, index) => {
        const { node } = row;
        const whole = node.kind === "list" || node.kind === "object";
        const some = !!node.children?.length;
        return (
          <li
            key={row.path}
            role="treeitem"
            aria-level={row.level}
            aria-posinset={row.place}
            aria-setsize={row.of}
            aria-expanded={some ? row.open : undefined}
            aria-selected={index === at}
            tabIndex={index === at ? 0 : -1}
            class={`level${Math.min(row.level, 8)} ${node.kind}`}
            data-tag={node.tag}
            title={node.tag ?? "No tag can name this key"}
            onFocus={() => setFocus(index)}
            onMouseEnter={() => hover(node.tag)}
            onClick={() => {
              setFocus(index);
              if (some) toggle(row, !row.open);
              else if (node.tag) copy(node.tag);
            }}
          >
            <span class="twist" aria-hidden="true">{some ? (row.open ? "▾" : "▸") : ""}</span>
            <span class="key">{node.key || <i>empty</i>}</span>
            {whole ? (
              <span class="size">{node.kind === "list" ? `[${node.children?.length ?? 0}]` : `{${node.children?.length ?? 0}}`}</span>
            ) : (
              <span class="leaf">
                <bdi>{node.text}</bdi>
              </span>
            )}
            {whole && !row.open && some && (
              <span class="gist">
                <bdi>{gist(node)}</bdi>
              </span>
            )}
            {node.tag && (
              <button
                type="button"
                class="copy"
                tabIndex={-1}
                aria-label={`Copy ${node.tag}`}
                onClick={(event) => {
                  event.stopPropagation();
                  if (node.tag) copy(node.tag);
                }}
              >
                copy
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
