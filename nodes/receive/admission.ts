// Which connections a port keeps: a number in all and a number for each address; when there are too many, the least useful one goes.

/** How many connections are kept. */
export interface ConnectionLimits {
  readonly total: number;
  /** For each address that is not listed. */
  readonly perAddress: number;
}

/** What is known of a connection. */
interface Connection<S> {
  readonly key: string;
  readonly socket: S;
  readonly source: string;
  /** Its address is the platform's, or its proxy's. */
  readonly listed: boolean;
  /** A push that came over it was taken. */
  proven: boolean;
  /** A request is under way. */
  busy: boolean;
}

/** The classes of connections, in the order in which they go: those that have proven nothing first, unknown addresses before listed ones. */
type Class = "unknown" | "listed" | "proven";
const classOf = ({ listed, proven }: Connection<unknown>): Class => (proven ? "proven" : listed ? "listed" : "unknown");

/**
 * Who must make room, in this order: an unknown address takes the place of unknown ones only, a listed one also that of others that are idle.
 * Idle ones go before busy ones.
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

/** Keeps account of a port's connections, each under a key that is its own. */
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
   * A connection has come.
   * @returns the socket that has to go for it, if one has to; or that there is no place for it
   */
  admit(key: string, socket: S, address: string, listed: boolean): { readonly admitted: boolean; readonly victim?: S } {
    const source = sourceOf(address);
    let victim: Connection<S> | undefined;
    const beside = this.#sources.get(source);
    if (!listed && beside !== undefined && beside.size >= this.#limits.perAddress) {
      victim = this.#first(beside, "unlisted");
      if (victim === undefined) return { admitted: false };
    } else if (this.#all.size >= this.#limits.total) {
      victim = this.#first(undefined, listed ? "listed" : "unlisted");
      if (victim === undefined) return { admitted: false };
    }
    if (victim !== undefined) this.#remove(victim);
    this.#add({ key, socket, source, listed, proven: false, busy: false });
    return victim === undefined ? { admitted: true } : { admitted: true, victim: victim.socket };
  }

  /** A connection is at work, or is not any more; it has proven itself, or has not yet. */
  mark(key: string, changes: { readonly busy?: boolean; readonly proven?: true }): void {
    const connection = this.#all.get(key);
    if (connection === undefined) return;
    connection.busy = changes.busy ?? connection.busy;
    if (changes.proven !== true || connection.proven) return;
    this.#classes[classOf(connection)].delete(key);
    connection.proven = true;
    this.#classes[classOf(connection)].add(key);
  }

  /** A connection has ended. @param socket the one that was admitted under this key */
  leave(key: string, socket: S): void {
    const connection = this.#all.get(key);
    if (connection?.socket === socket) this.#remove(connection);
  }

  /** Who has to go: of all, or of some. */
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
    const beside = this.#sources.get(source) ?? new Set();
    this.#sources.set(source, beside.add(key));
  }

  #remove(connection: Connection<S>): void {
    const { key, source } = connection;
    this.#all.delete(key);
    this.#classes[classOf(connection)].delete(key);
    const beside = this.#sources.get(source);
    beside?.delete(key);
    if (beside?.size === 0) this.#sources.delete(source);
  }
}

/** Addresses that are one sender's: an IPv6 sender has a /64 to itself. */
export function sourceOf(address: string): string {
  const given = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
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
