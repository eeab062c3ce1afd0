/** Numbers that people compare are drawn. */

export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The value below which this share of all values lies. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Columns as wide as they need; the first to the left, the others to the right. */
export function printTable(rows: string[][]): void {
  const widths = rows[0]?.map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths?.[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    print(cells.join('  '));
  }
}

export interface Verdict {
  name: string;
  value: number;
  limit: number;
  /** Whether more or less than the limit is wanted. */
  want: 'at least' | 'at most';
  /** Printed behind the limit. */
  note?: string;
}

const barWidth = 30;
/** All bars have their limit in the same place, whatever it is. */
const limitPlace = 20;

/** One bar for each value, with its limit marked in it; true when all limits are kept. */
export function printVerdicts(verdicts: Verdict[]): boolean {
  const nameWidth = Math.max(...verdicts.map(({ name }) => name.length));
  return verdicts
    .map(({ name, value, limit, want, note = '' }) => {
      const kept = want === 'at least' ? value >= limit : value <= limit;
      const length = Math.round((value / limit) * limitPlace);
      const bar = Array.from({ length: barWidth }, (_nothing, place) => {
        if (place === limitPlace) return '|';
        return place < length ? '█' : ' ';
      });
      print(
        `${name.padEnd(nameWidth)}  ${bar.join('')} ${value.toFixed(2).padStart(7)}  ` +
          `${kept ? 'pass' : 'FAIL'}  ${want} ${limit.toFixed(2)}${note}`,
      );
      return kept;
    })
    .every(Boolean);
}
