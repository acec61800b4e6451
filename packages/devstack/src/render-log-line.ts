const COLOURS: readonly number[] = [36, 33, 32, 35, 34, 96];
const LEVEL_COLOURS: Record<string, number> = { warn: 33, error: 31, fatal: 31 };
const LEVEL_NAMES: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** Known from the prefix, or shown apart. */
const SHOWN_APART = new Set(['level', 'time', 'msg', 'service', 'pid', 'hostname', 'v']);

export interface LogRenderer {
  /** One line of a process as a person reads it; what is not a JSON log line passes through. */
  render(name: string, line: string): string;
}

/** Renders the services' JSON lines as `name time level message key=value`. */
export function createLogRenderer(options: { colour: boolean; names: readonly string[] }): LogRenderer {
  const width = Math.max(0, ...options.names.map((name) => name.length));
  const paint = (text: string, colour: number | undefined) =>
    options.colour && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text;
  return {
    render: (name, line) => {
      const colour = COLOURS[Math.max(0, options.names.indexOf(name)) % COLOURS.length];
      const prefix = paint(name.padEnd(width), colour);
      const entry = parseEntry(line);
      if (entry === undefined) return `${prefix} ${line}`;
      const level = toLevel(entry['level']);
      const fields = Object.entries(entry)
        .filter(([key]) => !SHOWN_APART.has(key))
        .map(([key, value]) => `${paint(key, 2)}=${toText(value)}`);
      const words = [
        toTime(entry['time']),
        paint(level.padEnd(5), LEVEL_COLOURS[level]),
        toText(entry['msg'] ?? ''),
      ];
      return [prefix, ...words, ...fields].join(' ').trimEnd();
    },
  };
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function toLevel(level: unknown): string {
  return typeof level === 'number' ? (LEVEL_NAMES[level] ?? String(level)) : String(level);
}

function toTime(time: unknown): string {
  const at = new Date(typeof time === 'number' || typeof time === 'string' ? time : Number.NaN);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(11, 23);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  // An error's stack is worth its lines.
  if (typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string') {
    return value.stack;
  }
  return JSON.stringify(value) ?? '';
}
