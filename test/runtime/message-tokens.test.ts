// Tokens of the messages of sccc-calls: each confirmation ends, whether the store opens, opens late or does not open.
import assert from "node:assert/strict";
import type { Spool } from "../../nodes/delivery/spool";
import { Store } from "../../nodes/delivery/store";
import { MessageTokens } from "../../nodes/runtime/calls/message-tokens";
import { Tokens } from "../../nodes/runtime/receive/tokens";
import { temporaryFolder } from "../../tools/node-red";

/** A store with the pending entry 7, which was delivered twice. */
function spool() {
  const settled: string[] = [];
  const it = {
    deliveriesOf: (id: string) => (id === "7" && settled.length === 0 ? 2 : undefined),
    settle: (id: string) => settled.push(id) > 0,
    refuse: () => true,
    progress: { lastId: 7, due: new Map() },
    resumeFrom: () => undefined,
  };
  return { settled, it: it as unknown as Spool };
}

const handed = { id: "7", node: "n", text: "", delivery: 2 };

describe("a confirmation of a message of sccc-calls", () => {
  const make = (patienceMs?: number) => {
    const registry = new Tokens();
    const tokens = new MessageTokens(registry, patienceMs);
    return { tokens, taken: () => registry.acknowledge(tokens.tokenOf(handed), "taken") };
  };

  it("waits for a redeploy to end, and counts once", async () => {
    const { tokens, taken } = make();
    const { settled, it: store } = spool();
    const early = taken();
    tokens.open(store);
    assert.equal(await early, true);
    assert.equal(await taken(), false);
    assert.deepEqual(settled, ["7"]);
    tokens.pause();
    const again = taken();
    tokens.open(spool().it);
    assert.equal(await again, true);
  });

  it("ends at once where the store cannot be opened, and counts again once it is open", async () => {
    const { tokens, taken } = make();
    const early = taken();
    tokens.fail();
    assert.equal(await early, false);
    assert.equal(await taken(), false);
    tokens.open(spool().it);
    // A disk that refuses a line does not close the store.
    tokens.fail();
    assert.equal(await taken(), true);
  });

  it("ends in time where no node opens the store, and when the node is gone for good", async () => {
    assert.equal(await make(1).taken(), false);
    const { tokens, taken } = make();
    const early = taken();
    tokens.close();
    assert.equal(await early, false);
    assert.equal(await taken(), false);
  });

  it("counts for that message only, although redeploys have found the store empty", async () => {
    const registry = new Tokens();
    const tokens = new MessageTokens(registry);
    const folder = temporaryFolder();
    /** Deploys, gives a message if wanted, and closes. */
    const deploy = async (use?: (token: string) => unknown): Promise<void> => {
      const store = await Store.open({ folder, owner: "o", redeliverAfterMs: 60_000, maxDeliveries: 5 });
      assert.ok(store !== undefined);
      tokens.open(store.spool);
      if (use !== undefined) {
        const [id] = await store.spool.add([{ node: "n", text: "{}" }]);
        store.spool.attach("n", { hand: () => undefined, dead: () => undefined });
        while (store.spool.deliveriesOf(id!) === 0) await new Promise(setImmediate);
        await use(tokens.tokenOf({ id: id!, node: "n", text: "{}", delivery: 1 }));
      }
      tokens.pause();
      store.close();
    };
    let old = "";
    await deploy(async (token) => {
      old = token;
      assert.equal(await registry.acknowledge(token, "taken"), true);
    });
    await deploy();
    await deploy();
    await deploy(async (token) => {
      assert.equal(await registry.acknowledge(old, "taken"), false);
      assert.equal(await registry.acknowledge(token, "taken"), true);
    });
  });
});
