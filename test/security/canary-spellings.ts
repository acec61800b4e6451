/** Something that must not be found. */
export interface Canary {
  /** As findings name it. */
  name: string;
  /** `secret`: nowhere. `number`: in a few places that are named. */
  kind: 'secret' | 'number';
  text: string;
}

/** Any run of this many characters of a secret gives enough of it away. */
const SECRET_PART = 12;
/** Masked numbers show their last digits, four at most; so many in a row are a number. */
const NUMBER_PART = 9;

/** Every text by which a canary is recognised, whole or in part, as it is or in an encoding it travels in. */
function toSpellings({ kind, text }: Canary): string[] {
  if (kind === 'number') return toParts(text, NUMBER_PART);
  const bytes = Buffer.from(text);
  const escaped = [
    encodeURIComponent(text),
    encodeURIComponent(text).toLowerCase(),
    new URLSearchParams([['', text]]).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
  ];
  // In Base64 a text has one of three looks, by where it stands among what is encoded with it, such as a login before it.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const base64url = base64.map((look) => look.replaceAll('+', '-').replaceAll('/', '_'));
  const spelled = [text, ...escaped, ...base64, ...base64url, bytes.toString('hex')];
  return [...new Set(spelled.flatMap((one) => toParts(one, SECRET_PART)))];
}

function toParts(text: string, length: number): string[] {
  if (text.length <= length) return [text];
  return Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length));
}

/** A text that was looked into, and where it was. */
export interface Place {
  where: string;
  text: string;
}

export interface Finding {
  canary: Canary;
  where: string;
  /** The text around it. */
  excerpt: string;
}

/** Looks for canaries in places; the first hit of each canary in each place. */
export function createCanarySearch(canaries: readonly Canary[]): (places: Iterable<Place>) => Finding[] {
  const patterns = canaries.map((canary) => ({ canary, pattern: toPattern(toSpellings(canary)) }));
  return (places) =>
    [...places].flatMap(({ where, text }) =>
      patterns.flatMap(({ canary, pattern }) => {
        const at = text.search(pattern);
        return at < 0 ? [] : [{ canary, where, excerpt: text.slice(Math.max(0, at - 60), at + 60) }];
      }),
    );
}

function toPattern(spellings: readonly string[]): RegExp {
  return new RegExp(spellings.map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'));
}
