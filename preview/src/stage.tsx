// The email in a frame without scripts. A new render is loaded behind the one that is shown and takes its place when it is
// ready, at the same scroll: nothing flashes.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  /** Where the framed copy is. */
  address: string;
  /** Counts up with each render, also where the address is the same. */
  turn: number;
  /** Whether this render may take the place of the last. */
  ready: "waiting" | "good" | "failed";
  /** The state of the files that the rest of the page shows. */
  generation: number;
  /** Asks for another turn. */
  again: () => void;
  /** Whether what is shown is not what the files say. */
  stale: boolean;
  width: number;
  dark: boolean;
  keys: (event: KeyboardEvent) => void;
  link: (address: string) => void;
}

/** Whatever asks for a higher page than this is wrong. */
const HIGHEST = 40_000;
/** Pictures that take longer appear when they come. */
const PATIENCE = 150;

/** The state of the files that a frame shows. */
function stateOf(frame: HTMLIFrameElement): number {
  const [entry] = frame.contentWindow?.performance.getEntriesByType("navigation") ?? [];
  const timing = (entry as PerformanceNavigationTiming | undefined)?.serverTiming?.find(({ name }) => name === "generation");
  return timing ? Number(timing.description) : Infinity;
}

export function Stage({ address, turn, ready, generation, again, stale, width, dark, keys, link }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const shown = useRef<HTMLIFrameElement | null>(null);
  const next = useRef<{ frame: HTMLIFrameElement; turn: number; loaded: boolean } | null>(null);
  const latest = useRef({ ready, generation, again, width, keys, link });
  latest.current = { ready, generation, again, width, keys, link };

  /** Makes frame and sheet as high as the email, and as small as the room asks for. */
  const fit = (frame: HTMLIFrameElement | null = shown.current) => {
    const room = stage.current;
    const paper = sheet.current;
    const root = frame?.contentDocument?.documentElement;
    if (!room || !paper || !frame || !root) return;
    const { width } = latest.current;
    const scale = Math.min(1, (room.clientWidth - 32) / width);
    frame.style.width = `${width}px`;
    const before = room.scrollTop;
    frame.style.height = "0px";
    const height = Math.min(HIGHEST, Math.max(240, root.scrollHeight, root.ownerDocument.body?.scrollHeight ?? 0));
    frame.style.height = `${height}px`;
    frame.style.transform = scale < 1 ? `scale(${scale})` : "";
    if (frame === shown.current) {
      paper.style.width = `${width * scale}px`;
      paper.style.height = `${height * scale}px`;
      room.scrollTop = before;
    }
  };

  const swap = () => {
    const coming = next.current;
    if (!coming?.loaded || latest.current.ready !== "good") return;
    next.current = null;
    // Framed from files that changed meanwhile.
    if (stateOf(coming.frame) < latest.current.generation) {
      coming.frame.remove();
      return latest.current.again();
    }
    const scroll = stage.current?.scrollTop ?? 0;
    const old = shown.current;
    shown.current = coming.frame;
    coming.frame.classList.remove("coming");
    coming.frame.title = "The email";
    fit();
    old?.remove();
    if (stage.current) stage.current.scrollTop = scroll;
    performance.mark("letterpress-shown");
  };

  useLayoutEffect(() => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-same-origin");
    frame.setAttribute("scrolling", "no");
    frame.className = "coming";
    frame.title = "The email, loading";
    frame.style.width = `${width}px`;
    frame.style.colorScheme = dark ? "dark" : "light";
    const coming = { frame, turn, loaded: false };
    next.current?.frame.remove();
    next.current = coming;
    const arrive = () => {
      if (coming.loaded || !frame.isConnected) return;
      coming.loaded = true;
      const page = frame.contentDocument;
      page?.addEventListener("keydown", (event) => latest.current.keys(event));
      page?.addEventListener("click", (event) => {
        const anchor = (event.target as Element | null)?.closest?.("a, area");
        if (!anchor) return;
        event.preventDefault();
        latest.current.link(anchor.getAttribute("href") ?? "");
      });
      swap();
    };
    frame.addEventListener("load", () => {
      arrive();
      fit(frame);
    });
    // The HTML is there before its pictures are.
    let patience = 0;
    const look = setInterval(() => {
      const page = frame.contentDocument;
      if (coming.loaded || !frame.isConnected) return clearInterval(look);
      if (page && page.URL !== "about:blank" && page.readyState !== "loading" && (patience += 8) > PATIENCE) arrive();
    }, 8);
    frame.src = address;
    sheet.current?.append(frame);
    return () => clearInterval(look);
  }, [address, turn]);

  useLayoutEffect(() => {
    if (ready === "failed") {
      next.current?.frame.remove();
      next.current = null;
    }
    swap();
  }, [ready, turn]);

  useLayoutEffect(() => {
    if (shown.current) shown.current.style.colorScheme = dark ? "dark" : "light";
  }, [dark]);

  useLayoutEffect(() => fit(), [width]);

  useEffect(() => {
    const room = new ResizeObserver(() => fit());
    if (stage.current) room.observe(stage.current);
    return () => room.disconnect();
  }, []);

  return (
    <div class={`stage${stale ? " stale" : ""}`} ref={stage} tabIndex={0} aria-label="The email as HTML" role="region">
      <div class={`sheet${dark ? " dark" : ""}`} ref={sheet} data-width={width} />
    </div>
  );
}
