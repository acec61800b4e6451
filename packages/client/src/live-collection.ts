import type { Unsubscribe } from './emitter.ts';

/** Things that come, change and go, by their id. The list is the same array until something changes. */
export interface LiveCollection<Item> {
  readonly list: readonly Item[];
  get(id: string): Item | undefined;
  /** Calls `listener` after each change; returns what ends that. */
  subscribe(listener: (list: readonly Item[]) => void): Unsubscribe;
}

/** The side of a collection that changes it. Every change tells the subscribers. */
export class LiveMap<Item> implements LiveCollection<Item> {
  readonly #items = new Map<string, Item>();
  readonly #listeners = new Set<(list: readonly Item[]) => void>();
  #list: readonly Item[] | null = null;

  get list(): readonly Item[] {
    this.#list ??= Object.freeze([...this.#items.values()]);
    return this.#list;
  }

  get(id: string): Item | undefined {
    return this.#items.get(id);
  }

  subscribe(listener: (list: readonly Item[]) => void): Unsubscribe {
    const told = (list: readonly Item[]) => listener(list);
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  set(id: string, item: Item): void {
    this.#items.set(id, item);
    this.#changed();
  }

  delete(id: string): void {
    if (this.#items.delete(id)) this.#changed();
  }

  #changed(): void {
    this.#list = null;
    for (const told of [...this.#listeners]) told(this.list);
  }
}
