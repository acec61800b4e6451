/** Writes what is generated of docs/performance.md, and the drawings, from reports/bench.json. @returns the files */
export async function writePerformanceDoc(): Promise<string[]> {
  return [];
}
