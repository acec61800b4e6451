import type { TabPlatform } from '../src/tabs/tab-platform.ts';

interface Request {
  name: string;
  owner: string;
  shared: boolean;
  callback: (lock: Lock | null) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Web Locks of one browser, shared by tabs of this process. */
export class FakeLocks {
  readonly #held: Request[] = [];
  readonly #queue: Request[] = [];

  /** What one tab sees of them. */
  of(owner: string): TabPlatform['locks'] {
    const request = (name: string, first: unknown, second?: unknown) => {
      const options = (second === undefined ? {} : first) as LockOptions;
      const callback = (second ?? first) as Request['callback'];
      return new Promise((resolve, reject) => {
        const asked = { name, owner, shared: options.mode === 'shared', callback, resolve, reject };
        if (options.steal === true) {
          for (const held of this.#held.filter((one) => one.name === name)) {
            this.#held.splice(this.#held.indexOf(held), 1);
            held.reject(new DOMException('stolen', 'AbortError'));
          }
          this.#queue.unshift(asked);
        } else this.#queue.push(asked);
        options.signal?.addEventListener('abort', () => {
          const at = this.#queue.indexOf(asked);
          if (at === -1) return;
          this.#queue.splice(at, 1);
          reject(new DOMException('given up', 'AbortError'));
        });
        queueMicrotask(() => this.#grant());
      });
    };
    const query = () =>
      Promise.resolve({ held: this.#held.map(({ name }) => ({ name })), pending: [] } as LockManagerSnapshot);
    return { request, query } as TabPlatform['locks'];
  }

  /** The browser lets go of all that a tab held or waited for. */
  releaseAll(owner: string): void {
    for (const list of [this.#held, this.#queue]) {
      for (const one of list.filter((request) => request.owner === owner)) list.splice(list.indexOf(one), 1);
    }
    queueMicrotask(() => this.#grant());
  }

  #grant(): void {
    for (const asked of [...this.#queue]) {
      const holders = this.#held.filter(({ name }) => name === asked.name);
      const isFree = holders.length === 0 || (asked.shared && holders.every(({ shared }) => shared));
      if (!isFree) continue;
      this.#queue.splice(this.#queue.indexOf(asked), 1);
      this.#held.push(asked);
      void Promise.resolve(
        asked.callback({ name: asked.name, mode: asked.shared ? 'shared' : 'exclusive' }),
      ).then((value) => {
        const at = this.#held.indexOf(asked);
        if (at === -1) return;
        this.#held.splice(at, 1);
        asked.resolve(value);
        this.#grant();
      });
    }
  }
}
