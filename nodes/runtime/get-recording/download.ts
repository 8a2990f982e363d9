// Downloads one recording into a Buffer or a file, and waits for it if it does not exist yet. Does not depend on Node-RED.
import { join } from "node:path";
import type { Client } from "../../protocol/client";
import type { Fetched } from "../../protocol/transport";
import { Bytes } from "../../util/bytes";
import { sleep } from "../../util/sleep";
import type { Failure } from "../shared/failure";
import { type Exists, isThere, PartFile } from "./target";

/** The target of a download. */
export type Target =
  | { readonly kind: "buffer" }
  | { readonly kind: "file"; readonly folder: string; readonly name: string; readonly exists: Exists };

/** A recording to download. */
export interface Wanted {
  readonly url: string;
  readonly target: Target;
  readonly maxBytes: number;
  /** How long to wait for a recording that does not exist yet, in ms. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly progress: (bytes: number, of: number | undefined) => void;
  /** Called when it does not exist yet and is requested again. */
  readonly waiting: () => void;
}

/** The result. `skipped`: the file existed and was kept. */
export type Got =
  | {
      readonly ok: true;
      readonly payload: Buffer | string;
      readonly bytes: number;
      readonly contentType: string;
      readonly skipped?: true;
    }
  | { readonly ok: false; readonly failure: Failure };

/** The pauses between requests for a recording that does not exist yet, in ms. */
const pauses = { first: 500, longest: 5000 };

const isMissing = (failure: Failure): boolean =>
  (failure.kind === "http" && failure.status === 404) ||
  (failure.kind === "protocol" && failure.reason === "emptyFile");

const fileFailure = (reason: "exists" | "write", path: string, detail: string): Got => ({
  ok: false,
  failure: { kind: "file", code: "SCCC_FILE", reason, path, detail },
});

/** Downloads it. Never rejects. */
export async function getRecording(client: Pick<Client, "fetch">, wanted: Wanted): Promise<Got> {
  const until = performance.now() + wanted.waitMs;
  for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.longest)) {
    const got = await (wanted.target.kind === "buffer"
      ? toBuffer(client, wanted)
      : toFile(client, wanted, wanted.target));
    const left = until - performance.now();
    if (got.ok || !isMissing(got.failure) || left <= 0) return got;
    wanted.waiting();
    await sleep(Math.min(pause, left), wanted.signal);
  }
}

async function toBuffer(client: Pick<Client, "fetch">, wanted: Wanted): Promise<Got> {
  const body = new Bytes();
  const fetched = await client.fetch({
    ...wanted,
    write: async (chunk) => body.add(chunk),
  });
  if (!fetched.ok) return fetched;
  const { bytes, contentType } = fetched;
  return { ok: true, payload: Buffer.from(body.whole()), bytes, contentType };
}

async function toFile(
  client: Pick<Client, "fetch">,
  wanted: Wanted,
  { folder, name, exists }: Extract<Target, { kind: "file" }>,
): Promise<Got> {
  const path = join(folder, name);
  const kept: Got = { ok: true, payload: path, bytes: 0, contentType: "", skipped: true };
  if (exists !== "replace" && (await isThere(path))) return exists === "skip" ? kept : fileFailure("exists", path, "");
  let part: PartFile | undefined;
  try {
    let begun: Promise<PartFile> | undefined;
    const fetched: Fetched = await client.fetch({
      ...wanted,
      write: async (chunk) => {
        // Only with the first chunk: an answer that is not a recording creates no folder.
        begun ??= PartFile.begin(folder, name);
        part = await begun;
        await part.write(chunk);
      },
    });
    if (!fetched.ok) {
      await part?.discard();
      return fetched;
    }
    if (part === undefined) throw new Error("a file that came whole has begun");
    if (await part.finish(exists)) return { ...fetched, payload: path };
    return exists === "skip" ? kept : fileFailure("exists", path, "");
  } catch (error) {
    await part?.discard();
    return fileFailure("write", path, error instanceof Error ? error.message : String(error));
  }
}
