// What a node sends and reports while it handles no message: nothing throws, whatever Node-RED, a flow or a logger
// does.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { NodeOutput } from "../../nodes/runtime/shared/node-output";
import { reportUncaughtTo } from "../../nodes/util/guarded";

// biome-ignore lint/suspicious/noExplicitAny: only the parts of Node-RED that the tests need.
type Loose = any;

/** A node whose parts can be made to throw. */
function fake() {
  const said: [kind: string, what: unknown, msg?: unknown][] = [];
  const throws = { send: 0, error: 0, warn: 0 };
  const say = (kind: keyof typeof throws) => (what: unknown, msg?: unknown) => {
    throws[kind] -= 1;
    if (throws[kind] >= 0) throw new Error(`no ${kind}`);
    said.push(msg === undefined ? [kind, what] : [kind, what, msg]);
  };
  const node = { send: say("send"), error: say("error"), warn: say("warn") };
  const RED = { _: (key: string) => key, util: { cloneMessage: structuredClone } };
  return { said, throws, output: new NodeOutput(RED as Loose, node as Loose) };
}

describe("the output of a node", () => {
  let silence: () => void;
  before(() => {
    silence = reportUncaughtTo(() => undefined);
  });
  after(() => silence());

  it("sends messages, and reports one that cannot be copied to Catch", () => {
    const { said, throws, output } = fake();
    assert.equal(output.send({ payload: 1 }), true);
    throws.send = 1;
    assert.equal(output.send([null, { payload: 2 }]), false);
    assert.deepEqual(said[0], ["send", { payload: 1 }]);
    const [, error, msg] = said[1] as [string, Loose, Loose];
    assert.deepEqual([error.code, msg], ["SCCC_INVALID_FIELD", { payload: 2 }]);
  });

  it("reports an error without the parts of its message that cannot be copied, or without the message if that fails too", () => {
    const { said, throws, output } = fake();
    throws.error = 1;
    output.error(new Error("one"), { payload: { go: () => undefined }, topic: "kept" } as Loose);
    const [, , msg] = said[0] as [string, Loose, Loose];
    assert.deepEqual(msg, { payload: "errors.notCopied", topic: "kept" });
    throws.error = 2;
    output.error("two", { payload: 1 });
    assert.deepEqual([said[1]?.length, String(said[1]?.[1])], [2, "Error: two"]);
    throws.error = 9;
    output.error("three", { payload: 1 });
    assert.equal(said.length, 2);
  });

  it("reports errors of work that nothing waits for, immediate or later ones", async () => {
    const { said, output } = fake();
    output.run(() => {
      throw new Error("at once");
    });
    output.run(async () => {
      await null;
      throw new Error("later");
    });
    await new Promise(setImmediate);
    assert.deepEqual(
      said.map(([kind, error]) => [kind, (error as Error).message]),
      [
        ["error", "at once"],
        ["error", "later"],
      ],
    );
  });

  it("counts a warning that comes again, and says nothing more once it is closed", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const { said, output } = fake();
      for (let times = 0; times < 3; times += 1) output.warn("some");
      mock.timers.tick(60_000);
      assert.deepEqual(said, [
        ["warn", "errors.some"],
        ["warn", "errors.some (×2)"],
      ]);
      output.warn("some");
      output.close();
      mock.timers.tick(600_000);
      assert.equal(said.length, 2);
    } finally {
      mock.timers.reset();
    }
  });

  it("warns once, even if a logger throws", () => {
    const { said, throws, output } = fake();
    output.warn("some");
    output.warn("some");
    assert.deepEqual(said, [["warn", "errors.some"]]);
    output.close();
    const other = fake();
    other.throws.warn = 1;
    other.output.warn("some");
    other.output.close();
    assert.equal(throws.warn, -1);
  });
});
