import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseHostsFile } from './parse-hosts-file.ts';
import { createHostsFile } from './read-hosts-file.ts';

describe('a hosts file', () => {
  it('names addresses of both families, aliases too, in any case', () => {
    const hosts = parseHostsFile(
      '127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\n10.0.0.5  PBX.example pbx # the old one\r\n10.0.0.5 pbx',
    );
    expect(hosts.get('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(hosts.get('pbx.example')).toEqual(['10.0.0.5']);
    expect(hosts.get('pbx')).toEqual(['10.0.0.5']);
  });

  it('is read as far as it makes sense', () => {
    const hosts = parseHostsFile(
      '# pbx\n\n999.1.1.1 pbx\nfe80::1%lo0 pbx\nnonsense\n10.0.0.6\n#10.0.0.7 pbx',
    );
    expect([...hosts.keys()]).toEqual([]);
  });
});

describe('the hosts file of the system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramal-test-hosts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is read again when it has changed, and is empty when it is gone', () => {
    const path = join(folder, 'hosts');
    let nowMs = 0;
    const find = createHostsFile(path, () => nowMs);
    expect(find('pbx')).toEqual([]);
    writeFileSync(path, '10.0.0.5 pbx');
    nowMs += 5_000;
    expect(find('pbx')).toEqual(['10.0.0.5']);
    writeFileSync(path, '10.0.0.5 other\n10.0.0.6 pbx');
    expect(find('pbx')).toEqual(['10.0.0.5']);
    nowMs += 5_000;
    expect(find('pbx')).toEqual(['10.0.0.6']);
    rmSync(path);
    nowMs += 5_000;
    expect(find('pbx')).toEqual([]);
  });
});
