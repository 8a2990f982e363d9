// sccc-simulator: a simulated platform as a node, for building flows without a call centre.
import { receivingSettings, simulatorSettings } from "../../catalogue/index";
import { narrow, Settings } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { ownAddress } from "../shared/own-address";
import { ScccError } from "../shared/texts";
import type { Runtime } from "../state";

type Simulators = typeof import("../../../simulator/index");

/** Loaded when it is first needed: most installations have no simulator. */
const simulators = (): Simulators => require("../../../simulator");

/** Where accounts receive unless they say otherwise. */
const pushPath = receivingSettings.find(({ name }) => name === "pushPath");
const ownPath = pushPath?.kind === "text" ? pushPath.default : "/";

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

/** Reads a node's properties. @param ownUrl where accounts receive on Node-RED's own server, if it says so */
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

/** Starts a platform. It is loaded when the first node of the type starts. */
function start(options: Parameters<Simulators["startSimulator"]>[0], { runtime, node }: NodeSource): Behaviour {
  const { RED, state } = runtime;
  const failed = (error: unknown): undefined => {
    node.error(error instanceof Error ? error.message : String(error));
    node.status({ fill: "red", shape: "ring", text: "status.notRunning" });
  };
  const starting = Promise.resolve()
    .then(() => simulators().startSimulator(options))
    .then((simulator) => {
      node.status({ fill: "green", shape: "dot", text: simulator.url.replace(/^https?:\/\//, "") });
      return simulator;
    })
    .catch(failed);

  state.simulators.set(node.id, starting);
  return {
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
    close: async () => {
      if (state.simulators.get(node.id) === starting) state.simulators.delete(node.id);
      await (await starting)?.close();
    },
  };
}

/** Registers the type. */
export const registerSimulator = (runtime: Runtime): void =>
  defineNode(runtime, {
    type: "sccc-simulator",
    secretsOf: simulatorSettings,
    read: (source) => narrowSimulator(source, () => ownAddress(runtime.RED, ownPath) ?? ""),
    start,
  });
