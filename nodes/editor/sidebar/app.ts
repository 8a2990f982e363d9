// The state of the sidebar. A view draws the state; a handler changes it, and it is drawn again.
import type {
  AccountHealth,
  DeadLetterList,
  SidebarOutcome,
  SidebarSnapshot,
  TrafficDetail,
  TrafficEntry,
} from "../../catalogue/sidebar";
import type { Unanswered } from "./ask";
import { everything, type Filter, Traffic } from "./traffic";
import { t } from "./words";

export const views = ["accounts", "traffic", "dead", "live", "simulator"] as const;
export type ViewName = (typeof views)[number];

/** The result of an action, shown beside its button. */
export interface Said {
  readonly good: boolean;
  readonly text: string;
}

/** The dead letters of an account, as they were asked for. */
export type DeadLetters = DeadLetterList | Unanswered | "asking";

/** The entry that is open. */
export interface Opened {
  readonly entry: TrafficEntry;
  readonly detail: TrafficDetail | Unanswered | "asking" | "gone";
}

export interface State {
  view: ViewName;
  snapshot: SidebarSnapshot | undefined;
  /** Why there is no answer. */
  silence: Unanswered["outcome"] | undefined;
  /** By how much Node-RED's clock is ahead of this one, in ms. */
  ahead: number;
  filter: Filter;
  opened: Opened | undefined;
  /** The account whose dead letters are shown. */
  deadOf: string;
  dead: DeadLetters | undefined;
  /** The snapshot that was shown when the dead letters were requested. */
  deadSeen: SidebarSnapshot | undefined;
  /** The dead letters that are about to be deleted. */
  deleting: readonly string[] | undefined;
  /** The results of actions, by the place of the button. */
  readonly said: Map<string, Said>;
  /** The places whose button waits for an answer. */
  readonly busy: Set<string>;
  /** The values of the fields beside the simulator's buttons. */
  readonly fields: Map<string, string>;
  /** The guided start: it begins while the flows have no node of this package, unless the user has ended it. */
  guided: boolean | "ended";
}

export class App {
  readonly traffic = new Traffic();
  readonly state: State = {
    view: "accounts",
    snapshot: undefined,
    silence: undefined,
    ahead: 0,
    filter: everything,
    opened: undefined,
    deadOf: "",
    dead: undefined,
    deadSeen: undefined,
    deleting: undefined,
    said: new Map(),
    busy: new Set(),
    fields: new Map(),
    guided: false,
  };
  /** Asks for news at once. */
  wake: () => void = () => undefined;
  #drawing = false;

  constructor(private readonly draw: () => void) {}

  /** Node-RED's time, in ms. */
  get now(): number {
    return Date.now() + this.state.ahead;
  }

  get accounts(): readonly AccountHealth[] {
    return this.state.snapshot?.accounts ?? [];
  }

  /** The name of an account. */
  label(account: string): string {
    return this.accounts.find(({ id }) => id === account)?.label || account;
  }

  get mayWrite(): boolean {
    return this.state.snapshot?.mayWrite === true;
  }

  /** Has the state drawn, once for any number of changes. */
  redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.draw();
    });
  }

  /** Changes the state, and draws it. */
  set(change: Partial<State>): void {
    Object.assign(this.state, change);
    this.redraw();
  }

  say(place: string, said: Said | undefined): void {
    if (said === undefined) this.state.said.delete(place);
    else this.state.said.set(place, said);
    this.redraw();
  }

  /** Runs an action of a button, and shows its result. */
  async doing(place: string, act: () => Promise<Said>): Promise<void> {
    if (this.state.busy.has(place)) return;
    this.state.busy.add(place);
    this.say(place, undefined);
    try {
      this.say(place, await act());
    } finally {
      // Whatever goes wrong in the page: the button can be pressed again.
      this.state.busy.delete(place);
      this.redraw();
    }
    this.wake();
  }

  /** The same with a request to the runtime. */
  order(place: string, act: () => Promise<SidebarOutcome>): Promise<void> {
    return this.doing(place, async () => outcomeSaid(await act()));
  }
}

const goodOutcomes = new Set<SidebarOutcome["outcome"]>(["handed", "delivered", "deleted", "done"]);

export const outcomeSaid = ({ outcome, params = {} }: SidebarOutcome): Said => ({
  good: goodOutcomes.has(outcome),
  text: t(`outcome.${outcome}`, { nodes: "", count: "", text: "", ...params }),
});
