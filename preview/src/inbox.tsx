// The email as it stands in an inbox: sender, subject, preheader.
import type { View } from "./api";
import { when } from "./format";
import { Avatar } from "./pickers";

export function InboxRow({ view }: { view: View | null }) {
  const mail = view?.mail;
  const sender = mail?.from.replace(/\s*<[^>]*>\s*$/, "") || mail?.from || "";
  return (
    <header class="inbox" aria-label="As it stands in an inbox">
      <Avatar of={sender || "?"} />
      <div class="lines">
        <div class="from" title={mail?.from}>
          <bdi>{sender || "No sender"}</bdi>
          {mail && <small class="address">{/<([^>]*)>/.exec(mail.from)?.[1]}</small>}
        </div>
        <div class="subject">
          <bdi data-part="subject">{mail ? mail.subject || <i>No subject</i> : " "}</bdi>
          {mail?.preheader && (
            <span class="preheader" title={mail.preheader}>
              <bdi data-part="preheader">{mail.preheader}</bdi>
            </span>
          )}
        </div>
      </div>
      {view?.now && <time dateTime={view.now}>{when(view.now)}</time>}
    </header>
  );
}
