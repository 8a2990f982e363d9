// Nodes in the test helper's Node-RED, with an account on a simulated platform.
import { codesOf, commands } from "../nodes/catalogue/index";
import { type RuntimeState, runtimeOf } from "../nodes/runtime/state";
import sccc from "../nodes/sccc";
import type { Simulator } from "../simulator/index";
import { temporaryFolder } from "./node-red";
import { account } from "./platform";

// biome-ignore lint/suspicious/noExplicitAny: assertions look into messages, errors and nodes of any shape.
type Loose = any;

/** The package has no types. */
const helper: Loose = require("node-red-node-test-helper");

/** A message that left a node, or that Catch received with its error. */
export interface Ended {
  readonly msg: Loose;
  readonly error?: Loose;
}

/**
 * Gives our own Node-RED to the helper; to be called once in a suite's `before`. All suites of a process have one user folder: the state that the
 * nodes share outlives a suite, and keeps the first one's.
 */
export function initHelper(): void {
  folder ||= temporaryFolder();
  helper.init(require.resolve("node-red"), { userDir: folder });
}

let folder = "";

/** The user folder of the helper's Node-RED. */
export const userDir = (): string => folder;

/** A running flow: the node under test `n`, its account `a`, an output and a Catch. */
export interface Flow {
  readonly node: Loose;
  readonly account: Loose;
  /** Every status that the node showed. */
  readonly statuses: readonly { readonly fill?: string; readonly text?: string }[];
  /** Sends a message; resolves when it leaves the node or fails. */
  send(msg: Record<string, unknown>): Promise<Ended>;
}

/** Loads a flow. `config` is the node's, `accountConfig` is added to the account's. */
export async function load(
  platform: Pick<Simulator, "url">,
  config: { readonly type: string; readonly [property: string]: unknown },
  accountConfig: Record<string, unknown> = {},
  others: readonly Record<string, unknown>[] = [],
  credentials: Record<string, unknown> = {},
  /** Further registrations, called with Node-RED's API. */
  more: readonly Loose[] = [],
): Promise<Flow> {
  // Node-RED takes a node without a position for a configuration node.
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
  // A test that resets its settings loses the user folder: nodes would write into the working directory.
  const settings: { userDir?: string } = helper.settings();
  if (settings.userDir === undefined) helper.settings({ ...settings, userDir: folder });
  await helper.load([sccc, ...coreNodes, ...more], flow, secrets);
  const node = helper.getNode("n");
  const statuses: { fill?: string; text?: string }[] = [];
  node.on("call:status", (call: Loose) => statuses.push(call.args[0]));
  let ended: (end: Ended) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  helper.getNode("out").on("input", (msg: Loose) => ended({ msg }));
  helper.getNode("caught").on("input", (msg: Loose) => {
    const unlisted = unlistedCode(config.type, msg.error?.code);
    if (unlisted === undefined) ended({ msg, error: msg.error });
    else failed(new Error(`nodes/catalogue/failures.ts does not list ${unlisted} for ${config.type}`));
  });
  return {
    node,
    account: helper.getNode("a"),
    statuses,
    send: (msg) =>
      new Promise((resolve, reject) => {
        ended = resolve;
        failed = reject;
        node.receive(msg);
      }),
  };
}

/**
 * The code of an error, if the help of its node type does not list it. Errors while the node closes are ignored,
 * because no flow gets them.
 */
function unlistedCode(type: string, code: unknown): string | undefined {
  if (!type.startsWith("sccc-")) return undefined;
  if (typeof code !== "string" || !code.startsWith("SCCC_") || code === "SCCC_CLOSED") return undefined;
  const listed: readonly string[] = codesOf(
    type,
    commands.find(({ node }) => node === type),
  );
  return listed.includes(code.replace(/^SCCC_HTTP_\d+$/, "SCCC_HTTP_<status>")) ? undefined : code;
}

const coreNodes = ["common/25-catch", "network/05-tls", "network/06-httpproxy"].map((file) =>
  require(`@node-red/nodes/core/${file}.js`),
);

/** A node of the flow. */
export const nodeOf = (id: string): Loose => helper.getNode(id);

/** The state that the nodes share. */
export const stateOf = (): RuntimeState => runtimeOf(helper._RED).state;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Ends the flow as a redeploy does. That comes over HTTP, so in a later turn of the event loop than the message that a test waited for. */
export async function unload(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await nextTurn();
  await helper.unload();
}

/** Everything that was logged since the flow was loaded. */
export const logged = (): readonly unknown[] => helper.log().args;
