// A stub of the sidebar's runtime: the test sets its answers, so that every view can be shown in any state.
import type { Page } from "playwright-core";
import type {
  AccountHealth,
  DeadLetterList,
  SidebarOutcome,
  SidebarSnapshot,
  TrafficDetail,
  TrafficEntry,
} from "../../nodes/catalogue/sidebar";

/** The data of the stub; a test changes it. */
export interface Stubbed {
  snapshot: SidebarSnapshot;
  detail: (entry: TrafficEntry) => TrafficDetail | { readonly outcome: "gone" };
  dead: DeadLetterList | Pick<SidebarOutcome, "outcome">;
  outcome: SidebarOutcome;
  /** An HTTP status instead of answers. */
  status: number | undefined;
}

export const account = (id: string, more: Partial<AccountHealth> = {}): AccountHealth => ({
  ...{ id, label: `Account ${id}`, baseUrl: "http://203.0.113.10:8080", customer: "C2", reachable: true },
  ...{ waiting: 0, sending: 0, maxQueue: 1000, deadLetters: 0 },
  ...more,
});

const emptySnapshot: SidebarSnapshot = {
  ...{ now: Date.now(), mayWrite: true, recording: true, run: "0", more: false, accounts: [], entries: [], oldest: {} },
  ...{ calls: [], agents: [], campaigns: [], simulators: [], hints: [] },
};

/** A stub on a page. It counts the requests, and how many were in progress at the same time. */
export class SidebarStub {
  questions = 0;
  mostAtOnce = 0;
  /** The received actions: the end of the route, and the body. */
  readonly orders: { readonly route: string; readonly body: unknown }[] = [];
  #underWay = 0;
  #run = 0;
  now: Stubbed = this.#beginning();

  #beginning(): Stubbed {
    return {
      snapshot: { ...emptySnapshot, run: String(++this.#run) },
      detail: (entry) => ({ entry, request: "{}", answer: "{}", cut: false }),
      dead: { letters: [], total: 0 },
      outcome: { outcome: "handed", params: { count: 1 } },
      status: undefined,
    };
  }

  /** As after a start: no data, and no requests yet. */
  reset(): void {
    this.now = this.#beginning();
    this.orders.length = 0;
  }

  /** Shortens the pauses between requests to a tenth, so that tests need not wait for them. */
  hurry(page: Page): Promise<void> {
    return page.evaluate(`{
      const real = window.setTimeout;
      window.setTimeout = (act, ms, ...more) => real(act, [1000, 2000, 4000].includes(ms) ? ms / 10 : ms, ...more);
    }`);
  }

  /** Waits until the sidebar has the current data. */
  async answered(): Promise<void> {
    const { questions } = this;
    // The second request comes after the first answer was processed.
    while (this.questions < questions + 2) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Serves a page that is not loaded yet. */
  async serve(page: Page): Promise<void> {
    await page.route(/\/sccc\/sidebar/, async (route) => {
      const url = new URL(route.request().url());
      const path = url.pathname.replace(/^.*\/sccc\/sidebar/, "");
      const { now } = this;
      if (now.status !== undefined) {
        await route.fulfill({ status: now.status, json: {} });
        return;
      }
      if (route.request().method() === "POST") {
        this.orders.push({ route: path, body: route.request().postDataJSON() });
        await route.fulfill({ json: now.outcome });
      } else if (path === "/entry") {
        const number = Number(url.searchParams.get("number"));
        const entry = now.snapshot.entries.find((one) => one.number === number);
        await route.fulfill({ json: entry === undefined ? { outcome: "gone" } : now.detail(entry) });
      } else if (path === "/dead") await route.fulfill({ json: now.dead });
      else {
        this.questions += 1;
        this.#underWay += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
        const after = Number(url.searchParams.get("after"));
        const entries = now.snapshot.entries.filter(({ number }) => number > after);
        await route.fulfill({ json: { ...now.snapshot, now: Date.now(), entries } }).catch(() => undefined);
        this.#underWay -= 1;
      }
    });
  }
}
