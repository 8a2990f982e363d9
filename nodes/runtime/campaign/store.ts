// The campaigns of an account: their folder, which one process at a time may use, their journals, the used IDs, and
// what the campaigns share.
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { NodeAPI } from "node-red";
import { newBook } from "../../campaign/book";
import type { CampaignDeps } from "../../campaign/core";
import type { CampaignEntry } from "../../campaign/entries";
import { Campaign } from "../../campaign/machine";
import type { CampaignContext, CampaignEffect, CampaignSettings } from "../../campaign/types";
import type { LiveCampaign } from "../../catalogue/sidebar";
import { asError, makeFolder } from "../../delivery/files";
import { FolderLock } from "../../delivery/folder-lock";
import type { PendingAcks } from "../../delivery/tokens";
import type { PushContext } from "../../protocol/push";
import type { Sequences } from "../../protocol/sequence";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";
import { nextTurn } from "../../util/slices";
import type { Tokens } from "../receive/tokens";
import { JournalFile, readJournal, replaceJournal } from "./journal-file";
import { type CampaignHost, Runner } from "./runner";

/** What a store reports to the nodes of its account. */
export interface StoreReports {
  /** A warning for people: a key below `errors`, and its parameters. */
  readonly warning: (key: string, params: Readonly<Record<string, string>>) => void;
}

/** The state that the stores of a Node-RED share. */
export interface SharedState {
  readonly tokens: Tokens;
  readonly sequences: Sequences;
  /** The stores by their folders. */
  readonly campaigns: Map<string, CampaignStore>;
}

/** The current settings of an account. */
export interface StoreAccount {
  /** The ID of its node. */
  readonly id: string;
  readonly context: PushContext;
  /** How many days finished campaigns are kept; 0: for ever. */
  readonly keepDays: number;
}

export interface NewCampaign {
  readonly id: string;
  readonly settings: CampaignSettings;
  readonly entries: readonly CampaignEntry[];
}

/** Whether a store can be used. */
export type StoreState = "opening" | "open" | { readonly problem: string };

const day = 86_400_000;
/** The owner of the folder locks of this process. */
const owner = newId();
const safe = (id: string): string => id.replace(/[^\w-]/g, "_");
const nameOf = /^(\w{1,20})\.log$/;

/** The pauses before a folder is tried again, in ms: doubled from the first to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 10_000;

export class CampaignStore {
  readonly folder: string;
  readonly #book = newBook();
  readonly #state: SharedState;
  readonly #acks: PendingAcks;
  /** Every ID of the account that is on disk. */
  readonly #used = new Set<string>();
  /** The runners by the ID of their node. */
  readonly #runners = new Map<string, Set<Runner>>();
  /** The path of each runner's journal. */
  readonly #paths = new Map<Runner, string>();
  /** Journals that are being shortened. */
  readonly #retiring = new Set<Promise<void>>();
  readonly #hosts = new Map<string, CampaignHost>();
  readonly #reports = new Map<string, StoreReports>();
  readonly #closing = new AbortController();
  #account: StoreAccount;
  #lock: FolderLock | undefined;
  readonly #opened: Promise<void>;
  #settle: () => void = () => undefined;
  /** Resolves when it is known whether the store can be used. */
  readonly settled: Promise<void>;
  state: StoreState = "opening";
  /** It could not be opened completely, and is not tried again before the next deploy. */
  hasFailed = false;
  #forgetExit: () => void = () => undefined;

  constructor(folder: string, account: StoreAccount, state: SharedState) {
    this.folder = folder;
    this.#state = state;
    this.#acks = state.tokens.pendingAcks();
    this.#account = account;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#opened = this.#open().finally(this.#settle);
  }

  get account(): StoreAccount {
    return this.#account;
  }

  /** The account was deployed again. */
  set account(account: StoreAccount) {
    this.#account = account;
  }

  /**
   * Adds a node of the account. Its campaigns continue once the store is open. Returns the function that removes the
   * node.
   */
  attach(node: string, host: CampaignHost, reports: StoreReports): () => Promise<void> {
    this.#hosts.set(node, host);
    this.#reports.set(node, reports);
    // Also before the state is "open": some campaigns may have been added already, and `#load` attaches only those that follow.
    for (const runner of this.runnersOf(node)) runner.attach(host);
    if (typeof this.state === "object") reports.warning("campaignsKept", { detail: this.state.problem });
    return async () => {
      this.#hosts.delete(node);
      this.#reports.delete(node);
      for (const runner of this.runnersOf(node)) runner.detach();
      await Promise.all(this.runnersOf(node).map((runner) => runner.flush()));
    };
  }

  /** The campaigns of a node that are not over. */
  runnersOf(node: string): readonly Runner[] {
    return [...(this.#runners.get(safe(node)) ?? [])];
  }

  /** The campaigns that are not over, with their last progress figures. */
  live(): readonly LiveCampaign[] {
    const nodes = new Map([...this.#hosts.keys()].map((node) => [safe(node), node]));
    return [...this.#runners].flatMap(([folder, runners]) =>
      [...runners].map(({ progress }) => {
        const { campaign, state, total, done, answered, unanswered, remaining, etaAt } = progress;
        const figures = { state, total, done, answered, unanswered, remaining, ...(etaAt === null ? {} : { etaAt }) };
        return { account: this.#account.id, node: nodes.get(folder) ?? folder, campaign, ...figures };
      }),
    );
  }

  /** The campaign's entry to which a push about a call belongs. */
  entryOf(event: string, notify: Readonly<Record<string, unknown>>): CampaignContext | undefined {
    for (const runners of this.#runners.values()) {
      for (const { campaign } of runners) {
        const entry = campaign.entryOf(event, notify);
        if (entry !== undefined) return entry;
      }
    }
    return undefined;
  }

  /** Reserves an ID for ever; false if it was used. */
  reserve(id: string): boolean {
    if (this.#used.has(id)) return false;
    this.#used.add(id);
    return true;
  }

  /** Releases a reserved ID under which no campaign was started. */
  free(id: string): void {
    this.#used.delete(id);
  }

  /**
   * Starts a campaign under a reserved ID. Resolves when it is on disk or the node is gone. Resolves with an error if
   * its folder cannot be made; the ID is then free again.
   */
  async begin(node: string, { id, settings, entries }: NewCampaign): Promise<Error | undefined> {
    const folder = join(this.folder, safe(node));
    try {
      await makeFolder(folder, 0o700);
    } catch (error) {
      this.free(id);
      return asError(error);
    }
    const tag = newId().replaceAll("-", "").slice(0, 20);
    const steps = Campaign.beginning({ id, tag, settings, entries }, this.#deps, Date.now());
    let step = steps.next();
    while (!step.done) {
      await nextTurn();
      step = steps.next();
    }
    const { campaign, effects } = step.value;
    const path = join(folder, `${tag}.log`);
    const file = this.#journal(folder, path);
    const runner = this.#add(node, path, campaign, file, effects);
    const host = this.#hosts.get(node);
    if (host !== undefined) runner.attach(host);
    await file.flush();
    return undefined;
  }

  /** Stops all campaigns at once, as a crash does; for tests. */
  async crash(): Promise<void> {
    this.#closing.abort();
    this.#forgetExit();
    await this.#opened;
    const runners = [...this.#paths.keys()];
    for (const runner of runners) runner.close();
    await Promise.all([...runners.map(({ file }) => file.close()), ...this.#retiring]);
    this.#acks.close();
    this.#lock?.release();
  }

  /** Campaigns read the account's current settings. */
  get #deps(): CampaignDeps {
    const context = (): PushContext => this.#account.context;
    return {
      get context() {
        return context();
      },
      book: this.#book,
      nextSeq: () => this.#state.sequences.commandSequence.next(),
    };
  }

  #warn(key: string, params: Readonly<Record<string, string>>): void {
    // Only one node of the account logs a warning.
    for (const reports of [...this.#reports.values()].slice(0, 1)) reports.warning(key, params);
  }

  #journal(folder: string, path: string, length?: number): JournalFile {
    const reports = {
      trouble: (error: Error | undefined) =>
        error === undefined
          ? this.#warn("campaignsKeptAgain", {})
          : this.#warn("campaignsNotKept", { detail: error.message }),
      verify: () => {
        if (this.#lock?.isHeld() !== true) throw new Error(`another process uses ${this.folder}`);
      },
    };
    return new JournalFile(folder, path, reports, length);
  }

  #add(node: string, path: string, campaign: Campaign, file: JournalFile, effects: readonly CampaignEffect[]): Runner {
    const runner = new Runner(
      {
        campaign,
        file,
        acks: this.#acks,
        over: (one) => this.#retire(node, one),
        failed: (error) => this.#failed(error),
      },
      effects,
    );
    this.#paths.set(runner, path);
    const all = this.#runners.get(safe(node)) ?? new Set();
    all.add(runner);
    this.#runners.set(safe(node), all);
    return runner;
  }

  #failed(error: unknown): void {
    this.#warn("campaignFailed", { detail: asError(error).message });
  }

  /** A campaign is over: its journal shrinks to what must be remembered. */
  #retire(node: string, runner: Runner): void {
    const retiring = this.#shrink(node, runner)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
  }

  async #shrink(node: string, runner: Runner): Promise<void> {
    // A runner has no path in the turn in which it is made.
    await nextTurn();
    const path = this.#paths.get(runner);
    this.#paths.delete(runner);
    this.#runners.get(safe(node))?.delete(runner);
    runner.detach();
    await runner.file.flush();
    await runner.file.close();
    if (path !== undefined) await replaceJournal(path, runner.campaign.stub(Date.now()));
  }

  /** Opens the folder; tries again until that succeeds. */
  async #open(): Promise<void> {
    const { signal } = this.#closing;
    let reported = "";
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        if ((await this.#lockFolder()) === undefined) return;
        await this.#load();
        this.state = "open";
        if (reported !== "") this.#warn("campaignsKeptAgain", {});
        return;
      } catch (error) {
        this.#forgetExit();
        this.#lock?.release();
        this.#lock = undefined;
        const { message } = asError(error);
        this.state = { problem: message };
        if (message !== reported) this.#warn("campaignsKept", { detail: message });
        reported = message;
      }
      this.#settle();
      // Campaigns that were read already would exist twice.
      this.hasFailed = this.#paths.size > 0;
      if (this.hasFailed) return;
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #lockFolder(): Promise<FolderLock | undefined> {
    await makeFolder(this.folder, 0o700);
    this.#lock = await FolderLock.acquire({ folder: this.folder, owner }, this.#closing.signal, () => {
      this.state = { problem: `another process uses ${this.folder}` };
      this.#warn("campaignsKept", { detail: this.state.problem });
      this.#settle();
    });
    if (this.#lock === undefined) return undefined;
    const release = guarded(() => this.#lock?.release());
    process.on("exit", release);
    this.#forgetExit = () => void process.off("exit", release);
    return this.#lock;
  }

  /** Reads all journals. Every campaign must be known before the first one continues, because of the limit per day. */
  async #load(): Promise<void> {
    const found: { node: string; path: string; folder: string; length: number; campaign: Campaign }[] = [];
    const now = Date.now();
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const folder = join(this.folder, entry.name);
      for (const name of await readdir(folder)) {
        if (!nameOf.test(name)) continue;
        const path = join(folder, name);
        const reader = Campaign.reader(this.#deps, now);
        const { length, damaged } = await readJournal(path, reader.take);
        if (damaged > 0) this.#warn("campaignDamaged", { path, lines: String(damaged) });
        const campaign = reader.end();
        if (campaign === undefined) await (damaged > 0 ? rename(path, `${path}.unreadable`) : rm(path));
        else found.push({ node: entry.name, path, folder, length, campaign });
      }
    }
    const { keepDays } = this.#account;
    for (const { node, path, folder, length, campaign } of found) {
      const { finishedAt } = campaign;
      if (campaign.isOver && keepDays > 0 && finishedAt !== undefined && finishedAt < now - keepDays * day) {
        await rm(path);
        continue;
      }
      this.#used.add(campaign.id);
      if (campaign.isOver) continue;
      const runner = this.#add(node, path, campaign, this.#journal(folder, path, length), campaign.restart(Date.now()));
      const host = [...this.#hosts].find(([id]) => safe(id) === node)?.[1];
      if (host !== undefined) runner.attach(host);
      await nextTurn();
    }
  }
}

/** The store of an account, opened when its first campaign node starts. It survives every redeploy. */
export function storeOf(
  { RED, state }: { readonly RED: NodeAPI; readonly state: SharedState },
  account: StoreAccount,
): CampaignStore {
  const stores = state.campaigns;
  const { userDir } = RED.settings as { userDir?: string };
  const folder = join(userDir ?? ".", "sccc", "campaigns", safe(account.id));
  let store = stores.get(folder);
  // A store that failed to open is opened anew. A store that waits for another process goes on waiting.
  if (store === undefined || store.hasFailed) {
    store = new CampaignStore(folder, account, state);
    stores.set(folder, store);
  } else store.account = account;
  return store;
}

/** Stops all campaigns of a Node-RED at once, as a crash does; for tests. */
export async function crashCampaigns({ campaigns }: SharedState): Promise<void> {
  const all = [...campaigns.values()];
  campaigns.clear();
  await Promise.all(all.map((store) => store.crash()));
}
