// The queue of requests: how many run at once, the interval between them, how many wait, and the order.
import assert from "node:assert/strict";
import { RequestQueue } from "../../nodes/protocol/request-queue";

/** A task that ends on request. */
function task() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = false;
  return {
    run: async () => {
      begun = true;
      await ended;
    },
    end: () => end(),
    get begun() {
      return begun;
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("queue of requests", () => {
  it("runs the allowed number at once, in order, and refuses when the queue is full", async () => {
    const queue = new RequestQueue({ maxConcurrent: 2, minInterval: 0, maxQueue: 1 });
    const [a, b, c, d] = [task(), task(), task(), task()];
    const running = [a, b, c].map(({ run }) => queue.run(run));
    assert.deepEqual([a.begun, b.begun, c.begun, queue.waiting, queue.full], [true, true, false, 1, true]);
    assert.deepEqual(await queue.run(d.run), { kind: "busy", waiting: 1 });
    a.end();
    await running[0];
    await turn();
    assert.deepEqual([c.begun, queue.waiting], [true, 0]);
    b.end();
    c.end();
    assert.deepEqual(
      (await Promise.all(running)).map(({ kind }) => kind),
      ["done", "done", "done"],
    );
    assert.equal(queue.full, false);
  });

  it("accepts no waiting request with a length of 0", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 0 });
    const [a, b] = [task(), task()];
    const first = queue.run(a.run);
    assert.equal((await queue.run(b.run)).kind, "busy");
    a.end();
    assert.equal((await first).kind, "done");
  });

  it("runs a repeated request first, and never refuses it", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 1 });
    const order: string[] = [];
    const blocker = task();
    const runs = [
      queue.run(blocker.run),
      queue.run(async () => order.push("new")),
      queue.run(async () => order.push("repeat"), { again: true }),
    ];
    blocker.end();
    await Promise.all(runs);
    assert.deepEqual(order, ["repeat", "new"]);
  });

  it("never refuses a request of an accepted list, and does not take a place of others for it", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 1 });
    const blocker = task();
    const order: string[] = [];
    const runs = [queue.run(blocker.run), queue.run(async () => order.push("list"), { admitted: true })];
    assert.equal(queue.hasRoom, true);
    runs.push(queue.run(async () => order.push("other")));
    assert.equal(queue.hasRoom, false);
    runs.push(queue.run(async () => order.push("list again"), { admitted: true }));
    assert.equal((await queue.run(task().run)).kind, "busy");
    blocker.end();
    await Promise.all(runs);
    assert.deepEqual(order, ["list", "other", "list again"]);
  });

  it("continues after a task that throws", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 9 });
    const broken = queue.run(async () => {
      throw new Error("broken");
    });
    const next = queue.run(async () => "next");
    await assert.rejects(broken, /broken/);
    assert.deepEqual(await next, { kind: "done", value: "next" });
  });

  it("keeps the minimum pause between starts", async () => {
    const queue = new RequestQueue({ maxConcurrent: 9, minInterval: 20, maxQueue: 9 });
    const starts: number[] = [];
    await Promise.all(Array.from({ length: 4 }, () => queue.run(async () => starts.push(performance.now()))));
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    // The queue counts from when it starts a request; the request itself may begin later.
    assert.ok(
      gaps.every((gap) => gap >= 10),
      `gaps of ${gaps.join(", ")} ms`,
    );
  });

  it("removes a request whose signal is aborted, and all when it closes", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 9 });
    const blocker = task();
    const running = queue.run(blocker.run);
    const controller = new AbortController();
    const [left, closed] = [queue.run(task().run, { signal: controller.signal }), queue.run(task().run)];
    controller.abort();
    assert.equal((await left).kind, "closed");
    assert.equal(queue.waiting, 1);
    queue.close();
    assert.equal((await closed).kind, "closed");
    assert.equal((await queue.run(task().run)).kind, "closed");
    assert.equal((await queue.run(task().run, { signal: AbortSignal.abort() })).kind, "closed");
    blocker.end();
    assert.equal((await running).kind, "done");
  });

  it("reads no other waiting request when one is added, started or removed", async () => {
    const queue = new RequestQueue({ maxConcurrent: 1, minInterval: 0, maxQueue: 20_000 });
    const first = task();
    const running = [queue.run(first.run)];
    const controllers = Array.from({ length: 10_000 }, () => new AbortController());
    for (const { signal } of controllers) running.push(queue.run(async () => undefined, { signal }));
    for (let count = 0; count < 10_000; count += 1) running.push(queue.run(async () => undefined));
    assert.deepEqual([queue.waiting, queue.hasRoom], [20_000, false]);
    // From the newest to the oldest: a search from the front would visit all the others.
    const filter = Array.prototype.filter;
    const indexOf = Array.prototype.indexOf;
    let scans = 0;
    Array.prototype.filter = function (this: unknown[], ...args: Parameters<typeof filter>) {
      if (this.length > 1000) scans += 1;
      return filter.apply(this, args);
    } as typeof filter;
    Array.prototype.indexOf = function (this: unknown[], ...args: Parameters<typeof indexOf>) {
      if (this.length > 1000) scans += 1;
      return indexOf.apply(this, args);
    } as typeof indexOf;
    try {
      for (const controller of controllers.reverse()) controller.abort();
      assert.ok(queue.hasRoom);
    } finally {
      Array.prototype.filter = filter;
      Array.prototype.indexOf = indexOf;
    }
    assert.deepEqual([queue.waiting, scans], [10_000, 0]);
    first.end();
    const kinds = (await Promise.all(running)).map(({ kind }) => kind);
    assert.deepEqual(
      [kinds.filter((kind) => kind === "done").length, kinds.filter((kind) => kind === "closed").length],
      [10_001, 10_000],
    );
    assert.deepEqual([queue.waiting, queue.hasRoom], [0, true]);
  });
});
