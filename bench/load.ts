// Load generator for a receiver of pushes: plain sockets that stay open, pushes that are signed in advance, and a check of every answer.
// It does as little as it can, and sleeps while it waits: it shares two cores with receivers of two threads.
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { answerWith } from "./child";
import { account, type Sample } from "./contest";

/** What is sent, and to where. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

/** More than any server here accepts in a second: the pushes signed in advance must last. */
const mostPerSecond = 25_000;

let last = 0;

/** The pushes of one call after another, as the platform sends them; no two are equal. */
function notifyOf(index: number): object {
  const call = Math.floor(index / 5);
  const seq = String(900_000 + call);
  const number = `138${String((call * 7919) % 100_000_000).padStart(8, "0")}`;
  const common = { seq, userData: `order-${call}`, customer: account.customer, agent: "1000", number };
  const told = { ...common, call_type: "1" };
  switch (index % 5) {
    case 0:
      return { type: "callout", ...told };
    case 1:
      return { customer: account.customer, agent: "1000", number, call_type: "1", seq };
    case 2:
      return { type: "callstart", ...told };
    case 3:
      return { type: "callend", ...told };
    default:
      return {
        type: "billing",
        seq,
        userData: `order-${call}`,
        startTime: "2026-03-01 10:00:00",
        ringTime: "2026-03-01 10:00:02",
        answerTime: "2026-03-01 10:00:10",
        byeTime: "2026-03-01 10:01:10",
        caller: "02161234567",
        callee: number,
        recordFile: `/record/2026/03/01/${process.pid}-${call}.wav`,
        service: "1",
        session: `${process.pid}-${call}`,
        timeLength: "60",
      };
  }
}

/** The bytes of a request with a signed push. */
function requestOf(path: string): Buffer {
  last += 1;
  const { customer, password } = account;
  const timestamp = String(Date.now());
  const seq = String(process.pid * 10_000_000 + last);
  const digest = createHash("md5").update(`${customer}@${timestamp}@${seq}@${password}`).digest("hex");
  const body = JSON.stringify({ authentication: { customer, timestamp, seq, digest }, notify: notifyOf(last) });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

const ok = Buffer.from("HTTP/1.1 200 ");

/** The length of the first answer: a head and the body that it announces. The others are as long: only their dates differ. */
function lengthOf(answer: Buffer): number {
  const text = answer.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const announced = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  const length = end + 4 + Number(announced);
  if (end < 0 || text.length !== length) throw new Error(`No answer to a push:\n${text}`);
  return length;
}

/** Opens a connection. */
const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });

/** Sends pushes until the time is over: on each connection, the next one follows when the previous one was answered. */
async function run({ port, path, connections, seconds }: Load): Promise<Sample> {
  const requests = Array.from({ length: Math.ceil(mostPerSecond * seconds) }, () => requestOf(path));
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latencies = new Float64Array(requests.length);
  let sent = 0;
  let answered = 0;
  const start = performance.now();
  const until = start + seconds * 1000;
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          let since = 0;
          let expected = 0;
          let arrived = 0;
          const next = (): void => {
            const request = requests[sent];
            if (request === undefined || performance.now() >= until) {
              resolve();
              return;
            }
            sent += 1;
            since = performance.now();
            socket.write(request);
          };
          socket.on("data", (chunk: Buffer) => {
            try {
              if (arrived === 0 && chunk.compare(ok, 0, ok.length, 0, ok.length) !== 0) {
                throw new Error(`A push was not taken:\n${chunk.toString("latin1")}`);
              }
              expected ||= lengthOf(chunk);
            } catch (error) {
              return reject(error);
            }
            arrived += chunk.length;
            if (arrived < expected) return;
            if (arrived > expected) return reject(new Error("More came than an answer"));
            arrived = 0;
            latencies[answered] = performance.now() - since;
            answered += 1;
            next();
          });
          socket.on("close", () => reject(new Error("The server closed a connection")));
          next();
        }),
    ),
  );
  const ms = performance.now() - start;
  for (const socket of sockets) socket.removeAllListeners("close").destroy();
  const sorted = latencies.subarray(0, answered).sort();
  return {
    count: answered,
    perSecond: (answered / ms) * 1000,
    p99: sorted[Math.floor(answered * 0.99)] ?? Number.NaN,
  };
}

answerWith((question) => run(question as Load));
