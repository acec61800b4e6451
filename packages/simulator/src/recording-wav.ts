import { createHash } from 'node:crypto';

const SAMPLE_RATE = 8000;
const BYTES_PER_SAMPLE = 2;
const HEADER_BYTES = 44;
const AMPLITUDE = 0.3 * 32_767;

/**
 * The recording of a call: a sine of 1 to 2 s as WAV (PCM, 8 kHz, mono, 16 bit). Pitch and length follow
 * from the call's id alone, so an address keeps its sound without anything being stored.
 */
export function toRecordingWav(callId: string): Buffer {
  const seed = createHash('sha256').update(callId).digest();
  const frequencyHz = 300 + seed.readUInt8(0) * 2;
  const samples = SAMPLE_RATE + Math.floor((seed.readUInt8(1) / 255) * SAMPLE_RATE);
  const dataBytes = samples * BYTES_PER_SAMPLE;

  const wav = Buffer.alloc(HEADER_BYTES + dataBytes);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // mono
  wav.writeUInt32LE(SAMPLE_RATE, 24);
  wav.writeUInt32LE(SAMPLE_RATE * BYTES_PER_SAMPLE, 28);
  wav.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  wav.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(dataBytes, 40);

  const step = (2 * Math.PI * frequencyHz) / SAMPLE_RATE;
  for (let i = 0; i < samples; i += 1) {
    wav.writeInt16LE(Math.round(AMPLITUDE * Math.sin(step * i)), HEADER_BYTES + i * BYTES_PER_SAMPLE);
  }
  return wav;
}
