// Bodies that come in chunks: what they hold in memory, however they are cut.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { maxBodyBytes, readBody } from "../../nodes/runtime/receive/http";
import { Bytes } from "../../nodes/util/bytes";
import { eventually } from "../receive/flow";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that this process holds, in its heap and beside it. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("the bytes of a body", () => {
  it("are what came, in at most twice as much memory, in whatever pieces they come", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 50 }), (pieces) => {
        const bytes = new Bytes();
        for (const piece of pieces) bytes.add(Buffer.from(piece));
        const whole = Buffer.concat(pieces);
        assert.equal(bytes.size, whole.length);
        assert.ok(bytes.whole().equals(whole));
        assert.ok(bytes.whole().buffer.byteLength <= Math.max(1024, 2 * whole.length));
      }),
    );
  });

  it("cost memory in proportion to them when a sender sends each in a chunk of its own", async () => {
    const size = maxBodyBytes - 1;
    const bodies: Promise<unknown>[] = [];
    let came = 0;
    const server = http.createServer((request) => {
      bodies.push(readBody(request));
      request.on("data", (chunk: Buffer) => {
        came += chunk.length;
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const senders = Array.from({ length: 4 }, () => connect((server.address() as AddressInfo).port, "127.0.0.1"));
    try {
      await Promise.all(senders.map((socket) => once(socket, "connect")));
      const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
      const chunks = Buffer.from("1\r\nx\r\n".repeat(size));
      const before = held();
      for (const socket of senders) socket.write(head);
      for (const socket of senders) socket.write(chunks);
      await eventually("all has come", () => came === size * senders.length || undefined);
      const ratio = (held() - before) / came;
      assert.ok(ratio < 4, `${ratio.toFixed(1)} bytes of memory for each byte of a body`);
      for (const socket of senders) socket.write("0\r\n\r\n");
      const text = "x".repeat(size);
      for (const body of await Promise.all(bodies)) assert.ok((body as { text?: string }).text === text);
    } finally {
      for (const socket of senders) socket.destroy();
      server.close();
    }
  });
});
