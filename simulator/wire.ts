// Sends answers, and simulates faults of the transmission.
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { WireFault } from "./faults";

const blockBytes = 65_536;

/** Sends a complete body. */
export const send = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void => {
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
};

/** A JSON answer of this many bytes in total, in blocks: valid except for its size. */
function* largeJson(bytes: number) {
  const head = '{"data":null,"logs":"';
  const tail = '","result":{"error":0,"msg":""}}';
  const block = "x".repeat(blockBytes);
  yield head;
  for (let left = bytes - head.length - tail.length; left > 0; left -= blockBytes) yield block.slice(0, left);
  yield tail;
}

function* forEver() {
  const block = Buffer.alloc(blockBytes, " ");
  for (;;) yield block;
}

const stream = (response: ServerResponse, parts: Iterable<string | Buffer>): void => {
  response.writeHead(200, { "Content-Type": "application/json" });
  const source = Readable.from(parts);
  response.on("close", () => source.destroy());
  source.pipe(response);
};

/** Applies a fault. `answer` sends the true answer, if the fault lets it through in the end. */
export const play = (fault: WireFault, response: ServerResponse, answer: () => void): void => {
  switch (fault.kind) {
    case "slow": {
      const timer = setTimeout(answer, fault.ms);
      response.on("close", () => clearTimeout(timer));
      return;
    }
    case "drop":
      response.destroy();
      return;
    case "hang":
      return;
    case "truncated":
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 1000 });
      response.write('{"data":{"seq":"1","response":{"seq":', () => response.destroy());
      return;
    case "endless":
      stream(response, forEver());
      return;
    case "large":
      stream(response, largeJson(fault.bytes));
      return;
    case "body":
      send(response, fault.status, fault.headers, fault.body);
      return;
  }
};
