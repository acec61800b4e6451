import { CLIENT_OPS } from '@ramal/contracts';
import { pickHostile } from './hostile-texts.ts';
import { toJsonText, toJsonValue } from './json-inputs.ts';
import { makeJwt } from './jwt-inputs.ts';
import type { Known } from './known.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';
import type { SocketInput } from './socket-input.ts';
import { type FrameShape, OPCODE, toFrameBytes } from './ws-frames.ts';

const UUID = 'a834ddf6-a225-8e0d-918d-12322b6d4a6e';

/** The data of a frame as its op wants it, so that what is spoilt in it is reached. */
function toData(random: Random, op: string, known: Known): Record<string, unknown> {
  switch (op) {
    case 'auth':
    case 'auth.refresh':
      return {
        token: makeJwt(random, known).token,
        resume: { epoch: UUID, seq: random.between(0, 99) },
        tab: 'tab-1',
      };
    case 'dial':
      return { intentId: `fz-${random.between(0, 1e9)}`, to: '4732100123', context: { deal: '8812' } };
    case 'dial.cancel':
      return { intentId: `fz-${random.between(0, 1e9)}` };
    case 'popup.seen':
    case 'popup.dismiss':
      return { popupId: UUID };
    default:
      return {};
  }
}

function toFrame(random: Random, known: Known): unknown {
  // Logging out ends the socket: once in a while is enough.
  const op = random.pick(CLIENT_OPS.filter((name) => name !== 'logout' || random.chance(0.1)));
  const data: Record<string, unknown> = toData(random, op, known);
  for (const name of Object.keys(data)) {
    if (random.chance(0.25)) data[name] = toJsonValue(random);
    else if (random.chance(0.05)) delete data[name];
  }
  if (random.chance(0.2)) data[pickHostile(random)] = toJsonValue(random);
  const frame: Record<string, unknown> = { op, id: random.between(0, 1e6), data };
  if (random.chance(0.2)) frame[random.pick(['op', 'id', 'data', 'seq', '__proto__'])] = toJsonValue(random);
  return frame;
}

function toLegacyMessage(random: Random, known: Known): unknown {
  const { token } = makeJwt(random, known);
  const login = {
    action: 'login',
    auth: {
      login: random.chance(0.7) ? 'ana' : toJsonValue(random),
      passwd: random.chance(0.5) ? token : toJsonValue(random),
    },
    params: {
      tenant: random.chance(0.8) ? 'demo' : toJsonValue(random),
      ramal: random.chance(0.8) ? '3501' : toJsonValue(random),
    },
  };
  if (random.chance(0.6)) return login;
  return {
    action: random.chance(0.6)
      ? random.pick(['dial', 'logout', 'ping', 'popup_seen', 'constructor'])
      : toJsonValue(random),
    params: toJsonValue(random),
    id: toJsonValue(random, 4),
  };
}

function toText(random: Random, value: unknown): Buffer {
  const text = Buffer.from(toJsonText(random, value));
  const way = random.next();
  if (way < 0.6) return text;
  if (way < 0.97) return mutateBytes(text, random);
  return Buffer.alloc(random.between(16_000, 70_000), text);
}

function toShape(random: Random, payload: Buffer): FrameShape {
  return {
    opcode: random.between(0, 15),
    payload,
    flags: random.between(0, 15),
    masked: random.chance(0.8),
    ...(random.chance(0.3)
      ? { length: random.pick([0, 1, 125, 126, 65_535, 70_000, 2 ** 31, 2 ** 53 - 1, -1]) }
      : {}),
    ...(random.chance(0.3) ? { lengthBytes: random.pick([0, 2, 8] as const) } : {}),
  };
}

/** Fragments, control frames among them, wrong lengths, reserved bits, bad UTF-8, close codes, or noise. */
function toRaw(random: Random, text: Buffer): Buffer {
  const way = random.next();
  if (way < 0.15) return random.bytes(random.between(1, 200));
  if (way < 0.3) return mutateBytes(toFrameBytes({ opcode: OPCODE.text, payload: text }), random);
  if (way < 0.45) {
    const code = random.pick([0, 999, 1000, 1001, 1005, 1006, 1015, 2999, 4999, 65_535]);
    const payload = Buffer.concat([
      Buffer.from([code >> 8, code & 255]),
      random.bytes(random.between(0, 130)),
    ]);
    return toFrameBytes({
      opcode: OPCODE.close,
      payload: payload.subarray(0, random.between(0, payload.length)),
    });
  }
  if (way < 0.7) {
    const parts = Array.from({ length: random.between(2, 30) }, (_, i) =>
      toFrameBytes({
        opcode: i === 0 ? OPCODE.text : random.pick([0, 0, 0, OPCODE.ping, OPCODE.text]),
        payload: text.subarray(i * 4, i * 4 + 4),
        flags: random.chance(0.1) ? 8 : 0,
      }),
    );
    return Buffer.concat(parts);
  }
  if (way < 0.8) {
    return toFrameBytes({
      opcode: OPCODE.text,
      payload: Buffer.concat([text, Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80])]),
    });
  }
  return toFrameBytes(toShape(random, text.subarray(0, 300)));
}

/** Something for the gateway: a message, a first message, or bytes that are no message. */
export function makeFrameInput(random: Random, known: Known): SocketInput {
  const way = random.next();
  if (way < 0.08) {
    const legacy = random.chance(0.5);
    const text = toText(random, legacy ? toLegacyMessage(random, known) : toFrame(random, known));
    return { kind: 'first', legacy, bytes: toFrameBytes({ opcode: OPCODE.text, payload: text }) };
  }
  const value = random.chance(0.75) ? toFrame(random, known) : toJsonValue(random);
  const text = toText(random, value);
  if (way < 0.16) return { kind: 'raw', legacy: false, bytes: toRaw(random, text) };
  const binary = random.chance(0.05);
  // Text must be UTF-8 to be a message at all.
  const payload = binary ? text : Buffer.from(text.toString('utf8'));
  return {
    kind: 'message',
    legacy: false,
    bytes: toFrameBytes({ opcode: binary ? OPCODE.binary : OPCODE.text, payload }),
  };
}
