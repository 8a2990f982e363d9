// Carries out the effects of a campaign: writes its journal, sends its commands, outputs its results, sets its timer.
// Survives a redeploy.
import { performance } from "node:perf_hooks";
import { answerOf } from "../../campaign/answers";
import type { Campaign } from "../../campaign/machine";
import type {
  CampaignCommand,
  CampaignEffect,
  CampaignEvent,
  CampaignProgress,
  CommandAnswer,
} from "../../campaign/types";
import { commandOf } from "../../catalogue/index";
import type { PendingAck, PendingAcks } from "../../delivery/tokens";
import type { Client } from "../../protocol/client";
import { guarded } from "../../util/guarded";
import type { JournalFile } from "./journal-file";

/** A result effect of the state machine. */
export type ResultEffect = Extract<CampaignEffect, { kind: "result" }>;

/** The node that a campaign runs for. It is replaced by a redeploy. */
export interface CampaignHost {
  /** The id of the node. */
  readonly node?: string;
  readonly client: Client;
  /** Results wait for their acknowledgement; undefined: they count as handed on once they have left the node. */
  readonly stored: { readonly redeliverAfterMs: number; readonly maxDeliveries: number } | undefined;
  readonly result: (effect: ResultEffect, token: string | undefined) => void;
  /** A result was never acknowledged. */
  readonly dead: (effect: ResultEffect, deliveries: number) => void;
  readonly progress: (progress: CampaignProgress) => void;
  readonly finished: (progress: CampaignProgress) => void;
}

export interface RunnerDeps {
  readonly campaign: Campaign;
  readonly file: JournalFile;
  readonly acks: PendingAcks;
  /** The campaign is finished: its journal may be replaced. */
  readonly over: (runner: Runner) => void;
  /** An unexpected error. */
  readonly failed: (error: unknown) => void;
}

/** A result that was sent and not acknowledged. */
interface Unsettled {
  readonly effect: ResultEffect;
  ack: PendingAck | undefined;
  deliveries: number;
  /** In ms of performance.now. */
  due: number;
  /** The node to which it was delivered. */
  readonly host: CampaignHost;
  /** It has reached the next node: a redeploy neither loses nor repeats it. */
  hasArrived: boolean;
}

/** A longer timer is split into parts of this length, in ms, because the clock may be set. */
const longestTimer = 60_000;

export class Runner {
  readonly #deps: RunnerDeps;
  #host: CampaignHost | undefined;
  #queue: CampaignEffect[] = [];
  #isDraining = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: number | undefined;
  /** In the order in which they are due. */
  readonly #unsettled = new Map<number, Unsettled>();
  /** How often results that come again were delivered, and their acknowledgements: earlier tokens stay valid. */
  readonly #again = new Map<number, { readonly deliveries: number; readonly ack: PendingAck | undefined }>();
  #redeliverTimer: NodeJS.Timeout | undefined;
  #isLater = false;
  #handed: Unsettled[] = [];
  #finishedGiven: CampaignProgress | undefined;
  #isOver = false;
  readonly #aborting = new AbortController();
  /** The figures that were last sent to the flow; at first those of the start. */
  progress: CampaignProgress;

  /** @param effects the effects of starting or restoring the campaign */
  constructor(deps: RunnerDeps, effects: readonly CampaignEffect[]) {
    this.#deps = deps;
    this.progress = deps.campaign.progress(Date.now());
    this.#take(effects);
  }

  get id(): string {
    return this.#deps.campaign.id;
  }

  get campaign(): Campaign {
    return this.#deps.campaign;
  }

  get file(): JournalFile {
    return this.#deps.file;
  }

  /** The node has started. Commands are sent, and results that had not reached the next node are sent again. */
  attach(host: CampaignHost): void {
    this.#host = host;
    const open = [...this.#unsettled.values()].filter(({ hasArrived }) => !hasArrived || host.stored === undefined);
    this.#queue.unshift(...open.map(({ effect }) => effect));
    for (const { effect, deliveries, ack } of open) {
      this.#unsettled.delete(effect.result.index);
      this.#again.set(effect.result.index, { deliveries, ack });
    }
    const latest = performance.now() + (host.stored?.redeliverAfterMs ?? 0);
    for (const one of this.#unsettled.values()) one.due = Math.min(one.due, latest);
    this.#watch();
    if (this.#finishedGiven !== undefined) this.#queue.push({ kind: "finished", progress: this.#finishedGiven });
    this.step({ kind: "tick" });
  }

  /** The node closes. Nothing is sent until it has started again. Commands under way still get their answers. */
  detach(): void {
    this.#host = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#redeliverTimer);
    this.#timer = undefined;
    this.#redeliverTimer = undefined;
  }

  /** Stops at once, as a crash does. */
  close(): void {
    this.#isClosed = true;
    this.detach();
    this.#aborting.abort();
    for (const { ack } of this.#unsettled.values()) ack?.forget();
  }

  /** Resolves when everything that can be written is on disk. */
  flush(): Promise<void> {
    return this.#deps.file.flush();
  }

  /** Handles an event of the campaign. */
  step(event: CampaignEvent): void {
    if (this.#isClosed) return;
    this.#take(this.#deps.campaign.step(event, Date.now()));
    if (event.kind === "tick") this.#setTimer();
  }

  #take(effects: readonly CampaignEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "timer") {
        this.#timerAt = effect.at;
        this.#setTimer();
      } else this.#queue.push(effect);
    }
    void this.#drain().catch(this.#deps.failed);
    if (this.#deps.campaign.isOver && !this.#isOver) {
      this.#isOver = true;
      this.#deps.over(this);
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#timerAt === undefined || this.#host === undefined) return;
    const wait = Math.min(longestTimer, Math.max(0, this.#timerAt - Date.now()));
    this.#timer = setTimeout(
      guarded(() => {
        this.#timer = undefined;
        this.step({ kind: "tick" });
      }),
      wait,
    ).unref();
  }

  /** Carries out the effects in order. Stops at one that needs a node while there is none. */
  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (!this.#isClosed) {
        const isBlocked = this.#host === undefined && this.#queue[0]?.kind !== "write";
        if (this.#queue.length === 0 || isBlocked) return;
        if (this.#queue[0]?.kind === "write") {
          if (!(await this.#write())) return;
        } else this.#doAll();
      }
    } finally {
      this.#isDraining = false;
    }
  }

  /**
   * Carries out the effects before the next write. Each is done once, even if it fails: a command must not be sent
   * twice.
   */
  #doAll(): void {
    const host = this.#host;
    const queue = this.#queue;
    let place = 0;
    const { failed } = this.#deps;
    while (host !== undefined && host === this.#host && queue === this.#queue && !this.#isClosed) {
      const effect = queue[place];
      if (effect === undefined || effect.kind === "write") break;
      place += 1;
      guarded(() => this.#do(effect, host), failed)();
    }
    queue.splice(0, place);
  }

  /** Writes all lines of the queue at once. A line may always be written earlier than its place in the queue. */
  async #write(): Promise<boolean> {
    const lines: string[] = [];
    let mustWait = false;
    this.#queue = this.#queue.filter((effect) => {
      if (effect.kind !== "write") return true;
      for (const line of effect.lines) lines.push(line);
      mustWait ||= effect.wait;
      return false;
    });
    const writing = this.#deps.file.append(lines);
    return !mustWait || (await writing);
  }

  #do(effect: CampaignEffect, host: CampaignHost): void {
    switch (effect.kind) {
      case "command":
        void this.#send(effect.command, host).catch(this.#deps.failed);
        return;
      case "result":
        this.#give(effect, host);
        return;
      case "progress":
        this.progress = effect.progress;
        host.progress(effect.progress);
        return;
      case "finished":
        this.progress = effect.progress;
        this.#finishedGiven = effect.progress;
        host.finished(effect.progress);
        this.#later();
        return;
      default:
        return;
    }
  }

  async #send({ id, api, request, notAfter }: CampaignCommand, host: CampaignHost): Promise<void> {
    const answer = await this.#exchange(host, api, request, notAfter);
    this.step({ kind: "answer", id, answer });
  }

  async #exchange(
    { client, node }: CampaignHost,
    api: string,
    request: Readonly<Record<string, unknown>>,
    notAfter: number | undefined,
  ): Promise<CommandAnswer> {
    const command = commandOf(api);
    const prepared =
      command === undefined ? client.prepareRaw(api, command, request) : client.prepare(command, request);
    if (!prepared.ok) return answerOf(prepared.failure);
    const { outcome } = await client.send(prepared.call, {
      signal: this.#aborting.signal,
      ...(node === undefined ? {} : { node }),
      ...(notAfter === undefined ? {} : { notAfter }),
    });
    if (!outcome.ok) return answerOf(outcome.failure);
    const name = command?.list?.name;
    const list = name === undefined || outcome.list === undefined ? {} : { [name]: outcome.list };
    return { kind: "ok", data: { ...outcome.response, ...list } };
  }

  #give(effect: ResultEffect, host: CampaignHost): void {
    const { index } = effect.result;
    const before = this.#again.get(index);
    this.#again.delete(index);
    const { stored } = host;
    const deliveries = (before?.deliveries ?? 0) + 1;
    const one: Unsettled = { effect, ack: before?.ack, deliveries, due: 0, host, hasArrived: false };
    this.#unsettled.set(index, one);
    this.#handed.push(one);
    this.#later();
    if (stored === undefined) {
      host.result(effect, undefined);
      return;
    }
    one.due = performance.now() + stored.redeliverAfterMs;
    one.ack ??= this.#deps.acks.begin((outcome) => {
      if (!this.#unsettled.has(index)) return false;
      if (outcome === "taken") this.#settled([index]);
      return true;
    });
    host.result(effect, one.ack.token());
    this.#watch();
  }

  #settled(indices: readonly number[]): void {
    for (const index of indices) {
      this.#unsettled.get(index)?.ack?.forget();
      this.#unsettled.delete(index);
    }
    this.step({ kind: "handed", entries: indices });
  }

  /**
   * Results count as handed on when they have left the node; if it was closed before, they are sent again. Node-RED
   * delivers a message one or two turns later: two if others were sent in the same turn.
   */
  #later(): void {
    if (this.#isLater) return;
    this.#isLater = true;
    const { failed } = this.#deps;
    const settle =
      (host: CampaignHost | undefined, handed: readonly Unsettled[], finished: CampaignProgress | undefined) => () => {
        if (this.#host !== host || host === undefined) return;
        const arrived = handed.filter((one) => one.host === host);
        for (const one of arrived) one.hasArrived = true;
        if (host.stored === undefined && arrived.length > 0)
          this.#settled(arrived.map(({ effect }) => effect.result.index));
        if (finished === undefined || this.#finishedGiven !== finished) return;
        this.#finishedGiven = undefined;
        this.step({ kind: "finishedHanded" });
      };
    setImmediate(
      guarded(() => {
        this.#isLater = false;
        setImmediate(guarded(settle(this.#host, this.#handed.splice(0), this.#finishedGiven), failed));
      }, failed),
    );
  }

  /** Sends results again that were not acknowledged in time. */
  #watch(): void {
    const [first] = this.#unsettled.values();
    if (this.#redeliverTimer !== undefined || first === undefined || this.#host?.stored === undefined) return;
    this.#redeliverTimer = setTimeout(
      guarded(() => {
        this.#redeliverTimer = undefined;
        this.#redeliver();
        this.#watch();
      }, this.#deps.failed),
      Math.max(10, first.due - performance.now()),
    ).unref();
  }

  #redeliver(): void {
    const host = this.#host;
    if (host?.stored === undefined) return;
    const now = performance.now();
    const due = [...this.#unsettled].filter(([, one]) => one.due <= now);
    const dead: number[] = [];
    for (const [index, { effect, ack, deliveries }] of due) {
      if (deliveries >= host.stored.maxDeliveries) {
        guarded(() => host.dead(effect, deliveries), this.#deps.failed)();
        dead.push(index);
        continue;
      }
      this.#unsettled.delete(index);
      this.#again.set(index, { deliveries, ack });
      this.#give(effect, host);
    }
    if (dead.length > 0) this.#settled(dead);
  }
}
