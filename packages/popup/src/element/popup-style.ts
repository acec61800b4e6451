import { css } from 'lit';

const DARK = css`
  --_surface: var(--ramal-surface, #1b2320);
  --_ink: var(--ramal-ink, #e9efec);
  --_faint: var(--ramal-faint, #a9b5af);
  --_line: var(--ramal-line, #36433d);
  --_accent: var(--ramal-accent, #5fcca2);
  --_on-accent: var(--ramal-on-accent, #07140e);
  --_alarm: var(--ramal-alarm, #ff9d92);
  --_start: var(--ramal-start, #8bbdf4);
  --_incoming: var(--ramal-incoming, #5fcca2);
  --_end: var(--ramal-end, #a9b5af);
  --_shadow: 0 1px 2px rgb(0 0 0 / 0.5), 0 10px 30px rgb(0 0 0 / 0.5);
  color-scheme: dark;
`;

/**
 * How the pop-ups look in a CRM's page, whatever the page looks like. Each `--ramal-*` is the host's to set; they are listed in
 * the package's README. Text on its ground has a contrast of 4.5 at least, in light and in dark.
 */
export const POPUP_STYLE = css`
  :host {
    all: initial;
    --_surface: var(--ramal-surface, #ffffff);
    --_ink: var(--ramal-ink, #16201b);
    --_faint: var(--ramal-faint, #55625c);
    --_line: var(--ramal-line, #d5dcd8);
    --_accent: var(--ramal-accent, #0b6e4f);
    --_on-accent: var(--ramal-on-accent, #ffffff);
    --_alarm: var(--ramal-alarm, #a3261c);
    --_start: var(--ramal-start, #1d5fa8);
    --_incoming: var(--ramal-incoming, #0b6e4f);
    --_end: var(--ramal-end, #5a655f);
    --_shadow: 0 1px 2px rgb(16 24 20 / 0.12), 0 10px 30px rgb(16 24 20 / 0.18);
    color-scheme: light;
    position: fixed;
    right: 1rem;
    bottom: 1rem;
    z-index: var(--ramal-z-index, 2147483000);
    width: min(var(--ramal-width, 21rem), calc(100vw - 2rem));
    color: var(--_ink);
    font: 16px / 1.45 var(--ramal-font, system-ui, sans-serif);
    text-align: start;
  }

  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      ${DARK}
    }
  }

  :host([theme='dark']) {
    ${DARK}
  }

  :host([hidden]) {
    display: none;
  }

  :host([place='bottom-left']) {
    right: auto;
    left: 1rem;
  }

  :host([place='top-right']) {
    top: 1rem;
    bottom: auto;
  }

  :host([place='top-left']) {
    inset: 1rem auto auto 1rem;
  }

  :host([place='inline']) {
    display: block;
    position: static;
    width: auto;
  }

  @media print {
    :host {
      display: none;
    }
  }

  * {
    box-sizing: border-box;
  }

  section {
    display: grid;
    gap: 0.75rem;
    max-height: 100vh;
    /* What scrolls cuts shadows off: they lie in this. */
    padding: 1rem;
    margin: -1rem;
    overflow-y: auto;
  }

  :host([place='inline']) section {
    grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr));
    align-items: start;
    max-height: none;
    padding: 0;
    margin: 0;
    overflow: visible;
  }

  section[hidden] {
    display: none;
  }

  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  p {
    margin: 0;
    overflow-wrap: anywhere;
  }

  .card,
  .notice {
    --_kind: var(--_end);
    position: relative;
    padding: 0.875rem 1rem 1rem;
    background: var(--_surface);
    border: 1px solid var(--_line);
    border-radius: var(--ramal-radius, 0.75rem);
    box-shadow: var(--_shadow);
  }

  .notice {
    padding: 0.75rem 1rem;
  }

  .notice[data-kind='problem'] {
    border-color: var(--_alarm);
    color: var(--_alarm);
  }

  .card[data-kind='start'] {
    --_kind: var(--_start);
  }

  .card[data-kind='incoming'] {
    --_kind: var(--_incoming);
  }

  .card[data-claimed='true'] {
    border-color: var(--_kind);
  }

  .card[data-claimed='false'] {
    border-style: dashed;
    box-shadow: none;
  }

  .head {
    display: grid;
    grid-template-columns: auto 1fr auto;
    align-items: center;
    gap: 0.625rem;
    margin: -0.25rem -0.5rem 0.375rem 0;
  }

  .icon {
    display: grid;
    place-items: center;
    width: 2rem;
    height: 2rem;
    border: 1.5px solid currentColor;
    border-radius: 50%;
    color: var(--_kind);
  }

  svg {
    display: block;
    width: 1.125rem;
    height: 1.125rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .kind {
    color: var(--_kind);
    font-size: 0.875rem;
    font-weight: 600;
    line-height: 1.25;
  }

  .ramal {
    display: block;
    color: var(--_faint);
    font-weight: 400;
  }

  .name {
    font-size: 1.125rem;
    font-weight: 600;
  }

  .peer {
    font-size: 1.375rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    line-height: 1.25;
  }

  .name + .peer {
    color: var(--_faint);
    font-size: 1rem;
    font-weight: 400;
  }

  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 0 0.75rem;
    margin-top: 0.375rem;
  }

  .state {
    color: var(--_faint);
  }

  .clock {
    font-variant-numeric: tabular-nums;
    font-weight: 600;
  }

  .reason,
  .failed {
    margin-top: 0.25rem;
    color: var(--_alarm);
  }

  audio {
    display: block;
    width: 100%;
    height: 2.75rem;
    margin-top: 0.75rem;
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    margin-top: 0.75rem;
  }

  label {
    display: block;
    margin-top: 0.75rem;
    color: var(--_faint);
    font-size: 0.875rem;
  }

  textarea {
    display: block;
    width: 100%;
    min-height: 3.75rem;
    margin-top: 0.25rem;
    padding: 0.5rem 0.625rem;
    border: 1px solid var(--_faint);
    border-radius: 0.5rem;
    background: transparent;
    color: var(--_ink);
    font: inherit;
    font-size: 1rem;
    resize: vertical;
  }

  textarea::placeholder {
    color: var(--_faint);
    opacity: 1;
  }

  button {
    min-height: 2.75rem;
    padding: 0.375rem 0.875rem;
    border: 1px solid var(--_accent);
    border-radius: 0.5rem;
    background: transparent;
    color: var(--_accent);
    font: inherit;
    cursor: pointer;
  }

  button.main {
    background: var(--_accent);
    color: var(--_on-accent);
  }

  button.dismiss {
    display: grid;
    place-items: center;
    width: 2.75rem;
    padding: 0;
    border-color: transparent;
    color: var(--_faint);
  }

  button.dismiss:hover {
    color: var(--_ink);
  }

  a {
    color: var(--_accent);
  }

  :focus-visible {
    outline: 3px solid var(--_start);
    outline-offset: 2px;
  }

  @media (prefers-reduced-motion: no-preference) {
    .card {
      animation: come 180ms ease-out;
    }

    .card[data-kind='incoming'][data-state='ringing'] .icon {
      animation: ring 1.4s ease-out infinite;
    }
  }

  @keyframes come {
    from {
      opacity: 0;
      transform: translateY(0.5rem);
    }
  }

  @keyframes ring {
    from {
      box-shadow: 0 0 0 0 color-mix(in srgb, var(--_kind) 45%, transparent);
    }
    70%,
    to {
      box-shadow: 0 0 0 0.6rem transparent;
    }
  }
`;
