// Who sends: addresses, lists of them, and what a proxy says of whom it speaks for.
import { BlockList, isIP } from "node:net";

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** An address without what Node may add: the IPv6 form of an IPv4 address, the zone. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");

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

  /** Whether an address is in the list; what is no address is not. */
  has(address: string): boolean {
    const given = plain(address);
    return isIP(given) !== 0 && this.#list.check(given, family(given));
  }
}

/**
 * The sender that the nearest proxy names in X-Forwarded-For: the last entry, because those before may be anybody's. An entry may have a
 * port (`203.0.113.9:51234`) and brackets (`[2001:db8::7]:443`). What is no address stays as it is; "" where there is no entry.
 */
export function forwardedSender(header: string): string {
  const last = (header.split(",").at(-1) ?? "").trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(last) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 6) return bracketed;
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(last) ?? [];
  return withPort !== undefined && isIP(withPort) === 4 ? withPort : last;
}

/** The sender of a push: behind a proxy whom that names, else the peer. */
export function senderOf(peer: string, forwarded: string, trustProxy: boolean): string {
  return (trustProxy && forwardedSender(forwarded)) || peer;
}
