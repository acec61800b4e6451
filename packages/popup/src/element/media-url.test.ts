import { expect, it } from 'vitest';
import { toMediaUrl } from './media-url.ts';

it.each(['http://pbx/rec/1.wav', 'https://pbx.example/rec?id=1'])('%s is fetched', (address) => {
  expect(toMediaUrl(address)).toBe(address);
});

it.each([
  undefined,
  '',
  'javascript:alert(1)',
  'data:audio/wav,x',
  'file:///etc/passwd',
  '/rec/1.wav',
  'rec.wav',
  'blob:x',
])('%s is no address to fetch', (address) => {
  expect(toMediaUrl(address)).toBeNull();
});
