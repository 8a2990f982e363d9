// Fetches the recordings of calls in the form that a node of sccc-calls is set to.
import { setMaxListeners } from "node:events";
import type { TrackedCall } from "../../calls/call";
import type { Fetched } from "../../calls/call-messages";
import { recordingSettings } from "../../catalogue/index";
import { render } from "../../protocol/check";
import type { Client } from "../../protocol/client";
import { getRecording, type Target } from "../get-recording/download";
import { nameOf } from "../get-recording/target";
import type { Failure } from "../shared/failure";
import type { RecordingTarget } from "./config";

const megabyte = 1e6;
const largest = recordingSettings.find(({ name }) => name === "maxMegabytes");
/** The largest recording, in bytes: the default of sccc-get-recording. */
const maxBytes = (largest?.kind === "number" ? (largest.default ?? 0) : 0) * megabyte;

export interface RecordingDeps {
  readonly client: Pick<Client, "fetch" | "urlOf">;
  readonly target: RecordingTarget;
  /** The text of a failure. */
  readonly describe: (failure: Failure) => string;
}

/** Gets the recordings of calls. */
export class CallRecordings {
  readonly #deps: RecordingDeps;
  readonly #closing = new AbortController();
  /** Buffers that were fetched and not delivered yet, by the call's ID. */
  readonly #buffers = new Map<string, Buffer>();

  constructor(deps: RecordingDeps) {
    this.#deps = deps;
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Fetches the recording of a call with a recordFile. Asks again for this many ms while it does not exist yet. Never
   * rejects. The result can be stored: a Buffer stays here until `take`.
   * @param again an earlier process may have fetched it: an existing file is kept
   */
  async fetch(call: TrackedCall, withinMs: number, again: boolean): Promise<Fetched> {
    const { target } = this.#deps;
    if (target.kind === "url") {
      if (call.recordUrl !== null) return { ok: true, recording: call.recordUrl };
      return this.#failed(badName(call));
    }
    const got = await this.#get(call, withinMs, again);
    if (!got.ok) return this.#failed(got.failure);
    if (typeof got.payload === "string") return { ok: true, recording: got.payload };
    this.#buffers.set(call.id, got.payload);
    return { ok: true, recording: null };
  }

  /** The Buffer of a call. If it is not here, it is fetched again. */
  async take(call: TrackedCall): Promise<Fetched> {
    const buffer = this.#buffers.get(call.id);
    this.#buffers.delete(call.id);
    if (buffer !== undefined) return { ok: true, recording: buffer };
    const got = await this.#get(call, 0, true);
    return got.ok ? { ok: true, recording: got.payload } : this.#failed(got.failure);
  }

  /** Ends running downloads. */
  close(): void {
    this.#closing.abort();
    this.#buffers.clear();
  }

  #get(call: TrackedCall, waitMs: number, again: boolean): ReturnType<typeof getRecording> {
    const { client } = this.#deps;
    const url = client.urlOf(call.recordFile ?? "");
    if (url === undefined) return Promise.resolve({ ok: false, failure: badName(call) });
    return getRecording(client, {
      url,
      target: this.#targetOf(call, again),
      maxBytes,
      waitMs,
      signal: this.#closing.signal,
      progress: () => undefined,
      waiting: () => undefined,
    });
  }

  #targetOf(call: TrackedCall, again: boolean): Target {
    const { target } = this.#deps;
    if (target.kind !== "file") return { kind: "buffer" };
    const { folder, template, exists } = target;
    const name = nameOf({ template, exists, payload: call, filename: call.recordFile ?? "" });
    return { kind: "file", folder, name, exists: again && exists === "fail" ? "skip" : exists };
  }

  #failed(failure: Failure): Fetched {
    return {
      ok: false,
      error: { kind: "failed", code: failure.code, message: this.#deps.describe(failure) },
    };
  }
}

const badName = ({ recordFile }: TrackedCall): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "recordFile",
  rule: { key: "recordingName", params: {} },
  got: render(recordFile),
});
