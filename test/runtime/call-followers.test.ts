// Calls are dialled whatever the followers do that are told of their contexts.
import assert from "node:assert/strict";
import { mock } from "node:test";
import type { Call } from "../../nodes/calls/call";
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

  it("is dialled when all nodes have stored its context", async () => {
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

  it("is dialled even if a node cannot store its context, and the error is reported", async () => {
    const followers = new CallFollowers();
    followers.add(
      "a",
      follower(() => Promise.reject(new Error("no disk"))),
    );
    await followers.expect("a", expected);
    await new Promise(setImmediate);
    assert.deepEqual(reported.map(String), ["Error: no disk"]);
  });

  it("is dialled at once when the node that stores its context closes, and after a while if its disk does not answer", async () => {
    const followers = new CallFollowers();
    const forget = followers.add(
      "a",
      follower(() => new Promise(() => undefined)),
    );
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const dialled = followers.expect("a", expected);
      forget();
      await dialled;
    } finally {
      mock.timers.reset();
    }
    followers.add(
      "a",
      follower(() => new Promise(() => undefined)),
    );
    const alive = setTimeout(() => undefined, 2 ** 30);
    await followers.expect("a", expected);
    clearTimeout(alive);
  });
});

describe("the calls in progress", () => {
  const call = (number: number): Call =>
    ({ id: `c${number}`, state: "ringing", agent: "9".repeat(500), number: `${number}`, firstAt: number }) as Call;
  const telling = (hearsAll: boolean, numbers: readonly number[]): CallFollower => ({
    ...follower(async () => undefined),
    hearsAll,
    open: () => numbers.map(call),
  });
  const idsOf = (followers: CallFollowers, most = 10) => followers.live(most).map(({ account, id }) => account + id);

  it("are reported by one node of each account, preferably one that receives every push", () => {
    const followers = new CallFollowers();
    const forget = [
      followers.add("a", telling(false, [1])),
      followers.add("a", telling(true, [2, 3, 4])),
      followers.add("b", telling(false, [5])),
    ];
    assert.deepEqual(
      [idsOf(followers), followers.hearsAll("a"), followers.hearsAll("b")],
      [["ac2", "ac3", "ac4", "bc5"], true, false],
    );
    assert.deepEqual(idsOf(followers, 2), ["ac2", "ac3", "bc5"]);
    assert.equal(followers.live(1)[0]?.agent.length, 64);
    for (const one of forget) one();
    assert.deepEqual([idsOf(followers), followers.hearsAll("a")], [[], false]);
  });
});
