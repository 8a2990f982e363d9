// The position of a feed, in a file of its own.
import { createHash } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder, syncFolder } from "../../delivery/files";
import { isObject } from "../../util/json";

/** A position in the records: the greatest key that was given. It is text, because a key may exceed a JavaScript number. */
export interface RecordsPosition {
  readonly source: "records";
  readonly key: string;
}

/**
 * A position in the CDRs: the time up to which they were read (ms since 1970), and the keys that may be read again,
 * each with the end of the span in which it was found.
 */
export interface CdrsPosition {
  readonly source: "cdrs";
  readonly until: number;
  readonly seen: Readonly<Record<string, number>>;
  /** The greatest key that was given, "" for none. */
  readonly key: string;
}

/** The position of a feed. */
export type Position = RecordsPosition | CdrsPosition;

/** Whether a value is a key that can be compared: digits. */
export const isKey = (value: unknown): value is string => typeof value === "string" && /^\d{1,40}$/.test(value);

/** The fields of a position. A position with other fields was written by a newer version and would lose them. */
const fields: Readonly<Record<Position["source"], readonly string[]>> = {
  records: ["source", "key"],
  cdrs: ["source", "until", "seen", "key"],
};

/** A position of this source in our format; undefined for anything else. */
function positionOf(value: unknown, source: Position["source"]): Position | undefined {
  if (!isObject(value) || value.source !== source) return undefined;
  if (!Object.keys(value).every((name) => fields[source].includes(name))) return undefined;
  const { key, until, seen } = value;
  if (source === "records") return isKey(key) ? { source, key } : undefined;
  if (typeof until !== "number" || !Number.isFinite(until) || !isObject(seen)) return undefined;
  const keys = Object.entries(seen).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  if (keys.length < Object.keys(seen).length || !(key === "" || isKey(key))) return undefined;
  return { source, until, seen: Object.fromEntries(keys), key };
}

/** Keeps the position of one feed. */
export class PositionFile {
  readonly path: string;
  readonly #source: Position["source"];

  /** @param folder the folder of all positions; it is made if it is missing */
  constructor(folder: string, feed: string, source: Position["source"]) {
    this.#source = source;
    // The hash distinguishes names that a file system may not distinguish or not allow.
    const hash = createHash("sha256").update(`${source}/${feed}`).digest("hex").slice(0, 16);
    this.path = join(folder, `${source}-${feed.replace(/[^\w-]+/g, "_").slice(0, 40)}-${hash}.json`);
  }

  /**
   * The position; undefined if there is none yet. Rejects if the file exists but is unreadable or not in our format:
   * starting anew would skip or repeat records. The file then stays as it is.
   */
  async read(): Promise<Position | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    const position = positionOf(JSON.parse(text), this.#source);
    if (position === undefined) throw new Error("not a position of this version");
    return position;
  }

  /**
   * Writes the position. Resolves when it is on disk. After a crash, the file is either the old or the new one,
   * complete.
   */
  async write(position: Position): Promise<void> {
    const folder = dirname(this.path);
    await makeFolder(folder, 0o700);
    const temporary = `${this.path}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(position)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
    syncFolder(folder);
  }
}
