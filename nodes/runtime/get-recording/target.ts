// Where a recording goes: a file that is there only when it is whole, and never outside its folder.
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolder } from "../../delivery/files";
import { isObject } from "../../util/json";
import { sleep } from "../../util/sleep";

/** What becomes of a file of the same name. */
export type Exists = "fail" | "skip" | "replace";

/** The longest name, in bytes: what file systems take, less what is added while it is written. */
const longestName = 180;

/** Names that Windows keeps for devices. */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(?:\.|$)/i;

/** What no name of a file should hold: separators, wildcards, control and invisible characters, halves of characters. */
const forbidden = /[\\/:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Cuts a name to so many bytes, but not its ending, and puts a mark before that. */
function shortened(name: string, mark: string): string {
  if (mark === "" && Buffer.byteLength(name) <= longestName) return name;
  const [ending = ""] = /\.[\w-]{1,10}$/.exec(name) ?? [];
  // Each character has a byte or more: what stands behind so many is cut off at once, since the name comes from outside and may be of any length.
  const characters = [...name.slice(0, Math.min(name.length - ending.length, 2 * longestName))];
  while (Buffer.byteLength(characters.join("") + mark + ending) > longestName) characters.pop();
  return characters.join("") + mark + ending;
}

/** A text as the name of a file in a folder: whatever it was, it names nothing else. @param mark stands before its ending */
export function safeName(text: string, mark = ""): string {
  const plain = text
    .normalize("NFC")
    .replace(forbidden, "_")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  const name = shortened(plain, mark).replace(/[.\s]+$/, "");
  if (name === "") return "recording";
  return device.test(name) ? `_${name}` : name;
}

const asText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

/** What a file's name is made of. */
export interface Naming {
  /** `{field}` stands for a field of the payload, `{name}` for the recording's own name. */
  readonly template: string;
  readonly payload: unknown;
  /** The recording's name on the platform, which may have folders. */
  readonly filename: string;
  readonly exists: Exists;
}

/**
 * The name of a recording's file. Where a file of the same name would be kept or replaced without a word, a name that stands for the
 * recording's own and does not tell all of it (it had folders, or characters that no file has, or was too long) gets eight hex digits of
 * the whole: two recordings must not be taken for one.
 */
export function nameOf({ template, payload, filename, exists }: Naming): string {
  const fields = isObject(payload) ? payload : {};
  const whole = filename.trim().replace(/^\//, "");
  const own = whole.slice(whole.lastIndexOf("/") + 1);
  let named = false;
  const text = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const field = name.trim();
    if (field !== "name") return Object.hasOwn(fields, field) ? asText(fields[field]) : "";
    named = true;
    return own;
  });
  const tells = safeName(whole) === whole && Buffer.byteLength(text) <= longestName;
  const mark =
    named && exists !== "fail" && !tells ? `-${createHash("sha256").update(whole).digest("hex").slice(0, 8)}` : "";
  return safeName(text, mark);
}

/** Whether a recording is at a path. An empty file is none: none is ever written, but a crash may have left one. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => !found.isFile() || found.size > 0,
    () => false,
  );

const codeOf = (error: unknown): unknown =>
  isObject(error) || error instanceof Error ? Reflect.get(error, "code") : "";

/** What a file system is asked for, and how long a claim that nobody moves any more is respected, in ms. */
export interface Disk {
  readonly link: typeof link;
  readonly syncFolder: typeof syncFolder;
  readonly staleMs: number;
}

const disk: Disk = { link, syncFolder, staleMs: 5000 };

/** How often a claim of somebody else is looked at, in ms. */
const claimPauseMs = 20;

/** A file under way: hidden in its folder until it is whole. */
export class PartFile {
  readonly #folder: string;
  readonly #name: string;
  readonly #path: string;
  readonly #part: string;
  readonly #handle: FileHandle;
  readonly #disk: Disk;

  private constructor(
    folder: string,
    name: string,
    part: { readonly path: string; readonly handle: FileHandle },
    used: Disk,
  ) {
    this.#folder = folder;
    this.#name = name;
    this.#path = join(folder, name);
    this.#part = part.path;
    this.#handle = part.handle;
    this.#disk = used;
  }

  /** Makes the folder if it is missing, and begins the file. Rejects with the system's error. */
  static async begin(folder: string, name: string, used: Disk = disk): Promise<PartFile> {
    await makeFolder(folder, undefined, used.syncFolder);
    const path = join(folder, `.${name}.${randomUUID().slice(0, 8)}.part`);
    return new PartFile(folder, name, { path, handle: await open(path, "wx") }, used);
  }

  /** Appends a piece, whole. */
  async write(chunk: Buffer): Promise<void> {
    let done = 0;
    while (done < chunk.length) done += (await this.#handle.write(chunk, done, chunk.length - done)).bytesWritten;
  }

  /** Gives the file its name; false if there is one of that name that may not be replaced, and then nothing is left of it. */
  async finish(exists: Exists): Promise<boolean> {
    await this.#handle.datasync();
    await this.#handle.close();
    if (exists === "replace") await rename(this.#part, this.#path);
    else if (!(await this.#take())) {
      await unlink(this.#part);
      return false;
    }
    await this.#disk.syncFolder(this.#folder);
    return true;
  }

  /** Takes the name unless a recording has it: a link does so at once. */
  async #take(): Promise<boolean> {
    try {
      await this.#disk.link(this.#part, this.#path);
      await unlink(this.#part);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST" && (await isThere(this.#path))) return false;
    }
    return this.#claim();
  }

  /**
   * Takes the name where there are no links, or where an empty file has it: behind a file beside it, which only one can make. The name itself
   * never stands for anything but a whole recording. A claim that stays the same for too long has outlived its process and is removed.
   */
  async #claim(): Promise<boolean> {
    const claim = join(this.#folder, `.${this.#name}.claim`);
    let seen = { claim: "", since: 0 };
    for (;;) {
      try {
        await (await open(claim, "wx")).close();
        break;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      const now = performance.now();
      const found = await stat(claim).then(
        ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
        () => "",
      );
      if (found !== seen.claim) seen = { claim: found, since: now };
      else if (now - seen.since > this.#disk.staleMs) await unlink(claim).catch(() => undefined);
      await sleep(claimPauseMs);
    }
    try {
      if (await isThere(this.#path)) return false;
      await rename(this.#part, this.#path);
      return true;
    } finally {
      await unlink(claim).catch(() => undefined);
    }
  }

  /** Leaves nothing behind. Never rejects. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#part).catch(() => undefined);
  }
}
