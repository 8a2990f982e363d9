// Addresses of senders: allow lists, and the sender that a proxy names in X-Forwarded-For.
import { BlockList, isIP } from "node:net";

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** An address without the prefix of an IPv4-mapped IPv6 address and without a zone; Node may add both. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");

/** Addresses and CIDR blocks that may send. */
export class AllowList {
  readonly #list = new BlockList();

  /** @param entries valid addresses and CIDR blocks */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = "", prefix] = entry.split("/");
      if (prefix === undefined) this.#list.addAddress(address, family(address));
      else this.#list.addSubnet(address, Number(prefix), family(address));
    }
  }

  /** Whether an address is in the list; false for a text that is not an address. */
  has(address: string): boolean {
    const given = plainAddress(address);
    return isIP(given) !== 0 && this.#list.check(given, family(given));
  }
}

/**
 * The sender that the nearest proxy names in X-Forwarded-For: the last entry. Earlier entries can be forged by the sender. An entry may
 * have a port (`203.0.113.9:51234`) and brackets (`[2001:db8::7]:443`). Text that is not an address is returned unchanged; "" if there is
 * no entry.
 */
export function forwardedSender(header: string): string {
  const last = (header.split(",").at(-1) ?? "").trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(last) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 6) return bracketed;
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(last) ?? [];
  return withPort !== undefined && isIP(withPort) === 4 ? withPort : last;
}

/**
 * The sender of a push: the address in X-Forwarded-For if a trusted proxy wrote it, otherwise the peer. An IPv4 address has the same form
 * for every server.
 */
export function senderOf(peer: string, forwarded: string, trustProxy: boolean): string {
  return plainAddress((trustProxy && forwardedSender(forwarded)) || peer);
}

/** Which senders an account admits. */
export class SenderFilter {
  readonly #allow: AllowList | undefined;
  readonly #trustProxy: boolean;

  /** @param config valid addresses and CIDR blocks, none: every address; and whether a proxy in front names the sender */
  constructor({ allow, trustProxy }: { readonly allow: readonly string[]; readonly trustProxy: boolean }) {
    this.#allow = allow.length === 0 ? undefined : new AllowList(allow);
    this.#trustProxy = trustProxy;
  }

  /** Whether the sender of a request is admitted. */
  admits({ peer, forwarded }: { readonly peer: string; readonly forwarded: string }): boolean {
    return this.#allow?.has(senderOf(peer, forwarded, this.#trustProxy)) ?? true;
  }

  /** Whether connections from an address are accepted. Always true behind a proxy: there the peer's address is the proxy's. */
  admitsPeer(peer: string): boolean {
    return this.#trustProxy || (this.#allow?.has(peer) ?? true);
  }

  /** Whether an address is known to belong to the platform or its proxy. */
  isListed(peer: string): boolean {
    return this.#trustProxy || (this.#allow?.has(peer) ?? false);
  }
}
