import { spoil, toCallbackTarget, toContentType, toFields } from './callback-inputs.ts';
import { pickHostile } from './hostile-texts.ts';
import type { HttpInput } from './http-input.ts';
import type { Known } from './known.ts';
import type { Random } from './random.ts';

const DEEPEST = 5;

/** Any JSON value, hostile more often than not. */
export function toJsonValue(random: Random, depth = 0): unknown {
  const way = random.next();
  if (depth >= DEEPEST || way < 0.45) return pickHostile(random);
  if (way < 0.6) return random.pick([0, -1, 1e21, 2 ** 53, 0.1, Number.MIN_VALUE, random.between(0, 1e9)]);
  if (way < 0.7) return random.pick([null, true, false]);
  const length = random.between(0, 4);
  if (way < 0.82) return Array.from({ length }, () => toJsonValue(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length }, () => [pickHostile(random), toJsonValue(random, depth + 1)]),
  );
}

/** JSON text; now and then deeper, with names twice, or with numbers that no JavaScript would write. */
export function toJsonText(random: Random, value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  const way = random.next();
  if (way < 0.9) return text;
  if (way < 0.93) return `${'['.repeat(random.between(10, 5000))}${text}`;
  if (way < 0.96) return text.replace('{', () => '{"__proto__":{"tenant":"acme"},"op":1,"op":"dial",');
  return text.replace(/"[^"]*"(?=[,}\]])/, () =>
    random.pick(['1e999', '-0', '1E-400', '0.1e+308', '"\\ud800"', '"\\u0000"']),
  );
}

/** A callback as JSON, flat or nested, or a request of the api. */
export function makeJsonInput(random: Random, known: Known): HttpInput {
  if (random.chance(0.25)) return makeApiInput(random, known);
  const { callbackToken, names } = random.pick(known.companies);
  const fields = Object.fromEntries(
    toFields(random, names).map(([name, value]): [string, unknown] => [
      name,
      random.chance(0.85) ? value : toJsonValue(random),
    ]),
  );
  const value = random.chance(0.8) ? fields : random.pick([{ call: fields }, [fields], toJsonValue(random)]);
  return {
    host: 'webhook',
    method: 'POST',
    target: toCallbackTarget(random, callbackToken, ''),
    headers: toContentType(random, 'application/json'),
    body: spoil(random, Buffer.from(toJsonText(random, value))),
  };
}

function makeApiInput(random: Random, known: Known): HttpInput {
  const fields: Record<string, unknown> = {
    tenant: random.chance(0.8) ? 'demo' : toJsonValue(random),
    user: random.chance(0.7) ? 'ana' : toJsonValue(random),
    to: random.chance(0.3) ? `4${random.between(1_000_000_000, 9_999_999_999)}` : toJsonValue(random),
    intentId: random.chance(0.5) ? `fuzz-${random.between(0, 1e9)}` : toJsonValue(random),
    context: random.chance(0.3) ? { deal: pickHostile(random) } : toJsonValue(random),
  };
  for (const name of Object.keys(fields)) if (random.chance(0.2)) delete fields[name];
  return {
    host: 'api',
    method: 'POST',
    target: random.pick(['/v1/calls', '/v1/sessions']),
    headers: [
      ['Authorization', `Bearer ${known.apiKey}`],
      ...(random.chance(0.9)
        ? [['Content-Type', 'application/json'] as const]
        : toContentType(random, 'text/json')),
    ],
    body: spoil(random, Buffer.from(toJsonText(random, fields))),
  };
}
