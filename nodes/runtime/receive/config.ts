// Narrows the receiving side of an account.
import { BlockList, isIP } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { accountSettings, receivingSettings } from "../../catalogue";
import { addressesOf } from "../../protocol/format";
import type { Signer } from "../../protocol/gate";
import { type Expand, type Narrowed, narrow, Settings, tlsOf } from "../shared/config";

/** Where pushes come in: a path of Node-RED's own server, or of a port of our own. */
export interface Place {
  readonly path: string;
  readonly own?: { readonly port: number; readonly host: string; readonly tls?: SecureContextOptions };
}

/** How an account receives. Times in ms. */
export interface ReceivingConfig {
  readonly label: string;
  readonly customer: string;
  readonly signer: Signer;
  readonly place: Place;
  /** Who may send; undefined: anybody. */
  readonly allowed?: BlockList;
  readonly trustProxy: boolean;
  readonly toleranceMs: number;
  readonly allowReused: boolean;
  readonly stored: boolean;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
}

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Addresses and CIDR blocks, between commas or spaces. */
function blockList(text: string): BlockList | undefined {
  const entries = addressesOf(text);
  if (entries.length === 0) return undefined;
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    if (prefix === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(prefix), family(address));
  }
  return list;
}

/** Whether an address is in a list; an IPv4 address may come in as part of IPv6. */
export function isListed(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return isIP(plain) !== 0 && list.check(plain, family(plain));
}

/** Reads how an account receives; the account itself is read by narrowAccount. */
export function narrowReceiving(
  config: unknown,
  credentials: unknown,
  expand: Expand,
  nodeOf: (id: string) => unknown,
): Narrowed<ReceivingConfig> {
  return narrow(() => {
    const settings = new Settings([...accountSettings, ...receivingSettings], config, credentials, expand);
    const customer = settings.text("customer");
    const pushUser = settings.text("pushUser");
    const pushPassword = settings.text("pushPassword");
    // §三.2: the push credentials only if both are defined.
    const signer: Signer =
      pushUser !== "" && pushPassword !== ""
        ? { customer: pushUser, passwords: [pushPassword, settings.text("previousPushPassword")] }
        : { customer, passwords: [settings.text("password"), settings.text("previousPassword")] };
    const path = settings.text("pushPath");
    const port = settings.optionalNumber("pushPort");
    const tls = settings.id("pushTls");
    const allowed = blockList(settings.text("pushAllow"));
    return {
      label: settings.text("name") || customer,
      customer,
      signer,
      place: {
        path,
        ...(port === undefined
          ? {}
          : {
              own: {
                port,
                host: settings.text("pushHost"),
                ...(tls === "" ? {} : { tls: tlsOf("pushTls", nodeOf(tls)) }),
              },
            }),
      },
      ...(allowed === undefined ? {} : { allowed }),
      trustProxy: settings.flag("trustProxy"),
      toleranceMs: settings.number("pushTolerance") * 1000,
      allowReused: settings.text("pushReplay") === "allow",
      stored: settings.text("pushAnswer") === "stored",
      redeliverAfterMs: settings.number("redeliverAfter") * 1000,
      maxDeliveries: settings.number("maxDeliveries"),
    };
  });
}
