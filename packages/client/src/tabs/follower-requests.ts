import { connectionLost, RamalError } from '../ramal-error.ts';
import type { TabMessage } from './tab-messages.ts';

interface Waiting {
  resolve(data: unknown): void;
  reject(error: RamalError): void;
}

/** What a tab has asked its leader and has no answer to. */
export class FollowerRequests {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @throws RamalError */
  ask(write: (id: number) => void): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      write(id);
    });
  }

  settle({ id, data, error }: Extract<TabMessage, { t: 'answer' }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === null) waiting?.resolve(data);
    else waiting?.reject(new RamalError(error));
  }

  /** The leader, or its connection, is another one now. */
  loseAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(connectionLost());
  }
}
