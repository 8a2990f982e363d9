// Reads the settings of an account that concern receiving.
import type { NodeAPI } from "node-red";
import { accountSettings, receivingSettings } from "../../catalogue";
import { addressesOf } from "../../protocol/format";
import type { PushContext } from "../../protocol/push";
import type { Signer } from "../../receive/authentication";
import type { InboxConfig, TlsSettings } from "../../receive/messages";
import { isObject } from "../../util/json";
import { type Expand, type Narrowed, narrow, Settings, tlsOf } from "../shared/config";

/** The options of a tls-config node that a port uses. */
function tlsSettingsOf(options: Readonly<Record<string, unknown>>, files: TlsSettings["files"]): TlsSettings {
  const certificate = (value: unknown): string | Uint8Array | undefined =>
    typeof value === "string" || value instanceof Uint8Array ? value : undefined;
  const { key, cert, ca, passphrase } = options;
  const settings = {
    key: certificate(key),
    cert: certificate(cert),
    ca: certificate(ca),
    passphrase: typeof passphrase === "string" ? passphrase : undefined,
    files,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** The files that a tls-config node reads; undefined if its certificates are given as text. */
export function tlsFilesOf(RED: NodeAPI, id: string): TlsSettings["files"] {
  let found: Readonly<Record<string, unknown>> | undefined;
  RED.nodes.eachNode((node: unknown) => {
    if (isObject(node) && node.id === id) found = node;
  });
  const path = (name: string): string | undefined => {
    const value = found?.[name];
    if (typeof value !== "string" || value.trim() === "") return undefined;
    // Node-RED replaces a property that is a variable and nothing else.
    const [, variable] = /^\$\{([^}]+)\}$/.exec(value.trim()) ?? [];
    return variable === undefined ? value.trim() : process.env[variable];
  };
  const files = { key: path("key"), cert: path("cert"), ca: path("ca") };
  const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined));
  return Object.keys(given).length === 0 ? undefined : given;
}

/** Reads the settings for receiving. narrowAccount reads the account's other settings. */
export function narrowReceiving(
  config: unknown,
  credentials: unknown,
  expand: Expand,
  nodeOf: (id: string) => unknown,
  context: PushContext,
  filesOf: (id: string) => TlsSettings["files"] = () => undefined,
): Narrowed<InboxConfig> {
  return narrow(() => {
    const settings = new Settings([...accountSettings, ...receivingSettings], config, credentials, expand);
    const customer = settings.text("customer");
    const pushUser = settings.text("pushUser");
    const pushPassword = settings.text("pushPassword");
    // §三.2: the push credentials apply only if both are defined.
    const signer: Signer =
      pushUser !== "" && pushPassword !== ""
        ? { customer: pushUser, passwords: [pushPassword, settings.text("previousPushPassword")] }
        : { customer, passwords: [settings.text("password"), settings.text("previousPassword")] };
    const path = settings.text("pushPath");
    const port = settings.optionalNumber("pushPort");
    const tls = settings.id("pushTls");
    return {
      label: settings.text("name") || customer,
      customer,
      signer,
      endpoint: {
        path,
        ...(port === undefined
          ? {}
          : {
              own: {
                port,
                host: settings.text("pushHost"),
                ...(tls === "" ? {} : { tls: tlsSettingsOf({ ...tlsOf("pushTls", nodeOf(tls)) }, filesOf(tls)) }),
              },
            }),
      },
      allow: addressesOf(settings.text("pushAllow")),
      trustProxy: settings.flag("trustProxy"),
      toleranceMs: settings.number("pushTolerance") * 1000,
      allowReused: settings.text("pushReplay") === "allow",
      stored: settings.text("pushAnswer") === "stored",
      redeliverAfterMs: settings.number("redeliverAfter") * 1000,
      maxDeliveries: settings.number("maxDeliveries"),
      keepDays: settings.number("keepDays"),
      context,
    };
  });
}
