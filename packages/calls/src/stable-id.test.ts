import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toStableId } from './stable-id.ts';

describe('toStableId', () => {
  it('is a UUIDv8 of the parts’ SHA-256, which never changes: ids made by other versions must be met again', () => {
    expect(toStableId('acme', 'popup.seen', 'ç"', 7, null)).toBe('b515a084-8a15-80ff-a6c0-e5357f7fda9f');
    const [a = '', b = ''] = ['x', 'y'].map((part) => toStableId('acme', part));
    expect(a).not.toBe(b);
    const hex = createHash('sha256').update('["acme","x"]').digest('hex');
    expect(a.replace(/-/g, '').slice(0, 12)).toBe(hex.slice(0, 12));
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('tells apart where one part ends and the next one begins', () => {
    expect(toStableId('a', 'b,c')).not.toBe(toStableId('a,b', 'c'));
    expect(toStableId('1')).not.toBe(toStableId(1));
  });
});
