/** What a terminal would obey or a reader be fooled by: control characters, direction marks, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Foreign text fit for a terminal: what isn't printable becomes `\u…`, which inside JSON means the same text again.
 * Names of tenants and users and stored values come from outside.
 */
export function toTerminalText(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Writes lines that hold nothing a terminal would obey. */
export function createLineWriter(stream: { write(text: string): unknown }): (line?: string) => void {
  return (line = '') => {
    stream.write(`${toTerminalText(line)}\n`);
  };
}

/** A value as indented JSON, line by line. */
export function writeJson(writeLine: (line?: string) => void, value: unknown): void {
  for (const line of JSON.stringify(value, null, 2).split('\n')) writeLine(line);
}
