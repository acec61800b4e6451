import type { TabMessage } from './tab-messages.ts';

export interface TabChannel {
  post(message: TabMessage): void;
  close(): void;
}

/** What the browser has for tabs that belong together. */
export interface TabPlatform {
  locks: Pick<LockManager, 'request' | 'query'>;
  openChannel(name: string, onMessage: (message: TabMessage) => void): TabChannel;
}

/** Null where tabs can't find one another: without HTTPS, in an old browser or a sandboxed frame, outside of a page. */
export function findTabPlatform(): TabPlatform | null {
  if (typeof document === 'undefined' || typeof BroadcastChannel === 'undefined') return null;
  if (globalThis.origin === 'null') return null;
  // TypeScript's DOM has it always; a page without HTTPS does not.
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? null : { locks, openChannel };
}

function openChannel(name: string, onMessage: (message: TabMessage) => void): TabChannel {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => onMessage(data);
  return {
    post: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
}
