// A field with a list below it: type to find, arrows and Enter to pick. ARIA's combobox with a listbox.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

export interface Choice {
  key: string;
  /** The heading it stands under. */
  group?: string | undefined;
  label: ComponentChildren;
  picked: boolean;
  disabled?: boolean;
  pick: () => void;
}

interface Props {
  name: string;
  /** What is chosen now, in words. */
  shown: string;
  placeholder: string;
  hint: string;
  /** The choices for what was typed. */
  find: (typed: string, signal: AbortSignal) => Promise<Choice[]>;
  /** A key of the keyboard that leads here. */
  shortcut?: string;
  /** A word beside the name. */
  note?: string;
  /** Whatever else the choices depend on. */
  of: unknown;
}

export function Combobox({ name, shown, placeholder, hint, find, shortcut, note, of }: Props) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [choices, setChoices] = useState<Choice[]>([]);
  const [active, setActive] = useState(0);

  useEffect(() => {
    if (!open) return;
    const cancel = new AbortController();
    find(typed, cancel.signal).then(
      (found) => {
        if (cancel.signal.aborted) return;
        setChoices(found);
        setActive(Math.max(0, typed ? found.findIndex((c) => !c.disabled) : found.findIndex((c) => c.picked)));
      },
      () => {},
    );
    return () => cancel.abort();
  }, [open, typed, of]);

  useEffect(() => {
    if (!open) return;
    const outside = (event: MouseEvent) => {
      if (!box.current?.contains(event.target as Node)) close();
    };
    addEventListener("mousedown", outside);
    return () => removeEventListener("mousedown", outside);
  }, [open]);

  useEffect(() => {
    if (open) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [open, active, choices]);

  const close = () => {
    setOpen(false);
    setTyped("");
  };
  const pick = (choice: Choice | undefined) => {
    if (!choice || choice.disabled) return;
    close();
    input.current?.blur();
    choice.pick();
  };
  const move = (by: number) => {
    for (let at = active + by; choices[at]; at += Math.sign(by)) {
      if (!choices[at]?.disabled) return setActive(at);
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (open) close();
      else input.current?.blur();
      return;
    }
    if (!open && ["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) {
      event.preventDefault();
      return setOpen(true);
    }
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by) move(Math.abs(by) === 8 && !choices[active + by] ? by / 8 : by);
    else if (event.key === "Enter") pick(choices[active]);
    else if (event.key === "Tab") return close();
    else return;
    event.preventDefault();
  };

  let group: string | undefined;
  return (
    <div class="field" ref={box}>
      <label for={id}>
        {name}
        {shortcut && <kbd aria-hidden="true">{shortcut}</kbd>}
        {note && <span class="beside">{note}</span>}
      </label>
      <input
        id={id}
        ref={input}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        data-field={name.toLowerCase()}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && choices.length ? `${id}-${active}` : undefined}
        placeholder={open ? hint : placeholder}
        title={open ? "" : shown}
        value={open ? typed : shown}
        onFocus={() => setOpen(true)}
        onMouseDown={() => setOpen(true)}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setOpen(true);
        }}
        onKeyDown={keys}
      />
      <svg class="chevron" viewBox="0 0 12 12" aria-hidden="true">
        <path d="M3 4.500 6 7.500 9 4.500" />
      </svg>
      {open && (
        <ul class="choices" role="listbox" id={`${id}-list`} aria-label={name}>
          {choices.map((choice, at) => {
            const heading = choice.group !== group ? choice.group : undefined;
            group = choice.group;
            return [
              heading && (
                <li class="group" role="presentation" key={`group ${heading}`}>
                  {heading}
                </li>
              ),
              <li
                key={choice.key}
                id={`${id}-${at}`}
                role="option"
                aria-selected={at === active}
                aria-disabled={choice.disabled}
                class={choice.picked ? "picked" : ""}
                onMouseMove={() => !choice.disabled && at !== active && setActive(at)}
                onMouseDown={(event) => {
                  event.preventDefault();
                  pick(choice);
                }}
              >
                {choice.label}
              </li>,
            ];
          })}
          {choices.length === 0 && <li class="none">Nothing found</li>}
        </ul>
      )}
    </div>
  );
}
