// The limits of the request log.
import assert from "node:assert/strict";
import { RequestLog } from "../../simulator/request-log";

describe("the simulator's log of requests", () => {
  const received = (url: string, body = "") => ({ method: "POST", url, headers: {}, rawHeaders: [], body, at: 0 });

  it("keeps the newest ten thousand", () => {
    const log = new RequestLog();
    const { entries } = log;
    for (let i = 0; i < 10_002; i++) log.add(received(`/${i}`));
    assert.equal(entries.length, 10_000);
    assert.deepEqual([entries[0]?.url, entries.at(-1)?.url], ["/2", "/10001"]);
  });

  it("keeps at most 64 Mi characters of bodies", () => {
    const log = new RequestLog();
    const body = "x".repeat(8 * 1024 * 1024);
    for (let i = 0; i < 10; i++) log.add(received(`/${i}`, body));
    assert.deepEqual(
      log.entries.map(({ url }) => url),
      ["/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"],
    );
  });
});
