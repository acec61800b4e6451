import { connectionLost, RamalError } from '../ramal-error.ts';
import type { AckFrame, ClientOp, ErrorFrame } from '../wire.ts';

interface Waiting {
  op: ClientOp;
  resolve(data: unknown): void;
  reject(error: RamalError): void;
}

/** The frames of one socket that wait for their answers. */
export class Replies {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** Hands the frame's id to `write`; resolves with the ack's data. @throws RamalError */
  ask(op: ClientOp, write: (id: number) => void): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { op, resolve, reject });
      write(id);
    });
  }

  /** Which command a frame answers. */
  opOf({ replyTo }: AckFrame): ClientOp | null {
    return this.#waiting.get(Number(replyTo))?.op ?? null;
  }

  settle({ op, replyTo, data }: AckFrame | ErrorFrame): void {
    const id = Number(replyTo);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (op === 'ack') waiting?.resolve(data);
    else waiting?.reject(new RamalError(data as ErrorFrame['data']));
  }

  /** The socket is gone. */
  loseAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(connectionLost());
  }
}
