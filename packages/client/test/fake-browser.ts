import type { TabMessage } from '../src/tabs/tab-messages.ts';
import type { TabPlatform } from '../src/tabs/tab-platform.ts';
import { FakeLocks } from './fake-locks.ts';
import { createOrderedTurns } from './ordered-turns.ts';

interface OpenChannel {
  name: string;
  tab: FakeTab;
  onMessage: (message: TabMessage) => void;
}

/** A tab that can die without a word, or hang: it then hears and says nothing, and keeps its locks. */
export interface FakeTab {
  readonly platform: TabPlatform;
  isDead: boolean;
  isHung: boolean;
  die(): void;
}

/** A browser with Web Locks and BroadcastChannel, whose messages arrive a turn later, in order, and as copies. */
export class FakeBrowser {
  readonly #locks = new FakeLocks();
  readonly #channels = new Set<OpenChannel>();
  readonly #deliver = createOrderedTurns();
  #tabs = 0;

  openTab(): FakeTab {
    const owner = `tab-${++this.#tabs}`;
    const tab: FakeTab = {
      platform: {
        locks: this.#locks.of(owner),
        openChannel: (name, onMessage) => this.#open(tab, name, onMessage),
      },
      isDead: false,
      isHung: false,
      die: () => {
        tab.isDead = true;
        this.#locks.releaseAll(owner);
      },
    };
    return tab;
  }

  #open(tab: FakeTab, name: string, onMessage: OpenChannel['onMessage']) {
    const own: OpenChannel = { name, tab, onMessage };
    this.#channels.add(own);
    return {
      post: (message: TabMessage) => {
        if (tab.isDead || tab.isHung) return;
        const text = JSON.stringify(message);
        for (const other of this.#channels) {
          if (other === own || other.name !== name) continue;
          this.#deliver(() => {
            if (!other.tab.isDead && !other.tab.isHung && this.#channels.has(other))
              other.onMessage(JSON.parse(text) as TabMessage);
          });
        }
      },
      close: () => void this.#channels.delete(own),
    };
  }
}
