// The batches of items that come in during one turn of the event loop.
import assert from "node:assert/strict";
import { TurnBatch } from "../../nodes/util/turn-batch";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a batch of a turn", () => {
  const batches: (readonly number[])[] = [];
  const add = (batch: TurnBatch<number>, count: number) => {
    for (let item = 1; item <= count; item += 1) batch.add(item);
  };
  const send = (items: readonly number[]) => void batches.push(items);

  beforeEach(() => batches.splice(0));

  it("has all items of one turn, in order, and is sent after it", async () => {
    const batch = new TurnBatch(send);
    add(batch, 100);
    assert.deepEqual(batches, []);
    await turn();
    assert.deepEqual(batches, [Array.from({ length: 100 }, (_, index) => index + 1)]);
    await turn();
    assert.equal(batches.length, 1);
  });

  it("is sent at once when it is full; the rest follows after the turn", async () => {
    const batch = new TurnBatch(send, 3);
    add(batch, 7);
    assert.deepEqual(batches, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await turn();
    assert.deepEqual(batches.slice(2), [[7]]);
    add(batch, 3);
    await turn();
    assert.deepEqual(batches.slice(3), [[1, 2, 3]]);
  });

  it("never throws at the one who adds, and goes on after an error", async () => {
    let fails = true;
    const batch = new TurnBatch<number>((items) => {
      if (fails) throw new Error("not sent");
      send(items);
    }, 2);
    assert.doesNotThrow(() => add(batch, 2));
    fails = false;
    add(batch, 1);
    await turn();
    assert.deepEqual(batches, [[1]]);
  });
});
