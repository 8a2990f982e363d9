// Calls are dialled whatever the nodes do that are told of their contexts.
import assert from "node:assert/strict";
import { type CallFollower, CallFollowers } from "../../nodes/runtime/shared/call-followers";
import { reportUncaughtTo } from "../../nodes/util/guarded";

const expected = { id: "x", at: 0, agent: "1", keys: [], seq: "1", userData: undefined, taskID: undefined, context: 1 };

const follower = (expect: CallFollower["expect"]): CallFollower => ({
  hearsAll: true,
  open: () => [],
  unexpect: () => undefined,
  expect,
});

describe("a call with a context", () => {
  const reported: unknown[] = [];
  let silence: () => void;
  beforeEach(() => {
    reported.length = 0;
    silence = reportUncaughtTo((error) => reported.push(error));
  });
  afterEach(() => silence());

  it("is dialled when everybody has kept its context", async () => {
    const followers = new CallFollowers();
    const kept: string[] = [];
    let keep: () => void = () => undefined;
    followers.add(
      "a",
      follower(async ({ id }) => void kept.push(id)),
    );
    followers.add(
      "a",
      follower(() => new Promise((resolve) => (keep = resolve))),
    );
    followers.add(
      "b",
      follower(() => assert.fail("another account's")),
    );
    let isDialled = false;
    const dialled = followers.expect("a", expected).then(() => {
      isDialled = true;
    });
    await new Promise(setImmediate);
    assert.deepEqual([kept, isDialled], [["x"], false]);
    keep();
    await dialled;
  });

  it("is dialled although a node fails to keep it, and that is reported", async () => {
    const followers = new CallFollowers();
    followers.add(
      "a",
      follower(() => Promise.reject(new Error("no disk"))),
    );
    await followers.expect("a", expected);
    await new Promise(setImmediate);
    assert.deepEqual(reported.map(String), ["Error: no disk"]);
  });

  it("is dialled at once when the node that keeps it closes, and in the end when its disk does not answer", async () => {
    const followers = new CallFollowers();
    const forget = followers.add(
      "a",
      follower(() => new Promise(() => undefined)),
    );
    const dialled = followers.expect("a", expected);
    forget();
    await dialled;
    followers.add(
      "a",
      follower(() => new Promise(() => undefined)),
    );
    const alive = setTimeout(() => undefined, 2 ** 30);
    await followers.expect("a", expected);
    clearTimeout(alive);
  });
});
