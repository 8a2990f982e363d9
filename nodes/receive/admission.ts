// Limits a port's connections, in total and for each address. When there are too many, it chooses which one to close.
import { plainAddress } from "./addresses";

/** How many connections a port keeps open. */
export interface ConnectionLimits {
  readonly total: number;
  /** Applies to each address that is not listed. */
  readonly perAddress: number;
}

/** State of a connection. */
interface Connection<S> {
  readonly key: string;
  readonly socket: S;
  readonly source: string;
  /** Whether its address belongs to the platform or its proxy. */
  readonly listed: boolean;
  /** Whether a push that came over it was accepted. */
  proven: boolean;
  /** Whether a request is in progress. */
  busy: boolean;
}

/**
 * Classes of connections in the order in which they are closed: connections without an accepted push first, unknown addresses before listed
 * ones.
 */
type Class = "unknown" | "listed" | "proven";
const classOf = ({ listed, proven }: Connection<unknown>): Class => (proven ? "proven" : listed ? "listed" : "unknown");

/**
 * Which connections are closed to make room, in this order. An unknown address replaces unknown ones only. A listed address also replaces
 * idle connections of the other classes. Idle connections are closed before busy ones.
 */
const victims: Readonly<Record<"listed" | "unlisted", readonly { readonly of: Class; readonly busy: boolean }[]>> = {
  unlisted: [
    { of: "unknown", busy: false },
    { of: "unknown", busy: true },
  ],
  listed: [
    { of: "unknown", busy: false },
    { of: "unknown", busy: true },
    { of: "listed", busy: false },
    { of: "proven", busy: false },
  ],
};

/** Keeps track of a port's connections. Each has a unique key. */
export class Admission<S> {
  readonly #limits: ConnectionLimits;
  readonly #all = new Map<string, Connection<S>>();
  /** By class, the oldest first. */
  readonly #classes: Readonly<Record<Class, Set<string>>> = {
    unknown: new Set(),
    listed: new Set(),
    proven: new Set(),
  };
  readonly #sources = new Map<string, Set<string>>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Admits a new connection.
   * @returns the socket that must be closed to make room, if any; or that the connection is refused
   */
  admit(key: string, socket: S, address: string, listed: boolean): { readonly admitted: boolean; readonly victim?: S } {
    const source = sourceOf(address);
    let victim: Connection<S> | undefined;
    const sameSource = this.#sources.get(source);
    if (!listed && sameSource !== undefined && sameSource.size >= this.#limits.perAddress) {
      victim = this.#first(sameSource, "unlisted");
      if (victim === undefined) return { admitted: false };
    } else if (this.#all.size >= this.#limits.total) {
      victim = this.#first(undefined, listed ? "listed" : "unlisted");
      if (victim === undefined) return { admitted: false };
    }
    if (victim !== undefined) this.#remove(victim);
    this.#add({ key, socket, source, listed, proven: false, busy: false });
    return victim === undefined ? { admitted: true } : { admitted: true, victim: victim.socket };
  }

  /** Updates a connection: whether it is busy, and whether one of its pushes was accepted. */
  mark(key: string, changes: { readonly busy?: boolean; readonly proven?: true }): void {
    const connection = this.#all.get(key);
    if (connection === undefined) return;
    connection.busy = changes.busy ?? connection.busy;
    if (changes.proven !== true || connection.proven) return;
    this.#classes[classOf(connection)].delete(key);
    connection.proven = true;
    this.#classes[classOf(connection)].add(key);
  }

  /** Removes a connection that has ended. @param socket the one that was admitted under this key */
  leave(key: string, socket: S): void {
    const connection = this.#all.get(key);
    if (connection?.socket === socket) this.#remove(connection);
  }

  /** The connection to close next: out of all connections or a subset. */
  #first(among: ReadonlySet<string> | undefined, who: "listed" | "unlisted"): Connection<S> | undefined {
    for (const { of, busy } of victims[who]) {
      for (const key of among ?? this.#classes[of]) {
        const connection = this.#all.get(key);
        if (connection !== undefined && connection.busy === busy && classOf(connection) === of) return connection;
      }
    }
    return undefined;
  }

  #add(connection: Connection<S>): void {
    const { key, source, listed } = connection;
    this.#all.set(key, connection);
    this.#classes[classOf(connection)].add(key);
    if (listed) return;
    const sameSource = this.#sources.get(source) ?? new Set();
    this.#sources.set(source, sameSource.add(key));
  }

  #remove(connection: Connection<S>): void {
    const { key, source } = connection;
    this.#all.delete(key);
    this.#classes[classOf(connection)].delete(key);
    const sameSource = this.#sources.get(source);
    sameSource?.delete(key);
    if (sameSource?.size === 0) this.#sources.delete(source);
  }
}

/** Groups addresses by sender: one IPv6 sender controls a whole /64. */
export function sourceOf(address: string): string {
  const given = plainAddress(address);
  if (!given.includes(":")) return given;
  const [front = "", back] = given.split("::");
  const head = front === "" ? [] : front.split(":");
  const tail = back === undefined || back === "" ? [] : back.split(":");
  const zeros = back === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array<string>(zeros).fill("0"), ...tail]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}
