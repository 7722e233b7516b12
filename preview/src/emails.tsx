// The emails of the project, and the fixtures of the open one.
import type { Emails } from "./api";
import { title } from "./format";
import type { Go, State } from "./state";

export function EmailList({ emails, state, fixture, go }: { emails: Emails | null; state: State; fixture: string | null; go: Go }) {
  return (
    <nav class="emails" aria-label="Emails">
      <h2>Emails</h2>
      {emails?.emails.length === 0 && (
        <p class="empty">
          None yet. An email is a folder under <code>templates/</code> with an <code>email.toml</code>.
        </p>
      )}
      <ul>
        {emails?.emails.map((email) => {
          const current = email.name === state.email;
          return (
            <li key={email.name} class={current ? "current" : ""}>
              <a
                href={`/?email=${encodeURIComponent(email.name)}`}
                aria-current={current ? "page" : undefined}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                  event.preventDefault();
                  go({ email: email.name, event: null, fixture: null });
                }}
              >
                <span class="name">{title(email.name)}</span>
                {email.errors > 0 && (
                  <span class="badge error" title={`${email.errors} errors`}>
                    {email.errors}
                    <span class="unseen"> errors</span>
                  </span>
                )}
                {email.errors === 0 && email.warnings > 0 && (
                  <span class="badge warning" title={`${email.warnings} warnings`}>
                    {email.warnings}
                    <span class="unseen"> warnings</span>
                  </span>
                )}
                <small>
                  {email.kind ?? "cannot be read"}
                  {email.trigger && ` · ${email.trigger}`}
                  {email.transactional && " · transactional"}
                </small>
              </a>
              {current && email.fixtures.length > 0 && (
                <div class="fixtures" role="group" aria-label="Fixtures">
                  {email.fixtures.map((name) => (
                    <button
                      type="button"
                      key={name}
                      aria-pressed={fixture === name}
                      title={`templates/${email.name}/fixtures/${name}.json`}
                      onClick={() => go({ fixture: name, profile: null, event: null })}
                    >
                      {name.replaceAll(/[_-]+/g, " ")}
                    </button>
                  ))}
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
