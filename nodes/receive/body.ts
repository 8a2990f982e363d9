// Reads the body of a push: content type, bytes, JSON.
import type { Readable } from "node:stream";
import { guarded } from "../util/guarded";
import { isObject, isWithin, type JsonObject, maxDepth, parseJson } from "../util/json";

/** Maximum size of a push in bytes. The examples in the vendor's document have a few hundred. */
export const maxBodyBytes = 256 * 1024;

/** Whether a body is JSON by its content type; UTF-8 is the vendor's only encoding (§三.3). */
export function isJsonType(contentType: string | undefined): boolean {
  // Shortcut: nearly every sender uses this exact value.
  if (contentType === "application/json") return true;
  const [type = "", ...parameters] = (contentType ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  if (!/^application\/(?:json|[\w.-]+\+json)$/.test(type)) return false;
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replace(/"/g, "");
  return charset === undefined || charset === "utf-8" || charset === "utf8";
}

/** Limits the bytes of all bodies that are being read or checked at the same time. */
export class ByteBudget {
  #used = 0;

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used;
  }

  /** Reserves bytes; false if the budget does not have that many left. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

const smallest = 1024;
const empty = Buffer.alloc(0);

/** A body with more chunks than this, of fewer bytes than this on average, is refused: handling the chunks costs too much. */
export const manyPieces = 2000;
export const smallPiece = 8;

/**
 * Collects a body. Memory stays proportional to the body's size however it is chunked: a small chunk may keep a much larger buffer alive.
 */
export class BodyCollector {
  #buffer: Buffer = empty;
  #whole: Buffer | undefined;
  #size = 0;
  #pieces = 0;

  constructor(private readonly budget: ByteBudget) {}

  /** Adds a chunk. Returns a reason if the body must not be read further. */
  add(chunk: Buffer): "tooLarge" | "busy" | "shredded" | undefined {
    this.#pieces += 1;
    if (this.#pieces > manyPieces && this.#size < this.#pieces * smallPiece) return "shredded";
    const size = this.#size + chunk.length;
    if (size > maxBodyBytes) return "tooLarge";
    if (size > this.#buffer.length) {
      const capacity = Math.min(maxBodyBytes, Math.max(size, 2 * this.#buffer.length, smallest));
      if (!this.budget.take(capacity - this.#buffer.length)) return "busy";
      const larger = Buffer.allocUnsafeSlow(capacity);
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#size);
    this.#size = size;
    return undefined;
  }

  /** Takes a body that arrived in one chunk without copying it. It is parsed at once, so keeping a larger buffer alive does not matter. */
  addWhole(chunk: Buffer): "tooLarge" | undefined {
    if (chunk.length > maxBodyBytes) return "tooLarge";
    this.#whole = chunk;
    return undefined;
  }

  /** The bytes received so far. */
  get bytes(): Buffer {
    return this.#whole ?? this.#buffer.subarray(0, this.#size);
  }

  /** Releases the memory and the budget; `bytes` is empty afterwards. */
  release(): void {
    this.#whole = undefined;
    if (this.#buffer === empty) return;
    this.budget.give(this.#buffer.length);
    this.#buffer = empty;
    this.#size = 0;
  }
}

/**
 * Reads a request's body; undefined if the sender disconnected.
 * @param timeoutMs closes the connection of a slower sender; if absent, the caller enforces a limit
 */
export function readBody(
  request: Readable & { readonly headers?: { readonly "content-length"?: string | undefined } },
  body: BodyCollector,
  timeoutMs?: number,
): Promise<"read" | "tooLarge" | "busy" | undefined> {
  const announced = Number(request.headers?.["content-length"] ?? -1);
  return new Promise((resolve) => {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            guarded(() => request.destroy()),
            timeoutMs,
          ).unref();
    const end = (read: "read" | "tooLarge" | "busy" | undefined): void => {
      clearTimeout(timer);
      resolve(read);
    };
    const take = guarded((chunk: Buffer) => {
      const refused = chunk.length === announced ? body.addWhole(chunk) : body.add(chunk);
      if (refused === undefined) return;
      request.off("data", take).pause();
      // No answer here, so the rest of the body is not read either.
      if (refused === "shredded") request.destroy();
      end(refused === "shredded" ? undefined : refused);
    });
    request.on("data", take);
    request.on(
      "end",
      guarded(() => end("read")),
    );
    for (const event of ["error", "close"])
      request.on(
        event,
        guarded(() => end(undefined)),
      );
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A push with a valid structure. */
export interface ParsedPush {
  readonly authentication: JsonObject;
  readonly notify: JsonObject;
}

/** Parses the bytes of a body; undefined if they are not UTF-8, not JSON, or not a push. */
export function readPushBody(bytes: Uint8Array): ParsedPush | undefined {
  try {
    return pushIn(parseJson(utf8.decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Reads a push from parsed JSON; undefined if it is not an object, is nested too deep, or lacks authentication or notify. */
export function pushIn(body: unknown): ParsedPush | undefined {
  if (!isObject(body) || !isWithin(body, maxDepth, isPassable)) return undefined;
  const { authentication, notify } = body;
  return isObject(authentication) && isObject(notify) ? { authentication, notify } : undefined;
}

/** Numbers such as 1e400 are valid JSON, but become Infinity and cannot be serialized again. */
const isPassable = (leaf: unknown): boolean => typeof leaf !== "number" || Number.isFinite(leaf);
