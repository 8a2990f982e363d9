// File operations of a store. All are synchronous: a store runs in a worker, so waiting for the disk blocks no flow. They also do not use
// libuv's thread pool, which flows may keep busy.
import {
  closeSync,
  existsSync,
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
import { dirname, join, resolve } from "node:path";

/** An open file. Its methods throw the system's error. */
export interface StoreFile {
  /** Writes all data at a position in bytes; after an error, part of it may have been written. */
  write(data: Buffer, position: number): void;
  /** Flushes written data to the physical disk. */
  sync(): void;
  truncate(length: number): void;
  /** Reads up to `length` bytes; fewer at the end of the file. */
  read(position: number, length: number): Buffer;
  /** The file's length in bytes. */
  size(): number;
  /** Whether a path still leads to this file: false if the file was removed or replaced. */
  isAt(path: string): boolean;
  close(): void;
}

/** Opens a file for reading and writing, creating it if it is missing. `new`: it must not exist. */
export type OpenFile = (path: string, mode: "new" | "existing" | "any") => StoreFile;

const flagsOf = { new: "wx+", existing: "r+", any: "a+" } as const;

/** Real files, readable by their owner only. */
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

/** Error codes of systems that cannot sync a folder, such as Windows. */
const unsupported = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** Flushes a folder's entries to disk. Throws if that fails, except on systems that cannot sync a folder. */
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

/** The folders to sync after creating a folder: the parent of each created folder, the lowest first. */
function changedBy(folder: string, made: string | undefined): readonly string[] {
  if (made === undefined) return [];
  const first = resolve(made);
  const changed: string[] = [];
  for (let at = resolve(folder); at.length >= first.length; at = dirname(at)) changed.push(dirname(at));
  return changed;
}

/** Creates a folder and its parents. New folders are on disk when this resolves. @param mode of the new folders */
export async function makeFolder(
  folder: string,
  mode?: number,
  sync: (folder: string) => unknown = syncFolder,
): Promise<void> {
  const made = await mkdir(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  for (const changed of changedBy(folder, made)) await sync(changed);
}

/** makeFolder for a thread that may be blocked by the disk. */
export function makeFolderSync(folder: string, mode: number): void {
  for (const changed of changedBy(folder, mkdirSync(folder, { recursive: true, mode }))) syncFolder(changed);
}

/**
 * Appends whole lines to a file that is rarely written. Returns when they are on disk. After an error, some of them may
 * be in the file.
 */
export function appendLines(path: string, text: string, open: OpenFile): void {
  const file = open(path, "any");
  try {
    const size = file.size();
    // A crash may have left an incomplete line.
    const torn = size > 0 && file.read(size - 1, 1)[0] !== 0x0a;
    file.write(Buffer.from(torn ? `\n${text}` : text), size);
    file.sync();
  } finally {
    file.close();
  }
  syncFolder(dirname(path));
}

/** A free path in a folder for a file that is set aside, so that nothing is overwritten. */
export function freePath(folder: string, name: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(folder, number === 1 ? name : `${name}.${number}`);
    if (!existsSync(path)) return path;
  }
}

/** The system's code of an error, such as ENOENT; "" if it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** A thrown value as an Error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** An error that names the file that could not be written; its cause is the system's error. */
export const unwritten = (path: string, cause: unknown): Error =>
  new Error(`${path} can't be written: ${asError(cause).message}`, { cause });
