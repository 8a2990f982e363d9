// sccc-campaign: numbers in, a result for every number out.
import type { Node, NodeMessage } from "node-red";
import type { CampaignProgress } from "../../campaign/types";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";
import { accountOf, receiverOf } from "../account/account";
import type { Sender } from "../account/running";
import type { AccountReceiver } from "../receive/account-receiver";
import { type ConfigProblem, configFailure } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import type { NodeOutput } from "../shared/node-output";
import { failureStatus } from "../shared/status";
import { errorOf, ScccError } from "../shared/texts";
import { reader } from "../shared/values";
import type { Runtime } from "../state";
import { type CampaignConfig, narrowCampaign } from "./config";
import { type Control, controlOf, givenId, invalid, type OrderReaders, readOrder } from "./message";
import type { CampaignHost, ResultEffect } from "./runner";
import { type CampaignStore, storeOf } from "./store";

const type = "sccc-campaign";

interface CampaignDeps {
  readonly runtime: Runtime;
  readonly node: Node;
  readonly output: NodeOutput;
  readonly config: CampaignConfig;
  readonly sender: Sender;
  readonly receiver: AccountReceiver;
  readonly store: CampaignStore;
}

const resultMessage = ({ id, result }: ResultEffect, token: string | undefined): NodeMessage => ({
  topic: "result",
  payload: result,
  sccc: { campaign: { id }, ...(token === undefined ? {} : { token }) },
});

const progressMessage = (topic: "progress" | "finished", progress: CampaignProgress): NodeMessage => ({
  topic,
  payload: progress,
  sccc: { campaign: { id: progress.campaign } },
});

/** Whether a campaign that is not over dials nothing now. A cancelled one waits for the results of its last calls. */
const dialsNothing = ({ state }: CampaignProgress): boolean =>
  state === "paused" || state === "outsideHours" || state === "cancelled";

/** The behaviour of an sccc-campaign node. */
class CampaignNode {
  readonly #deps: CampaignDeps;
  readonly #readers: OrderReaders;
  readonly #detachPushes: () => void;
  #detachStore: () => Promise<void> = async () => undefined;
  readonly #forgetStart: () => void;
  /** The latest figures of the campaigns of this deploy, by ID. */
  readonly #figures = new Map<string, CampaignProgress>();
  #problem: ConfigProblem | undefined;

  constructor(deps: CampaignDeps) {
    this.#deps = deps;
    const { runtime, node, config, receiver, store } = deps;
    const { RED } = runtime;
    this.#readers = {
      agents: reader(RED, node, config.agents),
      numbers: reader(RED, node, config.numbers),
      doNotCall: reader(RED, node, config.doNotCall),
      numberField: config.numberField,
      inputs: new Map([
        ["agents", config.agents],
        ["numbers", config.numbers],
        ["doNotCall", config.doNotCall],
      ]),
    };
    // Messages that are sent before all nodes have started are lost.
    const started = guarded(() => this.#goOn());
    RED.events.once("flows:started", started);
    this.#forgetStart = () => void RED.events.off("flows:started", started);
    this.#detachPushes = receiver.attach({
      id: node.id,
      transient: true,
      events: [],
      others: true,
      hand: ({ topic, payload }) => {
        for (const runner of store.runnersOf(node.id)) runner.step({ kind: "push", event: topic, notify: payload });
      },
      dead: () => undefined,
      counted: () => undefined,
      problem: (problem) => this.#hearProblem(problem),
    });
  }

  /** Continues the campaigns of an earlier deploy or process. */
  #goOn(): void {
    const { node, store, output } = this.#deps;
    this.#detachStore = store.attach(node.id, this.#host(), { warning: (key, params) => output.warn(key, params) });
  }

  async close(): Promise<void> {
    this.#forgetStart();
    this.#detachPushes();
    await this.#detachStore();
  }

  #host(): CampaignHost {
    const { node, output, sender, receiver, runtime } = this.#deps;
    const { RED } = runtime;
    const { stored, redeliverAfterMs, maxDeliveries } = receiver.config;
    return {
      node: node.id,
      client: sender.client,
      stored: stored ? { redeliverAfterMs, maxDeliveries } : undefined,
      result: (effect, token) => void output.send([resultMessage(effect, token), null, null]),
      dead: (effect, deliveries) => {
        const text = RED._("errors.resultNeverConfirmed", { id: effect.id, deliveries: String(deliveries) });
        // Nothing waits for a confirmation any more, but the flow after Catch may have an sccc-confirm, which needs a token.
        const token = runtime.state.tokens.free(node.id);
        output.error(new ScccError(text, "SCCC_TIMEOUT", { id: effect.id }), resultMessage(effect, token));
      },
      progress: (progress) => {
        this.#show(progress);
        output.send([null, progressMessage("progress", progress), null]);
      },
      finished: (progress) => {
        this.#show(progress);
        output.send([null, null, progressMessage("finished", progress)]);
      },
    };
  }

  /** Shows the figures of all running campaigns, or of the last one. */
  #show(progress: CampaignProgress): void {
    const { node, runtime } = this.#deps;
    const { RED } = runtime;
    const isOver = (one: CampaignProgress): boolean => one.remaining === 0;
    for (const [id, one] of this.#figures) if (isOver(one) && id !== progress.campaign) this.#figures.delete(id);
    this.#figures.set(progress.campaign, progress);
    const all = [...this.#figures.values()];
    const sum = (of: (one: CampaignProgress) => number): string =>
      String(all.reduce((total, one) => total + of(one), 0));
    const text = RED._("status.campaign", {
      done: sum(({ done }) => done),
      total: sum(({ total }) => total),
      answered: sum(({ answered }) => answered),
    });
    const open = all.filter((one) => !isOver(one));
    const idle = open.every(dialsNothing) ? open[0]?.state : undefined;
    const isIdle = idle !== undefined;
    const fill = this.#problem !== undefined ? "red" : open.length === 0 ? "green" : isIdle ? "yellow" : "blue";
    // Says why nothing is dialled: a yellow ring alone does not tell.
    const why = isIdle ? ` · ${RED._(`sidebar.state.campaign.${idle}`)}` : "";
    node.status({ fill, shape: isIdle || this.#problem !== undefined ? "ring" : "dot", text: `${text}${why}` });
  }

  /** A campaign continues without pushes: it takes its results from the CDRs, later. */
  #hearProblem(problem: ConfigProblem | undefined): void {
    const { node, runtime } = this.#deps;
    const { RED } = runtime;
    if (problem !== undefined) node.status(failureStatus(RED._, configFailure(problem)));
    else if (this.#problem !== undefined) node.status({});
    this.#problem = problem;
  }

  /** Handles a message. Returns its error. */
  async take(msg: NodeMessage): Promise<Error | undefined> {
    const { node, runtime } = this.#deps;
    const { RED } = runtime;
    const failure = await this.#obey(msg);
    if (failure === undefined) return undefined;
    node.status(failureStatus(RED._, failure));
    return errorOf(RED._, type, failure);
  }

  async #obey(msg: NodeMessage): Promise<Failure | undefined> {
    const { store } = this.#deps;
    await store.settled;
    if (store.state !== "open") {
      const detail = typeof store.state === "object" ? store.state.problem : store.folder;
      return configFailure({ setting: "account", reason: "campaigns", detail });
    }
    const control = controlOf(msg);
    if (control === undefined) return this.#begin(msg);
    return "kind" in control ? control : this.#control(control);
  }

  #control({ action, campaign }: Control): Failure | undefined {
    const { store, node } = this.#deps;
    const runners = store.runnersOf(node.id).filter(({ id }) => campaign === undefined || id === campaign);
    if (campaign !== undefined && runners.length === 0)
      return invalid("payload.campaign", "campaignNotThere", campaign);
    for (const runner of runners) runner.step({ kind: "control", action });
    return undefined;
  }

  async #begin(msg: NodeMessage): Promise<Failure | undefined> {
    const { config, sender, store, node } = this.#deps;
    const given = givenId(msg);
    if (typeof given === "object") return given;
    const id = given ?? newId();
    if (!store.reserve(id)) return invalid("msg.campaign", "campaignUsed", id);
    let hasBegun = false;
    try {
      const order = await readOrder(this.#readers, sender, msg);
      if (!order.ok) return order.failure;
      hasBegun = true;
      const { agents, entries } = order.value;
      const error = await store.begin(node.id, { id, settings: { ...config.settings, agents }, entries });
      return error && configFailure({ setting: "account", reason: "campaigns", detail: error.message });
    } finally {
      if (!hasBegun) store.free(id);
    }
  }
}

type CampaignParts = Omit<CampaignDeps, "runtime" | "node" | "output" | "store"> & { readonly account: string };

function start({ account, ...parts }: CampaignParts, { runtime, node, output }: NodeSource): Behaviour {
  const { sender, receiver } = parts;
  const { keepDays } = receiver.config;
  const store = storeOf(runtime, { id: account, context: sender.context, keepDays });
  const campaign = new CampaignNode({ ...parts, runtime, node, output, store });
  return { handle: (msg) => campaign.take(msg), close: () => campaign.close() };
}

export const registerCampaign = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config, expand }) => {
      const account = accountOf(runtime, config.account);
      if (!account.ok) return account;
      const narrowed = narrowCampaign(config, expand);
      if (!narrowed.ok) return narrowed;
      const receiving = receiverOf(runtime, config.account);
      if (!receiving.ok) return receiving;
      const { sender } = account;
      const { receiver } = receiving;
      return { ok: true, value: { account: String(config.account), config: narrowed.value, sender, receiver } };
    },
    start,
  });
