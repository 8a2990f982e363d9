// The file of a recording: it exists under its name only when it is complete, and never outside its folder.
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolder } from "../../delivery/files";
import { isObject } from "../../util/json";
import { sleep } from "../../util/sleep";

/** What to do if a file with this name exists. */
export type Exists = "fail" | "skip" | "replace";

/** The longest name, in bytes: the limit of file systems, minus the additions while it is written. */
const longestName = 180;

/** Names that Windows reserves for devices. */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(?:\.|$)/i;

/** Characters that a file name must not have: separators, wildcards, control and invisible characters, lone surrogates. */
const forbidden = /[\\/:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Truncates a name to the longest length, keeps its extension, and inserts a mark before the extension. */
function shortened(name: string, mark: string): string {
  if (mark === "" && Buffer.byteLength(name) <= longestName) return name;
  const [ending = ""] = /\.[\w-]{1,10}$/.exec(name) ?? [];
  // A character has at least one byte. The slice bounds the loop, because the name comes from outside and may have any length.
  const characters = [...name.slice(0, Math.min(name.length - ending.length, 2 * longestName))];
  while (Buffer.byteLength(characters.join("") + mark + ending) > longestName) characters.pop();
  return characters.join("") + mark + ending;
}

/** Makes a valid file name within a folder from any text. @param mark inserted before the extension */
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

/** The parts of a file's name. */
export interface Naming {
  /** `{field}` stands for a field of the payload, `{name}` for the recording's own name. */
  readonly template: string;
  readonly payload: unknown;
  /** The recording's name on the platform, which may have folders. */
  readonly filename: string;
  readonly exists: Exists;
}

/**
 * The name of a recording's file. Two recordings must not share a name if an existing file is kept or replaced. Therefore, a name that
 * contains the recording's own name incompletely (without its folders, with replaced characters, or truncated) gets eight hex digits of the
 * hash of the full name.
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
  const isDistinct = safeName(whole) === whole && Buffer.byteLength(text) <= longestName;
  const mark =
    named && exists !== "fail" && !isDistinct ? `-${createHash("sha256").update(whole).digest("hex").slice(0, 8)}` : "";
  return safeName(text, mark);
}

/** Whether a recording exists at a path. An empty file does not count: only a crash leaves one. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => !found.isFile() || found.size > 0,
    () => false,
  );

const codeOf = (error: unknown): unknown =>
  isObject(error) || error instanceof Error ? Reflect.get(error, "code") : "";

/** The functions of the file system, and after how many ms an unchanged claim is removed. */
export interface Disk {
  readonly link: typeof link;
  readonly syncFolder: typeof syncFolder;
  readonly staleMs: number;
}

const disk: Disk = { link, syncFolder, staleMs: 5000 };

/** The pause between two checks of a claim of another download, in ms. */
const claimPauseMs = 20;

/** A file that is being written: hidden in its folder until it is complete. */
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

  /** Creates the folder if it is missing, and the file. Rejects with the system's error. */
  static async begin(folder: string, name: string, used: Disk = disk): Promise<PartFile> {
    await makeFolder(folder, undefined, used.syncFolder);
    const path = join(folder, `.${name}.${randomUUID().slice(0, 8)}.part`);
    return new PartFile(folder, name, { path, handle: await open(path, "wx") }, used);
  }

  /** Appends a chunk completely. */
  async write(chunk: Buffer): Promise<void> {
    let done = 0;
    while (done < chunk.length) done += (await this.#handle.write(chunk, done, chunk.length - done)).bytesWritten;
  }

  /** Gives the file its name. If that name is taken and must not be replaced, removes the file and returns false. */
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

  /** Takes the name unless a recording has it. A hard link does this atomically. */
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
   * Takes the name without hard links, or from an empty file. A claim file beside it, which only one process can create, serialises the
   * downloads. The name itself never belongs to an incomplete recording. A claim that is unchanged for too long is from a process that has
   * ended, and is removed.
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

  /** Removes the incomplete file. Never rejects. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#part).catch(() => undefined);
  }
}
