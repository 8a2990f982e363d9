// A TCP proxy for tests: sits between two programs and simulates network faults.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Faults in one direction; without a field, bytes pass unchanged. */
export interface Toxic {
  /** Delay of each chunk. */
  readonly delayMs?: number;
  /** Splits the data into chunks of this size. */
  readonly sliceBytes?: number;
  /** After this many bytes, the connection is closed, reset, or stalls. */
  readonly limitBytes?: number;
  readonly ending?: "cut" | "reset" | "silence";
  /** Delays the end of a connection. */
  readonly closeMs?: number;
  /** The toxic is removed after it has broken this many connections. */
  readonly times?: number;
}

/** Common toxics. */
export const toxics = {
  latency: { delayMs: 60 },
  slicer: { sliceBytes: 7 },
  slowClose: { closeMs: 60 },
  cut: { limitBytes: 0, ending: "cut" },
  cutMidway: { limitBytes: 90, ending: "cut" },
  reset: { limitBytes: 0, ending: "reset" },
  resetMidway: { limitBytes: 90, ending: "reset" },
  timeout: { limitBytes: 0, ending: "silence" },
  timeoutMidway: { limitBytes: 90, ending: "silence" },
} as const satisfies Readonly<Record<string, Toxic>>;

const none: Toxic = {};

/** A direction: from the client, or to the client. */
export type Direction = "request" | "answer";

/** Forwards connections to a port of this machine. A toxic applies from the next chunk on, also to open connections. */
export class TcpProxy {
  readonly #target: number;
  readonly #toxics = { request: none, answer: none };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #broken = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.up();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The number of open sockets, two for each connection. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** How many connections a toxic has broken since it was set. */
  get broken(): number {
    return this.#broken;
  }

  poison(direction: Direction, toxic: Toxic): void {
    this.#toxics[direction] = toxic;
    this.#broken = 0;
  }

  heal(): void {
    this.poison("request", none);
    this.poison("answer", none);
  }

  /** Refuses new connections and closes existing ones. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server === undefined ? undefined : once(server.close(), "close");
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Accepts connections again, at the same port. */
  async up(): Promise<void> {
    this.#server ??= createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#take(client));
    if (this.#server.listening) return;
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #take(client: Socket): void {
    const server = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        // The rest of the other side's data is still forwarded.
        other.destroySoon();
      });
    }
    this.#carry("request", client, server);
    this.#carry("answer", server, client);
  }

  #carry(direction: Direction, from: Socket, to: Socket): void {
    let under = none;
    let passed = 0;
    const pass = async (chunk: Buffer): Promise<void> => {
      const toxic = this.#toxics[direction];
      if (toxic !== under) passed = 0;
      under = toxic;
      const { delayMs, sliceBytes = chunk.length, limitBytes = Number.POSITIVE_INFINITY } = toxic;
      const allowed = chunk.subarray(0, Math.max(0, limitBytes - passed));
      for (let at = 0; at < allowed.length; at += sliceBytes) {
        if (delayMs !== undefined) await wait(delayMs);
        const piece = allowed.subarray(at, at + sliceBytes);
        await new Promise((resolve) => to.write(piece, resolve));
      }
      passed += allowed.length;
      if (allowed.length < chunk.length) this.#break(direction, toxic, [from, to]);
    };
    from.on("data", (chunk: Buffer) => {
      from.pause();
      void pass(chunk).then(() => from.resume());
    });
    from.on("end", () => {
      const { closeMs, ending } = this.#toxics[direction];
      if (ending === "silence" && passed > 0) return;
      if (closeMs === undefined) to.end();
      else void wait(closeMs).then(() => to.end());
    });
  }

  #break(direction: Direction, toxic: Toxic, sockets: readonly Socket[]): void {
    if (toxic.ending === "reset") for (const socket of sockets) socket.resetAndDestroy();
    else if (toxic.ending === "cut") for (const socket of sockets) socket.destroySoon();
    this.#broken += 1;
    if (this.#broken === toxic.times && this.#toxics[direction] === toxic) this.#toxics[direction] = none;
  }

  /** Closes it with all its connections. */
  close(): Promise<void> {
    return this.down();
  }
}
