// The store of an account's campaigns: each campaign runs for its node, whenever the node starts.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CampaignSettings } from "../../nodes/campaign/types";
import { newSequences } from "../../nodes/protocol/sequence";
import type { CampaignHost } from "../../nodes/runtime/campaign/runner";
import { CampaignStore, type StoreReports } from "../../nodes/runtime/campaign/store";
import { Tokens } from "../../nodes/runtime/receive/tokens";
import { nextTurn } from "../../nodes/util/slices";
import { temporaryFolder } from "../../tools/node-red";
import { context } from "../campaign/world";

const settings: CampaignSettings = {
  agents: ["1000"],
  mode: 2,
  attempts: 1,
  retryAfter: 1,
  hours: [],
  maxPerDay: 0,
  resultWait: 1,
  reconcile: false,
};
const reports: StoreReports = { warning: () => undefined };
const campaigns = Array.from({ length: 10 }, (_, index) => `c${index}`);

/** A node whose platform never answers. It lists the campaigns that have finished. */
class FakeNode implements CampaignHost {
  readonly finishedOnes: string[] = [];
  readonly stored = undefined;
  readonly client = {} as CampaignHost["client"];
  readonly result = () => undefined;
  readonly dead = () => undefined;
  readonly progress = () => undefined;
  readonly finished: CampaignHost["finished"] = ({ campaign }) => void this.finishedOnes.push(campaign);
}

function storeIn(folder: string): CampaignStore {
  const state = { tokens: new Tokens(), sequences: newSequences(), campaigns: new Map() };
  return new CampaignStore(folder, { id: "a", context, keepDays: 0 }, state);
}

describe("the store of campaigns", () => {
  it("continues every campaign of a node that starts while the folder is read", async () => {
    const folder = join(temporaryFolder(), "campaigns");
    const first = storeIn(folder);
    await first.settled;
    for (const id of campaigns) {
      assert.equal(first.reserve(id), true);
      const entries = [{ row: id, number: null, numberE164: null, excluded: "illegal" as const, reason: "x" }];
      await first.begin("n", { id, settings, entries });
    }
    await first.crash();
    const second = storeIn(folder);
    while (second.runnersOf("n").length === 0) await nextTurn();
    assert.equal(second.state, "opening");
    const node = new FakeNode();
    second.attach("n", node, reports);
    await second.settled;
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    assert.deepEqual(node.finishedOnes.sort(), campaigns);
    await second.crash();
  });
});
