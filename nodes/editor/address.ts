// The address to hand to the platform's operator. Knows nothing of the page.

/** An address, and the name of its machine. Each part may name variables, such as ${PORT}: it need not be a URL. */
export interface PushAddress {
  readonly address: string;
  readonly hostname: string;
}

/** Where the platform has to push to, as far as it can be known here; undefined where Node-RED has no server for it. */
export function pushAddress(
  read: (property: string) => unknown,
  here: { readonly protocol: string; readonly hostname: string; readonly port: string },
  root: unknown,
): PushAddress | undefined {
  const textOf = (property: string) => String(read(property) ?? "").trim();
  const path = textOf("pushPath");
  const port = textOf("pushPort");
  const host = (name: string) => (name.includes(":") && !name.startsWith("[") ? `[${name}]` : name);
  if (port !== "") {
    const own = textOf("pushHost");
    const name = ["", "0.0.0.0", "::"].includes(own) ? here.hostname : own;
    const tls = !["", "_ADD_"].includes(textOf("pushTls"));
    return { address: `http${tls ? "s" : ""}://${host(name)}:${port}${path}`, hostname: name };
  }
  if (root === false) return undefined;
  const before = String(root ?? "/").replace(/\/+$/, "");
  const authority = `${host(here.hostname)}${here.port === "" ? "" : `:${here.port}`}`;
  return { address: `${here.protocol}//${authority}${before}${path}`, hostname: here.hostname };
}

/** Whether a host is one that no other machine can reach. */
export const isThisMachine = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(hostname);
