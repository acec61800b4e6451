import { describe, expect, it } from 'vitest';
import { parseRedisUrl, RedisUrlInvalidError, toRedisHosts, withRedisUser } from './redis-url.ts';

describe('an address of Redis', () => {
  it('is one server, with user, password and database', () => {
    expect(parseRedisUrl('redis://ana:s%40%3Ah@redis.example:7000/3')).toMatchObject({
      kind: 'single',
      username: 'ana',
      password: 's@:h',
      address: { host: 'redis.example', port: 7000 },
      db: 3,
      tls: false,
    });
    expect(parseRedisUrl('rediss://:hush@[::1]')).toMatchObject({
      password: 'hush',
      address: { host: '::1', port: 6379 },
      db: 0,
      tls: true,
    });
    expect(parseRedisUrl('redis://:hush@h')).not.toHaveProperty('username');
  });

  it('is a primary by its name, and the Sentinels that know it', () => {
    expect(
      parseRedisUrl(
        'redis+sentinel://ana:pw@a:26380,b,[::1]:1/the%20primary?db=2&sentinelUser=s&sentinelPassword=p',
      ),
    ).toMatchObject({
      kind: 'sentinel',
      sentinels: [
        { host: 'a', port: 26380 },
        { host: 'b', port: 26379 },
        { host: '::1', port: 1 },
      ],
      name: 'the primary',
      username: 'ana',
      password: 'pw',
      db: 2,
      sentinelUsername: 's',
      sentinelPassword: 'p',
      sentinelTls: false,
    });
    expect(parseRedisUrl('rediss+sentinel://a/x')).toMatchObject({ tls: true, sentinelTls: true });
    expect(parseRedisUrl('rediss+sentinel://a/x?sentinelTls=false')).toMatchObject({
      tls: true,
      sentinelTls: false,
    });
  });

  it('is some nodes of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://ana:pw@a:7001,b:7002,c')).toMatchObject({
      kind: 'cluster',
      tls: true,
      username: 'ana',
      nodes: [
        { host: 'a', port: 7001 },
        { host: 'b', port: 7002 },
        { host: 'c', port: 6379 },
      ],
    });
  });

  it('says where servers are that know themselves by other addresses', () => {
    const { nat } = parseRedisUrl(
      'redis+cluster://a?nat=10.0.0.1:6379=one.example:7001&nat=10.0.0.2:6379=[::2]:7002',
    );
    expect([...nat]).toEqual([
      ['10.0.0.1:6379', { host: 'one.example', port: 7001 }],
      ['10.0.0.2:6379', { host: '::2', port: 7002 }],
    ]);
  });

  it.each([
    ['http://localhost', 'not an address'],
    ['redis+ring://a', 'not an address'],
    ['redis://', 'host'],
    ['redis://a,b', 'several hosts'],
    ['redis://a:0', 'port'],
    ['redis://a:65536', 'port'],
    ['redis://a b', 'host'],
    ['redis://a/zero', 'database'],
    ['redis+cluster://a?canary=canary', 'option'],
    ['redis+sentinel://a,b', 'which primary'],
    ['redis+sentinel://a/x/y', 'which primary'],
    ['redis+sentinel://a/x?sentinelTls=canary', 'true or false'],
    ['redis+cluster://a/1', 'database 0'],
    ['redis+cluster://a,,b', 'host'],
    ['redis+cluster://a?nat=canary', 'host'],
    ['redis://canary:%zz@a', 'percent'],
  ])('I8 %s is refused with the reason and without what it held', (url, why) => {
    const parse = () => parseRedisUrl(url);
    expect(parse).toThrow(RedisUrlInvalidError);
    expect(parse).toThrow(why);
    expect(parse).not.toThrow('canary');
  });

  it.each([
    ['redis://h:1/2', 'redis://a%3Ab:p%40w@h:1/2'],
    ['redis://x:y@h', 'redis://a%3Ab:p%40w@h'],
    ['redis+sentinel://x@h:1,i:2/n?db=1', 'redis+sentinel://a%3Ab:p%40w@h:1,i:2/n?db=1'],
    ['rediss+cluster://h,i', 'rediss+cluster://a%3Ab:p%40w@h,i'],
  ])('%s is given to another user', (url, expected) => {
    expect(withRedisUser(url, 'a:b', 'p@w')).toBe(expected);
    expect(parseRedisUrl(expected)).toMatchObject({ username: 'a:b', password: 'p@w' });
  });

  it('is told without user, password and options', () => {
    expect(toRedisHosts(parseRedisUrl('redis+sentinel://u:p@a:1,b/n?sentinelPassword=x'))).toBe(
      'a:1,b:26379',
    );
    expect(toRedisHosts(parseRedisUrl('redis://u:p@a'))).toBe('a:6379');
  });
});
