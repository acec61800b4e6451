import { clientClosed, RamalError } from './ramal-error.ts';
import type { ClientCommands, ClientOp, CommandAcks } from './wire.ts';

/** Hands a command to the gateway, now. @throws RamalError, `connection_lost` where there is no way at the moment */
export type Send = (op: ClientOp, data: ClientCommands[ClientOp]) => Promise<unknown>;

interface Letter {
  op: ClientOp;
  data: ClientCommands[ClientOp];
  askedMs: number;
  deadlineMs: number;
  /** The connection that it was sent on, 0 for none yet. */
  sentOn: number;
  isWaiting: boolean;
  timer: ReturnType<typeof setTimeout>;
  resolve(data: unknown): void;
  reject(error: RamalError): void;
}

/**
 * Commands until they are answered. One whose answer was lost with the connection is sent again on the next one, for all of
 * them are idempotent, a dial by its intentId (I1); but never after its deadline: no phone rings late (I2).
 */
export class Outbox {
  readonly #send: Send;
  readonly #now: () => number;
  readonly #letters = new Set<Letter>();
  #connection = 0;
  #isOpen = false;
  #closedBecause: string | null = null;

  constructor(send: Send, now: () => number = Date.now) {
    this.#send = send;
    this.#now = now;
  }

  /**
   * Sends a command as soon as there is a connection.
   * @throws RamalError what the gateway says; `not_connected` or `timeout` after `withinMs`, as it was sent or not
   */
  ask<Op extends ClientOp>(op: Op, data: ClientCommands[Op], withinMs: number): Promise<CommandAcks[Op]> {
    if (this.#closedBecause !== null) return Promise.reject(clientClosed(this.#closedBecause));
    const askedMs = this.#now();
    return new Promise<unknown>((resolve, reject) => {
      const letter: Letter = {
        op,
        data,
        askedMs,
        deadlineMs: askedMs + withinMs,
        sentOn: 0,
        isWaiting: false,
        timer: setTimeout(() => this.#giveUp(letter), withinMs),
        resolve,
        reject,
      };
      this.#letters.add(letter);
      if (this.#isOpen) this.#post(letter);
    }) as Promise<CommandAcks[Op]>;
  }

  /** There is a new connection: what has no answer is sent. */
  open(): void {
    this.#connection += 1;
    this.#isOpen = true;
    for (const letter of [...this.#letters]) if (!letter.isWaiting) this.#post(letter);
  }

  shut(): void {
    this.#isOpen = false;
  }

  /** Nothing will be answered any more. */
  close(reason: string): void {
    this.#closedBecause = reason;
    this.#isOpen = false;
    for (const letter of [...this.#letters]) this.#settle(letter).reject(clientClosed(reason));
  }

  /** Takes commands again after `close`. */
  reopen(): void {
    this.#closedBecause = null;
  }

  #post(letter: Letter): void {
    if (this.#now() >= letter.deadlineMs) return this.#giveUp(letter);
    letter.sentOn = this.#connection;
    letter.isWaiting = true;
    this.#send(letter.op, this.#toData(letter)).then(
      (data) => this.#settle(letter).resolve(data),
      (error: unknown) => this.#fail(letter, error),
    );
  }

  /** A click that had to wait says for how long, because its deadline counts from the click. */
  #toData({ op, data, askedMs }: Letter): Letter['data'] {
    const ageMs = this.#now() - askedMs;
    return op === 'dial' && ageMs > 0 ? ({ ...data, ageMs } as Letter['data']) : data;
  }

  #fail(letter: Letter, error: unknown): void {
    letter.isWaiting = false;
    if (!(error instanceof RamalError && error.code === 'connection_lost')) {
      this.#settle(letter).reject(error as RamalError);
    } else if (this.#letters.has(letter) && this.#isOpen && letter.sentOn !== this.#connection)
      this.#post(letter);
  }

  #giveUp(letter: Letter): void {
    const error =
      letter.sentOn === 0
        ? {
            code: 'not_connected',
            message: 'there was no connection in time; nothing was sent',
            retryable: true,
          }
        : { code: 'timeout', message: `no answer to ${letter.op} in time`, retryable: true };
    this.#settle(letter).reject(new RamalError(error));
  }

  #settle(letter: Letter): Letter {
    clearTimeout(letter.timer);
    this.#letters.delete(letter);
    return letter;
  }
}
