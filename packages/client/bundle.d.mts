/** Bundles the source. Resolves with the code and its sizes in bytes. */
export function bundleClient(): Promise<{ code: string; bytes: number; gzippedBytes: number }>;
