// Dead letters: entries that were given up, in a file of JSON lines for people, kept for a number of days.
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject } from "../util/json";
import { appendLines, asError, codeOf, type OpenFile, syncFolder, unwritten } from "./files";
import { linesOf } from "./journal";

/** A dead letter. `text` is the value as JSON. */
export interface DeadLetter {
  readonly id: string;
  readonly node: string;
  readonly delivery: number;
  readonly text: string;
}

/** A letter in the file. */
export interface KeptLetter extends DeadLetter {
  /** Tells it from every other letter of the file. */
  readonly key: string;
  /** ms since 1970. */
  readonly at: number;
}

const dayMs = 86_400_000;
const pieceSize = 1024 * 1024;
/** How much of the end of the file is read for a list, in bytes. */
const mostRead = 4 * 1024 * 1024;
const lineEnd = Buffer.from("\n");
const nothing = { beginning: "", fileSize: 0, changedAt: 0, size: 0, count: 0 };
/** How much of a file tells it from one that took its place, in bytes: the time and the id of its first letter. */
const headBytes = 100;

/** The dead letters of a folder, in dead.jsonl: `{"time", "id", "node", "delivery", "value"}`. */
export class DeadLetters {
  readonly path: string;
  /** How many letters there are up to the last line end of a file of a size. */
  #counted = nothing;

  constructor(
    folder: string,
    private readonly open: OpenFile,
    private readonly now: () => number,
  ) {
    this.path = join(folder, "dead.jsonl");
  }

  /** Appends letters; returns when they are on disk. Throws if writing fails. */
  add(letters: readonly DeadLetter[]): void {
    const time = new Date(this.now()).toISOString();
    const lines = letters.map(({ id, node, delivery, text }) => {
      const head = JSON.stringify({ time, id, node, delivery });
      return `${head.slice(0, -1)},"value":${text}}\n`;
    });
    try {
      appendLines(this.path, lines.join(""), this.open);
    } catch (error) {
      throw unwritten(this.path, error);
    }
  }

  /** Removes letters older than this number of days; 0 keeps all. Unreadable lines stay. Throws if writing fails. */
  expire(keepDays: number): void {
    if (keepDays === 0) return;
    const oldest = this.now() - keepDays * dayMs;
    this.#drop((line) => Date.parse(headOf(line)?.time ?? "") < oldest);
  }

  /** Removes letters by their keys. @returns how many. Throws if writing fails. */
  remove(keys: ReadonlySet<string>): number {
    return this.#drop((line) => {
      const head = headOf(line);
      return head !== undefined && keys.has(head.key);
    });
  }

  /** How many letters there are. Only what is new since the last time is read. */
  count(): number {
    return this.#reading((file) => {
      const fileSize = file.size();
      const { mtimeMs: changedAt } = statSync(this.path);
      // A line that never ends must not be read again for each question.
      if (fileSize === this.#counted.fileSize && changedAt === this.#counted.changedAt) return this.#counted.count;
      // Somebody may have emptied it after reading.
      const beginning = file.read(0, headBytes).toString("latin1");
      const isSame = fileSize > this.#counted.fileSize && beginning.startsWith(this.#counted.beginning);
      let { size, count } = isSame ? this.#counted : nothing;
      for (const { bytes, offset } of linesOf(file, size)) {
        if (headOf(bytes) !== undefined) count += 1;
        size = offset + bytes.length + 1;
      }
      this.#counted = { beginning, fileSize, changedAt, size, count };
      return count;
    }, 0);
  }

  /** The newest letters, the newest first. Of a large file only the end is read. */
  newest(most: number): readonly KeptLetter[] {
    return this.#reading((file) => {
      const size = file.size();
      const from = Math.max(0, size - mostRead);
      const bytes = file.read(from, size - from);
      const letters: KeptLetter[] = [];
      // What follows the last line end, and in a large file the first line, may be cut off.
      let end = bytes.lastIndexOf(lineEnd);
      while (end > 0 && letters.length < most) {
        const before = bytes.lastIndexOf(lineEnd, end - 1);
        if (before < 0 && from > 0) break;
        const letter = letterIn(bytes.subarray(before + 1, end));
        if (letter !== undefined) letters.push(letter);
        end = before;
      }
      return letters;
    }, []);
  }

  /** Reads the file; the given value if there is none. */
  #reading<T>(read: (file: ReturnType<OpenFile>) => T, missing: T): T {
    if (!existsSync(this.path)) return missing;
    const file = this.open(this.path, "existing");
    try {
      return read(file);
    } finally {
      file.close();
    }
  }

  /** Writes the file anew without some lines; a crash leaves the old file or the new one. @returns how many lines were dropped */
  #drop(isDropped: (line: Buffer) => boolean): number {
    const newPath = `${this.path}.new`;
    try {
      const dropped = this.#reading((file) => {
        if (![...linesOf(file)].some(({ bytes }) => isDropped(bytes))) return 0;
        rmSync(newPath, { force: true });
        const fresh = this.open(newPath, "new");
        let count = 0;
        try {
          let size = 0;
          let waiting: Buffer[] = [];
          let waitingBytes = 0;
          const write = (): void => {
            const data = Buffer.concat(waiting);
            fresh.write(data, size);
            size += data.length;
            waiting = [];
            waitingBytes = 0;
          };
          let end = 0;
          for (const { bytes, offset } of linesOf(file)) {
            end = offset + bytes.length + 1;
            if (isDropped(bytes)) {
              count += 1;
              continue;
            }
            waiting.push(bytes, lineEnd);
            waitingBytes += bytes.length + 1;
            if (waitingBytes > pieceSize) write();
          }
          // A last line without its end, as an editor may leave it.
          waiting.push(file.read(end, file.size() - end));
          write();
          fresh.sync();
        } finally {
          fresh.close();
        }
        return count;
      }, 0);
      if (dropped === 0) return 0;
      renameSync(newPath, this.path);
      syncFolder(dirname(this.path));
      this.#counted = nothing;
      return dropped;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return 0;
      throw unwritten(this.path, asError(error));
    }
  }
}

/** The beginning of a line. The key is the letter's own: a store that was removed begins its ids anew. */
function headOf(line: Buffer): { readonly time: string; readonly key: string } | undefined {
  const [, time, id] = /^\{"time":"([^"]{1,30})","id":"([^"\\]{1,30})"/.exec(line.toString("utf8", 0, headBytes)) ?? [];
  const at = Date.parse(time ?? "");
  return time === undefined || id === undefined || Number.isNaN(at) ? undefined : { time, key: `${id}@${at}` };
}

/** A letter in a line; undefined if it is none. A line that has no key could be handed over, but would never leave the file. */
function letterIn(line: Buffer): KeptLetter | undefined {
  const head = headOf(line);
  if (head === undefined) return undefined;
  try {
    const letter: unknown = JSON.parse(line.toString("utf8"));
    if (!isObject(letter)) return undefined;
    const { id, node, delivery, value = null } = letter;
    if (typeof id !== "string" || typeof node !== "string") return undefined;
    const at = Date.parse(head.time);
    const times = Number.isSafeInteger(delivery) ? Number(delivery) : 1;
    return { key: head.key, id, node, delivery: times, at, text: JSON.stringify(value) };
  } catch {
    // No JSON, or nested too deep to be written again.
    return undefined;
  }
}
