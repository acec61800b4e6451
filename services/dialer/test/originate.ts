import type { OriginateRequest } from '@ramal/cti';

/** The request for a call, to a PBX of this machine. */
export function originate(port: number, over: Partial<OriginateRequest> = {}): OriginateRequest {
  const path = over.path ?? '/api/clicktodial?origem=3501&destino=4732100123';
  const protocol = over.protocol ?? 'http';
  return {
    method: 'GET',
    protocol,
    host: '127.0.0.1',
    port,
    path,
    url: `${protocol}://127.0.0.1:${port}${path}`,
    headers: {},
    dialled: '4732100123',
    prefix: 'none',
    ...over,
  };
}
