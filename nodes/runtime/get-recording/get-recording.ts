// sccc-get-recording: downloads the recording of a call into a Buffer or a file.
import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import type { Node, NodeMessage, NodeMessageInFlow } from "node-red";
import { propertyOf, recording, recordingName, recordingSettings, standardInput } from "../../catalogue/index";
import { render } from "../../protocol/check";
import type { FieldFailure, RuleText } from "../../protocol/failure";
import { isObject } from "../../util/json";
import { accountOf } from "../account/account";
import type { Sender } from "../account/running";
import type { CommandReport } from "../command/send";
import { type Expand, type Narrowed, narrow, Settings, typedInput } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { originOf } from "../shared/origin";
import { doneStatus, failureStatus, statusWords } from "../shared/status";
import { errorOf, resultOf, type Translate } from "../shared/texts";
import { reader } from "../shared/values";
import type { Runtime } from "../state";
import { type Got, getRecording, type Target } from "./download";
import { type Exists, nameOf } from "./target";

const api = "recording";
const megabyte = 1e6;

/** The configuration of a node. */
export interface RecordingConfig {
  readonly file: { readonly folder: string; readonly template: string; readonly exists: Exists } | undefined;
  readonly maxBytes: number;
  readonly waitMs: number;
  /** The property of the message that gets the Buffer or the path. */
  readonly output: string;
  /** Whether a message without a filename passes through. */
  readonly passes: boolean;
}

/** Reads a node's properties. @param userDir the base of relative folders */
export function narrowRecording(config: unknown, expand: Expand, userDir: string): Narrowed<RecordingConfig> {
  return narrow(() => {
    const settings = new Settings(recordingSettings, config, undefined, expand);
    const exists = settings.text("exists");
    const file = {
      folder: resolve(userDir, settings.text("folder")),
      template: settings.text("fileName") || "{name}",
      exists: exists === "skip" || exists === "replace" ? exists : "fail",
    } as const;
    return {
      file: settings.text("to") === "file" ? file : undefined,
      maxBytes: settings.number("maxMegabytes") * megabyte,
      waitMs: settings.number("waitFor") * 1000,
      output: settings.text("output") || "payload",
      passes: settings.text("missing") === "pass",
    };
  });
}

/** `msg.sccc.command` of a recording. */
interface RecordingReport extends CommandReport {
  readonly bytes?: number;
  readonly contentType?: string;
  readonly skipped?: true;
}

const invalid = (rule: RuleText, got: string): FieldFailure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: propertyOf(recordingName),
  rule,
  got,
});

/** Whether a filename is empty. */
const isEmpty = (name: unknown): boolean =>
  name === undefined || name === null || (typeof name === "string" && name.trim() === "");

/** How often a status may change, in ms. */
const statusEveryMs = 500;

/** Shows the running downloads and their progress. */
class Progress {
  readonly #files = new Map<object, { bytes: number; of: number | undefined }>();
  #shown = 0;

  constructor(
    private readonly translate: Translate,
    private readonly node: Node,
  ) {}

  begin(): { readonly progress: (bytes: number, of: number | undefined) => void; readonly end: () => void } {
    const file = {};
    this.#files.set(file, { bytes: 0, of: undefined });
    this.node.status({ fill: "blue", shape: "dot", text: "status.requesting" });
    return {
      progress: (bytes, of) => {
        this.#files.set(file, { bytes, of });
        if (performance.now() - this.#shown < statusEveryMs) return;
        this.#shown = performance.now();
        this.#show();
      },
      end: () => this.#files.delete(file),
    };
  }

  #show(): void {
    const files = [...this.#files.values()];
    const sum = (values: readonly number[]) => (values.reduce((all, one) => all + one, 0) / megabyte).toFixed(1);
    const known = files.every(({ of }) => of !== undefined);
    const text = statusWords(this.translate, known ? "downloadedOf" : "downloaded", {
      done: sum(files.map(({ bytes }) => bytes)),
      total: known ? sum(files.map(({ of = 0 }) => of)) : "",
    });
    this.node.status({ fill: "blue", shape: "dot", text });
  }
}

/** The dependencies of a node with a valid configuration. */
interface RecordingDeps {
  readonly how: RecordingConfig;
  readonly sender: Sender;
}

/** Starts a node with a valid configuration. */
function run({ how, sender }: RecordingDeps, { runtime: { RED }, node, config }: NodeSource): Behaviour {
  const standard = standardInput(recordingName);
  const given = typedInput(config, propertyOf(recordingName), standard);
  const read = reader(RED, node, given);
  const billed = standardInput({ name: "recordFile" });
  const readBilled = reader(RED, node, billed);
  const isDefault = given.type === standard.type && given.value === standard.value;
  const shown = new Progress(RED._, node);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);

  /** Puts a result into a message; false if a part of the property's path is not an object. */
  const put = (msg: NodeMessage, property: string, value: Buffer | string): boolean => {
    try {
      RED.util.setMessageProperty(msg, property, value, true);
      return RED.util.getMessageProperty(msg, property) === value;
    } catch {
      return false;
    }
  };

  /** The filename, and the input that it comes from. */
  const nameIn = async (msg: NodeMessage): Promise<{ readonly name: unknown; readonly from: typeof given }> => {
    const name = await read(msg);
    if (!isEmpty(name) || !isDefault) return { name, from: given };
    const other = await readBilled(msg);
    return isEmpty(other) ? { name, from: given } : { name: other, from: billed };
  };

  /** Undefined if the message has no recording and that is allowed. */
  const get = async (msg: NodeMessage): Promise<Got | undefined> => {
    let found: Awaited<ReturnType<typeof nameIn>>;
    try {
      found = await nameIn(msg);
    } catch (error) {
      const got = error instanceof Error ? error.message : String(error);
      return { ok: false, failure: invalid({ key: "unreadable", params: {} }, got) };
    }
    const { name, from } = found;
    const refuse = (rule: RuleText): Got => ({
      ok: false,
      failure: { ...invalid(rule, render(name)), origin: originOf(from, msg) },
    });
    if (isEmpty(name)) {
      if (how.passes) return undefined;
      const { example } = recordingName;
      return refuse({ key: "required", params: { example } });
    }
    const url = typeof name === "string" ? sender.client.urlOf(name) : undefined;
    if (url === undefined) return refuse({ key: "recordingName", params: {} });
    const target: Target =
      how.file === undefined
        ? { kind: "buffer" }
        : {
            kind: "file",
            folder: how.file.folder,
            name: nameOf({ ...how.file, payload: msg.payload, filename: String(name) }),
            exists: how.file.exists,
          };
    const { progress, end } = shown.begin();
    const waiting = () => node.status({ fill: "yellow", shape: "ring", text: "status.fileMissing" });
    const { maxBytes, waitMs } = how;
    const wanted = { url, target, maxBytes, waitMs, signal: closing.signal, progress, waiting };
    const got = await getRecording(sender.client, wanted).finally(end);
    return got.ok && !put(msg, how.output, got.payload)
      ? { ok: false, failure: { ...invalid({ key: "output", params: {} }, how.output), field: "output" } }
      : got;
  };

  const handle = async (msg: NodeMessageInFlow): Promise<Error | undefined> => {
    const start = performance.now();
    const got = await get(msg);
    if (got === undefined) {
      node.status({ fill: "grey", shape: "ring", text: "status.noRecording" });
      return undefined;
    }
    const report: RecordingReport = {
      api,
      account: sender.label,
      version: sender.client.version,
      result: got.ok ? { error: 0, name: "E_SUCC", msg: "" } : resultOf(RED._, api, got.failure),
      durationMs: Math.round(performance.now() - start),
      ...(got.ok ? { bytes: got.bytes, contentType: got.contentType } : {}),
      ...(got.ok && got.skipped ? { skipped: true } : {}),
    };
    msg.sccc = { ...(isObject(msg.sccc) ? msg.sccc : {}), command: report };
    if (!got.ok) {
      node.status(failureStatus(RED._, got.failure));
      return errorOf(RED._, api, got.failure);
    }
    node.status(doneStatus);
    return undefined;
  };

  return {
    handle: async (msg, send) => {
      const error = await handle(msg);
      if (error === undefined) send(msg);
      return error;
    },
    close: () => closing.abort(),
  };
}

/** Registers the type. */
export const registerRecording = (runtime: Runtime): void =>
  defineNode(runtime, {
    type: recording.node,
    name: api,
    read: ({ config, expand }) => {
      const account = accountOf(runtime, config.account);
      if (!account.ok) return account;
      const { userDir } = runtime.RED.settings as { userDir?: string };
      const narrowed = narrowRecording(config, expand, userDir ?? ".");
      return narrowed.ok ? { ok: true, value: { how: narrowed.value, sender: account.sender } } : narrowed;
    },
    start: run,
  });
