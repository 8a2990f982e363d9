// sccc-simulator: a simulated platform as a node, for building flows without a call centre.
import { receivingSettings, simulatorSettings } from "../../catalogue/index";
import { fill } from "../../util/fill";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { narrow, Settings } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { ownAddress } from "../shared/own-address";
import { ownerOfPort } from "../shared/ports";
import { statusWords } from "../shared/status";
import { ScccError, type Translate } from "../shared/texts";
import type { RunningSimulator, Runtime } from "../state";

const type = "sccc-simulator";

type Simulators = typeof import("../../../simulator/index");
type SimulatorOptions = Parameters<Simulators["startSimulator"]>[0];

/** Loaded on first use, because most installations have no simulator. */
const simulators = (): Simulators => require("../../../simulator");

/** The default path of accounts for pushes. */
const pushPath = receivingSettings.find(({ name }) => name === "pushPath");
const ownPath = pushPath?.kind === "text" ? pushPath.default : "/";

/** Distinguishes a push that was not accepted from an invalid instruction. */
function refusalOf(translate: Translate, outcome: { readonly error: string }): ScccError {
  const status = "status" in outcome && typeof outcome.status === "number" ? outcome.status : undefined;
  const codeOfPush = (): string => {
    if (status === undefined) return "SCCC_NETWORK";
    return status >= 200 && status < 300 ? "SCCC_PROTOCOL" : `SCCC_HTTP_${status}`;
  };
  if ("attempt" in outcome) return new ScccError(outcome.error, codeOfPush(), { ...outcome });
  const text = fill(translate("errors.simulatorInstruction"), { api: type, detail: outcome.error });
  return new ScccError(text, "SCCC_INVALID_FIELD", { ...outcome });
}

/** Reads a node's properties. @param ownUrl the address of accounts on Node-RED's own server, if it is known */
const narrowSimulator = (
  { config, credentials, expand }: Pick<NodeSource, "config" | "credentials" | "expand">,
  ownUrl: () => string,
) =>
  narrow(() => {
    const settings = new Settings(simulatorSettings, config, credentials, expand);
    return {
      port: settings.number("port"),
      host: settings.text("host"),
      customer: settings.text("customer"),
      password: settings.text("password"),
      pushUrl: settings.text("pushUrl") || ownUrl,
      pushUser: settings.text("pushUser"),
      pushPassword: settings.text("pushPassword"),
      agents: settings.text("agents"),
      speed: settings.number("speed"),
      seed: settings.number("seed"),
      dialect: settings.text("dialect") === "field" ? ("field" as const) : ("document" as const),
    };
  });

/** The pause before a taken port is tried again, in s. */
const portRetrySeconds = 5;

/** Whether an error of startSimulator says that the port is taken. */
const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && isObject(error.cause) && error.cause.code === "EADDRINUSE";

/** A simulated platform. It is tried again while its port is taken. */
class SimulatorNode {
  readonly #options: SimulatorOptions;
  readonly #source: NodeSource;
  #starting: Promise<RunningSimulator | undefined> = Promise.resolve(undefined);
  #timer: NodeJS.Timeout | undefined;
  /** The last reported reason why it does not run. */
  #reason = "";
  #isClosed = false;

  constructor(options: SimulatorOptions, source: NodeSource) {
    this.#options = options;
    this.#source = source;
    this.#start();
  }

  /** The platform, or a text that says why there is none. */
  async running(): Promise<RunningSimulator | string> {
    return (await this.#starting) ?? this.#reason;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const { simulators: all } = this.#source.runtime.state;
    const { id } = this.#source.node;
    if (all.get(id) === this.#starting) all.delete(id);
    await (await this.#starting)?.close();
  }

  #start(): void {
    const { node, runtime } = this.#source;
    this.#starting = Promise.resolve()
      .then(() => simulators().startSimulator(this.#options))
      .then((simulator) => {
        node.status({ fill: "green", shape: "dot", text: simulator.url.replace(/^https?:\/\//, "") });
        return simulator;
      })
      .catch((error: unknown) => this.#failed(error));
    runtime.state.simulators.set(node.id, this.#starting);
  }

  #failed(error: unknown): undefined {
    const { node, runtime } = this.#source;
    const { RED } = runtime;
    const port = String(this.#options.port);
    const figures = { port, seconds: portRetrySeconds };
    const isRetried = isPortTaken(error);
    const reason = isRetried
      ? fill(RED._("errors.simulatorPort"), {
          ...figures,
          owner: ownerOfPort(RED, RED._, Number(port), node.id),
        })
      : fill(RED._("errors.simulatorFailed"), { detail: error instanceof Error ? error.message : String(error) });
    if (reason !== this.#reason) node.error(reason);
    this.#reason = reason;
    const text = isRetried ? statusWords(RED._, "portTaken", figures) : "status.notRunning";
    node.status({ fill: "red", shape: "ring", text });
    const again = guarded(() => this.#start());
    if (isRetried && !this.#isClosed) this.#timer = setTimeout(again, portRetrySeconds * 1000).unref();
  }
}

/** Starts a node with valid properties. */
function start(options: SimulatorOptions, source: NodeSource): Behaviour {
  const simulatorNode = new SimulatorNode(options, source);
  return {
    handle: async (msg, send) => {
      const simulator = await simulatorNode.running();
      if (typeof simulator === "string") return new ScccError(simulator, "SCCC_CONFIG", {});
      const outcome = await simulator.instruct(msg.payload);
      if (!outcome.ok) return refusalOf(source.runtime.RED._, outcome);
      msg.payload = outcome;
      send(msg);
      return undefined;
    },
    // The status keeps showing the platform's address.
    refused: () => undefined,
    close: () => simulatorNode.close(),
  };
}

export const registerSimulator = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    secretsOf: simulatorSettings,
    read: (source) => narrowSimulator(source, () => ownAddress(runtime.RED, ownPath) ?? ""),
    start,
  });
