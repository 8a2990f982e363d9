// Files of a store. Everything here is synchronous: a store runs in a worker, where waiting for the disk delays no flow, and the thread
// pool of libuv, which flows share, cannot delay it.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** An open file. Everything throws the system's error. */
export interface StoreFile {
  /** Writes all of it at a position in bytes; after an error a part of it may be there. */
  write(data: Buffer, position: number): void;
  /** Returns when everything written is on the disk itself. */
  sync(): void;
  truncate(length: number): void;
  /** Reads up to so many bytes; fewer at the end of the file. */
  read(position: number, length: number): Buffer;
  /** The file's length in bytes. */
  size(): number;
  /** Whether a path still leads to this very file: false if that was removed or replaced. */
  isAt(path: string): boolean;
  close(): void;
}

/** Opens a file for reading and writing and makes it if it is missing. `new`: it must be missing. */
export type OpenFile = (path: string, mode: "new" | "existing" | "any") => StoreFile;

const flagsOf = { new: "wx+", existing: "r+", any: "a+" } as const;

/** The real files; readable only by their owner. */
export const openFile: OpenFile = (path, mode) => {
  const fd = openSync(path, flagsOf[mode], 0o600);
  return {
    write: (data, position) => {
      let done = 0;
      while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done);
    },
    sync: () => fdatasyncSync(fd),
    truncate: (length) => ftruncateSync(fd, length),
    read: (position, length) => {
      const buffer = Buffer.allocUnsafe(length);
      let done = 0;
      for (let read = -1; read !== 0 && done < length; done += read) {
        read = readSync(fd, buffer, done, length - done, position + done);
      }
      return buffer.subarray(0, done);
    },
    size: () => fstatSync(fd).size,
    isAt: (where) => {
      const there = statSync(where, { throwIfNoEntry: false });
      const mine = fstatSync(fd);
      return there !== undefined && there.ino === mine.ino && there.dev === mine.dev;
    },
    close: () => closeSync(fd),
  };
};

/** What systems say that cannot sync a folder, Windows among them. */
const unsupported = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** Puts the names in a folder on disk. Throws if the disk refuses, not if the system has no such function. */
export function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!unsupported.has(codeOf(error))) throw error;
  }
}

/** The folders whose entries a new folder changed: the one above each folder that was made, from the lowest up. */
function changedBy(folder: string, made: string | undefined): readonly string[] {
  if (made === undefined) return [];
  const first = resolve(made);
  const changed: string[] = [];
  for (let at = resolve(folder); at.length >= first.length; at = dirname(at)) changed.push(dirname(at));
  return changed;
}

/** Makes a folder with all that it stands in. What is new is on disk when this resolves. @param mode of what is new */
export async function makeFolder(
  folder: string,
  mode?: number,
  sync: (folder: string) => unknown = syncFolder,
): Promise<void> {
  const made = await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  for (const changed of changedBy(folder, made)) await sync(changed);
}

/** makeFolder for a thread that may wait for the disk. */
export function makeFolderSync(folder: string, mode: number): void {
  for (const changed of changedBy(folder, mkdirSync(folder, { recursive: true, mode }))) syncFolder(changed);
}

/** Appends whole lines to a file that is rarely written; returns when they are on disk. After an error some of them may be there. */
export function appendLines(path: string, text: string, open: OpenFile): void {
  const file = open(path, "any");
  try {
    const size = file.size();
    // A crash may have left half a line.
    const torn = size > 0 && file.read(size - 1, 1)[0] !== 0x0a;
    file.write(Buffer.from(torn ? `\n${text}` : text), size);
    file.sync();
  } finally {
    file.close();
  }
  syncFolder(dirname(path));
}

/** The system's code of an error, such as ENOENT; "" if it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** What was thrown, as an error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Says which file could not be written; the cause is the system's error. */
export const unwritten = (path: string, cause: unknown): Error =>
  new Error(`${path} can't be written: ${asError(cause).message}`, { cause });
