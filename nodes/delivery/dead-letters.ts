// Dead letters: entries that were given up, in a file of JSON lines for people, kept for a number of days.
import { existsSync, renameSync, rmSync } from "node:fs";
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

/** The dead letters of a folder, in dead.jsonl: `{"time", "id", "node", "delivery", "value"}`. */
export class DeadLetters {
  readonly path: string;
  /** How many lines there are up to a size of the file. */
  #counted = { size: 0, count: 0 };

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
      const size = file.size();
      if (size < this.#counted.size) this.#counted = { size: 0, count: 0 };
      let { size: at, count } = this.#counted;
      while (at < size) {
        const piece = file.read(at, Math.min(pieceSize, size - at));
        if (piece.length === 0) break;
        for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, end + 1)) count += 1;
        at += piece.length;
      }
      this.#counted = { size: at, count };
      return count;
    }, 0);
  }

  /** The newest letters, the newest first. Of a large file only the end is read. */
  newest(most: number): readonly KeptLetter[] {
    return this.#reading((file) => {
      const size = file.size();
      const from = Math.max(0, size - mostRead);
      const lines = file
        .read(from, size - from)
        .toString("utf8")
        .split("\n");
      // The first one may be cut off.
      if (from > 0) lines.shift();
      const letters: KeptLetter[] = [];
      for (let index = lines.length - 1; index >= 0 && letters.length < most; index -= 1) {
        const letter = letterIn(lines[index] ?? "");
        if (letter !== undefined) letters.push(letter);
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
      this.#counted = { size: 0, count: 0 };
      return dropped;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return 0;
      throw unwritten(this.path, asError(error));
    }
  }
}

/** The beginning of a line. The key is the letter's own: a store that was removed begins its ids anew. */
function headOf(line: Buffer): { readonly time: string; readonly key: string } | undefined {
  const [, time, id] = /^\{"time":"([^"]{1,30})","id":"([^"\\]{1,30})"/.exec(line.toString("utf8", 0, 100)) ?? [];
  return time === undefined || id === undefined ? undefined : { time, key: keyOf(time, id) };
}

const keyOf = (time: string, id: string): string => `${id}@${Date.parse(time)}`;

function letterIn(line: string): KeptLetter | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { time, id, node, delivery } = value;
  if (typeof time !== "string" || typeof id !== "string" || typeof node !== "string") return undefined;
  return {
    key: keyOf(time, id),
    id,
    node,
    delivery: Number(delivery),
    at: Date.parse(time),
    text: JSON.stringify(value.value ?? null),
  };
}
