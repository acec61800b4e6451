import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AllowListInvalidError, parseAllowList } from './allow-list.ts';
import { outboundEnv } from './outbound-env.ts';

describe("the operator's list", () => {
  it.each([
    ['', 0],
    [' , ,\n', 0],
    ['127.0.0.0/8,::1', 2],
    ['10.0.0.0/8 192.168.1.5:8080\n[fd00::5]:443, fd00::/8', 4],
    ['169.254.169.254', 1],
    ['8.8.8.8', 1],
    ['0.0.0.0/0', 1],
  ])('%j holds %s entries', (text, length) => {
    expect(parseAllowList(text)).toHaveLength(length);
  });

  it.each([
    ['pbx.example', 'is no address or network'],
    ['localhost', 'is no address or network'],
    ['*', 'is no address or network'],
    ['10.0.0.5/8', 'is no address or network'], // which of the two was meant?
    ['10.0.0.0/33', 'is no address or network'],
    ['10.0.0.0/', 'is no address or network'],
    ['10.0.0.0/8:80', 'is no address or network'],
    ['010.0.0.5', 'is no address or network'],
    ['10.0.0', 'is no address or network'],
    ['fd00::/129', 'is no address or network'],
    ['fd00::5:443:1:2:3:4:5:6:7', 'is no address or network'],
    ['fe80::1%eth0', 'is no address or network'],
    ['http://10.0.0.5', 'is no address or network'],
    ['10.0.0.5:0', 'has no port from 1 to 65535'],
    ['10.0.0.5:65536', 'has no port from 1 to 65535'],
    ['::ffff:10.0.0.5', 'is an IPv4 address: write it as one'],
    ['::ffff:0:0/96', 'is an IPv4 address: write it as one'],
    ['0.0.0.0', "can't be allowed: it is unspecified"],
    ['2002:a00:1::', "can't be allowed: it is tunnel"],
    ['224.0.0.1', "can't be allowed: it is multicast"],
  ])('refuses %j', (entry, why) => {
    const parse = () => parseAllowList(`10.1.0.0/16,${entry}`);
    expect(parse).toThrow(AllowListInvalidError);
    expect(parse).toThrow(`${entry} ${why}`);
  });
});

describe('OUTBOUND_ALLOW', () => {
  const schema = z.object(outboundEnv);

  it('may be left out: nothing is near', () => {
    expect(schema.parse({})).toEqual({ OUTBOUND_ALLOW: [] });
  });

  it('is read as the list', () => {
    expect(schema.parse({ OUTBOUND_ALLOW: '10.0.0.5:80' }).OUTBOUND_ALLOW).toMatchObject([{ port: 80 }]);
  });

  it('keeps a service from starting when it can not be read, and says which entry', () => {
    const { error } = schema.safeParse({ OUTBOUND_ALLOW: '10.0.0.0/8,pbx' });
    expect(error?.issues.map(({ path, message }) => [path[0], message.slice(0, 30)])).toEqual([
      ['OUTBOUND_ALLOW', 'pbx is no address or network s'],
    ]);
  });
});
