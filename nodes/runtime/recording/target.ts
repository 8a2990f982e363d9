// Where a recording goes: a file that is there only when it is whole, and never outside its folder.
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../protocol/json";
import { syncFolder } from "../journal";

/** What becomes of a file of the same name. */
export type Exists = "fail" | "skip" | "replace";

/** The longest name, in bytes: what file systems take, less what is added while it is written. */
const longestName = 180;

/** Names that Windows keeps for devices. */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(?:\.|$)/i;

/** What no name of a file should hold: separators, wildcards, control and invisible characters, halves of characters. */
const forbidden = /[\\/:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Cuts a name to so many bytes, but not its ending. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  const [ending = ""] = /\.[\w-]{1,10}$/.exec(name) ?? [];
  let stem = name.slice(0, name.length - ending.length);
  while (Buffer.byteLength(stem + ending) > longestName) stem = [...stem].slice(0, -1).join("");
  return stem + ending;
}

/** A text as the name of a file in a folder: whatever it was, it names nothing else. */
export function safeName(text: string): string {
  const plain = text
    .normalize("NFC")
    .replace(forbidden, "_")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  const name = shortened(plain).replace(/[.\s]+$/, "");
  if (name === "") return "recording";
  return device.test(name) ? `_${name}` : name;
}

const asText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

/** The name of a file by a template: `{field}` stands for a field of the payload, `{name}` for the recording's own name. */
export function nameOf(template: string, payload: unknown, filename: string): string {
  const fields = isObject(payload) ? payload : {};
  const own = filename.split("/").at(-1) ?? "";
  return safeName(
    template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
      const field = name.trim();
      return field === "name" ? own : Object.hasOwn(fields, field) ? asText(fields[field]) : "";
    }),
  );
}

/** Whether something is at a path. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const codeOf = (error: unknown): unknown =>
  isObject(error) || error instanceof Error ? Reflect.get(error, "code") : "";

/** A file under way: hidden in its folder until it is whole. */
export class PartFile {
  readonly #path: string;
  readonly #part: string;
  readonly #handle: FileHandle;

  private constructor(path: string, part: string, handle: FileHandle) {
    this.#path = path;
    this.#part = part;
    this.#handle = handle;
  }

  /** Makes the folder if it is missing, and begins the file. Rejects with the system's error. */
  static async begin(folder: string, name: string): Promise<PartFile> {
    await mkdir(folder, { recursive: true });
    const part = join(folder, `.${name}.${randomUUID().slice(0, 8)}.part`);
    return new PartFile(join(folder, name), part, await open(part, "wx"));
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
    else if (!(await this.#claim())) return false;
    await syncFolder(join(this.#path, ".."));
    return true;
  }

  /** Takes the name unless somebody has it: a link does so at once; where there are none, the name is held by an empty file. */
  async #claim(): Promise<boolean> {
    try {
      await link(this.#part, this.#path);
      await unlink(this.#part);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") {
        await unlink(this.#part);
        return false;
      }
    }
    try {
      await (await open(this.#path, "wx")).close();
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      await unlink(this.#part);
      return false;
    }
    await rename(this.#part, this.#path);
    return true;
  }

  /** Leaves nothing behind. Never rejects. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#part).catch(() => undefined);
  }
}
