// The receiving thread as Node-RED's thread sees it: when it starts, and when it is told the accounts.
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { ReceiveThread } from "../../nodes/runtime/receive/receive-thread";
import { reportUncaughtTo } from "../../nodes/util/guarded";
import { eventually } from "../receive/flow";

describe("the receiving thread of flows that restart at once", function () {
  this.timeout(60_000);

  /** A thread, and the number of its later starts. */
  function made(after?: Promise<void>) {
    const counts = { started: 0 };
    const thread = new ReceiveThread({
      data: { owner: "owner", record: true },
      onMessage: () => undefined,
      onEnded: () => undefined,
      onStarted: () => {
        counts.started += 1;
      },
      after,
    });
    return { thread, counts };
  }

  it("does not start while its predecessor writes to the same store", async () => {
    const first = made().thread;
    let ended = false;
    const ending = first.stop().then(() => {
      ended = true;
    });
    const { thread, counts } = made(ending);
    assert.deepEqual([thread.running, counts.started], [false, 0]);
    await eventually("it starts", () => (thread.running ? true : undefined));
    assert.deepEqual([ended, counts.started], [true, 1]);
    await thread.stop();
  });

  it("does not end the process if its start cannot be reported, and starts even if the previous thread ended with an error", async () => {
    const reported: unknown[] = [];
    const end = reportUncaughtTo((error) => reported.push(error));
    const thread = new ReceiveThread({
      data: { owner: "owner", record: true },
      onMessage: () => undefined,
      onEnded: () => undefined,
      onStarted: () => {
        throw new Error("untold");
      },
      after: Promise.reject(new Error("ended badly")),
    });
    await eventually("it starts", () => (thread.running ? true : undefined));
    await new Promise(setImmediate);
    end();
    assert.deepEqual(reported.map(String), ["Error: untold"]);
    await thread.stop();
  });

  it("does not start if it is stopped before that", async () => {
    let end = (): void => undefined;
    const ending = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { thread, counts } = made(ending);
    await thread.stop();
    end();
    await ending;
    await new Promise(setImmediate);
    assert.deepEqual([thread.running, counts.started], [false, 0]);
  });

  it("is started again until the system has a thread for it, and the status is updated", async () => {
    const ended: [string, number][] = [];
    let started = 0;
    let tries = 0;
    const thread = new ReceiveThread({
      data: { owner: "owner", record: true },
      onMessage: () => undefined,
      onEnded: (detail, retryAt) => ended.push([detail, retryAt]),
      onStarted: () => {
        started += 1;
      },
      create: (...args) => {
        tries += 1;
        if (tries < 3)
          throw Object.assign(new Error("Worker initialization failure: EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
        return new Worker(...args);
      },
    });
    assert.deepEqual([thread.running, tries, ended.length], [false, 1, 1]);
    await eventually("it runs", () => (thread.running ? true : undefined));
    assert.deepEqual([tries, started, ended.length], [3, 1, 2]);
    assert.ok(ended.every(([detail]) => /EAGAIN/.test(detail)));
    assert.ok(Number(ended[1]?.[1]) > Number(ended[0]?.[1]), "each with its time");
    await thread.stop();
  });
});
