// sccc-simulator: a simulated platform as a node, for building flows without a call centre.
import type { Node, NodeAPI } from "node-red";
import { receivingSettings, simulatorSettings } from "../../catalogue/index";
import { configFailure, credentialsOf, narrow, Settings } from "../shared/config";
import { takeMessages } from "../shared/input";
import { ownAddress } from "../shared/own-address";
import { refuse } from "../shared/refuse";
import { describe, ScccError } from "../shared/texts";
import { expander } from "../shared/values";

type NodeConfig = Parameters<NodeAPI["nodes"]["createNode"]>[1];
const type = "sccc-simulator";

type Simulators = typeof import("../../../simulator/index");
type Simulator = Awaited<ReturnType<Simulators["startSimulator"]>>;

/** Loaded when it is first needed: most installations have no simulator. */
const simulators = (): Simulators => require("../../../simulator");

/** Where accounts receive unless they say otherwise. */
const pushPath = receivingSettings.find(({ name }) => name === "pushPath");
const ownPath = pushPath?.kind === "text" ? pushPath.default : "/";

const running = new Map<string, Promise<Simulator | undefined>>();

/** The simulator of a deployed node; undefined if there is none that runs. */
export const runningSimulator = async (id: string): Promise<Simulator | undefined> => running.get(id);

/** A push that did not get through is one thing, an instruction that can't be read another. */
function refusalOf(outcome: { readonly error: string }): ScccError {
  const status = "status" in outcome && typeof outcome.status === "number" ? outcome.status : undefined;
  const codeOfPush = (): string => {
    if (status === undefined) return "SCCC_NETWORK";
    return status >= 200 && status < 300 ? "SCCC_PROTOCOL" : `SCCC_HTTP_${status}`;
  };
  const code = "attempt" in outcome ? codeOfPush() : "SCCC_INVALID_FIELD";
  return new ScccError(outcome.error, code, { ...outcome });
}

/** Registers the type. The platform itself is loaded when the first node of it starts. */
export function registerSimulator(RED: NodeAPI): void {
  function SimulatorNode(this: Node, config: NodeConfig): void {
    RED.nodes.createNode(this, config);
    const settings = new Settings(simulatorSettings, config, this.credentials, expander(RED, this));
    const options = narrow(() => ({
      port: settings.number("port"),
      host: settings.text("host"),
      customer: settings.text("customer"),
      password: settings.text("password"),
      pushUrl: settings.text("pushUrl") || (() => ownAddress(RED, ownPath) ?? ""),
      pushUser: settings.text("pushUser"),
      pushPassword: settings.text("pushPassword"),
      agents: settings.text("agents"),
      speed: settings.number("speed"),
      seed: settings.number("seed"),
      dialect: settings.text("dialect") === "field" ? ("field" as const) : ("document" as const),
    }));
    if (!options.ok) {
      const failure = configFailure(options.problem);
      this.error(describe(RED._, type, failure));
      refuse(RED, this, type, failure);
      return;
    }

    const failed = (error: unknown): undefined => {
      this.error(error instanceof Error ? error.message : String(error));
      this.status({ fill: "red", shape: "ring", text: "status.notRunning" });
    };
    const starting: Promise<Simulator | undefined> = Promise.resolve()
      .then(() => simulators().startSimulator(options.value))
      .then((simulator) => {
        this.status({ fill: "green", shape: "dot", text: simulator.url.replace(/^https?:\/\//, "") });
        return simulator;
      })
      .catch(failed);

    running.set(this.id, starting);
    takeMessages(RED, this, {
      name: type,
      handle: async (msg, send) => {
        const simulator = await starting;
        if (simulator === undefined) {
          return new ScccError(RED._("errors.simulatorNotRunning"), "SCCC_CONFIG", {});
        }
        const outcome = await simulator.instruct(msg.payload);
        if (!outcome.ok) return refusalOf(outcome);
        msg.payload = outcome;
        send(msg);
        return undefined;
      },
      // The status shows where the platform is.
      refused: () => undefined,
    });
    this.on("close", (_removed: boolean, done: () => void) => {
      if (running.get(this.id) === starting) running.delete(this.id);
      starting.then((simulator) => simulator?.close()).then(done, done);
    });
  }
  RED.nodes.registerType(type, SimulatorNode, { credentials: credentialsOf(simulatorSettings) });
}
