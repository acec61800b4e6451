export interface PageHandlers {
  /** Somebody looks at the page, the network is back, or the browser woke it up. */
  onWake(): void;
  onFocus(focused: boolean): void;
  /** The browser puts the page to sleep, or takes it away. */
  onFreeze(): void;
  onThaw(): void;
}

/** Tells what happens to the page; outside of a page, nothing. Returns what ends that. */
export function watchPage({ onWake, onFocus, onFreeze, onThaw }: PageHandlers): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
  const ends = new AbortController();
  const { signal } = ends;
  const wakeIfVisible = () => {
    if (document.visibilityState === 'visible') onWake();
  };
  window.addEventListener('online', onWake, { signal });
  document.addEventListener('visibilitychange', wakeIfVisible, { signal });
  window.addEventListener(
    'focus',
    () => {
      onFocus(true);
      onWake();
    },
    { signal },
  );
  window.addEventListener('blur', () => onFocus(false), { signal });
  // Chromium's own events of a page's life, and those of a page that is kept for the way back.
  document.addEventListener('freeze', onFreeze, { signal });
  document.addEventListener('resume', onThaw, { signal });
  window.addEventListener('pagehide', onFreeze, { signal });
  window.addEventListener('pageshow', ({ persisted }) => (persisted ? onThaw() : undefined), { signal });
  return () => ends.abort();
}

/** Whether somebody looks: outside of a page, always. */
export function isFocused(): boolean {
  return typeof document === 'undefined' || document.hasFocus();
}

export function isVisible(): boolean {
  return typeof document === 'undefined' || document.visibilityState === 'visible';
}
