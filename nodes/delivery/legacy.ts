// Reads the journal of earlier versions: one file, journal.jsonl, of JSON lines without checksums.
import type { StoreFile } from "./files";
import { linesOf } from "./journal";

/** An entry that is still pending. `text` is its value as JSON. */
export interface LegacyEntry {
  readonly id: string;
  readonly node: string;
  readonly text: string;
  readonly count: number;
}

/** The pending entries of such a file, in order of arrival, and the number of its unreadable lines. */
export function readLegacy(file: StoreFile): { readonly entries: readonly LegacyEntry[]; readonly unreadable: number } {
  const entries = new Map<string, LegacyEntry>();
  let unreadable = 0;
  for (const { bytes } of linesOf(file)) {
    const line = readLine(bytes);
    if (line === undefined) unreadable += 1;
    else if (line.settled) entries.delete(line.id);
    else {
      const before = entries.get(line.id);
      if (before !== undefined) entries.set(line.id, { ...before, count: line.count });
      else if (line.node !== undefined && line.text !== undefined) {
        entries.set(line.id, { id: line.id, node: line.node, text: line.text, count: line.count });
      }
    }
  }
  return { entries: [...entries.values()], unreadable };
}

interface LegacyLine {
  readonly id: string;
  readonly settled: boolean;
  readonly count: number;
  readonly node?: string;
  readonly text?: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readLine(bytes: Buffer): LegacyLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof line !== "object" || line === null) return undefined;
  const { id, node, delivery, value, settled } = line as Readonly<Record<string, unknown>>;
  if (typeof id !== "string") return undefined;
  if (settled === true) return { id, settled: true, count: 0 };
  if (!Number.isSafeInteger(delivery) || Number(delivery) < 0) return undefined;
  const count = Number(delivery);
  if (node === undefined && value === undefined) return { id, settled: false, count };
  if (typeof node !== "string" || value === undefined) return undefined;
  return { id, settled: false, count, node, text: JSON.stringify(value) };
}
