// Nodes in the test helper's Node-RED, with an account on a simulated platform.
import sccc from "../nodes/sccc";
import type { Simulator } from "../simulator/index";
import { temporaryFolder } from "./node-red";
import { account } from "./platform";

// biome-ignore lint/suspicious/noExplicitAny: messages, errors and the helper's nodes are what assertions look into.
type Loose = any;

/** It brings no types. */
const helper: Loose = require("node-red-node-test-helper");

/** A message that came out of a node, or that Catch had with the error that it ended in. */
export interface Ended {
  readonly msg: Loose;
  readonly error?: Loose;
}

/** Gives the helper the package's own Node-RED; call it once in a suite's `before`. */
export function initHelper(): void {
  folder = temporaryFolder();
  helper.init(require.resolve("node-red"), { userDir: folder });
}

let folder = "";

/** The user folder of the helper's Node-RED. */
export const userDir = (): string => folder;

/** A running flow of one node under test `n`, its account `a`, and an output and a Catch beside it. */
export interface Flow {
  readonly node: Loose;
  readonly account: Loose;
  /** Every status that the node showed. */
  readonly statuses: readonly { readonly fill?: string; readonly text?: string }[];
  /** Sends a message in, and resolves when it comes out or ends in an error. */
  send(msg: Record<string, unknown>): Promise<Ended>;
}

/** Loads a flow. `config` is the node's, `accountConfig` adds to the account's. */
export async function load(
  platform: Pick<Simulator, "url">,
  config: { readonly type: string; readonly [property: string]: unknown },
  accountConfig: Record<string, unknown> = {},
  others: readonly Record<string, unknown>[] = [],
  credentials: Record<string, unknown> = {},
  /** Further registrations: they get what Node-RED gives to nodes. */
  more: readonly Loose[] = [],
): Promise<Flow> {
  // Node-RED takes what has no place in the editor for a configuration.
  const place = { z: "tab", x: 0, y: 0 };
  const flow = [
    { id: "tab", type: "tab" },
    {
      id: "a",
      type: "sccc-account",
      baseUrl: platform.url,
      customer: account.customer,
      timeout: "3",
      retries: 0,
      ...accountConfig,
    },
    { id: "n", ...place, account: "a", wires: [["out"]], ...config },
    { id: "out", ...place, type: "helper" },
    { id: "catch", ...place, type: "catch", scope: ["n"], wires: [["caught"]] },
    { id: "caught", ...place, type: "helper" },
    ...others,
  ];
  const secrets = { a: { password: account.password }, ...credentials };
  await helper.load([sccc, ...coreNodes, ...more], flow, secrets);
  const node = helper.getNode("n");
  const statuses: { fill?: string; text?: string }[] = [];
  node.on("call:status", (call: Loose) => statuses.push(call.args[0]));
  let ended: (end: Ended) => void = () => undefined;
  helper.getNode("out").on("input", (msg: Loose) => ended({ msg }));
  helper.getNode("caught").on("input", (msg: Loose) => ended({ msg, error: msg.error }));
  return {
    node,
    account: helper.getNode("a"),
    statuses,
    send: (msg) =>
      new Promise((resolve) => {
        ended = resolve;
        node.receive(msg);
      }),
  };
}

const coreNodes = ["common/25-catch", "network/05-tls", "network/06-httpproxy"].map((file) =>
  require(`@node-red/nodes/core/${file}.js`),
);

/** A node of the flow. */
export const nodeOf = (id: string): Loose => helper.getNode(id);

/** Ends the flow as a redeploy does. */
export const unload = (): Promise<void> => helper.unload();

/** Everything that was logged since the flow was loaded. */
export const logged = (): readonly unknown[] => helper.log().args;
