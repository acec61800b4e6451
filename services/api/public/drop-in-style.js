/** How the pop-ups look in a CRM's page, whatever the page looks like. */
export const PANEL_STYLE = `
:host {
  all: initial;
  --surface: #ffffff;
  --ink: #17211c;
  --faint: #53605a;
  --line: #d3dad6;
  --accent: #0b6e4f;
  --alarm: #a3261c;
  --start: #1d5fa8;
  --end: #5d6660;
  color-scheme: light dark;
  position: fixed;
  right: 1rem;
  bottom: 1rem;
  z-index: 2147483000;
  width: min(20rem, calc(100vw - 2rem));
  color: var(--ink);
  font: 16px / 1.45 system-ui, sans-serif;
}

@media (prefers-color-scheme: dark) {
  :host {
    --surface: #1a211e;
    --ink: #e8eeea;
    --faint: #a5b1ab;
    --line: #34403a;
    --accent: #58c79c;
    --alarm: #ff9a8f;
    --start: #86b9f2;
    --end: #a5b1ab;
  }
}

@media print {
  :host {
    display: none;
  }
}

section,
.cards {
  display: grid;
  gap: 0.75rem;
}

section {
  max-height: calc(100vh - 2rem);
  overflow-y: auto;
  border-radius: 0.5rem;
}

.popup,
.notice {
  margin: 0;
  padding: 0.75rem;
  background: var(--surface);
  border: 1px solid var(--line);
  border-left: 5px solid var(--end);
  border-radius: 0.4rem;
  box-shadow: 0 2px 10px rgb(0 0 0 / 0.2);
}

.popup[data-claimed="false"] {
  border-left-style: dashed;
  box-shadow: none;
}

.popup[data-kind="start"] {
  border-left-color: var(--start);
}

.popup[data-kind="incoming"] {
  border-left-color: var(--accent);
}

.notice[data-kind="problem"] {
  border-left-color: var(--alarm);
}

h3,
.popup p {
  margin: 0;
}

h3 {
  color: var(--faint);
  font-size: 0.9rem;
}

.peer {
  font-size: 1.35rem;
  overflow-wrap: anywhere;
}

.reason {
  color: var(--alarm);
}

.clock {
  font-variant-numeric: tabular-nums;
}

p:empty {
  display: none;
}

audio {
  display: block;
  width: 100%;
  margin-top: 0.5rem;
}

button {
  min-height: 2.75rem;
  margin-top: 0.5rem;
  padding: 0.4rem 0.75rem;
  border: 1px solid var(--accent);
  border-radius: 0.4rem;
  background: transparent;
  color: var(--accent);
  font: inherit;
  cursor: pointer;
}

:focus-visible {
  outline: 3px solid var(--start);
  outline-offset: -3px;
}
`;
