// The body of a push: its type, its bytes, the JSON in it.
import type { Readable } from "node:stream";
import { guarded } from "../util/guarded";
import { isObject, isWithin, type JsonObject, maxDepth, parseJson } from "../util/json";

/** Bytes of a push; those of the vendor's document have a few hundred. */
export const maxBodyBytes = 256 * 1024;

/** Whether a body is JSON by its content type; UTF-8 is the vendor's only encoding (§三.3). */
export function isJsonType(contentType: string | undefined): boolean {
  // What nearly every sender writes.
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

/** A number of bytes that all bodies together may take while they are read and looked at. */
export class ByteBudget {
  #used = 0;

  constructor(readonly limit: number) {}

  get used(): number {
    return this.#used;
  }

  /** Takes bytes; false if there are not so many. */
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

/** A body that is cut into more pieces than this, each of less than this many bytes on average, costs more than it can be worth. */
const manyPieces = 2000;
const smallPiece = 8;

/** Collects a body in memory that is in proportion to its bytes, however they are cut into chunks: a chunk itself may hold much more. */
export class BodyCollector {
  #buffer: Buffer = empty;
  #whole: Buffer | undefined;
  #size = 0;
  #pieces = 0;

  constructor(private readonly budget: ByteBudget) {}

  /** Adds a chunk, or says why the body is not read any further. */
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

  /** Takes a body that came in one piece as it is: it will not be waited for, so that it does not matter what it holds beside. */
  addWhole(chunk: Buffer): "tooLarge" | undefined {
    if (chunk.length > maxBodyBytes) return "tooLarge";
    this.#whole = chunk;
    return undefined;
  }

  /** What came so far. */
  get bytes(): Buffer {
    return this.#whole ?? this.#buffer.subarray(0, this.#size);
  }

  /** Gives the memory back; `bytes` is empty afterwards. */
  release(): void {
    this.#whole = undefined;
    if (this.#buffer === empty) return;
    this.budget.give(this.#buffer.length);
    this.#buffer = empty;
    this.#size = 0;
  }
}

/**
 * Reads a body that nobody has read; undefined if the sender has gone.
 * @param timeoutMs the connection of a sender that takes longer is closed; without it somebody else sees to that
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
      // No answer: what would still come need not be read then.
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

/** A push whose form is right. */
export interface ParsedPush {
  readonly authentication: JsonObject;
  readonly notify: JsonObject;
}

/** The push in a body's bytes; undefined for what is not UTF-8, no JSON, or no push. */
export function readPushBody(bytes: Uint8Array): ParsedPush | undefined {
  try {
    return pushIn(parseJson(utf8.decode(bytes)));
  } catch {
    return undefined;
  }
}

/** The push in a value; undefined for what is no object, nested too deep, or without authentication or notify. */
export function pushIn(body: unknown): ParsedPush | undefined {
  if (!isObject(body) || !isWithin(body, maxDepth, isPassable)) return undefined;
  const { authentication, notify } = body;
  return isObject(authentication) && isObject(notify) ? { authentication, notify } : undefined;
}

/** Numbers such as 1e400 are JSON, but cannot be passed on unchanged. */
const isPassable = (leaf: unknown): boolean => typeof leaf !== "number" || Number.isFinite(leaf);
