import { toTerminalText } from '../terminal-text.ts';

/** Rows of cells as lines with columns that stand under one another; the first row is the heading. */
export function toTextTable(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(toTerminalText));
  const widths = (cells[0] ?? []).map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
  );
}
