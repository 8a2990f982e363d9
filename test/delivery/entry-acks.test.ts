// Acknowledging the entries of a spool by tokens.
import assert from "node:assert/strict";
import { EntryAcks } from "../../nodes/delivery/entry-acks";
import type { Spool } from "../../nodes/delivery/spool";

describe("the acknowledgements of a spool", () => {
  /** Entry 7 is pending, with two deliveries. Like the real one, it takes every spelling of a number. */
  function world() {
    const done: string[] = [];
    const spool = {
      deliveriesOf: (id: string) => (Number(id) === 7 ? 2 : undefined),
      settle: (id: string) => done.push(`settle ${id}`) > 0,
      refuse: (id: string) => done.push(`refuse ${id}`) > 0,
    } as unknown as Spool;
    return { done, spool, acks: new EntryAcks() };
  }

  it("take the token of each delivery that was given", () => {
    const { done, spool, acks } = world();
    assert.ok(acks.acknowledge(spool, "7.1", "taken") && acks.acknowledge(spool, "7.2", "taken"));
    assert.deepEqual(done, ["settle 7", "settle 7"]);
  });

  it("refuse each delivery once, and take it no more", () => {
    const { done, spool, acks } = world();
    assert.ok(acks.acknowledge(spool, "7.1", "refused"));
    assert.ok(!acks.acknowledge(spool, "7.1", "refused") && !acks.acknowledge(spool, "7.1", "taken"));
    assert.deepEqual(done, ["refuse 7"]);
  });

  for (const token of [
    "7.01",
    "7.1e0",
    "0x7.1",
    "07.1",
    "7. 1",
    "7.1 ",
    "7.1.1",
    "7.0x1",
    "7.",
    "7.0",
    "7.-1",
    "7.3",
    ".1",
    "",
    "8.1",
  ]) {
    it(`know no token "${token}"`, () => {
      const { done, spool, acks } = world();
      for (const outcome of ["refused", "taken"] as const) assert.equal(acks.acknowledge(spool, token, outcome), false);
      assert.deepEqual(done, []);
    });
  }
});
