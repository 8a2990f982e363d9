// A flow with sccc-campaign on a simulated platform, and the output of its three ports.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { crashCampaigns } from "../../nodes/runtime/campaign/store";
import type { Simulator, SimulatorOptions } from "../../simulator/index";
import { freePort } from "../../tools/node-red";
import { type Flow, load, nodeOf, stateOf, unload, userDir } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";
import { listening } from "../receive/flow";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

export const mobile = (index: number, end = "8888"): string => `138${String(index).padStart(4, "0")}${end}`;

/** The options of a flow. */
export interface CampaignOptions {
  readonly node?: Record<string, unknown>;
  readonly account?: Record<string, unknown>;
  readonly platform?: Partial<SimulatorOptions>;
  /** Agents that are online. */
  readonly agents?: readonly string[];
  /** Further nodes of the flow. */
  readonly nodes?: readonly Record<string, unknown>[];
  /** False for a node that cannot work, and therefore does not receive. */
  readonly receives?: boolean;
}

/** A running flow. */
export class CampaignFlow {
  readonly results: Loose[] = [];
  readonly progress: Loose[] = [];
  readonly finished: Loose[] = [];
  readonly caught: Loose[] = [];
  flow!: Flow;
  #wake: (() => void)[] = [];

  private constructor(
    readonly platform: Simulator,
    readonly pushPort: number,
    readonly options: CampaignOptions,
  ) {}

  static async start(options: CampaignOptions = {}): Promise<CampaignFlow> {
    const pushPort = await freePort();
    const platform = await startPlatform({
      agents: "1000-1009",
      speed: 2000,
      pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify`,
      ...options.platform,
    });
    const one = new CampaignFlow(platform, pushPort, options);
    for (const agent of options.agents ?? ["1000", "1001", "1002"]) {
      await platform.instruct({ do: "agent", agent, workStatus: "ONLINE" });
    }
    await one.load();
    return one;
  }

  /** Loads the flow. After `unload` this is a redeploy, after `crash` a restart. */
  async load(): Promise<void> {
    const outputs = ["results", "progress", "finished"] as const;
    const others = outputs.map((id) => ({ id, z: "tab", x: 0, y: 0, type: "helper" }));
    const config = {
      type: "sccc-campaign",
      wires: outputs.map((id) => [id]),
      agents: '["1000","1001","1002"]',
      agentsType: "json",
      retryAfter: 0.01,
      resultWait: 1,
      ...this.options.node,
    };
    const receiving = { pushPort: String(this.pushPort), pushHost: "127.0.0.1", ...this.options.account };
    this.flow = await load(this.platform, config, receiving, [...others, ...(this.options.nodes ?? [])]);
    for (const id of outputs) nodeOf(id).on("input", (msg: Loose) => this.#hear(this[id], msg));
    nodeOf("caught").on("input", (msg: Loose) => this.#hear(this.caught, msg));
    if (this.options.receives !== false) await listening(this.pushPort);
  }

  #hear(list: Loose[], msg: Loose): void {
    list.push(msg);
    for (const wake of this.#wake.splice(0)) wake();
  }

  send(payload: unknown, more: Record<string, unknown> = {}): void {
    this.flow.node.receive({ payload, ...more });
  }

  /** Waits until the output satisfies a condition. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  untilFinished(count = 1): Promise<void> {
    return this.until(() => this.finished.length >= count);
  }

  /** Outcomes by index. */
  outcomes(): readonly unknown[] {
    return this.results
      .map(({ payload }) => payload)
      .sort((one, other) => one.index - other.index)
      .map(({ outcome }) => outcome);
  }

  /** For campaigns, this is the same as a killed process. */
  async crash(): Promise<void> {
    await crashCampaigns(stateOf());
    await unload();
  }

  async end(): Promise<void> {
    await unload();
    await crashCampaigns(stateOf());
    await this.platform.close();
    // The next platform starts its own seqs anew. For calls of this one, its pushes would be repeats.
    for (const folder of [campaignsFolder(), join(userDir(), "sccc", "calls")]) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The campaigns' folder of this process's Node-RED. */
export const campaignsFolder = (): string => join(userDir(), "sccc", "campaigns");

/** The existing journals. */
export const journals = (): readonly string[] =>
  existsSync(campaignsFolder())
    ? readdirSync(campaignsFolder(), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".log"))
        .map((name) => join(campaignsFolder(), name))
    : [];
